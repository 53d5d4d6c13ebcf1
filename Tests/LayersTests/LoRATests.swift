import Layers
import Tensors
import TestSupport
import Testing

@Suite struct LoRATests {
  private func input(_ shape: Shape, seed: UInt64) -> Tensor {
    var generator = Generator(seed: seed)
    return Initialization.normal(deviation: 1)(shape, &generator)
  }

  /// A change that begins with none, learns, and can be put into the weight.
  @Test func aChangeOfLowRank() {
    var generator = Generator(seed: 1)
    let layer = Linear(5, 7, activation: .gelu, weights: .normal(deviation: 0.5), &generator)
    let x = input([3, 5], seed: 2)
    let before = layer(x).values
    layer.attachLoRA(rank: 2, alpha: 6, &generator)
    #expect(layer.parameters.map(\.name) == ["weight", "bias", "lora.down", "lora.up"])
    #expect(layer.parameters.map(\.parameter.isTrainable) == [false, false, true, true])
    expectClose(layer(x).values.map(Double.init), before.map(Double.init), 1e-6, "none yet")

    guard let up = layer.lora.up, let down = layer.lora.down else { return #expect(Bool(false), "nothing attached") }
    up.value = input([7, 2], seed: 3)
    let merged = layer.weight.value + up.value.matmul(down.value) * 3
    let expected = x.linear(merged, bias: layer.bias?.tensor, activation: .gelu).values
    expectClose(layer(x).values.map(Double.init), expected.map(Double.init), 1e-5, "beside the weight")
    let weight = layer.weight.value.values
    withMergedLoRA(of: [layer]) {
      expectClose(layer.weight.value.values.map(Double.init), merged.values.map(Double.init), 1e-6, "merged")
    }
    #expect(layer.weight.value.values == weight)

    let tape = Tape()
    let loss = tape.record { layer(x).squared().sum() }
    let gradients = tape.gradients(of: loss)
    #expect(gradients[layer.weight] == nil)
    #expect((gradients[up]?.sumOfSquares() ?? 0) > 0 && (gradients[down]?.sumOfSquares() ?? 0) > 0)
  }

  /// The perceptron's two layers, in both precisions.
  @Test(arguments: Precision.allCases) func aPerceptron(_ precision: Precision) {
    var generator = Generator(seed: 1)
    let layer = FeedForward(8, hidden: 16, activation: .geluTanh, &generator)
    let (x, residual) = (input([4, 8], seed: 2), input([4, 8], seed: 3))
    layer.expand.attachLoRA(rank: 2, alpha: 2, &generator)
    layer.contract.attachLoRA(rank: 2, alpha: 2, &generator)
    for linear in [layer.expand, layer.contract] {
      guard let up = linear.lora.up else { continue }
      up.value = input(up.value.shape, seed: 4) * 0.1
    }
    let pass = Pass(precision: precision)
    let beside = pass.run { layer(x, adding: residual) }
    let merged = withMergedLoRA(of: [layer.expand, layer.contract]) {
      pass.run {
        x.feedForward(
          layer.expand.weight.tensor, layer.expand.bias?.tensor, layer.contract.weight.tensor,
          layer.contract.bias?.tensor, activation: .geluTanh, adding: residual)
      }
    }
    expectClose(
      beside.values.map(Double.init), merged.values.map(Double.init), precision == .fp32 ? 1e-5 : 3e-2, "perceptron")
  }
}
