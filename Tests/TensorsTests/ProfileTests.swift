import Tensors
import Testing

@Suite struct ProfileTests {
  @Test func kernelsReportTheirWork() {
    let profile = Profile()
    let (x, w) = (Tensor(repeating: 1, [6, 4]), Tensor(repeating: 0.5, [3, 4]))
    Profile.$current.withValue(profile) {
      for _ in 0..<2 { _ = x.linear(w) }
      _ = x.exp()
    }
    _ = x.linear(w)  // outside: not reported
    let entries = profile.entries
    let product = entries.first { $0.kernel == "gemm" }
    #expect(entries.count == 2)
    #expect(product?.calls == 2)
    #expect(product?.operations == 288.0)
    #expect(product?.bytes == 432.0)
    let unary = entries.first { $0.kernel == "unary" }
    #expect(unary?.calls == 1)
    #expect(unary?.bytes == 192.0)
    #expect(entries.allSatisfy { $0.seconds > 0 })
  }

  @Test func kernelsInsideKernelsCountOnce() {
    let profile = Profile()
    let x = Tensor(repeating: 1, [5, 700, 800])
    Profile.$current.withValue(profile) { _ = x.matmul(x, transposingOther: true) }
    #expect(profile.entries.count == 1)
    #expect(profile.entries.first?.kernel == "gemmBatched")
  }
}
