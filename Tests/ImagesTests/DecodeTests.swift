import Files
import Images
import Testing

@Suite struct DecodeTests {
  /// 314 pictures of every colour type, depth, filter, interlacing, subsampling and scan order, from 1 × 1 pixels on.
  @Test(arguments: ["png.bin", "jpeg.bin"]) func equalsPillow(archive: String) throws {
    let pictures = try PictureFixture.all(in: archive)
    #expect(pictures.count >= 150)
    for picture in pictures {
      var options = DecodeOptions()
      options.appliesOrientation = false
      let image = try decodeImage(picture.file, name: picture.name, options: options)
      #expect(image.width == picture.width && image.height == picture.height, "\(picture)")
      #expect(CRC32.checksum(image.pixels) == picture.crc, "\(picture)")
      let upright = try decodeImage(picture.file, name: picture.name)
      #expect(CRC32.checksum(upright.pixels) == picture.uprightCRC, "\(picture) upright")
    }
  }

  @Test func encodersComeBack() throws {
    for (width, height) in [(1, 1), (3, 2), (40, 17)] {
      let image = testCard(width, height)
      for compression in [PNGCompression.fast, .normal, .best] {
        #expect(try decodeImage(image.encodedPNG(compression: compression), name: "card") == image)
      }
      let jpeg = try decodeImage(image.encodedJPEG(JPEGQuality(100, fullChroma: true)), name: "card")
      let worst = zip(jpeg.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(worst <= 4, "\(width) × \(height)")
    }
  }

  @Test func scaledDecodingHasTheSizeAndLooksTheSame() throws {
    let image = testCard(104, 72)
    let jpeg = try image.encodedJPEG(JPEGQuality(95))
    let odd = try testCard(101, 67).encodedJPEG()
    for scale in DecodeScale.allCases {
      var options = DecodeOptions()
      options.scale = scale
      let ragged = try decodeImage(odd, name: "card", options: options)
      #expect(ragged.width == (101 * scale.rawValue + 7) / 8 && ragged.height == (67 * scale.rawValue + 7) / 8)
      let small = try decodeImage(jpeg, name: "card", options: options)
      #expect(small.width == 104 * scale.rawValue / 8 && small.height == 72 * scale.rawValue / 8)
      let difference = zip(mean(of: small), mean(of: image)).map { abs($0 - $1) }.max() ?? 255
      #expect(difference < 2, "\(scale)")
    }
  }

  @Test func limitsAreKeptBeforeAllocating() throws {
    let image = testCard(20, 10)
    var options = DecodeOptions()
    options.maxPixels = 199
    for file in [try image.encodedPNG(), try image.encodedJPEG()] {
      #expect(throws: ImageError(.tooLarge, name: "a.png", detail: "20 × 10 pixels")) {
        try decodeImage(file, name: "a.png", options: options)
      }
    }
    options.maxPixels = 200
    #expect(try decodeImage(image.encodedPNG(), name: "a.png", options: options) == image)
    // A header that promises what its file cannot hold.
    var liar = try image.encodedPNG()
    liar.replaceSubrange(16..<24, with: [0, 0, 0x20, 0, 0, 0, 0x20, 0])
    liar.replaceSubrange(29..<33, with: CRC32.checksum(liar[12..<29]).bigEndianBytes)
    #expect(problem(of: liar) == .damaged)
  }

  @Test func everyCutIsNoticed() throws {
    let image = testCard(33, 20)
    for (file, end) in [(try image.encodedPNG(), 12), (try image.encodedJPEG(), 0)] {
      for length in 0..<file.count - end {
        #expect(
          problem(of: Array(file.prefix(length))) == (length < 3 ? .unknownFormat : problem(of: file, cut: length)))
        let tolerant = tolerantDecode(Array(file.prefix(length)))
        if let tolerant { #expect(tolerant.width == 33 && tolerant.height == 20) }
      }
      // What has all but its last bytes shows most of its picture to those who ask.
      #expect(tolerantDecode(Array(file.dropLast(40))) != nil)
    }
  }

  @Test func harmlessWarningsAreNoErrors() throws {
    let image = testCard(16, 16)
    var file = try image.encodedJPEG()
    // Bytes between two markers: after SOI and the 18 bytes of JFIF's segment.
    file.insert(contentsOf: [1, 2, 3], at: 20)
    #expect(problem(of: file) == nil)
    // Rubbish inside of the pixels costs some.
    let jpeg = try testCard(64, 64).encodedJPEG()
    var damaged = jpeg
    damaged.replaceSubrange(jpeg.count - 60..<jpeg.count - 40, with: [UInt8](repeating: 0xFF, count: 20))
    #expect(problem(of: damaged) == .damaged)
  }

  @Test func errorsNameTheFile() {
    #expect(throws: ImageError(.unknownFormat, name: "/bin/sh")) { try readImage("/bin/sh") }
    #expect("\(ImageError(.unknownFormat, name: "x.gif"))" == "x.gif: neither a PNG nor a JPEG picture; convert it")
    #expect(throws: FileError("read", "/tmp", code: 21)) { try readImage("/tmp") }
    #expect(problem(of: []) == .unknownFormat)
  }

  private func problem(of file: [UInt8]) -> ImageError.Problem? {
    do {
      _ = try decodeImage(file, name: "test")
      return nil
    } catch { return error.problem }
  }

  /// A cut file is damaged, or unknown when its signature is cut.
  private func problem(of file: [UInt8], cut length: Int) -> ImageError.Problem {
    ImageFormat(of: file.prefix(length)) == nil ? .unknownFormat : .damaged
  }

  private func tolerantDecode(_ file: [UInt8]) -> Image? {
    var options = DecodeOptions()
    options.toleratesDamage = true
    return try? decodeImage(file, name: "test", options: options)
  }
}

/// Smooth colours with a diagonal edge.
func testCard(_ width: Int, _ height: Int) -> Image {
  var image = Image(width: width, height: height)
  for y in 0..<height {
    for x in 0..<width {
      let edge = x + 2 * y > (width + 2 * height) / 2
      image[x, y] = (
        UInt8(x * 255 / max(1, width - 1)), UInt8(y * 255 / max(1, height - 1)), edge ? 40 : UInt8((x + y) % 200)
      )
    }
  }
  return image
}

private func mean(of image: Image) -> [Double] {
  (0..<3).map { c in
    stride(from: c, to: image.pixels.count, by: 3).reduce(0.0) { $0 + Double(image.pixels[$1]) }
      / Double(image.width * image.height)
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) } }
}
