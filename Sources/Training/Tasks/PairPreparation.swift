import Datasets
import Objectives
import Tensors
import Text

/// Pictures with captions on their way to a joint embedding: decoded, augmented, cut into patches and tokenized on the
/// loader's threads.
struct PairPreparation: SamplePreparation {
  /// One sample, ready to be stacked.
  struct Item: Sendable {
    let patches: [Float]
    let ids: [Int32]
    let picture: Int
  }

  let patches: PatchedViews
  let tokenizer: Tokenizer
  let context: Int

  /// A sample with one of its captions, chosen at random anew in each epoch.
  func callAsFunction(_ draw: Draw) throws -> Item {
    let captions = draw.sample.captions.filter { !$0.isEmpty }
    guard !captions.isEmpty else { throw BadSample(draw.sample.id, "it has no caption") }
    var generator = draw.generator.split(into: -1)
    let caption = captions[generator.below(captions.count)]
    return Item(
      patches: try patches(draw.sample, draw.generator), ids: Array(tokenizer.encode([caption], length: context)[0]),
      picture: draw.place.index)
  }

  /// Samples side by side.
  func batch(_ items: [Item]) -> Batch {
    Batch(
      views: [patches.tensor(items.map(\.patches))],
      ids: Tensor(ids: items.flatMap(\.ids), [items.count, context]), pictures: items.map(\.picture))
  }
}
