import Files
import Glibc

extension CommandLine {
  /// The words behind the program's name. One that is not UTF-8 is an error: paths are texts here.
  ///
  /// Swift's own `arguments` puts other letters in the place of its bytes, and a file of that name is not there.
  public static func words() throws(UsageError) -> [String] {
    var words = [String]()
    for word in UnsafeBufferPointer(start: unsafeArgv, count: Int(argc)).dropFirst() {
      guard let word else { continue }
      let bytes = UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw UsageError("\(withEscapes(bytes)) is not UTF-8; if it is the name of a file, rename it")
      }
      words.append(text)
    }
    return words
  }
}
