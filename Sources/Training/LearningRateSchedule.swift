import Glibc

/// How the learning rate rises and falls.
public struct LearningRateSchedule: Sendable, Equatable {
  /// What happens after the warm-up.
  public enum Shape: String, Sendable, CaseIterable, RecipeValue {
    /// Half a cosine down to the final share (Loshchilov and Hutter, 2017).
    case cosine
    /// A straight line down to the final share.
    case linear
    /// No change.
    case constant
  }

  /// The highest rate.
  public var peak: Double
  /// The way down.
  public var shape: Shape
  /// Steps from nearly 0 up to the peak.
  public var warmup: Int
  /// Steps of a straight line down to 0 at the very end; for constant schedules.
  public var cooldown: Int
  /// What is left of the peak at the end, as a share.
  public var finalShare: Double
  /// All steps.
  public var total: Int

  /// A schedule.
  public init(
    peak: Double, shape: Shape = .cosine, warmup: Int = 0, cooldown: Int = 0, finalShare: Double = 0, total: Int
  ) {
    self.peak = peak
    self.shape = shape
    self.warmup = warmup
    self.cooldown = cooldown
    self.finalShare = finalShare
    self.total = total
  }

  /// The rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    if cooldown > 0, step >= total - cooldown {
      return rateOnTheWay(at: total - cooldown) * Double(max(0, total - step)) / Double(cooldown)
    }
    return rateOnTheWay(at: step)
  }

  private func rateOnTheWay(at step: Int) -> Double {
    let progress = min(1, Double(step - warmup) / Double(max(1, total - warmup)))
    let share =
      switch shape {
      case .cosine: (1 + cos(Double.pi * progress)) / 2
      case .linear: 1 - progress
      case .constant: 1.0
      }
    return peak * (finalShare + (1 - finalShare) * share)
  }
}
