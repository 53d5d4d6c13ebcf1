/// Gradient checkpointing: runs a block without keeping anything but its input, and once more in the backward pass
/// (Chen et al., "Training deep nets with sublinear memory cost", 2016).
///
/// - Parameters:
///   - input: the block's input.
///   - parameters: the block's parameters.
///   - block: a function of its input and of parameters only, run twice with the same random numbers.
public func recomputed(_ input: Tensor, _ parameters: [Parameter], _ block: @escaping (Tensor) -> Tensor) -> Tensor {
  guard let tape = Tape.current else { return block(input) }
  let value = Tape.$current.withValue(nil) { block(input.detached) }
  var pass = Pass.current
  pass.isRecomputing = true
  let again = pass
  let kept = input.kept
  // Parameters take their places on the outer tape now, so that the pullback finds them there.
  let inputs = [input] + parameters.map(\.tensor)
  return Tensor(value, from: inputs) { [parameters] g in
    let inner = Tape()
    let watched = inner.watch(kept())
    let output = again.run { inner.record { block(watched) } }
    let gradients = inner.gradients(of: output, seed: g)
    tape.accumulate(gradients, at: parameters)
    return [gradients[watched]] + parameters.map { _ in nil }
  }
}
