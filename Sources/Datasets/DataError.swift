import Files

/// A sample that cannot be used. It is skipped, counted and listed; it stops a run only where there are too many.
public struct BadSample: UserError, Equatable {
  /// The file (and the line or member in it) at fault.
  public let file: String
  /// What is wrong with it.
  public let reason: String

  /// A sample at `file` that cannot be used for a reason.
  public init(_ file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  /// A sample that cannot be used because of an error, which may name it first.
  public init(_ file: String, because error: any Error) {
    if let problem = error as? BadSample {
      self = problem
    } else {
      let (text, name) = ("\(error)", file + ": ")
      self.init(
        file,
        text.utf8.starts(with: name.utf8) ? String(decoding: text.utf8.dropFirst(name.utf8.count), as: UTF8.self) : text
      )
    }
  }

  /// What is wrong with a file, where its place in its folder tells that already: a name that no path here can spell, a
  /// link to nothing.
  package init?(_ entry: FolderEntry) {
    if !entry.isUTF8 {
      self.init(entry.path, "its name is not UTF-8; rename it")
    } else if entry.kind == .lostLink {
      self.init(entry.path, "a link that leads to nothing, or in a circle; mend it or remove it")
    } else {
      return nil
    }
  }

  /// The line for people.
  public var description: String { "\(file): \(reason)" }
}

/// A data set that cannot be opened at all.
public struct DataError: UserError, Equatable {
  /// The file, folder or card at fault.
  public let path: String
  /// What is wrong and what to do.
  public let reason: String

  /// A data set at `path` that cannot be opened for a reason.
  public init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The line for people.
  public var description: String { "\(path): \(reason)" }
}

/// "1 picture", "2 pictures".
func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
