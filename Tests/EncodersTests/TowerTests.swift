import Encoders
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct TowerTests {
  static let shape = CLIPShape(
    vision: VisionShape(imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 12, depth: 2, heads: 3)),
    text: TextShape(
      vocabulary: 11, context: 6, blocks: TransformerShape(width: 8, depth: 2, heads: 2, firstStream: 100)),
    embedding: 5)

  @Test func embeddingsHaveLengthOne() {
    var generator = Generator(seed: 3)
    let clip = CLIP(Self.shape, &generator)
    let patches = Initialization.normal(deviation: 1)([2, 4, 48], &generator)
    let images = clip.embed(patches: patches)
    #expect(images.shape == [2, 5])
    let texts = clip.embed(ids: Tensor(ids: [9, 3, 4, 10, 0, 0, 9, 10, 0, 0, 0, 0], [2, 6]))
    #expect(texts.shape == [2, 5])
    for row in images.squared().sum(axis: 1).values + texts.squared().sum(axis: 1).values {
      #expect(abs(row - 1) < 1e-5)
    }
  }

  @Test(arguments: [
    (TextPooling.largestId, 2), (.first(id: 10), 2), (.first(id: 0), 3), (.first(id: 7), 0), (.last, 5),
  ]) func aTextIsReadWhereThePoolingSays(pooling: TextPooling, place: Int) {
    let ids: [Int32] = [99, 9, 3, 10, 0, 10, 0, 99]
    #expect(pooling.end(of: ids[1..<7]) == place)
  }

  /// What follows the end of a text must not matter.
  @Test func paddingIsNotSeen() {
    var generator = Generator(seed: 3)
    let text = TextTransformer(Self.shape.text, &generator)
    let a = text(Tensor(ids: [9, 3, 10, 0, 0, 0], [1, 6]))
    let b = text(Tensor(ids: [9, 3, 10, 4, 5, 6], [1, 6]))
    #expect(a.values == b.values)
  }

  /// A whole tower's gradient in one direction of all parameters, against a difference of the loss.
  @Test(arguments: [false, true]) func gradientsOfTheWholeModel(recomputes: Bool) {
    var shape = Self.shape
    shape.vision.blocks.recomputes = recomputes
    shape.text.blocks.recomputes = recomputes
    var generator = Generator(seed: 3)
    let clip = CLIP(shape, &generator)
    let patches = Initialization.normal(deviation: 1)([3, 4, 48], &generator)
    let ids = Tensor(ids: [9, 3, 4, 10, 0, 0, 9, 10, 0, 0, 0, 0, 9, 1, 2, 3, 4, 10], [3, 6])
    func loss() -> Tensor {
      let logits =
        clip.embed(patches: patches).matmul(clip.embed(ids: ids), transposingOther: true)
        * clip.logitScale.tensor.exp()
      return logits.softmaxCrossEntropy(Tensor(ids: [0, 1, 2], [3]))
    }
    let tape = Tape()
    let recorded = tape.record { loss() }
    let gradients = tape.gradients(of: recorded)
    var slope = 0.0
    let step: Float = 2e-5
    var moves: [(Parameter, [Float])] = []
    for (name, parameter) in clip.parameters {
      guard let gradient = gradients[parameter] else {
        Issue.record("no gradient for \(name)")
        continue
      }
      let scale = 1 / Float(max(1, gradient.sumOfSquares())).squareRoot()
      let direction = gradient.values.map { $0 * scale }
      slope += zip(gradient.values, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
      moves.append((parameter, direction))
    }
    func lossAt(_ t: Float) -> Double {
      for (parameter, direction) in moves {
        parameter.update { values in for i in values.indices { values[i] += t * direction[i] } }
      }
      defer {
        for (parameter, direction) in moves {
          parameter.update { values in for i in values.indices { values[i] -= t * direction[i] } }
        }
      }
      return Double(loss().scalar)
    }
    let numeric = (lossAt(step) - lossAt(-step)) / Double(2 * step)
    #expect(abs(numeric - slope) <= 0.02 * max(1, abs(slope)), "\(slope), numerically \(numeric)")
  }
}
