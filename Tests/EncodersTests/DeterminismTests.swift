import Encoders
import Layers
import Tensors
import Testing

/// The same seed gives the same bits, whatever the number of threads.
@Suite struct DeterminismTests {
  @Test(arguments: Precision.allCases) func transformerOverFiftySteps(precision: Precision) {
    #expect(train(1, precision, transformer) == train(2, precision, transformer))
  }

  @Test(arguments: Precision.allCases) func convolutionalNetworkOverFiftySteps(precision: Precision) {
    #expect(train(1, precision, convolutional) == train(2, precision, convolutional))
  }

  /// Fifty steps of plain gradient descent; the bits of all weights at the end.
  private func train(
    _ threads: Int, _ precision: Precision, _ make: (inout Generator) -> (any Module, () -> Tensor)
  ) -> [[UInt32]] {
    ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
      var generator = Generator(seed: 11)
      let (module, loss) = make(&generator)
      for step in 0..<50 {
        let tape = Tape()
        let pass = Pass(precision: precision, isTraining: true, generator: Generator(7, step))
        let value = pass.run { tape.record(loss) }
        let gradients = tape.gradients(of: value)
        for (_, parameter) in module.parameters {
          if let gradient = gradients[parameter] { parameter.value = parameter.value - gradient * 0.05 }
        }
      }
      return module.parameters.map { $0.parameter.value.values.map(\.bitPattern) }
    }
  }

  private struct SmallTransformer: Module {
    let stack: TransformerStack
    let head: Linear
  }

  private func transformer(_ generator: inout Generator) -> (any Module, () -> Tensor) {
    let shape = TransformerShape(width: 48, depth: 2, heads: 3, dropPath: 0.2)
    let model = SmallTransformer(stack: TransformerStack(shape, &generator), head: Linear(48, 10, &generator))
    let x = Initialization.normal(deviation: 1)([16, 33, 48], &generator)
    let classes = Tensor(ids: (0..<16).map { Int32($0 % 10) }, [16])
    return (
      model,
      {
        let tokens = model.stack(x, mask: .causal)
        return model.head(tokens.cast(to: .float32).mean(axis: 1)).cast(to: .float32).softmaxCrossEntropy(classes)
      }
    )
  }

  private struct SmallConvolutional: Module {
    let first: Conv2D
    let norm: BatchNorm
    let second: Conv2D
    let head: Linear
  }

  private func convolutional(_ generator: inout Generator) -> (any Module, () -> Tensor) {
    let model = SmallConvolutional(
      first: Conv2D(3, 24, kernel: 3, padding: 1, &generator), norm: BatchNorm(24),
      second: Conv2D(24, 40, kernel: 3, stride: 2, padding: 1, &generator), head: Linear(40, 10, &generator))
    let x = Initialization.normal(deviation: 1)([12, 17, 17, 3], &generator)
    let classes = Tensor(ids: (0..<12).map { Int32($0 % 10) }, [12])
    return (
      model,
      {
        let h = model.norm(model.first(x)).activated(.relu).maxPool(kernel: 2, stride: 2)
        let features = model.second(h).activated(.relu).globalAveragePool()
        return model.head(features).cast(to: .float32).softmaxCrossEntropy(classes)
      }
    )
  }
}
