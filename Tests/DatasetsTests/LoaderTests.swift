import Datasets
import Files
import Glibc
import Images
import JSON
import Synchronization
import Tensors
import Testing

/// Numbers as a data set; some of them broken.
private struct Numbers: DataSet {
  var count: Int
  var bad: @Sendable (Int) -> Bool = { _ in false }
  var runs: [Range<Int>] = []
  var companions = 1

  func sample(at index: Int) throws -> Sample {
    if bad(index) { throw BadSample("file \(index)", "broken") }
    return Sample(id: "\(index)", captions: ["\(index)"])
  }
}

/// Pictures that take their time.
private struct Slow: DataSet {
  var count: Int

  func sample(at index: Int) -> Sample {
    usleep(20_000)
    return Sample(id: "\(index)", captions: ["\(index)"])
  }
}

private func loader(
  _ sources: [Loader<Int>.Source], batch: Int, _ configure: (inout LoaderOptions) -> Void = { _ in }
) throws -> Loader<Int> {
  var options = LoaderOptions(batchSize: batch)
  configure(&options)
  return try Loader(sources, options) { draw in draw.place.set * 1_000_000 + draw.place.index }
}

private func drain(_ loader: Loader<Int>, batches: Int = .max) throws -> [[Int]] {
  var all = [[Int]]()
  while all.count < batches, let batch = try loader.next() { all.append(batch.items) }
  return all
}

@Suite struct LoaderTests {
  @Test func everySampleComesOnceInAnEpochAndEpochsDiffer() throws {
    let batches = try drain(loader([.init(Numbers(count: 103))], batch: 10) { $0.epochs = 2 })
    // Ten full batches an epoch; the three left over are dropped.
    #expect(batches.count == 20)
    let whole = try drain(
      loader([.init(Numbers(count: 103))], batch: 10) {
        $0.epochs = 2; $0.keepsRemainder = true
      })
    #expect(whole.map(\.count) == Array(repeating: 10, count: 10) + [3] + Array(repeating: 10, count: 10) + [3])
    let (first, second) = (whole[..<11].flatMap { $0 }, whole[11...].flatMap { $0 })
    #expect(first.sorted() == Array(0..<103) && second.sorted() == Array(0..<103))
    #expect(first != second && first != first.sorted())
  }

  @Test func theOrderIsThatOfTheSetWhenNotShuffled() throws {
    let batches = try drain(
      loader([.init(Numbers(count: 7))], batch: 3) {
        $0.shuffles = false; $0.epochs = 1; $0.keepsRemainder = true
      })
    #expect(batches == [[0, 1, 2], [3, 4, 5], [6]])
  }

  @Test func seedsGiveOtherOrders() throws {
    let orders = try (0..<3).map { seed in
      try drain(loader([.init(Numbers(count: 50))], batch: 50) { $0.seed = UInt64(seed) }, batches: 1)
    }
    #expect(Set(orders).count == 3)
  }

  @Test func threadsDoNotShow() throws {
    let set = Numbers(count: 1000, bad: { $0 % 31 == 0 })
    let orders = try [1, 2, 4, 7].map { threads in
      var options = LoaderOptions(batchSize: 16)
      options.threads = threads
      let loader = try Loader<Int>([.init(set)], options) { draw in
        // The later, the faster: threads finish out of order.
        var generator = draw.generator
        usleep(UInt32(generator.below(300)))
        return draw.place.index * 1000 + generator.below(1000)
      }
      return try drain(loader, batches: 150)
    }
    #expect(Set(orders).count == 1)
  }

  @Test(arguments: [1, 3, 17, 50])
  func resumesWhereABatchEnded(_ stop: Int) throws {
    let sources: [Loader<Int>.Source] = [
      .init(Numbers(count: 100, bad: { $0 % 29 == 0 }), weight: 3), .init(Numbers(count: 37), weight: 1.3),
      .init(Numbers(count: 400, runs: [0..<150, 150..<151, 151..<400]), weight: 2),
    ]
    let whole = try drain(loader(sources, batch: 8) { $0.window = 60 }, batches: 120)
    let first = try loader(sources, batch: 8) { $0.window = 60 }
    var position = 0
    for _ in 0..<stop { position = try #require(try first.next()).position }
    let second = try loader(sources, batch: 8) {
      $0.window = 60
      $0.position = position
    }
    #expect(try drain(second, batches: 120 - stop) == Array(whole[stop...]))
  }

  @Test func setsAreDrawnFromByWeight() throws {
    let sources: [Loader<Int>.Source] = [
      .init(Numbers(count: 500), weight: 1), .init(Numbers(count: 70), weight: 2),
      .init(Numbers(count: 30), weight: 0.5),
    ]
    let items = try drain(loader(sources, batch: 7), batches: 200).flatMap { $0 }
    for n in [7, 70, 700, 1400] {
      for (set, share) in [1 / 3.5, 2 / 3.5, 0.5 / 3.5].enumerated() {
        let seen = items[..<n].count { $0 / 1_000_000 == set }
        #expect(abs(Double(seen) - share * Double(n)) <= 1.5, "set \(set): \(seen) of \(n)")
      }
    }
    // 800 draws of the second set are eleven epochs of it and a bit.
    let second = items.filter { $0 / 1_000_000 == 1 }
    for epoch in 0..<11 { #expect(Set(second[epoch * 70..<(epoch + 1) * 70]).count == 70) }
  }

  @Test func interleavingKnowsEveryPlaceOnItsOwn() {
    for weights in [[1.0], [1, 1], [3, 1, 1, 1], [0.1, 0.7, 1e-3, 55]] {
      let interleaving = Interleaving(weights: weights)
      var taken = weights.map { _ in 0 }
      for slot in 0..<5000 {
        let (set, before) = interleaving[slot]
        #expect(before == taken[set])
        taken[set] += 1
      }
    }
  }

  @Test func archivesAreShuffledInWindows() throws {
    let set = Numbers(count: 1000, runs: (0..<10).map { $0 * 100..<($0 + 1) * 100 })
    let order = EpochOrder(of: set, window: 150, Generator(1, 2))
    let indices = (0..<1000).map { order[$0] }
    #expect(indices.sorted() == Array(0..<1000))
    // 150 samples in a row come from at most three of the shards.
    for start in stride(from: 0, to: 1000, by: 150) {
      #expect(Set(indices[start..<min(start + 150, 1000)].map { $0 / 100 }).count <= 3)
    }
  }

  @Test func companionsStayTogether() {
    let order = EpochOrder(of: Numbers(count: 101, companions: 2), window: 1, Generator(1))
    let indices = (0..<101).map { order[$0] }
    #expect(indices.sorted() == Array(0..<101))
    for i in stride(from: 0, to: 100, by: 2) { #expect(indices[i] % 2 == 0 && indices[i + 1] == indices[i] + 1) }
  }

  @Test(arguments: [1, 2, 3, 5, 16, 17, 255, 256, 257, 1000])
  func permutationsAreExact(_ count: Int) {
    let permutation = Permutation(count, Generator(3, count))
    #expect((0..<count).map { permutation[$0] }.sorted() == Array(0..<count))
  }

  @Test func permutationsAreFair() {
    // Each of the six orders of three things about as often as the others: chi-squared with 5 degrees of freedom.
    var counts = [[Int]: Int]()
    for seed in 0..<6000 {
      let permutation = Permutation(3, Generator(11, seed))
      counts[(0..<3).map { permutation[$0] }, default: 0] += 1
    }
    let chi = counts.values.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(counts.count == 6 && chi < 20.5)
  }

  @Test func fivePercentDamagedFilesOfTenThousand() throws {
    let scratch = try Scratch()
    let whole = try picture()
    let damaged = Array(whole.dropLast(20))
    for i in 0..<10_000 { try scratch.write("\(i % 100)/\(i).png", i % 20 == 7 ? damaged : whole) }
    let set = try ImageFolder(scratch.path)
    let list = scratch.path + "/bad-samples.jsonl"
    var options = LoaderOptions(batchSize: 64)
    options.epochs = 1
    options.keepsRemainder = true
    options.badSamplesFile = list
    let loader = try Loader<Int>([.init(set)], options) { try $0.sample.image().width }
    var good = 0
    while let batch = try loader.next() { good += batch.items.count }
    #expect(good == 9500 && loader.badSamples == 500)
    let lines = try readLines(list)
    #expect(lines.count == 500)
    let first = try JSONValue(parsing: lines[0])
    #expect(first["file"]?.string?.hasPrefix(scratch.path) == true)
    #expect(first["reason"]?.string?.hasPrefix("damaged picture") == true)
    // One more than max_bad stops it, with a summary.
    try scratch.write("0/0.png", damaged)
    let error = #expect(throws: TooManyBadSamples.self) {
      let loader = try Loader<Int>([.init(set)], options) { try $0.sample.image().width }
      while try loader.next() != nil {}
    }
    #expect("\(error as Any)".contains("501 samples of 10000 cannot be used, more than the 5.0 %"))
    #expect(error?.list == list)
  }

  /// A run that stopped before the last draws of an epoch goes on though these are bad: others were not.
  @Test func whatIsLeftOfAnEpochMayBeBad() throws {
    let set = Numbers(count: 10, bad: { $0 == 9 })
    let whole = try drain(
      loader([.init(set)], batch: 3) {
        $0.shuffles = false; $0.maxBad = 0.2
      }, batches: 4)
    let resumed = try drain(
      loader([.init(set)], batch: 3) {
        $0.shuffles = false; $0.maxBad = 0.2; $0.position = 9
      }, batches: 1)
    #expect(whole.last == [0, 1, 2] && resumed == [[0, 1, 2]])
  }

  /// However often a run is resumed, and whatever a crash has torn, each sample is listed once.
  @Test func badSamplesAreListedOnce() throws {
    let scratch = try Scratch()
    let list = scratch.path + "/bad-samples.jsonl"
    func run(_ samples: Int) throws {
      _ = try drain(
        loader([.init(Numbers(count: 100, bad: { $0 % 10 == 0 }))], batch: 9) {
          $0.badSamplesFile = list; $0.maxBad = 0.2; $0.epochs = 2
        }, batches: samples)
    }
    try run(5)
    let some = try readLines(list)
    try writeFile(list, some.map { $0 + "\n" }.joined() + #"{"file": "torn"#)
    try run(20)
    try run(20)
    let lines = try readLines(list).map { try JSONValue(parsing: $0)["index"]?.int ?? -1 }
    #expect(lines.sorted() == Array(stride(from: 0, to: 100, by: 10)))
    #expect(try readLines(list).starts(with: some))
  }

  @Test func whatCannotWorkIsAnErrorAtOnce() throws {
    #expect(throws: LoaderError.emptySet) { try loader([.init(Numbers(count: 0))], batch: 1) }
    #expect(throws: LoaderError.noSets) { try loader([], batch: 1) }
    #expect(throws: LoaderError.badWeight) { try loader([.init(Numbers(count: 1), weight: 0)], batch: 1) }
    #expect(throws: LoaderError.badWeight) { try loader([.init(Numbers(count: 1), weight: .nan)], batch: 1) }
    #expect(throws: LoaderError.batchLargerThanSet(batch: 11, samples: 10)) {
      try loader([.init(Numbers(count: 10))], batch: 11)
    }
    let allBad = #expect(throws: TooManyBadSamples.self) {
      try loader([.init(Numbers(count: 1_000_000, bad: { _ in true }))], batch: 8).next()
    }
    #expect(allBad?.isAll == true && allBad?.bad == 256)
    for count in [1, 20, 300] {
      #expect(throws: TooManyBadSamples.self) {
        try loader([.init(Numbers(count: count, bad: { _ in true }))], batch: 1) {
          $0.shuffles = false
          $0.maxBad = 1
        }.next()
      }
    }
    // No batch is ever full once the bad one is left out.
    #expect(throws: LoaderError.batchLargerThanSet(batch: 100, samples: 99)) {
      try loader([.init(Numbers(count: 100, bad: { $0 == 5 }))], batch: 100).next()
    }
  }

  @Test func memoryIsBoundedAndWaitingIsMeasured() throws {
    let alive = Mutex((now: 0, most: 0))
    final class Counted: Sendable {
      let leave: @Sendable () -> Void
      init(_ leave: @escaping @Sendable () -> Void) { self.leave = leave }
      deinit { leave() }
    }
    let counter = Box(alive)
    let conveyor = Conveyor(0..<400, threads: 3, capacity: 10) { number in
      counter.mutex.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      if number == 5 { usleep(50_000) }
      return Counted { counter.mutex.withLock { $0.now -= 1 } }
    }
    var taken = 0
    var waited = 0.0
    while let next = conveyor.next() {
      taken += 1
      waited += next.waited
      if taken % 50 == 0 { usleep(2000) }
    }
    #expect(taken == 400)
    #expect(counter.mutex.withLock { $0.most } <= 11)
    #expect(waited >= 0.03)
  }

  /// Whoever waits for pictures can be asked to stop, and does not wait for the whole batch.
  @Test func aBatchThatNobodyWantsIsNotWaitedFor() throws {
    let start = ContinuousClock.now
    let loader = try loader([.init(Slow(count: 1000))], batch: 500) {
      $0.threads = 1
      $0.isStopped = { ContinuousClock.now - start > .milliseconds(100) }
    }
    #expect(try loader.next() == nil)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  /// Two hundred threads would stay if it did not; some more or less are those of other tests.
  @Test func aLoaderThatIsGivenUpStops() throws {
    func threads() throws -> Int { try namesInFolder("/proc/self/task").count }
    let before = try threads()
    for _ in 0..<50 {
      let loader = try loader([.init(Numbers(count: 1000))], batch: 10) { $0.threads = 4 }
      _ = try loader.next()
    }
    for _ in 0..<100 where try threads() > before + 100 { usleep(20_000) }
    #expect(try threads() <= before + 100)
  }
}

private final class Box: Sendable {
  let mutex: Mutex<(now: Int, most: Int)>
  init(_ mutex: consuming Mutex<(now: Int, most: Int)>) { self.mutex = mutex }
}
