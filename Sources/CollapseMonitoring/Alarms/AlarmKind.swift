/// What can go wrong with a representation.
public enum AlarmKind: String, CaseIterable, Sendable {
  /// Every tower gives one answer to everything.
  case completeCollapse = "complete_collapse"
  /// Embeddings vary in a few dimensions only, or along a single line.
  case dimensionalCollapse = "dimensional_collapse"
  /// One of two towers gives one answer to everything.
  case deadTower = "dead_tower"
  /// The loss is that of guessing.
  case chanceLoss = "chance_loss"
  /// The temperature is at or beyond its bounds and does not help.
  case temperature = "temperature_stuck"
  /// Loss or gradients are NaN or infinite.
  case nonFinite = "non_finite"
  /// The loss has stopped to fall.
  case plateau
  /// Updates are large beside the weights that they change, or the loss has jumped.
  case learningRate = "learning_rate_too_high"
  /// Steps wait for data.
  case dataStarved = "data_starved"
  /// Batches are full of repeated samples.
  case duplicates = "duplicate_batches"
  /// A memory bank's entries are not replaced.
  case staleBank = "stale_bank"
  /// A momentum teacher is no other than its student.
  case teacherCopies = "teacher_copies_student"
  /// A masked autoencoder gives every patch one answer.
  case predictsMean = "predicts_mean"

  /// Whether the representation itself suffers; the others cost time. Only these stop a run or roll it back.
  public var isSickness: Bool {
    switch self {
    case .plateau, .dataStarved, .duplicates: false
    default: true
    }
  }

  /// A word or two for the progress line.
  public var word: String {
    switch self {
    case .completeCollapse: "collapsed"
    case .dimensionalCollapse: "few dimensions"
    case .deadTower: "dead tower"
    case .chanceLoss: "at chance"
    case .temperature: "temperature stuck"
    case .nonFinite: "not finite"
    case .plateau: "plateau"
    case .learningRate: "learning rate high"
    case .dataStarved: "waits for data"
    case .duplicates: "duplicates"
    case .staleBank: "stale bank"
    case .teacherCopies: "teacher copies"
    case .predictsMean: "predicts the mean"
    }
  }

  /// What it usually means.
  public var meaning: String {
    switch self {
    case .completeCollapse:
      "The encoder has found a constant that satisfies the loss: there are no negatives, stop-gradient, predictor or "
        + "momentum teacher that would forbid it, or updates were so large that everything saturated."
    case .dimensionalCollapse:
      "Most directions of the embedding carry nothing: augmentations are stronger than what tells pictures apart, the "
        + "projection head is too shallow, weight decay outweighs the gradient, or nothing forbids collapse but a batch norm "
        + "at the head's end."
    case .deadTower:
      "One encoder gives the same vector whatever it sees: its weights or inputs are zero, it is frozen, or its learning "
        + "rate drove it into saturation; the other cannot learn from it."
    case .chanceLoss:
      "Pairs tell the model no more than random ones: pictures and captions do not belong together, one input is "
        + "constant, or the learning rate is too small or too large to begin."
    case .temperature:
      "Similarities are multiplied so much or so little that the softmax has no useful gradient: the temperature's own "
        + "learning rate is too high, or its bounds are off."
    case .nonFinite: "Numbers have overflowed: the learning rate is too high, or a sample is damaged."
    case .plateau: "The model has learnt what it can at this learning rate, from these data, at this size."
    case .learningRate: "Each step rewrites the weights instead of improving them."
    case .dataStarved: "The processor waits for samples: reading, decoding or augmenting them is slower than the model."
    case .duplicates:
      "Negatives are copies of the positive: the data set is smaller than the batch, or repeats its samples."
    case .staleBank: "New samples are compared with what the encoder thought long ago: the bank is not refilled."
    case .teacherCopies:
      "The teacher's weights are the student's: its momentum is 0, so that nothing holds the target still."
    case .predictsMean:
      "The decoder answers every patch alike: nothing of the visible patches reaches it, or it has just begun."
    }
  }

  /// What to change in the recipe.
  public var remedy: String {
    switch self {
    case .completeCollapse:
      "Check the objective's stop-gradient, predictor and momentum; lower optimizer.learning_rate; go back to a healthy "
        + "checkpoint."
    case .dimensionalCollapse:
      "Weaken data.augmentation, deepen the projection head, lower optimizer.weight_decay, raise batch_size, or check the "
        + "objective's stop-gradient."
    case .deadTower:
      "Look at that tower's inputs (diptych data inspect) and its norms in health; lower optimizer.learning_rate."
    case .chanceLoss:
      "Look at the pairs (diptych data inspect), check the caption column, lower optimizer.learning_rate or lengthen "
        + "optimizer.warmup."
    case .temperature: "Lower optimizer.learning_rate, lengthen optimizer.warmup, or check the temperature's bounds."
    case .nonFinite: "Lower optimizer.learning_rate, set optimizer.clip_norm to 1, or try precision fp32."
    case .plateau: "End the run, lower optimizer.learning_rate sooner, or give it more data or a larger model."
    case .learningRate:
      "Divide optimizer.learning_rate by ten, lengthen optimizer.warmup, and set optimizer.clip_norm to 1."
    case .dataStarved: "Raise data.threads, store smaller pictures, or choose a cheaper data.augmentation."
    case .duplicates: "Lower batch_size, or remove repeated samples from the data."
    case .staleBank: "Make the bank smaller or batch_size larger, and see that each step adds its batch."
    case .teacherCopies: "Raise the teacher's momentum to 0.99 or more."
    case .predictsMean: "Check the patches and masks, raise optimizer.learning_rate, or lengthen the run."
    }
  }
}
