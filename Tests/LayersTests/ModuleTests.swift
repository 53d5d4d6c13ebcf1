import Layers
import Tensors
import Testing

@Suite struct ModuleTests {
  struct Toy: Module {
    let layers: [Linear]
    let norm: LayerNorm?
    let absent: Linear?
  }

  @Test func parametersAreNamedByTheirPaths() {
    var generator = Generator(seed: 1)
    let toy = Toy(
      layers: [Linear(2, 3, &generator), Linear(3, 1, bias: false, &generator)], norm: LayerNorm(3), absent: nil)
    #expect(
      toy.parameters.map(\.name)
        == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "norm.weight", "norm.bias"])
    #expect(toy.trainableCount == 6 + 3 + 3 + 6)
    toy.layers[0].setTrainable(false)
    #expect(toy.trainableCount == 3 + 6)
  }

  @Test func parametersFollowTheSeed() {
    func weight(_ seed: UInt64) -> [Float] {
      var generator = Generator(seed: seed)
      return Linear(30, 70, &generator).weight.value.values
    }
    #expect(weight(1) == weight(1))
    #expect(weight(1) != weight(2))
  }
}
