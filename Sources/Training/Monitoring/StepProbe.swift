import CollapseMonitoring
import Tensors

/// Takes the measures of one step from within, and the time that this takes.
final class StepProbe: Sendable {
  let attention = AttentionProbe()
  private let gauge = Locked<MovementGauge?>(nil)
  private let seconds = Locked(0.0)

  /// How long measuring took.
  var cost: Double { seconds.withLock { $0 } }

  @Sendable func listen(_ qkv: Tensor, _ mask: AttentionMask) {
    timed { attention.listen(qkv, mask) }
  }

  func willStep(_ parameters: [(name: String, parameter: Parameter)], _ gradients: Gradients) {
    timed { gauge.withLock { $0 = MovementGauge(parameters, gradients) } }
  }

  func didStep() -> [Movement] {
    timed {
      gauge.withLock { gauge in
        defer { gauge = nil }
        return gauge?.movements() ?? []
      }
    }
  }

  private func timed<Result>(_ body: () -> Result) -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let result = body()
    let taken = (clock.now - start) / .seconds(1)
    seconds.withLock { $0 += taken }
    return result
  }
}
