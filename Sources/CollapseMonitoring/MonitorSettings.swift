/// When the monitor looks, and at how much.
public struct MonitorSettings: Sendable, Equatable {
  /// Steps between two looks.
  public var every = 20
  /// The most embeddings of each tower that it looks at.
  public var sample = 256
  /// The step at which the learning rate has reached its height.
  public var warmup = 0
  /// The steps of the whole run.
  public var total = 1000

  /// The defaults.
  public init() {}

  /// Whether it looks after a step: at the first, and then at each so many.
  public func looks(after step: Int) -> Bool { step == 1 || step % every == 0 }
}
