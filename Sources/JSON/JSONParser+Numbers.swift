extension JSONParser {
  /// A number of either dialect; the next byte is known to begin one.
  mutating func number() throws -> JSONValue {
    let start = index
    let negative = next == UInt8(ascii: "-")
    if negative || next == UInt8(ascii: "+") { index += 1 }
    if dialect == .json5 {
      if takeWord("Infinity") { return .number(negative ? -.infinity : .infinity) }
      if takeWord("NaN") { return .number(.nan) }
      if next == UInt8(ascii: "0"), byte(after: 1) | 0x20 == UInt8(ascii: "x") {
        return try hexadecimal(negative: negative, start)
      }
    }

    let whole = digits()
    var isWhole = true
    var fraction = 0
    if next == UInt8(ascii: ".") {
      isWhole = false
      index += 1
      fraction = digits()
      guard fraction > 0 || dialect == .json5 else { throw unexpected("a digit") }
    }
    guard whole > 0 || fraction > 0 else { throw unexpected("a digit") }
    guard whole > 0 || dialect == .json5 else { throw error("a number needs a digit before its point", at: start) }
    let firstDigit = bytes[start] == UInt8(ascii: "-") || bytes[start] == UInt8(ascii: "+") ? start + 1 : start
    guard whole <= 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
      throw error("a number with a leading zero", at: start)
    }
    if next | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      index += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
      guard digits() > 0 else { throw unexpected("a digit of the exponent") }
    }
    guard !isWordByte(next) else { throw unexpected("the end of the number") }

    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    // −0 has no whole number, and one beyond 64 bits (some configurations hold 10³⁰) is kept as nearly as can be.
    if isWhole, let value = Int64(text), value != 0 || !negative { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("the number \(text) is too large", at: start) }
    return .number(value)
  }

  /// Steps over digits and counts them.
  private mutating func digits() -> Int {
    let start = index
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { index += 1 }
    return index - start
  }

  private mutating func hexadecimal(negative: Bool, _ start: Int) throws -> JSONValue {
    index += 2
    let first = index
    var magnitude: UInt64 = 0
    while let digit = hexDigit(next) {
      guard magnitude >> 60 == 0 else { throw error("a hexadecimal number of more than 64 bits", at: start) }
      magnitude = magnitude << 4 | UInt64(digit)
      index += 1
    }
    guard index > first else { throw unexpected("a hexadecimal digit") }
    guard !isWordByte(next) else { throw unexpected("the end of the number") }
    if negative && magnitude == 0 { return .number(-0.0) }
    if let value = Int64(exactly: magnitude) { return .integer(negative ? -value : value) }
    return .number(negative ? -Double(magnitude) : Double(magnitude))
  }
}
