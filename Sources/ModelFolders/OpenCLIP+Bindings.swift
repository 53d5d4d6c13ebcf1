import Encoders
import Layers
import Tensors

extension CLIP {
  /// The tensors of an open_clip model.
  func openCLIPBindings(_ names: OpenCLIPModel) -> JointBindings {
    var scale = [WeightBinding("logit_scale", logitScale)]
    if let logitBias { scale.append(WeightBinding("logit_bias", logitBias)) }

    var vision: [WeightBinding]
    switch names.tower {
    case .builtIn:
      vision = self.vision.openCLIPBindings
      if let visionProjection { vision.append(WeightBinding("visual.proj", transposed: visionProjection.weight)) }
    case .timm:
      vision = self.vision.timmTrunkBindings("visual.trunk")
      if let visionProjection { vision += visionProjection.bindings("visual.head.proj") }
    }

    let prefix = names.hasCustomText ? "text." : ""
    var text = [
      WeightBinding("\(prefix)positional_embedding", self.text.positions),
      WeightBinding("\(prefix)token_embedding.weight", self.text.tokenEmbedding.weight),
    ]
    text += self.text.blocks.openCLIPBindings("\(prefix)transformer.resblocks")
    text += self.text.norm.bindings("\(prefix)ln_final")
    if let textProjection {
      // A matrix by itself stands the other way round than that of a layer.
      text +=
        textProjection.bias == nil
        ? [WeightBinding("\(prefix)text_projection", transposed: textProjection.weight)]
        : textProjection.bindings("\(prefix)text_projection")
    }
    return JointBindings(scale: scale, vision: vision, text: text)
  }
}

extension VisionTransformer {
  fileprivate var openCLIPBindings: [WeightBinding] {
    var bindings: [WeightBinding] = []
    if let classToken { bindings.append(WeightBinding("visual.class_embedding", classToken)) }
    bindings.append(WeightBinding("visual.positional_embedding", positions))
    bindings.append(WeightBinding("visual.conv1.weight", patches: patchEmbedding.weight, side: shape.patchSize))
    if let preNorm { bindings += preNorm.bindings("visual.ln_pre") }
    return bindings + blocks.openCLIPBindings("visual.transformer.resblocks") + norm.bindings("visual.ln_post")
  }

  /// timm's names, with those of the pool that reads its tokens.
  fileprivate func timmTrunkBindings(_ prefix: String) -> [WeightBinding] {
    var bindings = timmBindings("\(prefix).")
    let width = shape.blocks.width
    guard let pool else { return bindings }
    let head = "\(prefix).attn_pool"
    bindings.append(WeightBinding("\(head).latent", pool.probe, shape: [1, 1, width]))
    bindings += pool.qkv.bindings("\(head).q", rows: 0..<width)
    bindings += pool.qkv.bindings("\(head).kv", rows: width..<3 * width)
    bindings += pool.output.bindings("\(head).proj")
    bindings += pool.norm.bindings("\(head).norm")
    bindings += pool.feedForward.expand.bindings("\(head).mlp.fc1")
    return bindings + pool.feedForward.contract.bindings("\(head).mlp.fc2")
  }
}

extension TransformerStack {
  /// The tensors of an open_clip transformer's blocks.
  fileprivate func openCLIPBindings(_ prefix: String) -> [WeightBinding] {
    blocks.enumerated().flatMap { i, block -> [WeightBinding] in
      let layer = "\(prefix).\(i)"
      let input = [WeightBinding("\(layer).attn.in_proj_weight", block.attention.qkv.weight)]
      return block.norm1.bindings("\(layer).ln_1") + input
        + (block.attention.qkv.bias.map { [WeightBinding("\(layer).attn.in_proj_bias", $0)] } ?? [])
        + block.attention.output.bindings("\(layer).attn.out_proj") + block.norm2.bindings("\(layer).ln_2")
        + block.feedForward.expand.bindings("\(layer).mlp.c_fc")
        + block.feedForward.contract.bindings("\(layer).mlp.c_proj")
    }
  }
}
