import Files
import Glibc
import Images
import Tensors
import Testing

/// Damaged files of every kind. `DIPTYCH_MUTATIONS=100000 swift test --sanitize=address --filter MutationTests` makes it
/// a soak test.
@Suite struct MutationTests {
  static let count = getenv("DIPTYCH_MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 2000

  @Test(arguments: ["png.bin", "jpeg.bin"]) func noFileIsSlowGreedyOrDeadly(archive: String) throws {
    let pictures = try PictureFixture.all(in: archive)
    var mutator = Mutator(generator: Generator(seed: 12), others: pictures.map(\.file))
    var options = DecodeOptions()
    options.maxPixels = 4_000_000
    var (slowest, worst) = (0.0, [UInt8]())
    var outcomes = Outcomes()
    // First every cut of the smallest files, then whatever comes.
    let cuts = pictures.map(\.file).sorted { $0.count < $1.count }.lazy
      .flatMap { file in (0..<file.count).lazy.map { Array(file.prefix($0)) } }
      .prefix(Self.count / 5)
    let mutants = (0..<Self.count * 4 / 5).lazy.map { mutator.mutant(of: pictures[$0 % pictures.count].file) }
    for file in [AnySequence(cuts), AnySequence(mutants)].joined() {
      for tolerates in [false, true] {
        options.toleratesDamage = tolerates
        let start = threadSeconds()
        outcomes.record(file, options)
        let time = threadSeconds() - start
        if time > slowest { (slowest, worst) = (time, file) }
      }
    }
    #expect(slowest < 1, "\(worst)")
    #expect(outcomes.decoded > 0 && outcomes.damaged > Self.count / 4, "\(outcomes)")
    // Three bytes a pixel, eight of a progressive JPEG's coefficients, and what this program takes anyway.
    #expect(peakMegabytes() < 4 * 11 + 700, "\(peakMegabytes()) MB")
  }

  @Test func aBombOfScansIsRefused() throws {
    // A progressive picture whose scan of a few bytes is repeated: work without end for a small file.
    let picture = try #require(
      PictureFixture.all(in: "jpeg.bin").first { $0.name.contains("4:4:4 progressive True 40x30") })
    let starts = (0..<picture.file.count - 1).filter { picture.file[$0] == 0xFF && picture.file[$0 + 1] == 0xDA }
    let last = try #require(starts.last)
    let end = picture.file.count - 2
    let scan = Array(picture.file[last..<end])
    let bomb = Array(picture.file[..<end]) + (0..<300).flatMap { _ in scan } + [0xFF, 0xD9]
    #expect(throws: ImageError.self) { try decodeImage(bomb, name: "bomb") }
    var options = DecodeOptions()
    options.toleratesDamage = true
    #expect(throws: ImageError(.tooLarge, name: "bomb", detail: "more than 100 scans")) {
      try decodeImage(bomb, name: "bomb", options: options)
    }
  }

  private struct Outcomes {
    var decoded = 0, damaged = 0, other = 0

    mutating func record(_ file: [UInt8], _ options: DecodeOptions) {
      do {
        _ = try decodeImage(file, name: "mutant", options: options)
        decoded += 1
      } catch {
        if error.problem == .damaged { damaged += 1 } else { other += 1 }
      }
    }
  }

  /// The time that this thread has computed, whatever the neighbours do.
  private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func peakMegabytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }
}

/// Breaks files in the ways that disks, networks and enemies do.
private struct Mutator {
  var generator: Generator
  let others: [[UInt8]]

  private enum Kind: CaseIterable { case cut, flip, overwrite, header, splice, repeatPart, drop }

  mutating func mutant(of file: [UInt8]) -> [UInt8] {
    var mutant = file
    for _ in 0...generator.below(3) where !mutant.isEmpty {
      change(&mutant, Kind.allCases[generator.below(Kind.allCases.count)])
    }
    // A decoder stops at a wrong check sum; behind a right one it has to look at what is wrong.
    if generator.bernoulli(0.7) { repairCheckSums(&mutant) }
    return mutant
  }

  private mutating func change(_ file: inout [UInt8], _ kind: Kind) {
    let at = generator.below(file.count)
    let length = min(file.count - at, 1 + generator.below(32))
    switch kind {
    case .cut: file.removeLast(file.count - at)
    case .flip: for _ in 0...generator.below(8) { file[generator.below(file.count)] ^= 1 << UInt8(generator.below(8)) }
    case .overwrite: for i in at..<at + length { file[i] = UInt8(generator.below(256)) }
    case .header:
      // Both formats keep sizes, depths and counts near the start.
      let field = generator.below(min(file.count, 200))
      let lie: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]
      for i in field..<min(file.count, field + 1 + generator.below(4)) { file[i] = lie[generator.below(lie.count)] }
    case .splice:
      let other = others[generator.below(others.count)]
      let start = generator.below(other.count)
      file.replaceSubrange(at..<at + length, with: other[start..<min(other.count, start + 64)])
    case .repeatPart: file.insert(contentsOf: Array(repeatElement(file[at..<at + length], count: 20).joined()), at: at)
    case .drop: file.removeSubrange(at..<at + length)
    }
  }

  private func repairCheckSums(_ file: inout [UInt8]) {
    guard ImageFormat(of: file) == .png else { return }
    var i = 8
    while i + 12 <= file.count {
      let length = file[i..<i + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - i - 12 else { return }
      let crc = CRC32.checksum(file[i + 4..<i + 8 + length])
      for b in 0..<4 { file[i + 8 + length + b] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * b)) }
      i += 12 + length
    }
  }
}
