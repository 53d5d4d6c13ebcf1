/// What happens to a text before it is cut into words.
package enum Cleaning: Sendable, Equatable {
  /// Nothing: GPT-2.
  case none
  /// CLIP as Hugging Face has it: NFC, each run of white space becomes one space, lower case.
  case clip
  /// CLIP as open_clip has it: repaired (``TextRepair``), HTML entities unescaped, white space collapsed, lower case.
  case openCLIP
  /// BERT.
  case bert(BERTCleaning)

  /// Appends the cleaned text to `output`. Both are UTF-8.
  package func clean(_ text: [UInt8], into output: inout [UInt8]) { clean(text.span, into: &output) }

  /// Appends the cleaned text to `output`. Both are UTF-8.
  func clean(_ text: Span<UInt8>, into output: inout [UInt8]) {
    switch self {
    case .none: for i in text.indices { output.append(text[i]) }
    case .clip:
      if isASCII(text) { cleanASCII(text, into: &output) } else { cleanForCLIP(scalars(text), into: &output) }
    case .openCLIP: OpenCLIPCleaning.lower.clean(text, into: &output)
    case .bert(let cleaning): cleaning.clean(scalars(text), into: &output)
    }
  }

  private func cleanASCII(_ text: Span<UInt8>, into output: inout [UInt8]) {
    var afterSpace = false
    for i in text.indices {
      let byte = text[i]
      let isSpace = byte == 0x20 || byte &- 9 < 5
      if !isSpace {
        output.append(lowercasedASCII(byte))
      } else if !afterSpace {
        output.append(0x20)
      }
      afterSpace = isSpace
    }
  }

  private func cleanForCLIP(_ text: [Unicode.Scalar], into output: inout [UInt8]) {
    var afterSpace = false
    var lowercase = [Unicode.Scalar]()
    for scalar in Normalization.composed(text, in: .huggingFaceNormalization) {
      let isSpace = scalar.properties.isWhitespace
      if !isSpace {
        lowercase.removeAll(keepingCapacity: true)
        scalar.appendLowercased(to: &lowercase)
        for scalar in lowercase { output.append(utf8: scalar) }
      } else if !afterSpace {
        output.append(0x20)
      }
      afterSpace = isSpace
    }
  }
}

@inline(__always)
func lowercasedASCII(_ byte: UInt8) -> UInt8 {
  byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

func isASCII(_ text: Span<UInt8>) -> Bool {
  var all: UInt8 = 0
  for i in text.indices { all |= text[i] }
  return all < 0x80
}

/// The characters of UTF-8 text.
func scalars(_ text: Span<UInt8>) -> [Unicode.Scalar] {
  var scalars = [Unicode.Scalar]()
  scalars.reserveCapacity(text.count)
  var position = 0
  while position < text.count { scalars.append(nextScalar(text, &position)) }
  return scalars
}
