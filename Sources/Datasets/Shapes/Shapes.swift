import Tensors

/// Drawn scenes with captions that say count, size, texture, colour, form and relation: "a small red circle left of two
/// large striped blue squares".
///
/// Item i is a function of (seed, split, i) alone: millions cost nothing until they are asked for. No object of the test
/// split, by colour and form, is ever seen in training, though each colour and each form is. No two items of a split
/// have the same description until all descriptions have been used.
public struct Shapes: DataSet {
  /// Which scenes are drawn.
  public enum Split: String, CaseIterable, Sendable {
    /// Pairs of neighbours that differ in the relation alone.
    case train
    /// Descriptions that `train` does not contain, of the same kinds of objects.
    case val
    /// Scenes of the kinds of objects that the others lack.
    case test
  }

  /// So many descriptions are set aside for validation.
  private static let reserved = 10_000

  /// Which scenes are drawn.
  public let split: Split
  /// How many there are.
  public let count: Int
  /// Pixels on each side of the pictures.
  public let side: Int
  private let seed: UInt64
  private let space: SceneSpace
  private let order: Permutation

  /// The scenes of a split.
  public init(_ split: Split, count: Int, side: Int = 64, seed: UInt64 = 0) {
    guard count > 0, side > 0 else { fatalError("Shapes: \(count) pictures of \(side) × \(side)") }
    self.split = split
    self.count = count
    self.side = side
    self.seed = seed
    space = SceneSpace(of: Scene.Kind.all.filter { $0.isHeldOut == (split == .test) })
    // Training and validation share an order, so that they can share it out.
    order = Permutation(space.count, Generator(seed, split == .test ? 1 : 0))
  }

  /// The two of a pair stay together, so that a batch holds hard negatives.
  public var companions: Int { split == .train ? 2 : 1 }

  /// What item `index` shows.
  func scene(at index: Int) -> Scene {
    guard index >= 0, index < count else { fatalError("Shapes: item \(index) of \(count)") }
    var generator = Generator(seed, 2 + (Split.allCases.firstIndex(of: split) ?? 0), index, 0)
    switch split {
    case .train:
      let scene = space[order[Self.reserved + index / 2 % (space.count - Self.reserved)]]
      return index % 2 == 0 ? scene : scene.mirrored
    case .val, .test:
      let scene = space[order[index % (split == .val ? Self.reserved : space.count)]]
      return generator.bernoulli(0.5) ? scene : scene.mirrored
    }
  }

  /// A picture with its captions, the plainest first.
  public func sample(at index: Int) -> Sample {
    var generator = Generator(seed, 2 + (Split.allCases.firstIndex(of: split) ?? 0), index, 1)
    let scene = scene(at: index)
    return Sample(
      id: "shapes/\(split)/\(index)", picture: .drawn(scene.drawn(side: side, &generator)), captions: scene.captions)
  }

  /// The captions of a picture, which need not be drawn for them.
  public func captions(at index: Int) -> [String] { scene(at: index).captions }

  /// False captions for item `index`, to be told from the first of its captions.
  public func hardNegatives(at index: Int) -> [HardNegative] {
    let scene = scene(at: index)
    return HardNegative.Kind.allCases.map { HardNegative(kind: $0, caption: scene.hardNegative($0)) }
  }
}
