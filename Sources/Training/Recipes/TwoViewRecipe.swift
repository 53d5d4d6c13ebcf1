import Encoders
import Objectives

/// Encoder, heads and loss of a method that compares two views of each picture.
public struct TwoViewRecipe {
  /// The encoder.
  public var model = BackboneRecipe()
  /// SimCLR's objective.
  public var simclr = SimCLRRecipe()
  /// MoCo v2's.
  public var moco = MoCoRecipe()
  /// MoCo v3's.
  public var mocoV3 = MoCoV3Recipe()
  /// BYOL's.
  public var byol = BYOLRecipe()
  /// SimSiam's.
  public var simsiam = SimSiamRecipe()
  /// Barlow Twins'.
  public var barlowTwins = BarlowTwinsRecipe()
  /// VICReg's.
  public var vicreg = VICRegRecipe()
  /// Accuracy along the way.
  public var knn = OnlineNeighborsRecipe()

  /// All defaults.
  public init() {}

  /// The methods.
  public enum Method: String, CaseIterable, Sendable {
    /// Two views of a picture find each other in the batch (Chen et al., 2020).
    case simclr
    /// Momentum contrast with a memory bank, version 2 (Chen et al., 2020).
    case moco
    /// Momentum contrast within the batch (Chen et al., 2021).
    case mocoV3 = "moco_v3"
    /// Bootstrap your own latent (Grill et al., 2020).
    case byol
    /// Siamese networks with a stopped gradient (Chen and He, 2021).
    case simsiam
    /// Redundancy reduction (Zbontar et al., 2021).
    case barlowTwins = "barlow_twins"
    /// Variance, invariance, covariance (Bardes et al., 2022).
    case vicreg
  }

  /// Names every value of a method once; those of the others do not exist for it.
  mutating func code(_ coder: RecipeCoder, _ method: Method) throws {
    try coder.section("model", &model)
    switch method {
    case .simclr: try coder.section("objective", &simclr)
    case .moco: try coder.section("objective", &moco)
    case .mocoV3: try coder.section("objective", &mocoV3)
    case .byol: try coder.section("objective", &byol)
    case .simsiam: try coder.section("objective", &simsiam)
    case .barlowTwins: try coder.section("objective", &barlowTwins)
    case .vicreg: try coder.section("objective", &vicreg)
    }
    try coder.section("knn", &knn)
  }
}

/// The encoder of pictures.
public struct BackboneRecipe: RecipeSection {
  /// What it is.
  public var backbone = Kind.resnet18
  /// Pixels along a side of a view.
  public var imageSize = 32
  /// How a residual network begins.
  public var stem = ResNetShape.Stem.cifar
  /// Features of a residual network's first stage.
  public var baseWidth = 64
  /// Whether its blocks start as the identity.
  public var zeroInitialResidual = false
  /// Pixels along a side of a vision transformer's patch.
  public var patchSize = 4
  /// A vision transformer's sizes.
  public var tower = TowerRecipe()

  /// Kinds of encoders.
  public enum Kind: String, RecipeValue, CaseIterable, Sendable {
    /// Two blocks a stage.
    case resnet18
    /// Three to six blocks a stage.
    case resnet34
    /// Bottlenecks.
    case resnet50
    /// A vision transformer.
    case vit
  }

  /// All defaults.
  public init() {}

  /// Names every value once; each kind knows its own only.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("backbone", &backbone)
    try coder.value("image_size", &imageSize, in: 8...4096)
    switch backbone {
    case .resnet18, .resnet34, .resnet50:
      try coder.value("stem", &stem)
      try coder.value("base_width", &baseWidth, in: 1...4096)
      try coder.value("zero_initial_residual", &zeroInitialResidual)
    case .vit:
      try coder.value("patch_size", &patchSize, in: 1...4096)
      try tower.code(coder)
      if coder.isReading, imageSize % patchSize != 0 {
        throw coder.error("patch_size", "pictures of \(imageSize) pixels do not divide into patches of \(patchSize)")
      }
    }
  }

  var shape: BackboneShape {
    func network(_ depth: ResNetShape.Depth) -> BackboneShape {
      .resNet(
        ResNetShape(depth, stem: stem, baseWidth: baseWidth, zeroInitialResidual: zeroInitialResidual))
    }
    switch backbone {
    case .resnet18: return network(.resNet18)
    case .resnet34: return network(.resNet34)
    case .resnet50: return network(.resNet50)
    case .vit:
      return .visionTransformer(
        VisionShape(
          imageSize: imageSize, patchSize: patchSize,
          blocks: TransformerShape(
            width: tower.width, depth: tower.depth, heads: tower.heads, epsilon: 1e-6, dropPath: tower.dropPath,
            initialization: .vit),
          hasPreNorm: false, hasPatchBias: true))
    }
  }
}

extension ResNetShape.Stem: RecipeValue {}

/// A small perceptron behind an encoder.
public struct HeadRecipe: RecipeSection {
  /// Features of the hidden layers.
  public var hidden: [Int]
  /// Features that come out.
  public var output: Int
  /// Where features are normalised over the batch.
  public var batchNorm: BatchNormPlaces

  /// Where batch norms stand.
  public enum BatchNormPlaces: String, RecipeValue, CaseIterable, Sendable {
    /// Nowhere.
    case none
    /// Behind each hidden layer.
    case hidden
    /// Behind the last one too, where it has neither gain nor shift.
    case all
  }

  /// The defaults of a method.
  init(hidden: [Int], output: Int, batchNorm: BatchNormPlaces = .hidden) {
    (self.hidden, self.output, self.batchNorm) = (hidden, output, batchNorm)
  }

  /// SimCLR's head.
  public init() { self.init(hidden: [2048], output: 128, batchNorm: .none) }

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("hidden", &hidden)
    try coder.value("output", &output, in: 1...65_536)
    try coder.value("batch_norm", &batchNorm)
    if coder.isReading, hidden.count > 16 || !hidden.allSatisfy({ (1...65_536).contains($0) }) {
      throw coder.error("hidden", "at most 16 whole numbers from 1 to 65536 are needed")
    }
  }

  var shape: HeadShape {
    HeadShape(
      hidden: hidden, output: output, norm: batchNorm == .none ? .none : .affine,
      lastNorm: batchNorm == .all ? .plain : .none)
  }
}

/// When the encoder's features are tried out on labelled pictures while it trains.
public struct OnlineNeighborsRecipe: RecipeSection {
  /// Epochs between two trials; 0: never.
  public var every = 0
  /// The split that is classified.
  public var split = "test"
  /// The most pictures of either split.
  public var most = 10_000
  /// How many neighbours vote.
  public var neighbors = 20
  /// How much nearer ones count more.
  public var temperature = 0.07

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("every", &every, in: 0...1_000_000)
    try coder.value("split", &split)
    try coder.value("most", &most, in: 1...100_000_000)
    try coder.value("neighbors", &neighbors, in: 1...100_000)
    try coder.value("temperature", &temperature, in: 1e-4...100)
  }
}
