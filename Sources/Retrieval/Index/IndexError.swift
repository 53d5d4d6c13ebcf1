import Files

/// Why an index could not be used.
package struct IndexError: UserError, Equatable {
  /// What is wrong.
  package enum Problem: Sendable, Equatable {
    /// Another kind of file.
    case foreign
    /// Written by a later version of this program.
    case version(UInt32)
    /// Cut off, changed, or a header that lies.
    case damaged
    /// Made by another model than the one that is to ask it.
    case otherModel(made: ModelIdentity, given: ModelIdentity)
    /// The model's embeddings have another width.
    case otherWidth(index: Int, model: Int)
  }

  /// The file.
  package let path: String
  /// What is wrong.
  package let problem: Problem

  /// An error about a file.
  package init(_ problem: Problem, path: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  package var description: String {
    switch problem {
    case .foreign: "\(path): not an index of this program; make one with diptych index"
    case .version(let version): "\(path): an index of format \(version), which is newer than this program"
    case .damaged: "\(path): the index is damaged; make it again with diptych index"
    case .otherModel(let made, let given) where made.path == given.path:
      "\(path): made by \(made.path) before its weights were changed; make the index again"
    case .otherModel(let made, let given):
      "\(path): made by the model \(made.path) (\(made.fingerprint)), not by \(given.path) (\(given.fingerprint)); "
        + "give the former by --model, or make the index again"
    case .otherWidth(let index, let model):
      "\(path): holds embeddings of \(index) numbers, the model gives \(model); make the index again"
    }
  }
}
