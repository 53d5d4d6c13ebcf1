/// A matrix of weights as products read it, packed when the first product asks and kept for all later ones.
///
/// To pack a matrix for a single picture takes a third of the time of its product. Training has no use for this: the
/// next step's weights are others.
final class PackedWeight: Sendable {
  private let forms = Locked([ProductPrecision: PackedMatrix]())

  /// Wᵀ of a weight `[out, in]`.
  func transposed(_ weight: Tensor, _ precision: ProductPrecision) -> PackedMatrix {
    forms.withLock { forms in
      if let known = forms[precision] { return known }
      let packed = PackedMatrix(
        weight.matrix(transposed: true), k: weight.shape[1], n: weight.shape[0], precision: precision)
      forms[precision] = packed
      return packed
    }
  }
}
