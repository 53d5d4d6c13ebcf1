import Layers
import Tensors

/// The keys of the newest batches, the oldest replaced first (He et al., "Momentum contrast", 2020). It holds exactly as
/// many as it was made for: a batch that does not fit at its end goes on at its start.
public struct MemoryBank: Module {
  /// `[size, width]`, of length one; random at the start, as in the paper's code.
  public let keys: Buffer
  /// When each was put in, in steps; `[size]`.
  let added: Buffer
  /// The row that the next key replaces.
  let next: Buffer
  /// Steps so far.
  let steps: Buffer

  /// A bank of random keys.
  public init(size: Int, width: Int, _ generator: inout Generator) {
    // Row numbers are kept as singles, which count exactly to 2²⁴.
    guard size > 0, size <= 1 << 24 else { fatalError("memory bank: a size of \(size) is not in 1...16777216") }
    keys = Buffer(Initialization.normal(deviation: 1)([size, width], &generator).normalizedL2())
    added = Buffer(.zeros([size]))
    next = Buffer(.zeros([]))
    steps = Buffer(.zeros([]))
  }

  /// How many keys it holds.
  public var size: Int { keys.value.shape[0] }

  /// Takes in the keys of a step: `[batch, width]`.
  public func take(_ new: Tensor) {
    let (size, width) = (self.size, keys.value.shape[1])
    guard new.rank == 2, new.shape[1] == width else { fatalError("memory bank: keys \(new.shape) of width \(width)") }
    let step = steps.value.scalar + 1
    let (bank, times) = (keys.value * 1, added.value * 1)
    var row = Int(next.value.scalar)
    for i in 0..<new.shape[0] {
      let key = UnsafeMutableBufferPointer(rebasing: new.floatBuffer[i * width..<(i + 1) * width])
      _ = UnsafeMutableBufferPointer(rebasing: bank.floatBuffer[row * width..<(row + 1) * width])
        .update(fromContentsOf: key)
      times.floatBuffer[row] = step
      row = (row + 1) % size
    }
    (keys.value, added.value) = (bank, times)
    (next.value, steps.value) = (Tensor(Float(row)), Tensor(step))
  }

  /// How many steps ago its keys were put in, on average, and how many that would be if each batch of `batch` had replaced
  /// the oldest.
  func ages(batch: Int) -> (mean: Float, expected: Float) {
    let now = steps.value.scalar
    let mean = now - added.value.mean().scalar
    let total = (0..<size).reduce(Float(0)) { $0 + min(now, Float($1 / max(1, batch))) }
    return (mean, total / Float(size))
  }
}
