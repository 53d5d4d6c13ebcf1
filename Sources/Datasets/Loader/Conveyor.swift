import Glibc
import Tensors

/// Makes items 0, 1, 2, … on threads of its own, ahead of whoever takes them, and hands them out in that order.
///
/// No more than `capacity` items exist at a time. What an item is depends on its number alone, so neither the number of
/// threads nor their luck can be seen in what comes out.
package final class Conveyor<Item: Sendable> {
  private let belt: Belt<Item>
  private var threads: [pthread_t] = []

  /// - Parameters:
  ///   - numbers: which items are made.
  ///   - make: makes an item from its number, on any thread.
  package init(_ numbers: Range<Int>, threads count: Int, capacity: Int, make: @escaping @Sendable (Int) -> Item) {
    belt = Belt(numbers, capacity: max(1, capacity), make: make)
    for _ in 0..<max(1, count) {
      var thread = pthread_t()
      let worker = Worker { [belt] in belt.work() }
      let context = Unmanaged.passRetained(worker)
      let status = pthread_create(&thread, nil, { Worker.main($0) }, context.toOpaque())
      if status == 0 { threads.append(thread) } else { context.release() }
    }
    guard !threads.isEmpty else { fatalError("Conveyor: the system gives no thread") }
  }

  /// The next item and the seconds that were spent waiting for it; nil after the last.
  ///
  /// - `isStopped`: asked before and while it is waited for; where it says so, nil comes at once.
  package func next(unless isStopped: () -> Bool = { false }) -> (item: Item, waited: Double)? {
    belt.take(unless: isStopped)
  }

  deinit {
    belt.stop()
    for thread in threads { pthread_join(thread, nil) }
  }
}

/// What a thread does, carried through C.
private final class Worker {
  let body: () -> Void

  init(body: @escaping () -> Void) { self.body = body }

  static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let worker = Unmanaged<Worker>.fromOpaque(context).takeRetainedValue()
    // Loops inside of an item stay on its thread; the cores' own pool belongs to the trainer.
    ThreadPool.$current.withValue(ThreadPool(threads: 1)) { worker.body() }
    return nil
  }
}

/// The ring of finished items that makers and taker share.
private final class Belt<Item: Sendable>: @unchecked Sendable {
  // The lock guards every `var` below; the two conditions say that an item is done and that there is room again.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let room = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let make: @Sendable (Int) -> Item
  private let end: Int
  private var ring: [Item?]
  private var nextToMake: Int
  private var nextToTake: Int
  private var isStopped = false

  init(_ numbers: Range<Int>, capacity: Int, make: @escaping @Sendable (Int) -> Item) {
    self.make = make
    end = numbers.upperBound
    nextToMake = numbers.lowerBound
    nextToTake = numbers.lowerBound
    ring = Array(repeating: nil, count: capacity)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(done, nil)
    pthread_cond_init(room, nil)
  }

  deinit {
    pthread_cond_destroy(room)
    pthread_cond_destroy(done)
    pthread_mutex_destroy(lock)
    room.deallocate()
    done.deallocate()
    lock.deallocate()
  }

  func work() {
    pthread_mutex_lock(lock)
    while true {
      while !isStopped, nextToMake < end, nextToMake - nextToTake >= ring.count { pthread_cond_wait(room, lock) }
      guard !isStopped, nextToMake < end else { break }
      let number = nextToMake
      nextToMake += 1
      pthread_mutex_unlock(lock)
      let item = make(number)
      pthread_mutex_lock(lock)
      ring[number % ring.count] = item
      if number == nextToTake { pthread_cond_signal(done) }
    }
    pthread_mutex_unlock(lock)
  }

  func take(unless isStopped: () -> Bool) -> (item: Item, waited: Double)? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard nextToTake < end, !isStopped() else { return nil }
    let slot = nextToTake % ring.count
    var waited = 0.0
    if ring[slot] == nil {
      let start = ContinuousClock.now
      while ring[slot] == nil {
        wait(milliseconds: 50)
        if ring[slot] == nil, isStopped() { return nil }
      }
      let duration = (ContinuousClock.now - start).components
      waited = Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
    }
    guard let item = ring[slot] else { return nil }
    ring[slot] = nil
    nextToTake += 1
    pthread_cond_signal(room)
    return (item, waited)
  }

  /// Waits until an item is done, but not longer. A signal's handler can wake nobody, so that its mark is looked for.
  private func wait(milliseconds: Int) {
    var until = timespec()
    clock_gettime(CLOCK_REALTIME, &until)
    until.tv_nsec += milliseconds * 1_000_000
    until.tv_sec += until.tv_nsec / 1_000_000_000
    until.tv_nsec %= 1_000_000_000
    pthread_cond_timedwait(done, lock, &until)
  }

  func stop() {
    pthread_mutex_lock(lock)
    isStopped = true
    pthread_cond_broadcast(room)
    pthread_mutex_unlock(lock)
  }
}
