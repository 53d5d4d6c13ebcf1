import Encoders
import Layers
import Tensors

/// How fast CLIP's ViT-B/32, the model most people run, embeds: the towers alone, as the workload `embed` of
/// `shared/peers/torch_pipeline.py` times them.
public struct EmbedTiming: Sendable {
  /// A part of the workload.
  public enum Part: String, Sendable, CaseIterable {
    /// 32 pictures at a time.
    case images32 = "images, batch 32"
    /// One picture at a time.
    case images1 = "images, batch 1"
    /// 32 texts at a time, all as long as the context.
    case texts32 = "texts, batch 32"
    /// 32 captions of 12 tokens: what follows the end of all of them is not computed.
    case captions32 = "captions, batch 32"
    /// One caption of 12 tokens, as a search has it.
    case captions1 = "captions, batch 1"

    var batch: Int { self == .images1 || self == .captions1 ? 1 : 32 }
  }

  /// What ran.
  public let part: Part
  /// The arithmetic.
  public let precision: Precision
  /// Threads that took part.
  public let threads: Int
  /// Seconds a batch: the median.
  public let seconds: Double
  /// Peak memory of the process in MB.
  public let peakMegabytes: Int

  /// Pictures or texts a second.
  public var perSecond: Double { Double(part.batch) / seconds }

  /// Times all parts, on weights drawn at random.
  public static func all(precision: Precision, rounds: Int) -> [EmbedTiming] {
    var generator = Generator(seed: 0)
    let model = CLIP(shape, &generator)
    return Part.allCases.map { part in
      let input = part.input(&generator)
      var pass = Pass(precision: precision)
      pass.keepsPackedWeights = true
      func embed() {
        pass.run { _ = input.element == .int32 ? model.embed(ids: input) : model.embed(patches: input) }
      }
      // The first round packs the weights.
      embed()
      let clock = ContinuousClock()
      let times = (0..<max(1, rounds)).map { _ in clock.measure(embed) / .seconds(1) }.sorted()
      return EmbedTiming(
        part: part, precision: precision, threads: ThreadPool.current.threads, seconds: times[times.count / 2],
        peakMegabytes: peakResidentMegabytes())
    }
  }

  private static let shape = CLIPShape(
    vision: VisionShape(
      imageSize: 224, patchSize: 32, blocks: TransformerShape(width: 768, depth: 12, heads: 12, activation: .gelu)),
    text: TextShape(
      vocabulary: 49408, context: 77, blocks: TransformerShape(width: 512, depth: 12, heads: 8, activation: .gelu)),
    embedding: 512)
}

extension EmbedTiming.Part {
  fileprivate func input(_ generator: inout Generator) -> Tensor {
    func ids(_ length: Int) -> Tensor {
      let numbers = (0..<batch * length).map { i in
        i % length == length - 1 ? 49407 : Int32(1 + generator.below(49405))
      }
      return Tensor(ids: numbers, [batch, length])
    }
    switch self {
    case .images32, .images1:
      return Initialization.normal(deviation: 1)([batch, 49, 32 * 32 * 3], &generator)
    case .texts32: return ids(77)
    case .captions32, .captions1: return ids(12)
    }
  }
}
