/// How pictures of one size are cut into patches.
///
/// Patches are numbered row by row. A patch is a vector of its pixels row by row, red, green and blue of each: the order
/// (py, px, channel) that masked autoencoders reconstruct, where a convolution's kernel has (channel, py, px).
public struct PatchGrid: Sendable, Hashable {
  /// Patches from left to right.
  public let columns: Int
  /// Patches from top to bottom.
  public let rows: Int
  /// Pixels of a patch.
  public let patchWidth: Int, patchHeight: Int
  /// Colours of a pixel.
  public let channels: Int

  /// The grid of pictures of this size; the patches must fill it.
  public init(width: Int, height: Int, patchWidth: Int, patchHeight: Int, channels: Int = 3) {
    guard patchWidth > 0, patchHeight > 0, width > 0, height > 0, width % patchWidth == 0, height % patchHeight == 0
    else { fatalError("PatchGrid: patches of \(patchWidth) × \(patchHeight) do not fill \(width) × \(height)") }
    columns = width / patchWidth
    rows = height / patchHeight
    self.patchWidth = patchWidth
    self.patchHeight = patchHeight
    self.channels = channels
  }

  /// The grid of square patches on square pictures.
  public init(size: Int, patch: Int, channels: Int = 3) {
    self.init(width: size, height: size, patchWidth: patch, patchHeight: patch, channels: channels)
  }

  /// The number of patches.
  public var count: Int { columns * rows }
  /// The length of a patch's vector.
  public var patchLength: Int { patchWidth * patchHeight * channels }
  /// The size of the pictures.
  public var width: Int { columns * patchWidth }
  /// The size of the pictures.
  public var height: Int { rows * patchHeight }

  /// Cuts one picture of interleaved colours, `height × width × channels`, into `count × patchLength`.
  public func patchify<Element>(
    _ picture: UnsafeBufferPointer<Element>, into patches: UnsafeMutableBufferPointer<Element>
  ) {
    check(picture.count, patches.count)
    forEachRun { pixel, place, length in
      _ = UnsafeMutableBufferPointer(rebasing: patches[place..<place + length])
        .update(from: UnsafeBufferPointer(rebasing: picture[pixel..<pixel + length]))
    }
  }

  /// Calls `body` for each row of each patch with its place in an interleaved picture, its place among the patches, and
  /// its length.
  @inline(__always)
  package func forEachRun(_ body: (_ pixel: Int, _ place: Int, _ length: Int) -> Void) {
    let run = patchWidth * channels
    for row in 0..<rows {
      for column in 0..<columns {
        for y in 0..<patchHeight {
          let pixel = ((row * patchHeight + y) * columns + column) * run
          let place = ((row * columns + column) * patchHeight + y) * run
          body(pixel, place, run)
        }
      }
    }
  }

  private func check(_ source: Int, _ target: Int) {
    guard source == count * patchLength, target == source else {
      fatalError("PatchGrid: \(width) × \(height) × \(channels) is neither \(source) nor \(target) numbers")
    }
  }
}
