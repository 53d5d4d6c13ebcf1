import CollapseMonitoring
import Tensors
import TestSupport
import Testing

@Suite struct MovementTests {
  @Test func normsByGroup() {
    let weight = Parameter(Tensor([3, 4], [2]))
    let bias = Parameter(Tensor([2], [1]))
    let frozen = Parameter(Tensor([100], [1]))
    frozen.isTrainable = false
    let tape = Tape()
    let loss = tape.record { (weight.tensor * Tensor([1, 2], [2])).sum() + bias.tensor.sum() * 3 }
    let gauge = MovementGauge(
      [("vision.block.weight", weight), ("text.bias", bias), ("text.frozen", frozen)], tape.gradients(of: loss))
    weight.update { $0[0] = 3.5 }
    let movements = gauge.movements()
    #expect(movements.map(\.group) == ["vision.block", "text.bias"])
    expectClose([movements[0].parameters, movements[1].parameters], [5, 2], 1e-6, "parameters")
    expectClose([movements[0].gradients, movements[1].gradients], [Double(5).squareRoot(), 3], 1e-6, "gradients")
    expectClose([movements[0].ratio, movements[1].ratio], [0.1, 0], 1e-6, "updates")
    expectClose([movements.total.parameters], [Double(29).squareRoot()], 1e-6, "all")
  }
}
