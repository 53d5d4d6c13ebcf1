import Arguments
import Files
import Tensors
import Text

/// `diptych tokenizer encode`
enum TokenizerEncodeCommand: Command {
  static let name = "encode"
  static let summary = "print the ids of texts as a model sees them"
  static let details = "Special tokens are included; nothing is cut or padded."

  static let model = Argument<String>(
    "--model M", "a model, a run, or a tokenizer's folder", example: "runs/emoji-clip", hint: .folder)
  static let texts = Argument<String>("--texts FILE", "a text file, one text a line", example: "texts.txt", hint: .path)
  static let files = Argument<String?>(
    "--tokenizer DIR", "where the vocabulary lies if it is not in the model's folder", hint: .folder)
  static let json = Argument<Bool>("--json", "print one JSON object a line", inExample: true)
  static let arguments: [any AnyArgument] = [model, texts, files, json]

  static func run(_ given: Given, _ console: Console) throws {
    let tokenizer = try Tokenizer(folder: given[model], files: given[files])
    let texts = try readLines(given[texts])
    for start in stride(from: 0, to: texts.count, by: blockLength) {
      let block = Array(texts[start..<min(start + blockLength, texts.count)])
      for page in pages(tokenizer.encode(block), asJSON: given[json]) { try console.print(bytes: page) }
    }
  }

  /// Texts whose ids are in memory at a time.
  private static let blockLength = 1 << 16
  /// Texts that a thread writes at a time.
  private static let pageLength = 1 << 10

  /// The lines as they are printed. Writing numbers takes as long as finding them, so all threads do it.
  private static func pages(_ rows: [[Int32]], asJSON: Bool) -> [[UInt8]] {
    var pages = [[UInt8]](repeating: [], count: (rows.count + pageLength - 1) / pageLength)
    pages.withUnsafeMutableBufferPointer { pages in
      // Each chunk writes its own pages.
      nonisolated(unsafe) let pages = pages
      parallelFor(pages.count, grain: 1) { numbers in
        for number in numbers {
          let rows = rows[number * pageLength..<min((number + 1) * pageLength, rows.count)]
          pages[number].reserveCapacity(rows.reduce(0) { $0 + 7 * $1.count + 12 })
          for ids in rows { append(ids, asJSON: asJSON, to: &pages[number]) }
        }
      }
    }
    return pages
  }

  private static func append(_ ids: [Int32], asJSON: Bool, to page: inout [UInt8]) {
    if asJSON { page.append(contentsOf: "{\"ids\":[".utf8) }
    for (i, id) in ids.enumerated() {
      if i > 0 { page.append(UInt8(ascii: asJSON ? "," : " ")) }
      var unit: Int32 = 1
      while id / unit >= 10 { unit *= 10 }
      while unit > 0 {
        page.append(UInt8(ascii: "0") + UInt8(id / unit % 10))
        unit /= 10
      }
    }
    if asJSON { page.append(contentsOf: "]}".utf8) }
    page.append(UInt8(ascii: "\n"))
  }
}
