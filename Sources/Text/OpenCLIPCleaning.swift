/// open_clip's `clean`: ftfy without its repair of mojibake, HTML unescaped twice, and then what the case says.
package enum OpenCLIPCleaning: String, Sendable, CaseIterable {
  /// White space collapsed.
  case whitespace
  /// White space collapsed, lower case.
  case lower
  /// Underscores to spaces, without ASCII's punctuation, white space collapsed, lower case.
  case canonicalize

  /// Appends the cleaned text to `output`. Both are UTF-8.
  package func clean(_ text: Span<UInt8>, into output: inout [UInt8]) {
    guard self == .canonicalize || Self.needsRepair(text) else {
      return Self.cleanASCII(text, lowers: self == .lower, into: &output)
    }
    let repaired = TextRepair.repair(scalars(text))
    let unescaped = HTMLEntities.unescape(HTMLEntities.unescape(repaired))
    let cleaned =
      switch self {
      case .whitespace: Self.collapsed(unescaped)
      case .lower: Self.lowercased(Self.collapsed(unescaped))
      case .canonicalize: Self.collapsed(Self.lowercased(Self.withoutPunctuation(unescaped)))
      }
    for scalar in cleaned { output.append(utf8: scalar) }
  }

  private static func withoutPunctuation(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.map { $0 == "_" ? " " : $0 }.filter { scalar in
      switch scalar {
      case "!"..."/", ":"..."@", "["..."`", "{"..."~": false
      default: true
      }
    }
  }

  /// Plain text is only to lose its control characters.
  private static func needsRepair(_ text: Span<UInt8>) -> Bool {
    var needs = false
    for i in text.indices {
      let byte = text[i]
      needs = needs || byte >= 0x80 || byte == UInt8(ascii: "&") || byte == 0x1B
    }
    return needs
  }

  private static func cleanASCII(_ text: Span<UInt8>, lowers: Bool, into output: inout [UInt8]) {
    let start = output.count
    var spaceIsDue = false
    for i in text.indices {
      let byte = text[i]
      switch byte {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x20: spaceIsDue = true
      case 0..<0x20, 0x7F: break
      default:
        if spaceIsDue && output.count > start { output.append(0x20) }
        spaceIsDue = false
        output.append(lowers ? lowercasedASCII(byte) : byte)
      }
    }
  }

  /// Python's `" ".join(text.split())`.
  private static func collapsed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    var spaceIsDue = false
    for scalar in text {
      // Python counts the four separators of ASCII among white space, Unicode does not.
      if scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value) {
        spaceIsDue = true
      } else {
        if spaceIsDue && !result.isEmpty { result.append(" ") }
        spaceIsDue = false
        result.append(scalar)
      }
    }
    return result
  }

  /// Python's `lower()`: unlike Hugging Face's it gives Σ its final form at the end of a word (Unicode, section 3.13).
  private static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    for (i, scalar) in text.enumerated() {
      if scalar == "\u{3A3}" {
        result.append(isFinalSigma(text, i) ? "\u{3C2}" : "\u{3C3}")
      } else {
        scalar.appendLowercased(to: &result)
      }
    }
    return result
  }

  private static func isFinalSigma(_ text: [Unicode.Scalar], _ position: Int) -> Bool {
    let before = text[..<position].last { !$0.properties.isCaseIgnorable }
    let after = text[(position + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }
}
