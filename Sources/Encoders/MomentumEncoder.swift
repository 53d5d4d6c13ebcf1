import Glibc
import Layers
import Tensors

/// An encoder that no gradient reaches and that follows another one slowly: the key encoder of MoCo, the target network of
/// BYOL.
///
/// Its weights are a moving average. Its batch norms see the pictures themselves, so that their running statistics are its
/// own, as in the papers' code.
public struct MomentumEncoder: Module {
  /// The follower.
  public let encoder: ProjectedEncoder
  // Not the leader itself: a module's parameters are what its properties hold, and the leader's would be trained once more.
  private let pairs: [(own: Parameter, leader: Parameter)]
  private let statistics: [(own: Buffer, leader: Buffer)]

  /// Starts as a copy.
  public init(following leader: ProjectedEncoder) {
    encoder = leader.copy()
    encoder.setTrainable(false)
    pairs = zip(encoder.parameters, leader.parameters).map { ($0.parameter, $1.parameter) }
    statistics = zip(encoder.buffers, leader.buffers).map { ($0.buffer, $1.buffer) }
  }

  /// The follower's view of pictures.
  public func callAsFunction(_ x: Tensor) -> Tensor { encoder(x).detached }

  /// ξ ← m ξ + (1 − m) θ
  public func follow(momentum: Float) {
    for (own, leader) in pairs {
      let target = leader.value
      own.update { values in
        let leader = target.floatBuffer
        for i in values.indices { values[i] = momentum * values[i] + (1 - momentum) * leader[i] }
      }
    }
  }

  /// Becomes a copy again, running statistics included: the leader was given another's weights.
  public func startOver() {
    for (own, leader) in pairs { own.value = leader.value }
    for (own, leader) in statistics { own.value = leader.value }
  }

  /// How far it is behind: ‖θ − ξ‖ / ‖θ‖.
  public var distance: Float {
    let (apart, whole) = pairs.reduce((0.0, 0.0)) {
      ($0.0 + ($1.leader.value - $1.own.value).sumOfSquares(), $0.1 + $1.leader.value.sumOfSquares())
    }
    return Float((apart / max(whole, 1e-30)).squareRoot())
  }
}

/// How much of a momentum encoder stays at each step.
public struct MomentumSchedule: Sendable, Equatable {
  /// What it starts with; 0 makes the follower a copy of the newest weights, all the time.
  public var start: Float
  /// Whether it rises to 1 along half a cosine (Grill et al., 2020: BYOL, section 3.3).
  public var rises: Bool

  /// A momentum.
  public init(_ start: Float, rises: Bool) {
    self.start = start
    self.rises = rises
  }

  /// The momentum when a share of the training is done. One that was switched off stays off.
  public func callAsFunction(progress: Double) -> Float {
    guard rises, start > 0 else { return start }
    return Float(1 - (1 - Double(start)) * (cos(Double.pi * min(1, progress)) + 1) / 2)
  }
}
