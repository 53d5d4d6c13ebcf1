import Files
import Images

extension Snapshot {
  /// What can be seen of a snapshot as pictures, for TensorBoard and `--png`.
  public func pictures(run folder: String) -> [(name: String, image: Image)] {
    var pictures: [(String, Image)] = []
    if let matrix = similarityPicture { pictures.append(("similarity", matrix)) }
    if let map = mapPicture(run: folder) { pictures.append(("map", map)) }
    let rows = neighbours.compactMap { asked, found -> [ContactSheet.Cell]? in
      let cells = ([asked] + found).map { item in
        ContactSheet.Cell(
          Self.picture(item.picture, folder) ?? Image(width: 8, height: 8, color: (255, 255, 255)),
          lines: [.init(item.caption, rows: 3), .init(item.score.map { fixed($0, 2) } ?? "asked", isFaint: true)])
      }
      return cells.isEmpty ? nil : cells
    }
    if let columns = rows.map(\.count).max() {
      let sheet = ContactSheet(title: "nearest, step \(step)", rows.flatMap { $0 }, columns: columns, side: 96)
      pictures.append(("neighbours", sheet.drawn()))
    }
    return pictures
  }

  /// Dark is low, bright is high: a grey scale needs no colour vision.
  private var similarityPicture: Image? {
    guard let columns = similarity.map(\.count).max(), columns > 0 else { return nil }
    let cell = 16
    var image = Image(width: columns * cell, height: similarity.count * cell, color: (255, 255, 255))
    let values = similarity.flatMap { $0 }.filter(\.isFinite)
    guard let least = values.min(), let most = values.max() else { return nil }
    for (row, numbers) in similarity.enumerated() {
      for (column, value) in numbers.enumerated() where value.isFinite {
        let level = UInt8(255 * (value - least) / max(most - least, 1e-9))
        image.fill(Region(x: column * cell, y: row * cell, width: cell, height: cell), (level, level, level))
      }
    }
    return image
  }

  /// Thumbnails and dots at their places.
  private func mapPicture(run folder: String) -> Image? {
    let shown = points.filter { $0.place.x.isFinite && $0.place.y.isFinite }
    guard !shown.isEmpty else { return nil }
    var image = Image(width: 720, height: 480, color: (255, 255, 255))
    let horizontal = Axis(shown.map(\.place.x), labels: 5)
    let vertical = Axis(shown.map(\.place.y), labels: 5)
    for item in shown {
      let x = Int(20 + horizontal.place(item.place.x) * 680)
      let y = Int(460 - vertical.place(item.place.y) * 440)
      if let picture = Self.picture(item.picture, folder) {
        let small = picture.resized(width: 28, height: 28, filter: .bicubic)
        image.paste(small, x: x - 14, y: y - 14)
      } else {
        image.fill(Region(x: x - 3, y: y - 3, width: 7, height: 7), (0xD1, 0x7F, 0x00))
      }
    }
    return image
  }

  private static func picture(_ path: String, _ folder: String) -> Image? {
    guard !path.isEmpty, let bytes = try? readFile(join(folder, path), limit: 1 << 20) else { return nil }
    return try? decodeImage(bytes, name: path)
  }
}
