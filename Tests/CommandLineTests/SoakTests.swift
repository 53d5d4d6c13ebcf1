import Files
import Glibc
import JSON
import TestSupport
import Testing

/// Kills at random moments, and what may not grow. A few rounds by default; `DIPTYCH_SOAK=1` makes it 200 kills for each
/// number of threads, and adds what takes minutes.
private let isSoak = getenv("DIPTYCH_SOAK") != nil

private let tinyRecipe = """
  {
    steps: 120, batch_size: 8, precision: "fp32",
    data: { set: "shapes", split: "train", tokenizer_captions: 200 },
    model: {
      image_size: 16, patch_size: 8, vision: { width: 12, depth: 1, heads: 3 }, text: { width: 12, depth: 1, heads: 3 },
      vocabulary: 600, embedding: 8,
    },
    objective: { patch_dropout: 0.5 },
    optimizer: { warmup: 5, average_decay: 0.9 },
    checkpoint: { every: 3 },
  }
  """

@Suite(.serialized) struct SoakTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    try writeFile(folder("tiny.json5"), tinyRecipe)
  }

  private func train(_ out: String, _ more: String...) -> [String] {
    ["train", "tiny.json5", "--out", out, "--quiet"] + more
  }

  /// Waits for a process at most so many seconds; `nil` if it still runs.
  private func wait(for process: pid_t, atMost seconds: Double) -> (code: Int32, peakKilobytes: Int)? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var (status, usage): (Int32, rusage) = (0, rusage())
    while wait4(process, &status, WNOHANG, &usage) == 0 {
      if ContinuousClock.now >= deadline { return nil }
      usleep(500)
    }
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F, usage.ru_maxrss)
  }

  /// What must be the same bits however often a run was killed.
  private func results(_ run: String) throws -> [[UInt8]] {
    try ["model.safetensors", "average/model.safetensors", "checkpoints/step-120/state.safetensors", "vocab.json"].map {
      try readFile(folder(join(run, $0)))
    }
  }

  @Test(arguments: [1, 2]) func killedRunsEndAsIfNothingHadHappened(threads: Int) throws {
    let words = ["--threads", "\(threads)", "--resume"]
    #expect(try Executable.run(train("whole") + words, in: folder.path).code == 0)
    let expected = try results("whole")
    let started = ContinuousClock.now
    _ = try Executable.run(train("timed") + words, in: folder.path)
    let life = (ContinuousClock.now - started) / .seconds(1)
    var (kills, runs) = (0, 0)
    while kills < (isSoak ? 200 : 6) {
      runs += 1
      let run = "run\(runs)"
      while true {
        let process = try Executable.start(train(run) + words, in: folder.path)
        if let end = wait(for: process, atMost: .random(in: 0...life / 2)) {
          #expect(end.code == 0, "\(run) after \(kills) kills")
          break
        }
        kill(process, SIGKILL)
        _ = Executable.wait(for: process)
        kills += 1
      }
      #expect(try results(run) == expected, "\(run)")
      let lines = try readLines(folder(join(run, "metrics.jsonl")))
      #expect(try lines.map { try JSONValue(parsing: $0)["step"]?.int } == Array(1...120))
      let remainders = try filesBelow(folder(run)).filter { $0.contains("partial") }
      #expect(remainders == [])
      try remove(folder(run))
    }
  }

  @Test func termSavesAndEnds() throws {
    let process = try Executable.start(train("run", "--steps", "1000000"), in: folder.path)
    let metrics = folder("run/metrics.jsonl")
    for _ in 0..<3000 where try kind(of: metrics) == .absent || readFile(metrics).count < 1000 { usleep(10_000) }
    kill(process, SIGTERM)
    defer { kill(process, SIGKILL) }
    // A step of this recipe takes milliseconds.
    let end = try #require(wait(for: process, atMost: isSoak ? 2.2 : 20))
    #expect(end.code == 130)
    let errors = String(decoding: try readFile(folder(".err")), as: UTF8.self)
    #expect(errors.contains("SIGTERM") && errors.contains("saved"))
    let last = try JSONValue(parsing: try #require(readLines(metrics).last))["step"]?.int ?? -1
    #expect(kind(of: folder("run/checkpoints/step-\(last)/progress.json")) == .file)
  }

  /// A quota that is met in the middle of a checkpoint, as the kernel reports it.
  @Test func aFileSizeLimitIsOneLine() throws {
    #expect(try Executable.run(train("run", "--steps", "3"), in: folder.path).code == 0)
    let size = try readFile(folder("run/checkpoints/step-3/state.safetensors")).count
    let saved = try readFile(folder("run/checkpoints/step-3/state.safetensors"))
    // The shell sets the limit, in blocks of 512 bytes, for the child alone; ignored signals stay ignored in it.
    let words = ([Executable.path] + train("run", "--steps", "6", "--resume")).joined(separator: " ")
    let status = system(
      "cd \(folder.path) && ulimit -f \(size / 1024) && trap '' XFSZ && exec \(words) > .out 2> .err")
    #expect(status >> 8 == 1)
    let errors = String(decoding: try readFile(folder(".err")), as: UTF8.self)
    #expect(errors.contains("file too large") && errors.contains("the state of step 3 is saved"), "\(errors)")
    #expect(errors.utf8.count { $0 == 0x0A } == 1)
    #expect(try readFile(folder("run/checkpoints/step-3/state.safetensors")) == saved)
    #expect(try Executable.run(train("run", "--steps", "6", "--resume"), in: folder.path).code == 0)
  }

  @Test(.enabled(if: isSoak)) func memoryStaysFlatOverTenThousandSteps() throws {
    let process = try Executable.start(
      train("run", "--steps", "10000", "--set", "checkpoint.every=500"), in: folder.path)
    var sizes: [(step: Int, kilobytes: Int)] = []
    while wait(for: process, atMost: 0.5) == nil {
      guard let lines = try? readLines(folder("run/metrics.jsonl")) else { continue }
      let status = String(decoding: (try? readFile("/proc/\(process)/status")) ?? [], as: UTF8.self)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      if let number = line?.split(separator: " ").dropFirst().first, let kilobytes = Int(number) {
        sizes.append((lines.count, kilobytes))
      }
    }
    let early = try #require(sizes.filter { (500...2000).contains($0.step) }.map(\.kilobytes).max())
    let late = try #require(sizes.filter { $0.step > 8000 }.map(\.kilobytes).max())
    // The kernel makes huge pages of the pool's small ones whenever it gets to it, each at once and whole.
    let hugePages = 3 * 2048
    #expect(late <= early + early / 20 + hugePages, "\(early) kB after 2,000 steps, \(late) kB after 10,000")
  }

  /// Micro-batches of 64 for a batch of 8,192: the memory of 64, and twice the embeddings.
  @Test(.enabled(if: isSoak)) func aLargeBatchTakesTheMemoryOfAPart() throws {
    func peak(_ out: String, batch: Int) throws -> Int {
      let sets = [
        "batch_size=\(batch)", "micro_batch=64", "model.image_size=64", "model.patch_size=16", "model.vision.width=96",
        "model.vision.depth=2", "model.text.width=96", "model.text.depth=2", "model.embedding=128",
        "objective.patch_dropout=0", "optimizer.average_decay=0",
      ].flatMap { ["--set", $0] }
      let process = try Executable.start(train(out, "--steps", "1") + sets, in: folder.path)
      let end = try #require(wait(for: process, atMost: 600))
      #expect(end.code == 0)
      return end.peakKilobytes
    }
    let part = try peak("part", batch: 64)
    let whole = try peak("whole", batch: 8192)
    let embeddings = 2 * 8192 * 128 * 4 / 1024
    #expect(Double(whole) <= 1.3 * Double(part + embeddings), "\(whole) kB, \(part) kB for a part")
  }
}
