import CollapseMonitoring
import Files
import JSON

/// Why a run cannot begin or go on.
public enum RunError: UserError, Equatable {
  /// There is a run already.
  case exists(String)
  /// There is a model that no run has made.
  case holdsModel(String, file: String)
  /// A run that began with another recipe.
  case otherRecipe(String, named: String, origin: String)
  /// A run that began with another model; empty: by chance.
  case otherStart(String, began: String)
  /// A run whose model was trained with another value of the recipe.
  case otherModel(String, key: String, own: String, asked: String)
  /// A run whose optimizer has another memory than the recipe asks for.
  case otherOptimizer(String, key: String, own: String, asked: String)
  /// A recipe that leaves every parameter as it is.
  case nothingLearns
  /// A run that has done more steps than it is to do in all.
  case isFurther(String, done: Int, asked: Int)
  /// A run that had checkpoints and has lost them.
  case lostCheckpoints(String)
  /// A run that was asked to stop before it had begun.
  case stopped(String)
  /// A joint embedding needs captions; why the first sample cannot be used, if it cannot.
  case noCaptions(String, why: String?)
  /// An augmentation that does not give two views.
  case notTwoViews(String, views: Int)
  /// An augmentation whose pictures are not as large as the model's; empty: the method's own.
  case otherSize(String, pixels: Int, model: Int)
  /// A recipe that takes its sizes from a model, and no model.
  case noSizes
  /// A recipe that takes its statistics from a model, and no model.
  case noStatistics
  /// A split whose pictures have no classes.
  case noLabels(String)
  /// A model that a run cannot start from.
  case noStart(String, String)
  /// Loss or gradients stay NaN or infinite.
  case notFinite(String, step: Int, names: [String], saved: Int)
  /// The weights themselves, or what the optimizer remembers, are no longer finite.
  case spoilt(String, step: Int, names: [String], saved: Int)
  /// Something could not be written; why is a line for people.
  case notWritten(String, step: Int, why: String, saved: Int)
  /// The recipe chooses checkpoints by a metric that there is not.
  case noSuchMetric(String, known: [String])
  /// The monitor raised an alarm, and the recipe wants the run to stop then, or it has gone back often enough.
  case alarm(String, Alarm, rollBacks: Int)

  /// The line for people.
  public var description: String {
    switch self {
    case .exists(let folder): "\(folder): holds a run already; go on with --resume, or choose another folder"
    case .holdsModel(let folder, let file):
      "\(folder): holds a model that is no run (\(file)), and training would overwrite it; choose another folder"
    case .otherRecipe(let folder, let named, let origin):
      "\(folder): began with \(origin), not with \(named); leave the recipe out to go on, and change it with --set"
    case .otherStart(let folder, let began):
      "\(folder): began \(began.isEmpty ? "by chance" : "with \(began)") and has its own weights now; leave --init out to go "
        + "on, or choose another folder"
    case .otherModel(let folder, let key, let own, let asked):
      "\(folder): was trained with \(key)=\(own), and its weights mean nothing with \(asked); leave \(key) out to go on, or "
        + "choose another folder"
    case .otherOptimizer(let folder, let key, let own, let asked):
      "\(folder): was trained with \(key)=\(own), and what it remembers for that is of no use with \(asked); leave \(key) "
        + "out to go on, or train into another folder with --init \(folder)"
    case .nothingLearns: "optimizer.groups: every parameter is frozen, and nothing would be learnt"
    case .isFurther(let folder, let done, let asked):
      "\(folder): has done \(done) steps already, and \(asked) in all are asked for; give more --steps, or choose another "
        + "folder"
    case .lostCheckpoints(let folder):
      "\(folder): its model was trained, but its checkpoints are gone, so that it would begin anew and replace the "
        + "model; put them back, or train into another folder with --init \(folder)"
    case .stopped(let folder): "\(folder): stopped before the first step"
    case .noCaptions(let set, nil): "\(set): has no captions, and a joint embedding learns from nothing else"
    case .noCaptions(let set, let why?): "\(set): has no captions that can be read; the first sample: \(why)"
    case .notTwoViews(let line, let views):
      "data.augmentation '\(line)' gives \(views == 1 ? "one view" : "\(views) views"), and this method compares two; "
        + "write '2 * …' or join two pipelines by '+'"
    case .otherSize(let line, let pixels, let model):
      "data.augmentation '\(line)' gives \(pixels)×\(pixels) pixels, \(pixels > model ? "more" : "less") than the "
        + "\(model)×\(model) of model.image_size; write image_size in place of \(pixels), or set model.image_size=\(pixels)"
    case .noSizes:
      "model.like_init takes the sizes of the model that the run starts from, and there is none; give --init MODEL"
    case .noStatistics:
      "data.augmentation: normalize(model) takes the statistics of the joint embedding that the run starts from, and there is "
        + "none; give --init MODEL, or statistics such as normalize(clip)"
    case .noLabels(let split):
      "knn: the training pictures or those of split \(split) have no classes; knn.every=0 leaves accuracies out"
    case .noStart(let model, let problem): "\(model): \(problem)"
    case .notFinite(let folder, let step, let names, let saved):
      "\(folder): stopped at step \(step) after \(TrainingRun.mostSkipped) steps without finite numbers, the first in "
        + "\(names.prefix(3).joined(separator: ", ")); "
        + (saved > 0 ? "saved is the state of step \(saved), which may be past mending" : Self.kept(saved))
        + "; begin anew with a lower learning rate"
    case .spoilt(let folder, let step, let names, let saved):
      "\(folder): step \(step) is not saved, for there are NaN or infinite numbers in "
        + "\(names.prefix(3).joined(separator: ", ")); \(Self.kept(saved)); try a lower learning rate"
    case .notWritten(_, let step, let why, let saved):
      "\(why); stopped at step \(step), \(Self.kept(saved)); --resume goes on once there is room"
    case .noSuchMetric(let name, let known):
      "checkpoint.best: no step measures \(name); "
        + (suggestion(for: name, among: known).map { "did you mean \($0)?" }
          ?? "there are \(known.joined(separator: ", "))")
    case .alarm(let folder, let alarm, let rollBacks):
      "\(folder): stopped at step \(alarm.step)"
        + (rollBacks > 0 ? " after going back \(rollBacks) times" : "")
        + ": \(alarm.kind.rawValue) since step \(alarm.since): \(alarm.seen); \(alarm.kind.remedy)"
    }
  }

  private static func kept(_ step: Int) -> String {
    step > 0 ? "the state of step \(step) is saved and whole" : "no state was saved before"
  }
}
