import Patching
import Tensors

/// Which patches of each picture of a batch are seen, and which have to be guessed: as many of each picture.
public struct BatchMask: Sendable {
  /// The patches that are seen, `[batch, visible]`.
  public let visible: Tensor
  /// The patches that are hidden, `[batch, hidden]`.
  public let hidden: Tensor

  /// A mask for each picture.
  public init(_ masks: [PatchMask]) {
    self.init(visible: masks.map(\.visible), hidden: masks.map(\.hidden))
  }

  /// Masks by sorting noise, `[batch, patches]`: the lowest numbers of a picture are seen (He et al., 2022, appendix
  /// A.1, as the paper's code does it).
  public init(noise: Tensor, ratio: Double) {
    let (batch, patches) = (noise.shape[0], noise.shape[1])
    let seen = PatchMask.visibleCount(of: patches, hiding: ratio)
    let numbers = noise.values
    let orders = (0..<batch).map { row in
      (0..<patches).sorted { (numbers[row * patches + $0], $0) < (numbers[row * patches + $1], $1) }
    }
    self.init(visible: orders.map { Array($0.prefix(seen)) }, hidden: orders.map { Array($0.dropFirst(seen)) })
  }

  private init(visible: [[Int]], hidden: [[Int]]) {
    let (seen, guessed) = (visible.first?.count ?? 0, hidden.first?.count ?? 0)
    guard visible.allSatisfy({ $0.count == seen }), hidden.allSatisfy({ $0.count == guessed }) else {
      fatalError("BatchMask: pictures of one batch hide the same number of patches")
    }
    self.visible = Tensor(ids: visible.joined().map { Int32($0) }, [visible.count, seen])
    self.hidden = Tensor(ids: hidden.joined().map { Int32($0) }, [hidden.count, guessed])
  }

  /// Pictures.
  public var batch: Int { visible.shape[0] }
  /// Patches of a picture.
  public var patchCount: Int { visible.shape[1] + hidden.shape[1] }

  /// For each patch its place among those that are seen followed by those that are hidden, `[batch, patches]`: what
  /// puts them back into order.
  public var restoringOrder: Tensor {
    let (seen, guessed) = (visible.shape[1], hidden.shape[1])
    let (seenIds, hiddenIds) = (visible.ids, hidden.ids)
    var order = [Int32](repeating: 0, count: batch * patchCount)
    for row in 0..<batch {
      for place in 0..<seen { order[row * patchCount + Int(seenIds[row * seen + place])] = Int32(place) }
      for place in 0..<guessed {
        order[row * patchCount + Int(hiddenIds[row * guessed + place])] = Int32(seen + place)
      }
    }
    return Tensor(ids: order, [batch, patchCount])
  }
}
