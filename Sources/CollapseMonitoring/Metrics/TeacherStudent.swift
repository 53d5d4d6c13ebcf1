import Glibc
import Tensors

/// What a teacher tells its student, and how far the student follows.
public struct TeacherStudent: Sendable, Equatable {
  /// The mean entropy of the teacher's distributions as a share of ln K: 1 is uniform and 0 a single prototype, the two
  /// ways in which DINO collapses (Caron et al., "Emerging properties in self-supervised vision transformers", 2021,
  /// section 5.3).
  public let entropy: Double
  /// The entropy of the mean distribution, as a share of ln K: 0 if all samples go to one prototype.
  public let usage: Double
  /// How often teacher and student name the same prototype.
  public let agreement: Double

  /// Of distributions `[batch, prototypes]`.
  public init(teacher: Tensor, student: Tensor) {
    let (t, s) = (Self.rows(teacher), Self.rows(student))
    let most = log(Double(max(2, t.width)))
    func entropy(_ p: some Sequence<Double>) -> Double { p.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 } }
    let count = Double(max(1, t.count))
    self.entropy = (0..<t.count).reduce(0) { $0 + entropy(t[$1]) } / count / most
    usage = entropy(t.mean) / most
    func largest(_ row: ArraySlice<Double>) -> Int? {
      row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
    }
    agreement = Double((0..<min(t.count, s.count)).count { largest(t[$0]) == largest(s[$0]) }) / count
  }

  /// The mean cosine between predictions and targets, the agreement of methods without prototypes (Grill et al.,
  /// "Bootstrap your own latent", 2020, equation 2).
  public static func cosine(_ prediction: Tensor, target: Tensor) -> Double {
    let (p, t) = (rows(prediction).normalized, rows(target).normalized)
    let count = min(p.count, t.count)
    return (0..<count).reduce(0) { sum, row in zip(p[row], t[row]).reduce(sum) { $0 + $1.0 * $1.1 } }
      / Double(max(1, count))
  }

  private static func rows(_ tensor: Tensor) -> Rows {
    Rows(count: tensor.shape[0], width: tensor.count / max(1, tensor.shape[0]), tensor.values.map(Double.init))
  }
}
