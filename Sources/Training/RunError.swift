import Files

/// Why a run cannot begin or go on.
public enum RunError: UserError, Equatable {
  /// There is a run already.
  case exists(String)
  /// A joint embedding needs captions.
  case noCaptions(String)
  /// A model that a run cannot start from.
  case noStart(String, String)
  /// Loss or gradients stay NaN or infinite.
  case notFinite(String, step: Int, names: [String], saved: Int)

  /// The line for people.
  public var description: String {
    switch self {
    case .exists(let folder): "\(folder): holds a run already; go on with --resume, or choose another folder"
    case .noCaptions(let set): "\(set): has no captions, and a joint embedding learns from nothing else"
    case .noStart(let model, let problem): "\(model): \(problem)"
    case .notFinite(let folder, let step, let names, let saved):
      "\(folder): stopped at step \(step) after \(TrainingRun.mostSkipped) steps without finite numbers, the first in "
        + names.prefix(3).joined(separator: ", ") + "; "
        + (saved > 0 ? "the state of step \(saved) is saved; " : "") + "try a lower learning rate"
    }
  }
}
