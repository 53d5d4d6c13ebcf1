extension Image {
  /// Writes a line with its upper left corner at (x, y); what lies outside of the picture is left out.
  public mutating func draw(
    _ text: String, x: Int, y: Int, color: (UInt8, UInt8, UInt8) = (0, 0, 0), scale: Int = 1
  ) {
    for (place, scalar) in text.unicodeScalars.enumerated() {
      for (row, bits) in BitmapFont.rows(of: scalar).enumerated() {
        for column in 0..<5 where bits >> (4 - column) & 1 == 1 {
          let left = x + (place * BitmapFont.advance + column) * scale
          fill(Region(x: left, y: y + row * scale, width: scale, height: scale), color)
        }
      }
    }
  }

  /// Fills a rectangle; what lies outside of the picture is left out.
  public mutating func fill(_ region: Region, _ color: (UInt8, UInt8, UInt8)) {
    for y in max(0, region.y)..<max(0, region.y, min(height, region.y + region.height)) {
      for x in max(0, region.x)..<max(0, region.x, min(width, region.x + region.width)) { self[x, y] = color }
    }
  }

  /// Copies a picture into this one; what lies outside is left out.
  public mutating func paste(_ image: Image, x: Int, y: Int) {
    let columns = max(0, -x)..<max(0, -x, min(image.width, width - x))
    guard !columns.isEmpty else { return }
    for row in 0..<image.height where (0..<height).contains(y + row) {
      let from = (row * image.width + columns.lowerBound) * 3
      let to = ((y + row) * width + x + columns.lowerBound) * 3
      pixels.replaceSubrange(to..<to + columns.count * 3, with: image.pixels[from..<from + columns.count * 3])
    }
  }

  /// Pictures side by side on white.
  public init(row images: [Image], gap: Int, margin: Int = 0) {
    let width = images.reduce(0) { $0 + $1.width } + gap * max(0, images.count - 1) + 2 * margin
    self.init(width: width, height: images.map(\.height).max() ?? 1, color: (255, 255, 255))
    var x = margin
    for image in images {
      paste(image, x: x, y: 0)
      x += image.width + gap
    }
  }
}
