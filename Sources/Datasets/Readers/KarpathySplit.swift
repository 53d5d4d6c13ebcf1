import Files
import JSON

/// The splits of COCO, Flickr8k and Flickr30k by Karpathy and Fei-Fei ("Deep visual-semantic alignments", CVPR 2015), on
/// which retrieval results are compared: `dataset_coco.json`, `dataset_flickr30k.json`.
public struct KarpathySplit: DataSet {
  private let captions: CaptionedFiles

  /// Reads a split.
  ///
  /// - `images`: the folder of the pictures; COCO's lie in `train2014` and `val2014` below it.
  /// - `split`: `train`, `val` or `test`. As is the custom, `train` includes what the file calls `restval`. Nil takes all.
  public init(_ path: String, images: String? = nil, split: String? = nil) throws {
    let file = try JSONValue(file: path, limit: 1 << 32)
    guard let pictures = file["images"]?.array else {
      throw DataError(path, "no Karpathy split: it lacks the list `images`")
    }
    var builder = CaptionedFiles.Builder(list: path, images: images)
    var splits = Set<String>()
    var count = 0
    for (number, picture) in pictures.enumerated() {
      let place = "\(path): images[\(number)]"
      let itsSplit = picture["split"]?.string ?? ""
      splits.insert(itsSplit)
      if let split, itsSplit != split, !(split == "train" && itsSplit == "restval") { continue }
      count += 1
      guard let name = picture["filename"]?.string, let sentences = picture["sentences"]?.array, !sentences.isEmpty
      else {
        builder.addBad(BadSample(place, "`filename` or `sentences` is missing"))
        continue
      }
      let relative = picture["filepath"]?.string.map { join($0, name) } ?? name
      for sentence in sentences {
        builder.add(picture: relative, caption: sentence["raw"]?.string ?? "", place: place)
      }
    }
    if let split, count == 0 {
      let known = splits.sorted().map { "`\($0)`" }.joined(separator: ", ")
      throw DataError(path, "no picture is in the split `\(split)`; it has \(known.isEmpty ? "none" : known)")
    }
    captions = try builder.finish(path)
  }

  /// Pictures of the split, and bad entries.
  public var count: Int { captions.count }

  /// A picture with its captions.
  public func sample(at index: Int) throws -> Sample { try captions.sample(at: index) }
}
