import Datasets
import Files
import Images
import ModelFolders
import Objectives
import Patching
import Tensors

/// Shows how a masked autoencoder learns: the same pictures with the same masks, reconstructed again and again, a column
/// a look. The columns lie in the run's folder `reconstructions`, all of them side by side in `reconstructions.png`.
struct ReconstructionStrip {
  private let every: Int
  private let pictures: [Image]
  private let masks: [PatchMask]
  private let precision: Precision

  /// What a look measures.
  static let names = ["shown_loss", "shown_pixel_loss", "shown_baseline"]

  /// More columns than this are thinned out in the strip, evenly.
  private static let mostColumns = 24
  private static let gap = 4

  init(_ context: TaskContext) throws {
    let recipe = context.recipe
    let settings = recipe.masked.reconstruct
    every = settings.every
    precision = recipe.precision
    var options = DataOptions()
    options.split = settings.split.isEmpty ? nil : settings.split
    options.side = recipe.imageSize
    let isOwn = settings.set.isEmpty
    let data =
      isOwn && settings.split.isEmpty
      ? context.data : try openDataSet(isOwn ? recipe.data.set : settings.set, options).set
    let count = min(settings.pictures, data.count)
    // Spread over the set; damaged ones have been named by the loader, or will be.
    pictures = (0..<count).compactMap {
      try? data.sample(at: $0 * data.count / count).image(options: recipe.data.decoding)
    }
    guard !pictures.isEmpty else {
      throw DataError(isOwn ? recipe.data.set : settings.set, "has no picture to reconstruct")
    }
    let side = recipe.masked.model.imageSize / recipe.masked.model.patchSize
    let generator = Generator(recipe.seed, Stream.look)
    masks = pictures.indices.map { i in
      var stream = generator.split(into: i)
      return recipe.masked.objective.mask.mask(
        rows: side, columns: side, ratio: recipe.masked.objective.maskRatio, &stream)
    }
  }

  /// Adds a column after a step that has its turn.
  func look(_ model: MaskedModel, _ objective: MaskedReconstruction, afterStep step: Int, folder: String) throws
    -> [MetricsLine.Named]
  {
    guard step % every == 0 else { return [] }
    let found = model.reconstructions(of: pictures, masks, precision: precision)
    let columns = join(folder, "reconstructions")
    try makeFolder(columns)
    // The first look of this process may be another than the run's first.
    for (name, images) in [("original", found.map(\.original)), ("masked", found.map(\.masked))] {
      let path = join(columns, "\(name).png")
      if step == every || kind(of: path) == .absent { try Self.column(name, images).write(path) }
    }
    try Self.column("step \(step)", found.map(\.pasted)).write(join(columns, "step-\(step).png"))
    try draw(columns, upTo: step).write(join(folder, "reconstructions.png"))
    func mean(_ part: (Reconstruction) -> Double) -> Double { found.reduce(0) { $0 + part($1) } / Double(found.count) }
    return zip(Self.names, [mean(\.loss), mean(\.pixelLoss), mean(\.baseline)]).map { .init($0, $1) }
  }

  /// All columns up to a step; those of steps that a resumed run does again are not among them.
  private func draw(_ columns: String, upTo step: Int) throws -> Image {
    let looks = step / every
    let stride = (looks + Self.mostColumns - 1) / Self.mostColumns
    let steps = (1...looks).filter { $0 % stride == 0 || $0 == looks }.map { "step-\($0 * every)" }
    let images = try (["original", "masked"] + steps).map { join(columns, "\($0).png") }
      .filter { kind(of: $0) == .file }.map { try decodeImage(readFile($0), name: $0) }
    return Image(row: images, gap: Self.gap, margin: Self.gap)
  }

  /// Pictures below each other under a heading; small ones are enlarged by a whole number.
  private static func column(_ title: String, _ images: [Image]) -> Image {
    let side = images[0].width
    let scale = max(1, 72 / side)
    let head = BitmapFont.lineHeight + gap
    var column = Image(
      width: max(side * scale, BitmapFont.width(of: title)), height: head + images.count * (side * scale + gap),
      color: (255, 255, 255))
    column.draw(title, x: 0, y: gap)
    for (i, image) in images.enumerated() {
      let shown = image.resized(width: side * scale, height: side * scale, filter: .box)
      column.paste(shown, x: 0, y: head + i * (side * scale + gap))
    }
    return column
  }
}
