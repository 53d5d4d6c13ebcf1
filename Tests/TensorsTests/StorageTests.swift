import Tensors
import Testing

@Suite(.serialized) struct StorageTests {
  /// After a first step a loop asks the system for nothing more.
  @Test func aLoopReusesItsMemory() {
    func step() {
      let x = Tensor(repeating: 1, [300, 257])
      let y = (x * 2 + x).exp().sum(axis: 0)
      #expect(y.count == 257)
    }
    for _ in 0..<3 { step() }
    let before = StoragePool.shared.statistics.reserved
    for _ in 0..<200 { step() }
    // Other tests run beside this one and may take memory of their own; a leak here would be 180 MB.
    #expect(StoragePool.shared.statistics.reserved - before < 150 << 20)
  }

  @Test func tensorsAreValues() {
    let x = Tensor([1, 2, 3], [3])
    let parameter = Parameter(x)
    parameter.update { $0[0] = 9 }
    #expect(x.values == [1, 2, 3])
    #expect(parameter.value.values == [9, 2, 3])
  }

  /// Where the system has no memory, arrays end the process with the line that tensors end it with.
  @Test func arraysThatDoNotFitEndWithALine() async {
    expectMemory(1 << 20, for: "nothing much")
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      expectMemory(1 << 46, for: "a picture")
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("diptych: out of memory: the system has no ") && text.contains(" MB more for a picture;"))
  }

  @Test func rowsAreJoined() {
    #expect(Tensor(joining: [[1, 2], [], [3]], [3]).values == [1, 2, 3])
    #expect(Tensor(joining: [], [0, 4]).count == 0)
  }

  @Test func storageIsAligned() {
    for count in [1, 3, 17, 1000] {
      let tensor = Tensor.zeros([count])
      #expect(Int(bitPattern: tensor.bytes) % 64 == 0)
    }
  }

  @Test func roundingToBFloat16() {
    #expect(BFloat16(1.0).float == 1)
    // Halfway between two neighbours: the even one.
    #expect(BFloat16(Float(bitPattern: 0x3F80_8000)).bits == 0x3F80)
    #expect(BFloat16(Float(bitPattern: 0x3F81_8000)).bits == 0x3F82)
    #expect(BFloat16(.nan).float.isNaN)
    #expect(BFloat16(Float(bitPattern: 0x7F80_0001)).float.isNaN)
    #expect(BFloat16(-.infinity).float == -.infinity)
    #expect(BFloat16(.greatestFiniteMagnitude).float == .infinity)
  }
}
