/// The pipelines of the papers, by name.
public enum Preset: String, Sendable, CaseIterable {
  /// Chen et al., "A simple framework for contrastive learning of visual representations", 2020, appendix A.
  case simclr
  /// Grill et al., "Bootstrap your own latent", 2020, appendix B: the two views blur and solarize differently.
  case byol
  /// Caron et al., "Emerging properties in self-supervised vision transformers", 2021: two global, eight local views.
  case dino
  /// He et al., "Masked autoencoders are scalable vision learners", 2021, appendix A.1.
  case mae
  /// Radford et al., "Learning transferable visual models from natural language supervision", 2021, with the scale that
  /// open_clip took for its crop.
  case clip
  /// Nothing random: what ImageNet models are evaluated with.
  case evaluation

  /// The line, for results of this side.
  public func text(size: Int = 224) -> String {
    let jitter = "jitter(brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, p: 0.8)"
    switch self {
    case .simclr:
      return
        "2 * decode|random_crop(\(size))|flip|jitter(0.8, hue: 0.2, p: 0.8)|gray(0.2)|blur(0.5)|normalize(imagenet)"
    case .byol:
      let start = "decode|random_crop(\(size), filter: bicubic)|flip|\(jitter)|gray(0.2)"
      return "\(start)|blur|normalize(imagenet) + \(start)|blur(0.1)|solarize(0.2)|normalize(imagenet)"
    case .dino:
      let global = "decode|random_crop(\(size), scale: 0.4...1, filter: bicubic)|flip|\(jitter)|gray(0.2)"
      let localSize = max(1, size * 3 / 7)
      let local = "decode|random_crop(\(localSize), scale: 0.05...0.4, filter: bicubic)|flip|\(jitter)|gray(0.2)"
      return "\(global)|blur|normalize(imagenet) + \(global)|blur(0.1)|solarize(0.2)|normalize(imagenet)"
        + " + 8 * \(local)|blur(0.5)|normalize(imagenet)"
    case .mae: return "decode|random_crop(\(size), scale: 0.2...1, filter: bicubic)|flip|normalize(imagenet)"
    case .clip: return "decode|random_crop(\(size), scale: 0.9...1, filter: bicubic)|normalize(clip)"
    case .evaluation:
      return "decode|resize(\(size * 8 / 7), filter: bicubic)|center_crop(\(size))|normalize(imagenet)"
    }
  }
}
