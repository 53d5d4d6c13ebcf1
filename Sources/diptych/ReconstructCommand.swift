import Arguments
import Datasets
import Files
import Images
import JSON
import ModelFolders
import Patching
import Reports
import Retrieval
import Tensors

extension MaskKind: ArgumentValue {}
extension PatchStatistics: ArgumentValue {}

/// `diptych reconstruct --model M IMAGE... --out FILE.png`
enum ReconstructCommand: Command {
  static let name = "reconstruct"
  static let summary = "hide parts of pictures and show what a masked autoencoder makes of the rest"
  static let details = """
    A row for each picture: original, what the model sees, its reconstruction, and that pasted over what is hidden.
    Several seeds or mask ratios stand side by side. loss is the mean squared error on hidden patches in the space of
    the training, pixel_loss the same on pixels, baseline that of the mean colour of the nearest patches that are
    seen, psnr that of the hidden pixels.
    A model that was trained on normalized patches needs the mean and deviation of what is hidden to show colours.
    Those of the original leak information; --statistics neighbours does without.
    """

  static let model = Argument<String>(
    "--model M", "a masked autoencoder's folder, or a run", example: "runs/shapes-mae", hint: .folder)
  static let images = Argument<[String]>("IMAGE...", "pictures, or folders of them", example: ["photos"], hint: .path)
  static let data = Argument<String?>("--data CARD|PATH", "a data set to take pictures from, instead")
  static let number = Argument("--number N", "how many of the data set's", default: 8, check: .range(1...256))
  static let out = Argument<String>("--out FILE.png", "the picture to write", example: "grid.png", hint: .path)
  static let ratios = Argument<[Double]>(
    "--mask-ratio R", "the share that is hidden (default: that of the training); may be repeated", check: .range(0...1))
  static let seeds = Argument<[UInt64]>("--seed N", "decides what is hidden (default: 0); may be repeated")
  static let kind = Argument("--mask KIND", "how hidden patches are chosen", default: MaskKind.random)
  static let statistics = Argument(
    "--statistics S", "whose mean and deviation undo a normalization of patches", default: PatchStatistics.original)
  static let json = Argument<Bool>("--json", "print one JSON object")
  static let arguments: [any AnyArgument] = [
    model, images, data, number, DataArguments.split, DataArguments.root, out, ratios, seeds, kind, statistics, json,
    EmbeddingArguments.precision, EmbeddingArguments.exif, EmbeddingArguments.maxPixels,
  ]
  static let rules: [ArgumentRule] = [
    .exactlyOne([images, data]), .needs(number, [data]), .needs(DataArguments.split, [data]),
    .needs(DataArguments.root, [data]),
  ]

  private static let mostPictures = 256
  private static let mostVariants = 16

  static func run(_ given: Given, _ console: Console) throws {
    let files = try PictureFiles(given[images])
    try checkOutput(given[out], besides: files.paths + [given[data]].compactMap(\.self))
    try ModelKind.maskedAutoencoder.expect(given[model])
    let model = try MaskedModel(given[model])
    if given.has(statistics), !model.normalizesPatches {
      throw UsageError("\(statistics.name) says nothing of \(given[Self.model]): its patches were not normalized")
    }
    let variants = try variants(given, model)
    let pictures = try pictures(files, given, side: model.grid.width)
    let found = reconstructions(model, pictures.map(\.image), variants, given)
    guard found.joined().allSatisfy(\.loss.isFinite) else { throw ModelError.notFinite(given[Self.model]) }
    try table(model, pictures.map(\.name), variants, found, given).drawn().write(given[out])
    console.note("wrote \(given[out])")
    try print(model, pictures.map(\.name), variants, found, given, console)
  }

  /// What is hidden, in one way.
  private struct Variant {
    let ratio: Double
    let seed: UInt64
  }

  private static func variants(_ given: Given, _ model: MaskedModel) throws -> [Variant] {
    let ratios = given[ratios].isEmpty ? [model.maskRatio] : given[ratios]
    let seeds = given[seeds].isEmpty ? [0] : given[seeds]
    let variants = ratios.flatMap { ratio in seeds.map { Variant(ratio: ratio, seed: $0) } }
    guard variants.count <= mostVariants else {
      throw UsageError("\(variants.count) combinations of --mask-ratio and --seed: \(mostVariants) fit on a picture")
    }
    for ratio in ratios where PatchMask.visibleCount(of: model.grid.count, hiding: ratio) == model.grid.count {
      throw UsageError("--mask-ratio \(ratio) hides none of the model's \(model.grid.count) patches")
    }
    return variants
  }

  private static func pictures(
    _ files: PictureFiles, _ given: Given, side: Int
  ) throws -> [(name: String, image: Image)] {
    let decoding = EmbeddingArguments.decoding(given)
    var pictures = [(name: String, image: Image)]()
    if given.has(images) {
      guard files.count > 0 else {
        throw DataError(given[images].joined(separator: ", "), "no PNG or JPEG pictures there")
      }
      guard files.count <= mostPictures else {
        throw UsageError("\(files.count) pictures: \(mostPictures) fit on a picture")
      }
      for index in 0..<files.count {
        let sample = try files.sample(at: index)
        pictures.append((sample.id, try sample.image(options: decoding)))
      }
    }
    if let name = given[data] {
      var options = DataOptions()
      options.split = given[DataArguments.split]
      options.insistsOnSplit = given.has(DataArguments.split)
      options.root = given[DataArguments.root]
      options.side = side
      let opened = try openDataSet(name, options)
      // Seeds are those of the masks.
      try DataArguments.check(given, opened, name, besides: [seeds])
      let set = opened.set
      let count = min(given[number], set.count)
      for index in (0..<count).map({ $0 * set.count / count }) {
        let sample = try set.sample(at: index)
        pictures.append((sample.id, try sample.image(options: decoding)))
      }
    }
    guard !pictures.isEmpty else { throw DataError(given[data] ?? "", "has no pictures") }
    return pictures
  }

  /// For each variant, a reconstruction of each picture.
  private static func reconstructions(
    _ model: MaskedModel, _ pictures: [Image], _ variants: [Variant], _ given: Given
  ) -> [[Reconstruction]] {
    let precision: Precision = given[EmbeddingArguments.precision] == .bf16 ? .bf16 : .fp32
    return variants.map { variant in
      stride(from: 0, to: pictures.count, by: 16).flatMap { start -> [Reconstruction] in
        let range = start..<min(start + 16, pictures.count)
        let masks = range.map { index in
          var generator = Generator(variant.seed, index)
          return given[kind].mask(
            rows: model.grid.rows, columns: model.grid.columns, ratio: variant.ratio, &generator)
        }
        return model.reconstructions(
          of: Array(pictures[range]), masks, statistics: given[statistics], precision: precision)
      }
    }
  }

  private static func table(
    _ model: MaskedModel, _ names: [String], _ variants: [Variant], _ found: [[Reconstruction]], _ given: Given
  ) -> PictureTable {
    let headings =
      ["original"]
      + variants.flatMap {
        ["\(percent($0.ratio)) hidden, seed \($0.seed)", "reconstruction", "pasted over what is hidden"]
      }
    let rows = names.indices.map { i in
      PictureTable.Row(
        [found[0][i].original] + found.flatMap { [$0[i].masked, $0[i].guessed, $0[i].pasted] },
        captions: [.init(fileName(names[i]), column: 0)]
          + found.enumerated().map { v, found in
            let one = found[i]
            return .init(
              "loss \(rounded(one.loss)), on pixels \(rounded(one.pixelLoss)), baseline \(rounded(one.baseline)), "
                + "\(rounded(one.psnr, 10)) dB", column: 1 + 3 * v)
          })
    }
    return PictureTable(
      title: "Masked autoencoder", headings: headings, rows, notes: note(model, given).map { [$0] } ?? [])
  }

  /// Says where colours come from, if that needs saying.
  private static func note(_ model: MaskedModel, _ given: Given) -> String? {
    guard model.normalizesPatches else { return nil }
    switch given[statistics] {
    case .original:
      return "Means and deviations of hidden patches were taken from the original: they leak information."
    case .neighbours: return "Means and deviations of hidden patches were taken from visible neighbours: nothing leaks."
    }
  }

  private static func print(
    _ model: MaskedModel, _ names: [String], _ variants: [Variant], _ found: [[Reconstruction]], _ given: Given,
    _ console: Console
  ) throws {
    let all = found.flatMap { $0 }
    func mean(_ part: (Reconstruction) -> Double) -> Double { all.reduce(0) { $0 + part($1) } / Double(all.count) }
    let means = (loss: mean(\.loss), pixels: mean(\.pixelLoss), baseline: mean(\.baseline), psnr: mean(\.psnr))
    guard given[json] else {
      for (variant, found) in zip(variants, found) {
        for (name, one) in zip(names, found) {
          try console.print(
            "\(name): \(percent(variant.ratio)) hidden, seed \(variant.seed): loss \(rounded(one.loss)), "
              + "on pixels \(rounded(one.pixelLoss)), baseline \(rounded(one.baseline)), \(rounded(one.psnr, 100)) dB")
        }
      }
      try console.print(
        "mean: loss \(rounded(means.loss)), on pixels \(rounded(means.pixels)), baseline \(rounded(means.baseline)) "
          + "(\(rounded(means.pixels / means.baseline, 1000)) of it), \(rounded(means.psnr, 100)) dB")
      if let note = note(model, given) { try console.print(note) }
      return
    }
    let images = zip(variants, found).flatMap { variant, found in
      zip(names, found).map { name, one -> JSONValue in
        [
          "path": .string(name), "loss": .number(one.loss), "psnr": .number(one.psnr),
          "seed": .integer(Int64(variant.seed)), "mask_ratio": .number(variant.ratio),
          "pixel_loss": .number(one.pixelLoss), "baseline": .number(one.baseline),
        ]
      }
    }
    try console.print(
      ([
        "images": .array(images),
        "mean": [
          "loss": .number(means.loss), "pixel_loss": .number(means.pixels), "baseline": .number(means.baseline),
          "psnr": .number(means.psnr),
        ],
        "statistics": model.normalizesPatches ? .string(given[statistics].rawValue) : .null,
      ] as JSONValue).text())
  }

  private static func percent(_ ratio: Double) -> String { "\(rounded(ratio * 100, 10)) %" }

  private static func rounded(_ value: Double, _ places: Double = 10_000) -> String {
    let rounded = (value * places).rounded() / places
    return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))" : "\(rounded)"
  }
}
