import Encoders
import Files
import Images
import ModelFolders
import Patching
import Tensors
import TestSupport
import Testing

@Suite struct ReconstructionTests {
  private func model(normalizes: Bool) -> MaskedModel {
    var generator = Generator(seed: 3)
    let shape = MaskedAutoencoderShape(
      imageSize: 16, patchSize: 4, width: 12, depth: 1, heads: 3, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2)
    return MaskedModel(
      MaskedAutoencoder(shape, &generator), preprocessing: Preprocessing(size: 16, normalization: .half),
      maskRatio: 0.5, normalizesPatches: normalizes)
  }

  private func picture(seed: UInt64) -> Image {
    var generator = Generator(seed: seed)
    return Image(width: 16, height: 16) { for i in $0.indices { $0[i] = UInt8(generator.below(256)) } }
  }

  /// The same picture with other pixels where it is hidden.
  private func changed(_ image: Image, _ mask: PatchMask) -> Image {
    var changed = image
    for patch in mask.hidden {
      changed.fill(Region(x: patch % 4 * 4, y: patch / 4 * 4, width: 4, height: 4), (250, 3, 90))
    }
    return changed
  }

  @Test(arguments: [true, false]) func nothingLeaksFromWhatIsHidden(normalizes: Bool) {
    let (model, image) = (model(normalizes: normalizes), picture(seed: 1))
    let mask = PatchMask(hiding: [0, 1, 2, 5, 8, 10, 13, 15], of: 16)
    func pasted(_ image: Image, _ statistics: PatchStatistics) -> Image {
      model.reconstructions(of: [image], [mask], statistics: statistics)[0].pasted
    }
    #expect(pasted(image, .neighbours) == pasted(changed(image, mask), .neighbours))
    // The original's statistics do leak, where they are used.
    #expect((pasted(image, .original) == pasted(changed(image, mask), .original)) == !normalizes)
  }

  @Test func picturesAndNumbersBelongTogether() {
    let (model, image) = (model(normalizes: false), picture(seed: 2))
    let mask = PatchMask(hiding: [3, 6, 9, 12], of: 16)
    let found = model.reconstructions(of: [image], [mask])[0]
    #expect(found.original == image)
    #expect(found.loss == found.pixelLoss)
    var squares = 0.0
    for y in 0..<16 {
      for x in 0..<16 {
        let isHidden = mask.hidden.contains(y / 4 * 4 + x / 4)
        #expect(found.masked[x, y] == (isHidden ? (128, 128, 128) : image[x, y]))
        #expect(found.pasted[x, y] == (isHidden ? found.guessed[x, y] : image[x, y]))
        guard isHidden else { continue }
        for c in 0..<3 {
          let i = (y * 16 + x) * 3 + c
          squares +=
            (Double(found.guessed.pixels[i]) - Double(image.pixels[i]))
            * (Double(found.guessed.pixels[i]) - Double(image.pixels[i]))
        }
      }
    }
    let psnr = 10 * log10(255 * 255 / (squares / (4 * 16 * 3)))
    #expect(abs(found.psnr - psnr) < 1e-9)
    // A level is 2/255. Pictures clip guesses that lie beyond black and white, which makes them better.
    #expect(found.loss > squares / (4 * 16 * 3) * 4 / (255 * 255) - 1e-3)
  }

  /// Of a picture of one colour, neighbours tell everything.
  @Test func theBaselineOfAFlatPictureIsPerfect() {
    let flat = Image(width: 16, height: 16, color: (10, 200, 90))
    let masks = [0.25, 0.75, 0.9].map { ratio in
      var generator = Generator(seed: 7)
      return MaskKind.random.mask(rows: 4, columns: 4, ratio: ratio, &generator)
    }
    for mask in masks {
      #expect(model(normalizes: false).reconstructions(of: [flat], [mask])[0].baseline < 1e-10)
    }
    // With nothing to go by it is the mean of all pictures: 0.
    let none = PatchMask(hiding: 0..<16, of: 16)
    let blind = model(normalizes: true).reconstructions(of: [flat], [none], statistics: .neighbours)[0]
    #expect(blind.baseline > 0.1 && blind.psnr.isFinite)
  }
}
