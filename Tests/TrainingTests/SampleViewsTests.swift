import Augmentation
import Datasets
import Files
import Images
import Tensors
import TestSupport
import Testing
import Training

/// The views that training takes of a sample.
@Suite struct SampleViewsTests {
  /// Smooth enough for JPEG, and nowhere the same.
  private var large: Image {
    var generator = Generator(seed: 3)
    return Image(width: 16, height: 12) { out in for i in out.indices { out[i] = UInt8(generator.below(255)) } }
      .resized(width: 1024, height: 768, filter: .bicubic)
  }

  /// Training decodes large photographs small, from files and from archives, and the same each time.
  @Test func aLargeJPEGIsDecodedSmall() throws {
    let folder = try ScratchFolder(inMemory: true)
    let jpeg = try large.encodedJPEG(JPEGQuality(95))
    try writeFile(folder("large.jpg"), jpeg)
    let views = try Views(parsing: "2 * decode|random_crop(56, scale: 0.5...1)|flip")
    let full = try decodeImage(jpeg, name: "large")
    for seed in 0..<3 {
      let generator = Generator(seed: UInt64(seed))
      let small = try views(decoding: jpeg, name: "large", generator)
      for picture in [Picture.encoded(jpeg), .file(folder("large.jpg"))] {
        let found = try views.images(
          of: Sample(id: "large", picture: picture), options: DecodeOptions(), generator, width: 56, height: 56)
        #expect(found == small && found != views(full, generator))
      }
      // What was drawn has its pixels already.
      let drawn = Sample(id: "drawn", picture: .drawn(full))
      #expect(
        try views.images(of: drawn, options: DecodeOptions(), generator, width: 56, height: 56)
          == views(full, generator))
    }
  }

  /// A strip that a resize would make gigantic is a bad sample and not the end of the process.
  @Test func stripsAreNotBlownUp() throws {
    let views = try Views(parsing: "decode|resize(256)|center_crop(224)")
    let strip = Image(width: 65_000, height: 2)
    for picture in [Picture.drawn(strip), .encoded(try strip.encodedPNG())] {
      let error = #expect(throws: ImageError.self) {
        try views.images(
          of: Sample(id: "strip", picture: picture), options: DecodeOptions(), Generator(seed: 1), width: 224,
          height: 224)
      }
      #expect(error?.problem == .tooLarge && error?.name == "strip")
    }
    let fine = Sample(id: "fine", picture: .drawn(Image(width: 600, height: 20)))
    #expect(
      try views.images(of: fine, options: DecodeOptions(), Generator(seed: 1), width: 224, height: 224).count == 1)
  }
}
