import Images
import Patching
import Testing

@Suite struct PatchGridTests {
  @Test(arguments: [
    PatchGrid(size: 8, patch: 8), PatchGrid(size: 6, patch: 1), PatchGrid(size: 12, patch: 4),
    PatchGrid(width: 10, height: 6, patchWidth: 5, patchHeight: 2, channels: 3),
    PatchGrid(width: 4, height: 9, patchWidth: 2, patchHeight: 3, channels: 1),
  ]) func eachNumberLiesWhereTheOrderSays(grid: PatchGrid) {
    let picture = (0..<grid.width * grid.height * grid.channels).map { Int32($0) }
    var patches = [Int32](repeating: -1, count: picture.count)
    picture.withUnsafeBufferPointer { p in patches.withUnsafeMutableBufferPointer { grid.patchify(p, into: $0) } }
    for y in 0..<grid.height {
      for x in 0..<grid.width {
        for c in 0..<grid.channels {
          let patch = y / grid.patchHeight * grid.columns + x / grid.patchWidth
          let inside = (y % grid.patchHeight * grid.patchWidth + x % grid.patchWidth) * grid.channels + c
          #expect(patches[patch * grid.patchLength + inside] == picture[(y * grid.width + x) * grid.channels + c])
        }
      }
    }
  }

  @Test func normalizedPatchesComeBackAsThePicture() {
    let grid = PatchGrid(width: 32, height: 16, patchWidth: 16, patchHeight: 8)
    let image = Image(width: 32, height: 16, pixels: (0..<32 * 16 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    var patches = [Float](repeating: .nan, count: image.pixels.count)
    patches.withUnsafeMutableBufferPointer { grid.patchify(image, normalization: .imagenet, into: $0) }
    var whole = [Float](repeating: .nan, count: image.pixels.count)
    whole.withUnsafeMutableBufferPointer { Normalization.imagenet.normalize(image, into: $0) }
    var expected = whole
    whole.withUnsafeBufferPointer { w in expected.withUnsafeMutableBufferPointer { grid.patchify(w, into: $0) } }
    #expect(patches == expected)
    let back = patches.withUnsafeBufferPointer { grid.image(of: $0, normalization: .imagenet) }
    #expect(back == image)
    let wild: [Float] = [.nan, .infinity, -.infinity, 1e9, -1e9, 0.5]
    let tiny = PatchGrid(width: 2, height: 1, patchWidth: 1, patchHeight: 1)
    #expect(
      wild.withUnsafeBufferPointer { tiny.image(of: $0, normalization: .unit) }.pixels == [0, 255, 0, 255, 0, 128])
  }
}
