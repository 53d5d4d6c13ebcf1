import CKernels
import Files
import Images
import Testing

@Suite struct ResizeTests {
  static let levels: [ck_level] = [CK_PORTABLE, CK_AVX2, CK_AVX512].filter { $0.rawValue <= ck_best_level().rawValue }

  /// 44 shapes with each of the four filters, at every instruction set of this CPU.
  @Test(arguments: levels) func equalsPillow(level: ck_level) throws {
    var reader = LittleEndianReader(bytes: try readFile(fixturePath("resizes.bin")))
    var shapes = 0
    while !reader.isAtEnd {
      let filter = ResizeFilter.allCases[reader.number(bytes: 1)]
      let (width, height) = (reader.number(bytes: 2), reader.number(bytes: 2))
      let (newWidth, newHeight) = (reader.number(bytes: 2), reader.number(bytes: 2))
      let crc = UInt32(reader.number(bytes: 4))
      let made = noise(width, height).resized(width: newWidth, height: newHeight, filter: filter, level: level)
      #expect(made.width == newWidth && made.height == newHeight)
      #expect(
        CRC32.checksum(made.pixels) == crc, "\(filter) from \(width) × \(height) to \(newWidth) × \(newHeight)")
      shapes += 1
    }
    #expect(shapes == 4 * 44)
  }

  @Test func regionAndWindowAreCropsBeforeAndAfter() {
    let image = noise(90, 70)
    for (region, size, window) in [
      (Region(x: 3, y: 5, width: 61, height: 40), (30, 20), Region(x: 4, y: 2, width: 19, height: 17)),
      (Region(x: 0, y: 9, width: 90, height: 20), (90, 31), Region(x: 40, y: 30, width: 50, height: 1)),
      (Region(x: 7, y: 0, width: 33, height: 70), (50, 70), Region(x: 0, y: 11, width: 49, height: 50)),
      (Region(x: 2, y: 0, width: 40, height: 70), (31, 20), Region(x: 5, y: 3, width: 20, height: 9)),
      (Region(x: 7, y: 1, width: 33, height: 60), (33, 60), Region(x: 1, y: 1, width: 1, height: 59)),
    ] {
      let whole = image.cropped(to: region).resized(width: size.0, height: size.1, filter: .bicubic)
      let part = image.resized(width: size.0, height: size.1, filter: .bicubic, from: region, window: window)
      #expect(part == whole.cropped(to: window))
    }
  }

  @Test func turns() {
    let image = noise(5, 3)
    #expect(image.rotated(quarterTurns: 1)[0, 0] == image[4, 0])
    #expect(image.rotated(quarterTurns: -1)[0, 0] == image[0, 2])
    #expect(image.rotated(quarterTurns: 1).rotated(quarterTurns: 3) == image)
    #expect(image.rotated(quarterTurns: 1).rotated(quarterTurns: 1) == image.rotated(quarterTurns: 2))
    #expect(image.flippedHorizontally().flippedVertically() == image.rotated(quarterTurns: 2))
    #expect(image.transposed().flippedVertically() == image.rotated(quarterTurns: 1))
  }
}

/// The picture of `make_resizes.py`.
func noise(_ width: Int, _ height: Int) -> Image {
  Image(
    width: width, height: height,
    pixels: (0..<UInt32(width * height * 3)).map { i in
      UInt8(truncatingIfNeeded: ((i + 1) &* 2_654_435_761 &+ (i >> 4) &* 40503) >> 24)
    })
}
