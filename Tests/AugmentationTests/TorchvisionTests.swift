import Augmentation
import CKernels
import Files
import Images
import Testing

/// Operations with their parameters fixed, against torchvision's results on Pillow's pictures.
@Suite struct TorchvisionTests {
  static let levels: [ck_level] = [CK_PORTABLE, CK_AVX2, CK_AVX512].filter { $0.rawValue <= ck_best_level().rawValue }

  @Test(arguments: levels) func equalToTheLastBit(level: ck_level) throws {
    let lines = try readLines(fixture("augmentations.tsv"))
    #expect(lines.count > 300)
    for line in lines {
      let fields = line.split(separator: "\t").map(String.init)
      let picture = edgy(try number(fields[0]), try number(fields[1]))
      let result = try applied(fields[2], fields[3], to: picture, level: level)
      #expect("\(result.width) \(result.height)" == "\(fields[4]) \(fields[5])", "\(line)")
      #expect(CRC32.checksum(result.pixels) == UInt32(fields[6]), "\(line)")
    }
  }

  @Test(arguments: levels) func blurWithinOneLevel(level: ck_level) throws {
    let bytes = try readFile(fixture("blurs.bin"))
    var position = 0
    var seen = 0
    func take(_ count: Int) -> ArraySlice<UInt8> {
      defer { position += count }
      return bytes[position..<position + count]
    }
    func integer(_ count: Int) -> UInt64 { take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    while position < bytes.count {
      let (width, height, kernel) = (Int(integer(2)), Int(integer(2)), Int(integer(2)))
      let sigma = Double(bitPattern: integer(8))
      let expected = take(width * height * 3)
      let blurred = edgy(width, height).blurred(kernel: kernel, sigma: sigma, level: level)
      let differences = zip(blurred.pixels, expected).map { abs(Int($0) - Int($1)) }
      #expect((differences.max() ?? 255) <= 1, "kernel \(kernel), sigma \(sigma)")
      // One level off is a matter of rounding: rare.
      #expect(differences.count { $0 > 0 } * 50 < differences.count, "kernel \(kernel), sigma \(sigma)")
      seen += 1
    }
    #expect(seen == 6)
  }

  @Test(arguments: levels) func normalizationIsExact(level: ck_level) {
    for (width, height) in [(1, 1), (5, 3), (16, 16), (33, 7)] {
      let image = edgy(width, height)
      let n = Normalization.clip
      var numbers = [Float](repeating: .nan, count: image.pixels.count)
      numbers.withUnsafeMutableBufferPointer { n.normalize(image, into: $0, level: level) }
      for (i, byte) in image.pixels.enumerated() {
        #expect(numbers[i] == (Float(byte) / 255 - n.mean[i % 3]) / n.deviation[i % 3])
      }
    }
  }

  private func applied(_ name: String, _ parameter: String, to picture: Image, level: ck_level) throws -> Image {
    var image = picture
    func float() throws -> Double { try #require(Double(parameter)) }
    switch name {
    case "brightness": image.adjustBrightness(Float(try float()), level: level)
    case "contrast": image.adjustContrast(Float(try float()), level: level)
    case "saturation": image.adjustSaturation(Float(try float()), level: level)
    case "hue": image.adjustHue(try float(), level: level)
    case "gray": image.makeGray(level: level)
    case "solarize": image.solarize(threshold: try number(parameter), level: level)
    case "flip": return image.flippedHorizontally()
    case "flip_vertically": return image.flippedVertically()
    case "turn": return image.rotated(quarterTurns: try number(parameter))
    case "center_crop": return image.centerCropped(width: try number(parameter), height: try number(parameter))
    case "resize":
      let size = Preprocessing(size: try number(parameter)).resizedSize(width: image.width, height: image.height)
      return image.resized(width: size.width, height: size.height, filter: .bilinear, level: level)
    case "clip shortest": return Preprocessing(size: try number(parameter))(image)
    case "clip squash": return Preprocessing(size: try number(parameter), fit: .squash)(image)
    case "clip longest":
      return Preprocessing(size: try number(parameter), fit: .longest(try number(parameter)))(image)
    default: Issue.record("unknown operation \(name)")
    }
    return image
  }

  private func number(_ text: String) throws -> Int { try #require(Int(text)) }

  private func fixture(_ name: String, here: String = #filePath) -> String {
    join(join(parentFolder(here), "Fixtures"), name)
  }
}

/// The picture of `make_augmentations.py`: noise, with rows of pure colours and of grey.
func edgy(_ width: Int, _ height: Int) -> Image {
  var pixels = (0..<UInt32(width * height * 3)).map { i in
    UInt8(truncatingIfNeeded: ((i + 1) &* 2_654_435_761 &+ (i >> 4) &* 40503) >> 24)
  }
  for y in 0..<height {
    for x in 0..<width {
      let i = (y * width + x) * 3
      if y % 3 == 0 { for c in 0..<3 { pixels[i + c] = pixels[i + c] / 128 * 255 } }
      if y % 5 == 1 { (pixels[i + 1], pixels[i + 2]) = (pixels[i], pixels[i]) }
    }
  }
  return Image(width: width, height: height, pixels: pixels)
}
