import Tensors

/// What a method can tell the collapse monitor besides its embeddings.
///
/// A loss hands these over as a closure, ``Loss/observations``, that is called only at the steps where the monitor looks:
/// what costs time belongs in there.
public enum Observation: Sendable {
  /// The softmax's temperature, and the range that it is kept in.
  case temperature(Float, within: ClosedRange<Float>)
  /// A student's predictions and the targets that it is taught, `[batch, width]` (Grill et al., 2020).
  case prediction(Tensor, target: Tensor)
  /// How far a momentum teacher's weights are from the student's, as a share of the student's norm.
  case teacherDistance(Float)
  /// How many steps ago a memory bank's entries were put in, on average, and how many that would be if each batch had
  /// replaced the oldest (He et al., "Momentum contrast", 2020).
  case bank(meanAge: Float, expected: Float)
  /// Predicted and true values of masked patches, `[patches, values]`, as the loss compares them (He et al., "Masked
  /// autoencoders", 2022).
  case reconstruction(predictions: Tensor, targets: Tensor)
}

/// How the embeddings of a loss belong together.
public enum Relation: Sendable {
  /// Views of the same pictures through one kind of encoder.
  case views
  /// Towers of their own for pictures and texts.
  case modalities
}
