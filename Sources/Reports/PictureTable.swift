import Images

/// Pictures of one size in rows and columns under headings, with captions below the rows.
public struct PictureTable: Sendable {
  /// Pictures side by side.
  public struct Row: Sendable {
    let pictures: [Image]
    let captions: [Caption]

    /// A picture for each column, and what is written below some of them.
    public init(_ pictures: [Image], captions: [Caption]) {
      self.pictures = pictures
      self.captions = captions
    }
  }

  /// A text below a row, from one column up to the next that has one.
  public struct Caption: Sendable {
    let column: Int
    let text: String

    /// A text that begins below a column.
    public init(_ text: String, column: Int) {
      self.text = text
      self.column = column
    }
  }

  private let title: String
  private let headings: [String]
  private let rows: [Row]
  private let notes: [String]
  private static let gap = 8
  private static let captionRows = 2

  /// `notes`: lines at the bottom.
  public init(title: String, headings: [String], _ rows: [Row], notes: [String] = []) {
    self.title = title
    self.headings = headings
    self.rows = rows
    self.notes = notes
  }

  /// The table. Small pictures grow by a whole number with hard edges.
  public func drawn() -> Image {
    let (gap, line) = (Self.gap, BitmapFont.lineHeight)
    let size = rows.first?.pictures.first?.bounds ?? Region(x: 0, y: 0, width: 1, height: 1)
    let scale = max(1, 128 / max(size.width, size.height))
    // A heading may take two lines, and no column is narrower than the longest word.
    let widest = headings.flatMap { $0.split(separator: " ") }.map { BitmapFont.width(of: String($0)) }.max() ?? 0
    let step = max(size.width * scale, widest) + gap
    let longest = max(2 * BitmapFont.width(of: title), notes.map(BitmapFont.width).max() ?? 0)
    let width = max(gap + headings.count * step, longest + 2 * gap)
    let head = gap + 2 * line + gap + 2 * line + 4
    let rowHeight = size.height * scale + 4 + Self.captionRows * line + gap
    var sheet = Image(
      width: width, height: head + rows.count * rowHeight + notes.count * line + (notes.isEmpty ? 0 : gap),
      color: (255, 255, 255))
    sheet.draw(title, x: gap, y: gap, scale: 2)
    for (column, heading) in headings.enumerated() {
      let lines = BitmapFont.lines(heading, columns: (step - gap) / BitmapFont.advance, rows: 2)
      for (i, text) in lines.enumerated() {
        sheet.draw(text, x: gap + column * step, y: head - 4 - (lines.count - i) * line)
      }
    }
    var y = head
    for row in rows {
      for (column, picture) in row.pictures.enumerated() {
        let shown = picture.resized(width: picture.width * scale, height: picture.height * scale, filter: .box)
        sheet.paste(shown, x: gap + column * step, y: y)
      }
      for (number, caption) in row.captions.enumerated() {
        let end = number + 1 < row.captions.count ? row.captions[number + 1].column : headings.count
        let letters = ((end - caption.column) * step - gap) / BitmapFont.advance
        for (i, text) in BitmapFont.lines(caption.text, columns: letters, rows: Self.captionRows).enumerated() {
          let below = y + size.height * scale + 4
          sheet.draw(text, x: gap + caption.column * step, y: below + i * line, color: (90, 90, 90))
        }
      }
      y += rowHeight
    }
    for note in notes {
      sheet.draw(note, x: gap, y: y)
      y += line
    }
    return sheet
  }
}
