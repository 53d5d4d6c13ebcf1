import Tensors

/// An objective whose loss depends on the batch only through embeddings.
public protocol EmbeddingObjective: Objective {
  /// The embeddings of some samples, one tensor a tower or view.
  func embed(_ batch: Batch) -> [Tensor]

  /// The loss of the embeddings of a whole batch.
  func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss
}

extension EmbeddingObjective {
  /// Embeds the batch, then compares.
  public func callAsFunction(_ batch: Batch) -> Loss { loss(of: embed(batch), batch) }

  /// The loss of a batch and its gradients in the memory of a part of it (Gao et al., "Scaling deep contrastive learning
  /// batch size under memory limited setup", 2021).
  ///
  /// Three passes: embed the parts and keep nothing else; take the loss and its gradient at the embeddings; embed each
  /// part again, now recording, and send that gradient back through it. The result is that of the whole batch, up to
  /// the order of sums. Must run inside of a ``Pass``; each part has the same random numbers both times.
  public func cachedGradients(_ batch: Batch, part size: Int) -> (loss: Loss, gradients: Gradients) {
    let parts = stride(from: 0, to: batch.count, by: size).map { $0..<min(batch.count, $0 + size) }
    func pass(_ number: Int) -> Pass {
      var pass = Pass.current
      pass.generator = pass.generator.split(into: number)
      return pass
    }
    let embedded = parts.enumerated().map { i, range in pass(i).run { embed(batch.sliced(range)) } }

    let comparison = Tape()
    let whole = (embedded.first ?? []).indices.map { tower in
      comparison.watch(Tensor.concatenated(embedded.map { $0[tower] }))
    }
    let loss = comparison.record { self.loss(of: whole, batch) }
    // Temperature and the like have their gradients from here.
    var gradients = comparison.gradients(of: loss.total)
    let seeds = whole.map { gradients[$0] ?? Tensor.zeros($0.shape) }

    for (i, range) in parts.enumerated() {
      let tape = Tape()
      let outputs = pass(i).run { tape.record { embed(batch.sliced(range)) } }
      gradients.add(tape.gradients(of: zip(outputs, seeds).map { ($0, $1.sliced(range)) }))
    }
    return (loss, gradients)
  }
}
