import CCodecs
import Files

/// Why a picture could not be read or written.
public struct ImageError: UserError, Equatable {
  /// What kind of trouble it is.
  public enum Problem: Sendable, Equatable {
    /// Neither PNG nor JPEG.
    case unknownFormat
    /// Cut off, bits flipped, or a header that lies.
    case damaged
    /// A rare kind of PNG or JPEG.
    case unsupported
    /// More pixels or more work than is allowed.
    case tooLarge
    /// The system gives no more memory.
    case outOfMemory
  }

  /// The file.
  public let name: String
  /// What kind of trouble it is.
  public let problem: Problem
  /// Details from the decoder; may be empty.
  public let detail: String

  /// An error about the file called `name`.
  public init(_ problem: Problem, name: String, detail: String = "") {
    self.name = name
    self.problem = problem
    self.detail = detail
  }

  init(_ error: cc_error, name: String) {
    let problem: Problem =
      switch error.status {
      case CC_UNSUPPORTED: .unsupported
      case CC_TOO_LARGE: .tooLarge
      case CC_NO_MEMORY: .outOfMemory
      default: .damaged
      }
    let detail = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    self.init(problem, name: name, detail: detail)
  }

  /// The line for people.
  public var description: String {
    let why = detail.isEmpty ? "" : " (\(detail))"
    return switch problem {
    case .unknownFormat: "\(name): neither a PNG nor a JPEG picture; convert it"
    case .damaged: "\(name): damaged picture\(why); get or save it again"
    case .unsupported: "\(name): a kind of picture that cannot be read\(why); convert it"
    case .tooLarge: "\(name): the picture is larger than allowed\(why); raise --max-pixels or shrink it"
    case .outOfMemory: "\(name): not enough memory for the picture\(why)"
    }
  }
}
