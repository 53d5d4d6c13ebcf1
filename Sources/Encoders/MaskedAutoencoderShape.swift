/// The sizes of a masked autoencoder.
public struct MaskedAutoencoderShape: Sendable, Equatable {
  /// The encoder.
  public var encoder: VisionShape
  /// The decoder's blocks.
  public var decoder: TransformerShape

  /// An encoder, and a decoder of these blocks.
  public init(encoder: VisionShape, decoder: TransformerShape) {
    self.encoder = encoder
    self.decoder = decoder
  }

  /// The paper's arrangement: class token, fixed positions, biases everywhere, and the decoder of its table 1 where none
  /// is given.
  public init(
    imageSize: Int, patchSize: Int, width: Int, depth: Int, heads: Int, decoderWidth: Int = 512, decoderDepth: Int = 8,
    decoderHeads: Int = 16, epsilon: Float = 1e-6
  ) {
    func blocks(_ width: Int, _ depth: Int, _ heads: Int, firstStream: Int) -> TransformerShape {
      TransformerShape(
        width: width, depth: depth, heads: heads, epsilon: epsilon, initialization: .xavier, firstStream: firstStream)
    }
    encoder = VisionShape(
      imageSize: imageSize, patchSize: patchSize, blocks: blocks(width, depth, heads, firstStream: 0),
      hasPreNorm: false, hasPatchBias: true, hasFixedPositions: true)
    decoder = blocks(decoderWidth, decoderDepth, decoderHeads, firstStream: 10_000)
  }

  /// Whether weights of the one fit the other.
  public func hasSizes(of other: MaskedAutoencoderShape) -> Bool { summary == other.summary }

  /// The sizes in words.
  public var summary: String { "\(encoder.summary), and a decoder of \(decoder.summary)" }
}

extension VisionShape {
  /// The sizes in words.
  public var summary: String { "pictures \(imageSize)/\(patchSize) of \(blocks.summary)" }
}

extension TransformerShape {
  /// The sizes in words.
  public var summary: String { "\(width)×\(depth) with \(heads) heads and \(hidden) hidden features" }
}

/// The names of vision transformers: what a size is called in the papers.
public enum VisionSize: String, Sendable, CaseIterable {
  /// DeiT's smallest.
  case tiny
  /// DeiT's middle one.
  case small
  /// Dosovitskiy et al., table 1.
  case base
  /// The same table.
  case large
  /// The same table.
  case huge

  /// Features of a token, blocks, and heads.
  public var sizes: (width: Int, depth: Int, heads: Int) {
    switch self {
    case .tiny: (192, 12, 3)
    case .small: (384, 12, 6)
    case .base: (768, 12, 12)
    case .large: (1024, 24, 16)
    case .huge: (1280, 32, 16)
    }
  }
}
