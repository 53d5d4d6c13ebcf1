/// Which model made an index: where it lay, and hashes of its weights.
package struct ModelIdentity: Sendable, Equatable {
  /// The model's folder when the index was made.
  package var path: String
  /// Hashes of what decides about its embeddings.
  package var fingerprint: ModelFingerprint

  /// A model's identity.
  package init(path: String, fingerprint: ModelFingerprint) {
    self.path = path
    self.fingerprint = fingerprint
  }
}

/// Hashes of a model's towers. To ask for a text only that tower is read, and the other one's hash is not known then.
package struct ModelFingerprint: Sendable, Equatable {
  /// Of the picture tower.
  package var vision: UInt64?
  /// Of the text tower.
  package var text: UInt64?

  /// A fingerprint.
  package init(vision: UInt64?, text: UInt64?) {
    self.vision = vision
    self.text = text
  }

  /// Whether they are of one model, as far as both are known.
  package func agrees(with other: ModelFingerprint) -> Bool {
    func agree(_ a: UInt64?, _ b: UInt64?) -> Bool { a == nil || b == nil || a == b }
    return agree(vision, other.vision) && agree(text, other.text)
  }
}

extension ModelFingerprint: LosslessStringConvertible {
  /// Two numbers of 16 digits to the base 16; a line for each that is not known.
  package var description: String {
    [vision, text].map { hash in
      guard let digits = hash.map({ String($0, radix: 16) }) else { return "-" }
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined(separator: ":")
  }

  /// Reads what ``description`` writes.
  package init?(_ description: String) {
    let parts = description.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    var hashes: [UInt64?] = []
    for part in parts {
      let digits = String(decoding: part, as: UTF8.self)
      let hash = UInt64(digits, radix: 16)
      guard digits == "-" || hash != nil && digits.utf8.count == 16 else { return nil }
      hashes.append(hash)
    }
    self.init(vision: hashes[0], text: hashes[1])
  }
}
