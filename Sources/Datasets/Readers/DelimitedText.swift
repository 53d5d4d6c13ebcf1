import Files

/// The fields of a CSV or TSV file, cut as pandas' `read_csv` cuts them by default.
///
/// A field may stand in double quotes if it begins with one; inside, separators and line ends are ordinary and `""` is a
/// quote; what follows the closing quote up to the separator belongs to the field. A quote anywhere else is an ordinary
/// character. Lines end with LF, CR LF or CR; empty lines are skipped.
package struct DelimitedText {
  /// The fields of one line, and the number of the line, counted from 1, that it begins on.
  package struct Row: Equatable {
    package let line: Int
    package let fields: [String]
  }

  package let rows: [Row]

  init(_ path: String, separator: UInt8) throws {
    try self.init(text: Array(try readText(path, limit: 1 << 32).utf8), path: path, separator: separator)
  }

  package init(text: [UInt8], path: String, separator: UInt8) throws {
    enum State { case fieldStart, field, quoted, quoteInQuoted }
    let quote = UInt8(ascii: "\"")
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var rows = [Row]()
    var fields = [String]()
    var field = [UInt8]()
    var state = State.fieldStart
    var line = 1
    var rowLine = 1
    var quoteLine = 1
    func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
      state = .fieldStart
    }
    func endRow() {
      // A line with nothing on it: no separator, no quote.
      if !(fields.isEmpty && field.isEmpty && state == .fieldStart) {
        endField()
        rows.append(Row(line: rowLine, fields: fields))
        fields.removeAll(keepingCapacity: true)
      }
    }
    var i = 0
    while i < text.count {
      let byte = text[i]
      i += 1
      let endsLine = byte == lf || byte == cr
      if endsLine {
        if byte == cr, i < text.count, text[i] == lf, state != .quoted { i += 1 }
        if byte == lf || i >= text.count || text[i] != lf || state != .quoted { line += 1 }
      }
      switch state {
      case .quoted:
        if byte == quote { state = .quoteInQuoted } else { field.append(byte) }
      case .fieldStart where byte == quote:
        state = .quoted
        quoteLine = line
      case .quoteInQuoted where byte == quote:
        field.append(quote)
        state = .quoted
      default:
        if endsLine {
          endRow()
          rowLine = line
        } else if byte == separator {
          endField()
        } else {
          field.append(byte)
          state = .field
        }
      }
    }
    guard state != .quoted else {
      throw DataError(path, "line \(quoteLine): the quote that opens a field here is never closed")
    }
    endRow()
    self.rows = rows
  }
}
