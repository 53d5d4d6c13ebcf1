import Encoders
import Glibc
import Layers
import Tensors

/// Supervised classification on top of an encoder: fine-tuning, and linear probes.
public struct Classification: Objective {
  /// Encoder and classifier.
  public let model: ImageClassifier
  /// How many classes there are.
  public let classes: Int
  /// The share of the target that is spread over all classes.
  public var labelSmoothing: Float = 0
  /// How pictures of a batch are mixed.
  public var mixing = Mixing()

  /// An objective for a model.
  public init(_ model: ImageClassifier, labelSmoothing: Float = 0, mixing: Mixing = Mixing()) {
    self.model = model
    classes = model.classifier.weight.value.shape[0]
    self.labelSmoothing = labelSmoothing
    self.mixing = mixing
  }

  /// The cross-entropy with the classes, or with the mixture of two.
  public func callAsFunction(_ batch: Batch) -> Loss {
    guard let patches = batch.views.first, let labels = batch.labels else {
      fatalError("classification: a batch without pictures or classes")
    }
    let chance = log(Float(max(1, classes)))
    var generator = Pass.current.generator.split(into: -1)
    guard Pass.current.isTraining, let mix = mixing.draw(&generator) else {
      let logits = model(patches)
      let right = zip(logits.argmax().ids, labels.ids).count { $0 == $1 }
      return Loss(
        logits.softmaxCrossEntropy(labels, smoothing: labelSmoothing),
        parts: [("top1", Float(right) / Float(max(1, batch.count)))], chance: chance)
    }
    let (mixed, share) = mix(patches, side: model.encoder.shape.imageSize, patch: model.encoder.shape.patchSize)
    return Loss(model(mixed).softmaxCrossEntropy(probabilities: targets(labels.ids, share: share)), chance: chance)
  }

  /// Each picture was mixed with its mirror image in the batch.
  private func targets(_ labels: [Int32], share: Float) -> Tensor {
    let tensor = Tensor(repeating: labelSmoothing / Float(classes), [labels.count, classes])
    let values = tensor.floatBuffer
    for (row, label) in labels.enumerated() {
      values[row * classes + Int(label)] += share * (1 - labelSmoothing)
      values[row * classes + Int(labels[labels.count - 1 - row])] += (1 - share) * (1 - labelSmoothing)
    }
    return tensor
  }
}

/// Whether and how the pictures of a batch are mixed with each other. A parameter of 0 switches one off; of two that are on,
/// each has half of the batches.
public struct Mixing: Sendable, Equatable {
  /// The parameter of mixup's beta distribution (Zhang et al., 2018).
  public var mixup: Float
  /// The parameter of CutMix's (Yun et al., 2019).
  public var cutmix: Float

  /// No mixing by default.
  public init(mixup: Float = 0, cutmix: Float = 0) {
    self.mixup = mixup
    self.cutmix = cutmix
  }

  /// What is done to one batch.
  public enum Draw: Sendable, Equatable {
    /// Each picture keeps this share of itself.
    case mixup(share: Float)
    /// A rectangle of each picture is another one's: its centre and sides, as shares of the picture.
    case cutmix(x: Float, y: Float, side: Float)
  }

  /// What is done to the next batch.
  public func draw(_ generator: inout Generator) -> Draw? {
    let isCut = cutmix > 0 && (mixup == 0 || generator.bernoulli(0.5))
    guard isCut || mixup > 0 else { return nil }
    let share = generator.beta(isCut ? cutmix : mixup)
    guard isCut else { return .mixup(share: share) }
    return .cutmix(x: generator.uniform(), y: generator.uniform(), side: max(0, 1 - share).squareRoot())
  }
}

extension Mixing.Draw {
  /// Mixes each picture with its mirror image in the batch, and says which share of each is its own.
  ///
  /// `patches`: `[batch, patches, patch · patch · 3]` of square pictures.
  public func callAsFunction(_ patches: Tensor, side: Int, patch: Int) -> (Tensor, share: Float) {
    let (batch, length) = (patches.shape[0], patches.shape[2])
    let size = patches.shape[1] * length
    let mixed = Tensor.zeros(patches.shape)
    let (from, to) = (patches.floatBuffer, mixed.floatBuffer)
    switch self {
    case .mixup(let share):
      for row in 0..<batch {
        let (own, other) = (row * size, (batch - 1 - row) * size)
        for i in 0..<size { to[own + i] = share * from[own + i] + (1 - share) * from[other + i] }
      }
      return (mixed, share)
    case .cutmix(let x, let y, let cut):
      func range(_ center: Float) -> Range<Int> {
        let (middle, half) = (center * Float(side), cut * Float(side) / 2)
        let first = max(0, Int(middle - half))
        return first..<max(first, min(side, Int(middle + half)))
      }
      let (columns, rows) = (range(x), range(y))
      for row in 0..<batch {
        let (own, other) = (row * size, (batch - 1 - row) * size)
        for i in 0..<size { to[own + i] = from[own + i] }
        for y in rows {
          for x in columns {
            let place = ((y / patch) * (side / patch) + x / patch) * length + ((y % patch) * patch + x % patch) * 3
            for c in place..<place + 3 { to[own + c] = from[other + c] }
          }
        }
      }
      return (mixed, 1 - Float(columns.count * rows.count) / Float(side * side))
    }
  }
}

extension Generator {
  /// Beta(a, a): of two gamma variables, the share of the first.
  mutating func beta(_ a: Float) -> Float {
    let (x, y) = (gamma(a), gamma(a))
    return x + y > 0 ? x / (x + y) : 0.5
  }

  /// Gamma with shape a (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
  private mutating func gamma(_ a: Float) -> Float {
    if a < 1 { return gamma(a + 1) * pow(max(uniform(), 1e-30), 1 / a) }
    let d = a - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      if v > 0, log(max(uniform(), 1e-30)) < x * x / 2 + d - d * v + d * log(v) { return d * v }
    }
  }
}
