import CKernels
import Retrieval
import Tensors
import Testing

/// One panel of codes with a few queries.
private struct Panel {
  let width: Int
  var codes: [UInt8]
  var scales = [Float](repeating: 0, count: 64)
  var errors = [Float](repeating: 0, count: 64)
  var norms = [Float](repeating: 0, count: 64)
  var groups: Int { (width + 3) / 4 }

  init(_ rows: Embeddings, level: ck_level) throws {
    width = rows.width
    codes = [UInt8](repeating: 0, count: 256 * ((rows.width + 3) / 4))
    let kernels = try #require(ck_search(level)).pointee
    for row in 0..<rows.count {
      codes.withUnsafeMutableBufferPointer { codes in
        kernels.encode(
          rows[row], rows.width, codes.baseAddress.map { $0 + 4 * row }, &scales[row], &errors[row],
          &norms[row])
      }
    }
  }

  /// Estimates and masks for queries of these codes.
  func scan(_ queries: [[Int8]], threshold: Float, level: ck_level) throws -> ([Float], [UInt64]) {
    let kernels = try #require(ck_search(level)).pointee
    var estimates = [Float](repeating: 0, count: 64 * queries.count)
    var masks = [UInt64](repeating: 0, count: queries.count)
    let flat = queries.flatMap { $0 }
    flat.withUnsafeBufferPointer { flat in
      let prepared = queries.enumerated().map { place, query in
        ck_search_query(
          codes: flat.baseAddress.map { $0 + place * groups * 4 }, scale: 0.5,
          shift: 128 * query.reduce(0) { $0 + Int32($1) }, norm: 2, slack: 0.25, threshold: threshold)
      }
      kernels.scan(codes, groups, scales, errors, prepared, queries.count, &estimates, &masks)
    }
    return (estimates, masks)
  }
}

@Suite struct SearchKernelTests {
  @Test(arguments: levels, [1, 4, 7, 32, 513]) func levelsGiveTheSameBits(level: ck_level, width: Int) throws {
    let rows = randomRows(64, width, seed: 1)
    let (panel, portable) = (try Panel(rows, level: level), try Panel(rows, level: CK_PORTABLE))
    #expect(panel.codes == portable.codes)
    #expect(panel.scales == portable.scales)
    #expect(panel.errors == portable.errors)
    #expect(panel.norms == portable.norms)
    var generator = Generator(seed: 2)
    // Extremes among them, where 16-bit sums of byte products would overflow.
    let queries = (0..<7).map { query in
      (0..<panel.groups * 4).map { i in
        i >= width ? Int8(0) : query == 0 ? -127 : query == 1 ? 127 : Int8(generator.uniform() * 254 - 127)
      }
    }
    let (estimates, masks) = try panel.scan(queries, threshold: 1.5, level: level)
    #expect(try panel.scan(queries, threshold: 1.5, level: CK_PORTABLE) == (estimates, masks))
    for (q, query) in queries.enumerated() {
      for row in 0..<64 {
        var product = 0
        for i in 0..<width { product += (Int(panel.codes[i / 4 * 256 + row * 4 + i % 4]) - 128) * Int(query[i]) }
        let estimate = panel.scales[row] * 0.5 * Float(product)
        #expect(estimates[q * 64 + row] == estimate)
        #expect((masks[q] >> UInt64(row) & 1 == 1) == (estimate + (panel.errors[row] * 2 + 0.25) >= 1.5))
      }
    }
  }

  @Test(arguments: levels) func dotIsExactForWholeNumbers(level: ck_level) throws {
    let kernels = SearchKernels(level: level)
    for count in [0, 1, 7, 31, 32, 33, 64, 100, 1000] {
      let a = (0..<count).map { Float($0 % 37 - 18) }
      let b = (0..<count).map { Float($0 % 41 - 20) }
      let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0 * $1.1) }
      #expect(kernels.dot(a, b) == expected)
    }
  }

  @Test(arguments: levels) func dotHasTheSameBitsAtAllLevels(level: ck_level) {
    for width in [1, 31, 33, 511, 512, 770] {
      let rows = randomRows(2, width, seed: UInt64(width))
      let portable = SearchKernels(level: CK_PORTABLE).dot(rows[0], rows[1])
      #expect(SearchKernels(level: level).dot(rows[0], rows[1]).bitPattern == portable.bitPattern)
    }
  }

  @Test func whatIsLostIsWithinTheError() throws {
    for (width, factor) in [(3, Float(1)), (50, 1e-38), (512, 1), (512, 1e12)] {
      let rows = Embeddings(randomNumbers(64 * width, seed: 9).map { $0 * factor }, width: width)
      let panel = try Panel(rows, level: ck_best_level())
      for row in 0..<64 {
        var (lost, kept) = (0.0, 0.0)
        for i in 0..<width {
          let value = Double(panel.scales[row]) * Double(Int(panel.codes[i / 4 * 256 + row * 4 + i % 4]) - 128)
          lost += (Double(rows[row][i]) - value) * (Double(rows[row][i]) - value)
          kept += value * value
        }
        #expect(lost.squareRoot() <= Double(panel.errors[row]))
        #expect(Double(panel.errors[row]) <= 1.001 * lost.squareRoot() + 1e-44)
        #expect(kept.squareRoot() <= Double(panel.norms[row]))
      }
    }
  }

  @Test func hashSeesEveryChange() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let hash = ck_hash(bytes, bytes.count, 1)
    for i in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[i] ^= 1 << UInt8(bit)
        #expect(ck_hash(changed, changed.count, 1) != hash)
      }
    }
    let prefixes = (0...bytes.count).map { ck_hash(bytes, $0, 1) }
    #expect(Set(prefixes).count == bytes.count + 1)
    #expect(ck_hash(bytes, bytes.count, 2) != hash)
  }
}
