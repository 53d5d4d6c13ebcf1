import Tensors
import Testing

/// Mistakes in programs end with the op and both shapes, in release builds too.
@Suite struct TrapTests {
  private func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func matmul() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([4, 5]))
    }
    #expect(message(result).contains("matmul: [2, 3] × [4, 5]: inner dimensions differ"))
  }

  @Test func arithmetic() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]) + Tensor.zeros([2, 4])
    }
    #expect(message(result).contains("shapes [2, 3] and [2, 4] do not broadcast"))
  }

  @Test func linear() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).linear(Tensor.zeros([4, 5]))
    }
    #expect(message(result).contains("linear: [2, 3] with weight [4, 5]"))
  }

  @Test func convolution() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([1, 4, 4, 3]).conv2d(Tensor.zeros([8, 4, 3, 3]))
    }
    #expect(message(result).contains("conv2d: [1, 4, 4, 3] with weight [8, 4, 3, 3]"))
  }

  @Test func layerNorm() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).layerNorm(Tensor.zeros([4]), Tensor.zeros([3]), epsilon: 1e-5)
    }
    #expect(message(result).contains("layer norm: [2, 3] with gain [4]"))
  }

  @Test func attention() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.attention(
        queries: .zeros([1, 2, 1, 4]), keys: .zeros([1, 3, 1, 4]), values: .zeros([1, 2, 1, 4]))
    }
    #expect(message(result).contains("attention: queries [1, 2, 1, 4], keys [1, 3, 1, 4], values [1, 2, 1, 4]"))
  }

  @Test func rowsOutsideOfATable() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([4, 2]).rows(at: Tensor(ids: [1, 7], [2]))
    }
    #expect(message(result).contains("no row 7 in [4, 2]"))
  }

  @Test func crossEntropy() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([4, 2]).softmaxCrossEntropy(Tensor(ids: [0, 1, 2, 0], [4]))
    }
    #expect(message(result).contains("class 2 with logits [4, 2]"))
  }

  @Test func reshape() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([4, 2]).reshaped([3, 3])
    }
    #expect(message(result).contains("reshape: [4, 2] to [3, 3]"))
  }

  @Test func sizesThatOverflow() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([1 << 40, 1 << 40])
    }
    #expect(message(result).contains("more elements than can be counted"))
  }

  /// No mistake in a program: one line, and the exit code of a failure.
  @Test func memoryThatIsNotThere() async {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([1 << 50])
    }
    #expect(message(result).contains("out of memory: the system has no 4294967296 MB more"))
    #expect(message(result).contains("a smaller batch_size, micro_batch or model"))
    #expect(!message(result).contains("Fatal error"))
  }
}
