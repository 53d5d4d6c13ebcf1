/// Changes that move pixels and leave their values alone.
extension Image {
  /// The pixels inside a region.
  public func cropped(to region: Region) -> Image {
    guard region.lies(in: bounds) else { fatalError("Image.cropped(to: \(region)): not inside \(width) × \(height)") }
    if region == bounds { return self }
    return Image(width: region.width, height: region.height) { out in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<region.height {
          let start = ((region.y + y) * width + region.x) * 3
          let row = UnsafeBufferPointer(rebasing: pixels[start..<start + region.width * 3])
          _ = UnsafeMutableBufferPointer(rebasing: out[(y * region.width * 3)...]).update(from: row)
        }
      }
    }
  }

  /// Left and right swapped.
  public func flippedHorizontally() -> Image {
    moved(width: width, height: height) { x, y in (self.width - 1 - x, y) }
  }

  /// Top and bottom swapped.
  public func flippedVertically() -> Image {
    moved(width: width, height: height) { x, y in (x, self.height - 1 - y) }
  }

  /// Rows as columns.
  public func transposed() -> Image {
    moved(width: height, height: width) { x, y in (y, x) }
  }

  /// Turned anticlockwise by quarters.
  public func rotated(quarterTurns: Int) -> Image {
    switch quarterTurns & 3 {
    case 1: moved(width: height, height: width) { x, y in (self.width - 1 - y, x) }
    case 2: moved(width: width, height: height) { x, y in (self.width - 1 - x, self.height - 1 - y) }
    case 3: moved(width: height, height: width) { x, y in (y, self.height - 1 - x) }
    default: self
    }
  }

  /// A picture whose pixel at (x, y) is this one's at `source(x, y)`.
  @inline(__always)
  private func moved(width newWidth: Int, height newHeight: Int, source: (Int, Int) -> (Int, Int)) -> Image {
    Image(width: newWidth, height: newHeight) { out in
      pixels.withUnsafeBufferPointer { pixels in
        var o = 0
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let (fromX, fromY) = source(x, y)
            let i = (fromY * width + fromX) * 3
            out[o] = pixels[i]
            out[o + 1] = pixels[i + 1]
            out[o + 2] = pixels[i + 2]
            o += 3
          }
        }
      }
    }
  }
}
