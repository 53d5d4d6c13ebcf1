import Synchronization
import Tensors

/// What each draw of a run is: a function of the sets, their weights and the seed.
struct Schedule: Sendable {
  private let sets: [any DataSet]
  private let interleaving: Interleaving
  private let seed: UInt64
  private let shuffles: Bool
  private let window: Int
  private let orders: OrderCache

  init(_ sets: [any DataSet], weights: [Double], _ options: LoaderOptions) {
    self.sets = sets
    interleaving = Interleaving(weights: weights)
    seed = options.seed
    shuffles = options.shuffles
    window = options.window
    orders = OrderCache()
  }

  /// What is drawn at a slot, with the random numbers of that sample in that epoch.
  subscript(slot: Int) -> (set: any DataSet, place: Place, generator: Generator) {
    let (number, taken) = interleaving[slot]
    let set = sets[number]
    let (epoch, place) = taken.quotientAndRemainder(dividingBy: set.count)
    let order = orders.order(number, epoch) {
      EpochOrder(of: set, window: window, shuffles ? Generator(seed, 0, number, epoch) : nil)
    }
    let index = order[place]
    return (set, Place(set: number, index: index, epoch: epoch), Generator(seed, 1, number, epoch, index))
  }
}

/// Orders of shards take a while to make; the threads share the last one of each set and epoch.
private final class OrderCache: Sendable {
  private let orders = Mutex<[Int: (epoch: Int, order: EpochOrder)]>([:])

  func order(_ set: Int, _ epoch: Int, make: () -> EpochOrder) -> EpochOrder {
    if let known = orders.withLock({ $0[set] }), known.epoch == epoch { return known.order }
    let order = make()
    orders.withLock { $0[set] = (epoch, order) }
    return order
  }
}
