import Encoders
import Glibc
import Images
import Patching
import Tensors

/// What a masked autoencoder makes of a picture when it sees a part of it.
public struct Reconstruction: Sendable {
  /// What the model would see without a mask.
  public let original: Image
  /// What it sees: hidden patches are grey.
  public let masked: Image
  /// What it takes all patches for, those that it sees too, which training never asked of it.
  public let guessed: Image
  /// Its guesses beside the patches that it sees.
  public let pasted: Image
  /// The mean squared error on the hidden patches in the space of the training.
  public let loss: Double
  /// The same on pixels, as the model's inputs are normalized.
  public let pixelLoss: Double
  /// The same of a guess without a model: the mean colour of the nearest patches that are seen.
  public let baseline: Double
  /// Of the hidden pixels, in dB; at most 100.
  public let psnr: Double
}

/// Where a model that guesses patches relative to their own mean and deviation has those from, to make a picture.
public enum PatchStatistics: String, Sendable, CaseIterable {
  /// From what was hidden: nice to look at, but information that the model never had.
  case original
  /// From the nearest patches that are seen.
  case neighbours
}

extension MaskedModel {
  /// A picture's patches, normalized, and the part of it that they show.
  public func patches(of image: Image) -> (seen: Image, patches: [Float]) {
    let seen = preprocessing(image)
    return (seen, grid.patches(of: seen, normalization: preprocessing.normalization))
  }

  /// Reconstructs pictures, each with its mask; all masks hide the same number of patches.
  public func reconstructions(
    of pictures: [Image], _ masks: [PatchMask], statistics: PatchStatistics = .original, precision: Precision = .fp32
  ) -> [Reconstruction] {
    guard !pictures.isEmpty else { return [] }
    let inputs = pictures.map(patches)
    let batch = Tensor(inputs.flatMap(\.patches), [pictures.count, grid.count, grid.patchLength])
    let guesses = Pass(precision: precision).run { autoencoder.predictions(batch, BatchMask(masks)) }.values
    let size = grid.count * grid.patchLength
    return inputs.indices.map { i in
      let guess = Array(guesses[i * size..<(i + 1) * size])
      return reconstruction(
        of: PatchedPicture(inputs[i].patches, masks[i], grid), seen: inputs[i].seen, guess, statistics)
    }
  }

  private func reconstruction(
    of picture: PatchedPicture, seen: Image, _ guess: [Float], _ statistics: PatchStatistics
  ) -> Reconstruction {
    let mask = picture.mask
    var pixels = guess
    var loss = picture.error(of: guess, against: picture.patches)
    if normalizesPatches {
      let own = picture.statistics
      loss = picture.error(of: guess, against: picture.normalized(by: own))
      var used = own
      if statistics == .neighbours {
        for patch in mask.hidden { used[patch] = picture.neighbourStatistics(of: patch, own) }
      }
      pixels = picture.restored(guess, by: used)
    }
    var pasted = picture.patches
    var baseline = picture.patches
    for patch in mask.hidden {
      let place = picture.place(patch)
      pasted.replaceSubrange(place, with: pixels[place])
      baseline.replaceSubrange(place, with: picture.neighbourColour(of: patch))
    }
    let whole = image(pasted)
    return Reconstruction(
      original: seen, masked: masked(seen, mask), guessed: image(pixels), pasted: whole, loss: loss,
      pixelLoss: picture.error(of: pixels, against: picture.patches),
      baseline: picture.error(of: baseline, against: picture.patches), psnr: psnr(whole, seen, mask))
  }

  private func image(_ patches: [Float]) -> Image {
    patches.withUnsafeBufferPointer { grid.image(of: $0, normalization: preprocessing.normalization) }
  }

  private func region(_ patch: Int) -> Region {
    Region(
      x: patch % grid.columns * grid.patchWidth, y: patch / grid.columns * grid.patchHeight, width: grid.patchWidth,
      height: grid.patchHeight)
  }

  private func masked(_ image: Image, _ mask: PatchMask) -> Image {
    var masked = image
    for patch in mask.hidden { masked.fill(region(patch), (128, 128, 128)) }
    return masked
  }

  private func psnr(_ guess: Image, _ image: Image, _ mask: PatchMask) -> Double {
    var (sum, count) = (0.0, 0.0)
    for patch in mask.hidden {
      let region = region(patch)
      for y in region.y..<region.y + region.height {
        for i in (y * image.width + region.x) * 3..<(y * image.width + region.x + region.width) * 3 {
          let difference = Double(guess.pixels[i]) - Double(image.pixels[i])
          sum += difference * difference
          count += 1
        }
      }
    }
    return sum == 0 ? 100 : min(100, 10 * log10(255 * 255 * count / sum))
  }
}
