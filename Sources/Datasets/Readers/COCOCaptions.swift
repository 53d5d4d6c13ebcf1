import Files
import JSON

/// Microsoft COCO's captions: `annotations/captions_val2017.json` and the folder of its pictures (Chen et al., "Microsoft
/// COCO Captions", 2015).
public struct COCOCaptions: DataSet {
  private let captions: CaptionedFiles

  /// Reads a caption file.
  public init(_ path: String, images: String? = nil) throws {
    let file = try JSONValue(file: path, limit: 1 << 32)
    guard let pictures = file["images"]?.array, let annotations = file["annotations"]?.array else {
      throw DataError(path, "no COCO captions: it lacks the list `images` or `annotations`")
    }
    var names = [Int: String](minimumCapacity: pictures.count)
    var unused = [Int](), seen = Set<Int>()
    for (number, picture) in pictures.enumerated() {
      guard let id = picture["id"]?.int, let name = picture["file_name"]?.string else {
        throw DataError(path, "images[\(number)] lacks `id` or `file_name`")
      }
      guard let other = names.updateValue(name, forKey: id) else {
        unused.append(id)
        continue
      }
      guard other == name else {
        throw DataError(path, "images[\(number)] has the id \(id) of another picture: \(name) and \(other)")
      }
    }
    var builder = CaptionedFiles.Builder(list: path, images: images)
    for (number, annotation) in annotations.enumerated() {
      let place = "\(path): annotations[\(number)]"
      guard let id = annotation["image_id"]?.int, let caption = annotation["caption"]?.string else {
        builder.addBad(BadSample(place, "`image_id` or `caption` is missing"))
        continue
      }
      guard let name = names[id] else {
        builder.addBad(BadSample(place, "there is no picture \(id)"))
        continue
      }
      seen.insert(id)
      builder.add(picture: name, caption: caption, place: place)
    }
    guard !seen.isEmpty || annotations.isEmpty else {
      throw DataError(path, "no caption belongs to a picture of the list `images`")
    }
    for id in unused where !seen.contains(id) {
      builder.addBad(BadSample("\(path): picture \(id)", "it has no caption"))
    }
    captions = try builder.finish(path)
  }

  /// Pictures, and bad annotations.
  public var count: Int { captions.count }

  /// A picture with its captions.
  public func sample(at index: Int) throws -> Sample { try captions.sample(at: index) }
}
