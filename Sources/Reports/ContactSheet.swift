import Images

/// Pictures with their labels in rows, to look at a data set at a glance.
public struct ContactSheet: Sendable {
  /// A picture and what is written below it.
  public struct Cell: Sendable {
    let image: Image
    let lines: [Line]

    /// A picture with labels below it, each in up to as many rows as it needs.
    public init(_ image: Image, lines: [Line]) {
      self.image = image
      self.lines = lines
    }
  }

  /// A label.
  public struct Line: Sendable {
    let text: String
    let rows: Int
    let isFaint: Bool

    /// A label of at most so many rows.
    public init(_ text: String, rows: Int = 1, isFaint: Bool = false) {
      self.text = text
      self.rows = rows
      self.isFaint = isFaint
    }
  }

  private let title: String
  private let cells: [Cell]
  private let columns: Int
  private let side: Int
  private static let gap = 10

  /// `side`: of the square into which each picture is fitted.
  public init(title: String, _ cells: [Cell], columns: Int = 6, side: Int = 160) {
    self.title = title
    self.cells = cells
    self.columns = max(1, min(columns, cells.count))
    self.side = side
  }

  /// The sheet.
  public func drawn() -> Image {
    let gap = Self.gap
    let rows = stride(from: 0, to: cells.count, by: columns).map { Array(cells[$0..<min($0 + columns, cells.count)]) }
    let letters = side / BitmapFont.advance
    let labels = rows.map { row in
      row.map {
        $0.lines.flatMap { line in
          BitmapFont.lines(line.text, columns: letters, rows: line.rows).map { ($0, line.isFaint) }
        }
      }
    }
    let heights = labels.map { side + 5 + (($0.map(\.count).max() ?? 0) * BitmapFont.lineHeight) + gap }
    let width = columns * (side + gap) + gap
    let titles = BitmapFont.lines(title, columns: (width - 2 * gap) / (2 * BitmapFont.advance), rows: 8)
    let head = gap + 2 * BitmapFont.lineHeight * titles.count + gap
    var sheet = Image(width: width, height: head + heights.reduce(0, +), color: (255, 255, 255))
    for (number, line) in titles.enumerated() {
      sheet.draw(line, x: gap, y: gap + 2 * BitmapFont.lineHeight * number, color: (0, 0, 0), scale: 2)
    }
    var y = head
    for (row, (cells, height)) in zip(rows, heights).enumerated() {
      for (column, cell) in cells.enumerated() {
        let x = gap + column * (side + gap)
        sheet.fill(Region(x: x, y: y, width: side, height: side), (232, 232, 232))
        let picture = fitted(cell.image)
        sheet.paste(picture, x: x + (side - picture.width) / 2, y: y + (side - picture.height) / 2)
        for (number, (text, isFaint)) in labels[row][column].enumerated() {
          let ink: (UInt8, UInt8, UInt8) = isFaint ? (110, 110, 110) : (0, 0, 0)
          sheet.draw(text, x: x, y: y + side + 5 + number * BitmapFont.lineHeight, color: ink)
        }
      }
      y += height
    }
    return sheet
  }

  /// As large as the square allows. Small pictures grow by whole numbers with hard edges, so that their pixels are seen as
  /// they are.
  private func fitted(_ image: Image) -> Image {
    let longest = max(image.width, image.height)
    if longest <= side {
      let scale = side / longest
      return image.resized(width: image.width * scale, height: image.height * scale, filter: .box)
    }
    return image.resized(
      width: max(1, image.width * side / longest), height: max(1, image.height * side / longest), filter: .bicubic)
  }
}
