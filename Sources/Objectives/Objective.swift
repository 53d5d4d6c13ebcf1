import Layers
import Tensors

/// A self-supervised task: encoders, and a loss on a batch.
///
/// To add a method, write one type that conforms to this, in one file, with one test and one recipe.
public protocol Objective: Module {
  /// The loss of a batch, with its parts. Called while a tape records; random choices come from `Pass.current`.
  func callAsFunction(_ batch: Batch) -> Loss

  /// Called after each optimizer step: momentum encoders follow, memory banks take in the batch.
  ///
  /// - Parameter progress: the share of the training that is done, from 0 to 1.
  func didStep(progress: Double)
}

extension Objective {
  /// Most methods have nothing to do between steps.
  public func didStep(progress: Double) {}
}

/// What the loader hands to an objective.
public struct Batch: Sendable {
  /// The views of each picture, in the form that the objective's encoder reads: patches `[batch, patches, values]` or
  /// channels-last pixels `[batch, height, width, 3]`. One view for CLIP and MAE, two for SimCLR.
  public var views: [Tensor]
  /// Token ids, `[batch, tokens]`.
  public var ids: Tensor?
  /// Classes, `[batch]`.
  public var labels: Tensor?
  /// Equal numbers mark samples that show the same picture, `[batch]`; equal texts are found by their ids.
  public var pictures: [Int]

  /// A batch.
  public init(views: [Tensor] = [], ids: Tensor? = nil, labels: Tensor? = nil, pictures: [Int] = []) {
    self.views = views
    self.ids = ids
    self.labels = labels
    self.pictures = pictures
  }

  /// How many samples it has.
  public var count: Int { views.first?.shape[0] ?? ids?.shape[0] ?? labels?.shape[0] ?? 0 }

  /// Some of the samples.
  public func sliced(_ range: Range<Int>) -> Batch {
    Batch(
      views: views.map { $0.sliced(range) }, ids: ids?.sliced(range), labels: labels?.sliced(range),
      pictures: pictures.isEmpty ? [] : Array(pictures[range]))
  }

  /// Takes in more samples, but not what they look like: what losses ask of a batch whose embeddings are known.
  mutating func appendAllButViews(of other: Batch) {
    func joined(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
      a.map { a in b.map { Tensor.concatenated([a, $0]) } ?? a } ?? b
    }
    ids = joined(ids, other.ids)
    labels = joined(labels, other.labels)
    pictures += other.pictures
  }
}

/// A scalar to go down, and what is worth knowing about it.
public struct Loss {
  /// What gradients are taken of.
  public var total: Tensor
  /// Named numbers for the log.
  public var parts: [(name: String, value: Float)]
  /// Embeddings for the collapse monitor, by the name of the tower that made them: `[batch, width]`.
  public var embeddings: [(name: String, value: Tensor)]
  /// How the embeddings belong together.
  public var relation: Relation
  /// The loss of a model that has learnt nothing, such as ln B for a contrastive batch of B.
  public var chance: Float?
  /// What else the collapse monitor should see; called only at the steps where it looks.
  public var observations: () -> [Observation]

  /// A loss.
  public init(
    _ total: Tensor, parts: [(name: String, value: Float)] = [], embeddings: [(name: String, value: Tensor)] = [],
    relation: Relation = .views, chance: Float? = nil, observations: @escaping () -> [Observation] = { [] }
  ) {
    self.total = total
    self.parts = parts
    self.embeddings = embeddings.map { ($0.name, $0.value.detached) }
    self.relation = relation
    self.chance = chance
    self.observations = observations
  }
}
