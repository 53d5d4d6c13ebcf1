import Datasets
import Files
import Images
import Objectives
import Tensors

/// A few samples that a run looks at again and again, ready for its model, with small pictures of them in the run's
/// folder.
struct Gallery {
  /// A sample as a page shows it.
  struct Item {
    let caption: String
    /// The path of its picture below the run's folder; empty if it has none.
    let picture: String
  }

  let batch: Objectives.Batch
  let items: [Item]

  fileprivate static func thumbnail(
    of sample: Sample, _ decoding: DecodeOptions, _ number: Int, _ folder: String
  ) throws -> String {
    guard let image = try? sample.image(options: decoding) else { return "" }
    let longest = max(image.width, image.height)
    let side = min(56, longest)
    let small = image.resized(
      width: max(1, image.width * side / longest), height: max(1, image.height * side / longest), filter: .bicubic)
    let path = "snapshots/pictures/\(number).png"
    try small.write(join(folder, path))
    return path
  }
}

extension SamplePreparation {
  /// Samples spread over a set; unusable ones are left out.
  ///
  /// `decoding`: how the run reads pictures, so that those that are shown stand as those that it sees.
  func gallery(_ data: any DataSet, _ decoding: DecodeOptions, count: Int, folder: String) throws -> Gallery {
    var prepared: [Item] = []
    var items: [Gallery.Item] = []
    try makeFolder(join(folder, "snapshots/pictures"))
    for number in 0..<min(count, data.count) {
      let index = number * data.count / min(count, data.count)
      let place = Place(set: 0, index: index, epoch: 0)
      guard let sample = try? data.sample(at: index),
        let item = try? self(Draw(sample: sample, place: place, generator: Generator(0, index)))
      else { continue }
      prepared.append(item)
      let label = sample.label.flatMap { data.classNames.indices.contains($0) ? data.classNames[$0] : nil }
      let picture = try Gallery.thumbnail(of: sample, decoding, number, folder)
      items.append(Gallery.Item(caption: sample.captions.first ?? label ?? sample.id, picture: picture))
    }
    return Gallery(batch: batch(prepared), items: items)
  }
}

/// The part of a data set that a run does not learn from, if its card has one; else what it learns from.
func heldOut(_ recipe: DataRecipe, _ options: DataOptions, training: OpenedDataSet) -> any DataSet {
  let own = options.split ?? training.card?.splits.first?.name
  let names = (training.card?.splits ?? []).map(\.name).filter { $0 != own }
  for name in ["val", "validation", "dev", "test"] where names.contains(name) {
    var other = options
    other.split = name
    if let opened = try? openDataSet(recipe.set, other), opened.set.count > 0 { return opened.set }
  }
  return training.set
}
