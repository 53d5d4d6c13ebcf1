import Tensors

/// An objective whose loss depends on the batch only through embeddings.
public protocol EmbeddingObjective: Objective {
  /// The embeddings of some samples, one tensor a tower or view.
  func embed(_ batch: Batch) -> [Tensor]

  /// The loss of the embeddings of a whole batch. Of the batch itself it may only use what is small: ids, labels and
  /// pictures, but no views.
  func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss
}

/// An objective whose loss is a sum over samples that are each compared with the whole batch.
public protocol SeparableObjective: EmbeddingObjective {
  /// What some of the samples contribute to the loss; the contributions of all samples add up to it.
  func loss(of embeddings: [Tensor], _ batch: Batch, dueTo rows: Range<Int>) -> Loss
}

extension EmbeddingObjective {
  /// Embeds the batch, then compares.
  public func callAsFunction(_ batch: Batch) -> Loss { loss(of: embed(batch), batch) }

  /// The loss of a batch and its gradients in the memory of a part of it.
  public func cachedGradients(_ batch: Batch, part size: Int) -> (loss: Loss, gradients: Gradients) {
    cachedGradients(of: batch.count, part: size) { batch.sliced($0) }
  }

  /// The loss of a batch and its gradients in the memory of a part of it (Gao et al., "Scaling deep contrastive learning
  /// batch size under memory limited setup", 2021).
  ///
  /// Three passes: embed the parts and keep nothing else; take the loss and its gradient at the embeddings; embed each
  /// part again, now recording, and send that gradient back through it. The result is that of the whole batch, up to
  /// the order of sums. Must run inside of a `Pass`; each part has the same random numbers both times.
  ///
  /// Batch norm is the exception: inside of an encoder or a head it normalises each part by itself, as if parts were the
  /// batches of several processes, and what it lets through depends on their size. The comparison, batch norm of Barlow
  /// Twins' loss included, sees all samples in any case. Parts of one sample leave batch norm nothing to compare.
  ///
  /// - Parameters:
  ///   - count: how many samples the batch has.
  ///   - size: how many of them go through the model at once.
  ///   - batch: puts some of the samples together, the same each time; called twice for each part, so that the whole batch
  ///     need not be in memory as tensors.
  public func cachedGradients(
    of count: Int, part size: Int, _ batch: (Range<Int>) throws -> Batch
  ) rethrows -> (loss: Loss, gradients: Gradients) {
    let parts = (0..<count).parts(of: size)
    func pass(_ number: Int) -> Pass {
      var pass = Pass.current
      pass.generator = pass.generator.split(into: number)
      return pass
    }
    var small = Batch()
    var embedded = try parts.enumerated().map { i, range in
      let part = try batch(range)
      small.appendAllButViews(of: part)
      return pass(i).run { embed(part) }
    }
    let whole = (embedded.first ?? []).indices.map { tower in Tensor.concatenated(embedded.map { $0[tower] }) }
    embedded = []
    // The parts pass a second time below, and running statistics must count them once.
    let counted = buffers.map { ($0.buffer, $0.buffer.value) }
    // Temperature and the like have their gradients from here.
    let (loss, comparison, seeds) = comparisonGradients(whole, small, count: count)
    var gradients = comparison

    for (i, range) in parts.enumerated() {
      let (tape, part) = (Tape(), try batch(range))
      let outputs = pass(i).run { tape.record { embed(part) } }
      gradients.add(tape.gradients(of: zip(outputs, seeds).map { ($0, $1.sliced(range)) }))
    }
    for (buffer, value) in counted { buffer.value = value }
    return (loss, gradients)
  }

  /// The loss of a whole batch's embeddings, its gradients at parameters, and those at the embeddings. A large batch is
  /// compared with itself a block of rows at a time: of 8,192 samples, all similarities would take 256 MB.
  private func comparisonGradients(
    _ embeddings: [Tensor], _ batch: Batch, count: Int
  ) -> (loss: Loss, gradients: Gradients, seeds: [Tensor]) {
    let separable = self as? any SeparableObjective
    let rows = separable == nil ? count : max(1, largestComparison / max(1, count))
    let blocks = (0..<count).parts(of: max(1, rows))
    var gradients = Gradients()
    var seeds = embeddings.map { Tensor.zeros($0.shape) }
    var total = 0.0
    var first: Loss?
    for block in blocks {
      let tape = Tape()
      let watched = embeddings.map(tape.watch)
      let loss = tape.record {
        if let separable, blocks.count > 1 { return separable.loss(of: watched, batch, dueTo: block) }
        return self.loss(of: watched, batch)
      }
      let own = tape.gradients(of: loss.total)
      for (i, tensor) in watched.enumerated() {
        if let gradient = own[tensor] { seeds[i] = blocks.count == 1 ? gradient : seeds[i] + gradient }
      }
      gradients.add(own)
      total += Double(loss.total.scalar)
      if first == nil { first = loss }
    }
    var loss = first ?? Loss(Tensor(0))
    loss.total = Tensor(Float(total))
    return (loss, gradients, seeds)
  }
}

/// Similarities that are looked at together, 1 MB of them; the tape holds a few times as much. Smaller batches than 512 are
/// compared as a whole.
private let largestComparison = 1 << 18

extension Range<Int> {
  /// The parts of at most so many numbers.
  public func parts(of size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min(upperBound, $0 + size) }
  }
}
