import Objectives
import Tensors

/// What the monitor measured at one step.
public struct Reading: Sendable {
  /// The step.
  public var step = 0
  /// The loss.
  public var loss = 0.0
  /// The loss of guessing, where the method has one.
  public var chance: Double?
  /// Steps since the last look whose loss or gradients were not finite.
  public var skipped = 0
  /// The share of the time since the last look that was spent waiting for data.
  public var dataWait = 0.0
  /// Each tower or view.
  public var towers: [Tower] = []
  /// Whether towers are of one kind.
  public var relation = Relation.views
  /// The first two towers as pairs.
  public var pairs: PairAgreement?
  /// ``lidar(_:_:limit:)`` of two views.
  public var lidar: Double?
  /// The softmax's temperature and its bounds.
  public var temperature: (value: Double, range: ClosedRange<Double>)?
  /// The cosine between predictions and targets.
  public var agreement: Double?
  /// How far the teacher's weights are from the student's.
  public var teacherDistance: Double?
  /// The age of a memory bank's entries, and what it should be.
  public var bank: (age: Double, expected: Double)?
  /// A masked autoencoder's success.
  public var reconstruction: ReconstructionQuality?
  /// Norms by group.
  public var movements: [Movement] = []
  /// How widely attention looks.
  public var attention: AttentionEntropy?
  /// The share of samples whose picture stands in the batch more than once.
  public var repeatedPictures = 0.0
  /// The share of samples whose text does.
  public var repeatedTexts = 0.0

  /// One tower's embeddings.
  public struct Tower: Sendable {
    /// Its name.
    public let name: String
    /// The most dimensions that the sample can show.
    public let most: Int
    /// Spread by dimension.
    public let spread: Spread
    /// The spectrum; `nil` where numbers are not finite.
    public let spectrum: Spectrum?
    /// How the embeddings lie to each other.
    public let uniformity: Uniformity

    /// Measures a sample.
    public init(_ sample: EmbeddingSample) {
      name = sample.name
      most = min(sample.count, sample.width)
      spread = Spread(sample)
      spectrum = sample.isFinite ? Spectrum(sample) : nil
      uniformity = Uniformity(sample)
    }
  }

  /// Nothing measured yet.
  public init() {}

  /// Takes in what only some methods tell.
  mutating func take(_ observation: Observation) {
    switch observation {
    case .temperature(let value, let range):
      temperature = (Double(value), Double(range.lowerBound)...Double(range.upperBound))
    case .prediction(let prediction, let target): agreement = predictionAgreement(prediction, target: target)
    case .teacherDistance(let distance): teacherDistance = Double(distance)
    case .bank(let age, let expected): bank = (Double(age), Double(expected))
    case .reconstruction(let predictions, let targets):
      reconstruction = ReconstructionQuality(predictions: predictions, targets: targets)
    }
  }

  /// All numbers with their names, as `metrics.jsonl` has them.
  public var named: [(name: String, value: Double)] {
    var list: [(String, Double?)] = []
    for tower in towers {
      let spectrum = tower.spectrum
      list += [
        ("\(tower.name).spread", tower.spread.mean), ("\(tower.name).dead", tower.spread.deadShare),
        ("\(tower.name).rank", spectrum?.rankMe), ("\(tower.name).participation", spectrum?.participationRatio),
        ("\(tower.name).alpha_req", spectrum?.alphaReQ), ("\(tower.name).uniformity", tower.uniformity.uniformity),
        ("\(tower.name).cosine", tower.uniformity.meanCosine),
      ]
    }
    list += [
      ("alignment", pairs?.alignment), ("margin", pairs?.margin),
      ("gap", relation == .modalities ? pairs?.gap : nil), ("lidar", lidar),
      ("of_chance", chance.flatMap { $0 > 0 ? loss / $0 : nil }),
      ("teacher.agreement", agreement), ("teacher.distance", teacherDistance),
      ("bank.age", bank?.age), ("reconstruction.error", reconstruction?.relativeError),
      ("reconstruction.variance", reconstruction?.relativeVariance),
    ]
    list += [("attention.entropy", attention?.mean), ("attention.least_entropy", attention?.least)]
    for movement in movements {
      list += [
        ("norm.\(movement.group).weights", movement.parameters),
        ("norm.\(movement.group).gradients", movement.gradients), ("norm.\(movement.group).updates", movement.updates),
      ]
    }
    if !movements.isEmpty { list.append(("update_ratio", movements.total.ratio)) }
    if repeatedPictures > 0 { list.append(("repeated.pictures", repeatedPictures)) }
    if repeatedTexts > 0 { list.append(("repeated.texts", repeatedTexts)) }
    return list.compactMap { name, value in value.map { (name, $0) } }
  }
}
