import Datasets
import Files
import Tensors
import Testing

/// Reads all samples of a damaged set, each for itself: what a bad one throws must be an error for people, too.
func readAll(_ set: some DataSet, _ use: (Sample) throws -> Void = { _ in }) {
  for i in 0..<set.count {
    do { try use(set.sample(at: i)) } catch { #expect(error is any UserError, "\(error)") }
  }
}

/// Calls `open` on every beginning of a file and on many copies with a few bytes changed. It may throw; it must not trap.
/// What it throws must be an error for people.
func surviveDamage(to bytes: [UInt8], mutations: Int = 10_000, _ open: ([UInt8]) throws -> Void) throws {
  func attempt(_ damaged: [UInt8]) {
    do { try open(damaged) } catch {
      #expect(error is any UserError, "\(error)")
    }
  }
  for length in 0..<bytes.count { attempt(Array(bytes[..<length])) }
  for mutation in 0..<mutations where !bytes.isEmpty {
    var generator = Generator(7, mutation)
    var damaged = bytes
    for _ in 0...generator.below(4) {
      let i = generator.below(damaged.count)
      switch generator.below(4) {
      case 0: damaged[i] = UInt8(generator.below(256))
      case 1: damaged[i] ^= 1 << generator.below(8)
      case 2: damaged[i] = [0, 0xFF, 0x7F, 0x80, 0x22, 0x0A, 0x7B][generator.below(7)]
      default: damaged.swapAt(i, generator.below(damaged.count))
      }
    }
    attempt(damaged)
  }
}
