import Encoders
import Objectives
import Tensors

// The objectives of two views, as recipes name them. A recipe that takes away what keeps a method from collapsing, with
// `stop_gradient: false`, `predictor: "none"` or `momentum: 0`, is a right one: watching it collapse is worth a run.

/// SimCLR.
public struct SimCLRRecipe: RecipeSection {
  /// τ of NT-Xent.
  public var temperature: Float = 0.5
  /// g
  public var projector = HeadRecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("temperature", &temperature, in: 1e-3...100)
    try coder.section("projector", &projector)
  }
}

/// MoCo v2.
public struct MoCoRecipe: RecipeSection {
  /// τ
  public var temperature: Float = 0.2
  /// How slowly the keys' encoder moves; 0: it is the queries'.
  public var momentum: Float = 0.999
  /// Keys that the memory bank holds.
  public var bank = 65_536
  /// g
  public var projector = HeadRecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("temperature", &temperature, in: 1e-3...100)
    try coder.value("momentum", &momentum, in: 0...1)
    try coder.value("bank", &bank, in: 1...1 << 24)
    try coder.section("projector", &projector)
  }
}

/// MoCo v3.
public struct MoCoV3Recipe: RecipeSection {
  /// τ
  public var temperature: Float = 1
  /// How slowly the keys' encoder moves at first; 0: it is the queries', all the time.
  public var momentum: Float = 0.99
  /// Whether the momentum rises to 1 along half a cosine.
  public var momentumRises = true
  /// g
  public var projector = HeadRecipe(hidden: [4096], output: 256, batchNorm: .all)
  /// q; `nil`: taken away.
  public var predictor: HeadRecipe? = HeadRecipe(hidden: [4096], output: 256, batchNorm: .all)

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("temperature", &temperature, in: 1e-3...100)
    try coder.value("momentum", &momentum, in: 0...1)
    try coder.value("momentum_rises", &momentumRises)
    try coder.section("projector", &projector)
    try coder.predictor(&predictor, of: projector)
  }
}

/// BYOL.
public struct BYOLRecipe: RecipeSection {
  /// How slowly the target network moves at first; 0: it is the online network, all the time.
  public var momentum: Float = 0.996
  /// Whether the momentum rises to 1 along half a cosine.
  public var momentumRises = true
  /// g
  public var projector = HeadRecipe(hidden: [4096], output: 256)
  /// q; `nil`: taken away.
  public var predictor: HeadRecipe? = HeadRecipe(hidden: [4096], output: 256)

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("momentum", &momentum, in: 0...1)
    try coder.value("momentum_rises", &momentumRises)
    try coder.section("projector", &projector)
    try coder.predictor(&predictor, of: projector)
  }
}

/// SimSiam.
public struct SimSiamRecipe: RecipeSection {
  /// Whether the targets get no gradient.
  public var stopGradient = true
  /// g
  public var projector = HeadRecipe(hidden: [2048, 2048], output: 2048, batchNorm: .all)
  /// h; `nil`: taken away.
  public var predictor: HeadRecipe? = HeadRecipe(hidden: [512], output: 2048)

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("stop_gradient", &stopGradient)
    try coder.section("projector", &projector)
    try coder.predictor(&predictor, of: projector)
  }
}

/// Barlow Twins.
public struct BarlowTwinsRecipe: RecipeSection {
  /// λ
  public var redundancyWeight: Float = 0.005
  /// What the loss is multiplied by.
  public var scale: Float = 1
  /// g
  public var projector = HeadRecipe(hidden: [8192, 8192], output: 8192)

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("redundancy_weight", &redundancyWeight, in: 0...1000)
    try coder.value("scale", &scale, in: 1e-6...1e6)
    try coder.section("projector", &projector)
  }
}

/// VICReg.
public struct VICRegRecipe: RecipeSection {
  /// λ, μ and ν.
  public var weights = VICReg.Weights()
  /// The expander.
  public var projector = HeadRecipe(hidden: [8192, 8192], output: 8192)

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("invariance_weight", &weights.invariance, in: 0...1e6)
    try coder.value("variance_weight", &weights.variance, in: 0...1e6)
    try coder.value("covariance_weight", &weights.covariance, in: 0...1e6)
    try coder.section("projector", &projector)
  }
}

extension RecipeCoder {
  /// A predictor, or `"none"`; what it gives is compared with projections, and must be as wide.
  fileprivate func predictor(_ predictor: inout HeadRecipe?, of projector: HeadRecipe) throws {
    try section("predictor", &predictor)
    if isReading, let predictor, predictor.output != projector.output {
      throw error(
        "predictor.output", "\(predictor.output) features cannot be compared with the projector's \(projector.output)")
    }
  }
}

extension TwoViewRecipe {
  /// The objective of a method.
  func objective(_ method: Method, _ generator: inout Generator) -> any TwoViewObjective {
    func encoder(_ projector: HeadRecipe) -> ProjectedEncoder {
      ProjectedEncoder(model.shape, projector: projector.shape, &generator)
    }
    func shape(_ predictor: HeadRecipe?) -> HeadShape { predictor?.shape ?? .identity }
    switch method {
    case .simclr: return SimCLR(encoder(simclr.projector), temperature: simclr.temperature)
    case .moco:
      return MoCo(
        encoder(moco.projector), bank: moco.bank, temperature: moco.temperature,
        momentum: MomentumSchedule(moco.momentum, rises: false), &generator)
    case .mocoV3:
      return MoCoV3(
        encoder(mocoV3.projector), predictor: shape(mocoV3.predictor), temperature: mocoV3.temperature,
        momentum: MomentumSchedule(mocoV3.momentum, rises: mocoV3.momentumRises), &generator)
    case .byol:
      return BYOL(
        encoder(byol.projector), predictor: shape(byol.predictor),
        momentum: MomentumSchedule(byol.momentum, rises: byol.momentumRises), &generator)
    case .simsiam:
      return SimSiam(
        encoder(simsiam.projector), predictor: shape(simsiam.predictor), stopsGradient: simsiam.stopGradient,
        &generator)
    case .barlowTwins:
      return BarlowTwins(
        encoder(barlowTwins.projector), redundancyWeight: barlowTwins.redundancyWeight, scale: barlowTwins.scale)
    case .vicreg: return VICReg(encoder(vicreg.projector), weights: vicreg.weights)
    }
  }
}
