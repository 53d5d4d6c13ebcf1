import Tensors

/// A picture of 8-bit RGB pixels: rows from the top, three bytes a pixel.
public struct Image: Sendable, Hashable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `width × height × 3` bytes: red, green, blue of the first row's first pixel, then of its second.
  public var pixels: [UInt8]

  /// A picture over these bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    guard width > 0, height > 0, pixels.count == width * height * 3 else {
      fatalError("Image: \(width) × \(height) needs three bytes a pixel, not \(pixels.count) bytes")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, color: (UInt8, UInt8, UInt8) = (0, 0, 0)) {
    self.init(width: width, height: height) { out in
      for i in stride(from: 0, to: out.count, by: 3) {
        (out[i], out[i + 1], out[i + 2]) = color
      }
    }
  }

  /// A picture whose bytes are written by `fill`, every one of them.
  public init<Failure: Error>(
    width: Int, height: Int, fill: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let count = width * height * 3
    expectMemory(count, for: "a picture of \(width)×\(height) pixels")
    var failure: Failure?
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Failure) {
        try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initialized = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The colour at a place, counted from the upper left corner.
  public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    get {
      let i = (y * width + x) * 3
      return (pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      let i = (y * width + x) * 3
      (pixels[i], pixels[i + 1], pixels[i + 2]) = newValue
    }
  }

  /// The whole picture as a region of itself.
  public var bounds: Region { Region(x: 0, y: 0, width: width, height: height) }
}

/// A rectangle of pixels inside a picture.
public struct Region: Sendable, Hashable {
  /// The left edge.
  public var x: Int
  /// The upper edge.
  public var y: Int
  /// Pixels in a row.
  public var width: Int
  /// Rows.
  public var height: Int

  /// A rectangle with this upper left corner and size.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Whether this lies inside of the other and is not empty.
  public func lies(in other: Region) -> Bool {
    width > 0 && height > 0 && x >= other.x && y >= other.y && x + width <= other.x + other.width
      && y + height <= other.y + other.height
  }
}
