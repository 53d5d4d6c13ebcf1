import Files
import JSON
import Text

/// A file of the folder `Fixtures`, made by `make_fixtures.py`.
func fixture(_ name: String) -> String {
  join(join(parentFolder(#filePath), "Fixtures"), name)
}

/// A folder that is gone when the closure ends.
func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = "/tmp/diptych-text-\(UInt64.random(in: 0 ... .max))"
  try makeFolder(folder)
  defer { try? remove(folder) }
  return try body(folder)
}

/// The kinds of tokenizers for which there are vocabularies and reference ids.
enum Kind: String, CaseIterable, Sendable {
  case clip, gpt2
  case bertUncased = "bert-uncased"
  case bertCased = "bert-cased"
  case openCLIP = "openclip"

  /// The tokenizer of the folder as other tools would write it.
  func tokenizer() throws -> Tokenizer { try Tokenizer(folder: fixture(rawValue)) }

  /// Those that Hugging Face has a `tokenizer.json` for.
  static let huggingFace: [Kind] = [.clip, .gpt2, .bertUncased, .bertCased]
}
