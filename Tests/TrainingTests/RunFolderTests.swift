import Files
import Glibc
import JSON
import TestSupport
import Testing
import Training

@Suite struct JSONLinesFileTests {
  let folder: ScratchFolder
  let path: String
  init() throws {
    folder = try ScratchFolder(inMemory: true)
    path = folder("metrics.jsonl")
  }

  func append(_ steps: ClosedRange<Int>, after last: Int = .max) throws {
    let file = try JSONLinesFile(path) { ($0["step"]?.int ?? .max) <= last }
    for step in steps { try file.append(["step": JSONValue(step), "text": "\n"]) }
  }

  var steps: [Int] {
    get throws { try readLines(path).map { try JSONValue(parsing: $0)["step"]?.int ?? -1 } }
  }

  @Test func growsAndGoesBack() throws {
    try append(1...5)
    #expect(try steps == [1, 2, 3, 4, 5])
    try append(4...6, after: 3)
    #expect(try steps == [1, 2, 3, 4, 5, 6])
    try append(1...1, after: 0)
    #expect(try steps == [1])
  }

  @Test func aTornTailIsCutOffWhereverItIsTorn() throws {
    try append(1...3)
    let whole = try readFile(path)
    for end in whole.indices {
      try writeFile(path, whole[..<end])
      let kept = whole[..<end].count { $0 == 0x0A }
      try append(9...9)
      #expect(try steps == [Int](1...3).prefix(kept) + [9])
    }
    try writeFile(path, Array(whole) + [0, 0, 0, 0])
    try append(4...4)
    #expect(try steps == [1, 2, 3, 4])
  }

  @Test func manyBlocksAreWalkedBackwards() throws {
    try append(1...20_000)
    #expect(try readFile(path).count > 5 << 16)
    try append(3...3, after: 2)
    #expect(try steps == [1, 2, 3])
  }

  @Test func aFullDiskIsAnError() throws {
    #expect(throws: FileError.self) { try JSONLinesFile("/dev/full/x") }
    #expect(throws: FileError.self) { try JSONLinesFile("/dev/full").append(["a": 1]) }
  }
}

@Suite struct RunLockTests {
  @Test func oneProcessAtATime() throws {
    let folder = try ScratchFolder(inMemory: true)
    do {
      let lock = try RunLock(folder: folder.path)
      #expect(throws: RunInUse.self) { try RunLock(folder: folder.path) }
      do { _ = try RunLock(folder: folder.path) } catch {
        #expect("\(error)".hasPrefix("\(folder.path): in use by process \(getpid());"))
      }
      withExtendedLifetime(lock) {}
    }
    _ = try RunLock(folder: folder.path)
    #expect(throws: FileError.self) { try RunLock(folder: folder("absent")) }
  }
}

@Suite struct TakenBackRunTests {
  /// A run that could not begin is taken back, but never one that another process has begun in the meantime.
  @Test func anothersRunStays() throws {
    let folder = try ScratchFolder(inMemory: true)
    try makeFolder(folder("run"))
    try writeFile(folder("run/model.safetensors"), "trained")
    let lock = try RunLock(folder: folder("run"))
    takeBackRun(folder("run"))
    #expect(kind(of: folder("run/model.safetensors")) == .file)
    withExtendedLifetime(lock) {}
  }

  @Test func ownOnesGo() throws {
    let folder = try ScratchFolder(inMemory: true)
    try makeFolder(folder("run/checkpoints"))
    takeBackRun(folder("run"))
    takeBackRun(folder("absent"))
    #expect(try namesInFolder(folder.path) == [])
  }
}

@Suite(.serialized) struct StopSignalTests {
  @Test(arguments: [SIGINT, SIGTERM]) func theFirstSignalAsks(_ number: Int32) {
    let stop = StopSignal()
    #expect(!stop.isRequested)
    // Threads of a concurrency pool block all signals; the kernel finds one that does not.
    kill(getpid(), number)
    for _ in 0..<2000 where !stop.isRequested { usleep(1000) }
    #expect(stop.isRequested)
    #expect(stop.name == (number == SIGINT ? "Ctrl-C" : "SIGTERM"))
    // The second would end the process.
    var now = sigaction()
    sigaction(number, nil, &now)
    #expect(now.__sigaction_handler.sa_handler == nil)
    withExtendedLifetime(stop) {}
  }
}
