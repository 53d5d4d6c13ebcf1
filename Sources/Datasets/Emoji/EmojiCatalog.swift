import Tensors

/// The pictures of a font with all that Unicode says of them.
struct EmojiCatalog: Sendable {
  /// One picture. Sequences that the font draws alike (the flags of Norway and of Bouvet Island) share one.
  struct Entry: Sendable {
    /// The code points of the first sequence: `1f44b-1f3fb`.
    let id: String
    let glyph: Int
    let group: String
    /// A name for each sequence.
    var names: [String]
    var keywords: [String]
    /// Keywords that are not told in training.
    var heldOut: [String] = []

    var kept: [String] { keywords.filter { !heldOut.contains($0) } }
  }

  let font: ColorFont
  private(set) var entries: [Entry] = []

  /// - Parameter skinTones: whether emoji with a colour of skin are pictures of their own.
  init(_ sources: EmojiSources, language: String, skinTones: Bool) throws {
    try sources.check()
    font = try ColorFont(sources.font)
    let annotations = try Annotations(language, cldr: sources.cldr)
    var indices = [[UInt8]: Int]()
    // A keyword that names a colour of skin is never held out.
    let tones = Set(EmojiSequence.skinTones.compactMap { annotations.name(of: [$0]) })
    for sequence in try EmojiSequence.list(sources.list) where skinTones || !sequence.hasSkinTone {
      guard let glyph = font.glyph(of: sequence.plain) else { continue }
      let name = annotations.name(of: sequence.plain) ?? (language == "en" ? sequence.name : nil)
      guard let name else { continue }
      let keywords = annotations.keywords(of: sequence.plain)
      let png = try font.png(of: glyph)
      if let index = indices[png] {
        if !entries[index].names.contains(name) { entries[index].names.append(name) }
        for word in keywords where !entries[index].keywords.contains(word) { entries[index].keywords.append(word) }
      } else {
        indices[png] = entries.count
        let id = sequence.plain.map { String($0.value, radix: 16) }.joined(separator: "-")
        var entry = Entry(id: id, glyph: glyph, group: sequence.group, names: [name], keywords: keywords)
        entry.holdOut(
          of: sequence.base, name: annotations.name(of: sequence.base),
          keywords: annotations.keywords(of: sequence.base), tones: tones)
        entries.append(entry)
      }
    }
    guard !entries.isEmpty else {
      throw DataError(sources.font, "none of the emoji has a picture in it and a name in the language \(language)")
    }
  }
}

extension EmojiCatalog.Entry {
  /// Sets aside one fifth of the keywords. Which ones depends on the emoji without its colour of skin and on nothing else:
  /// otherwise a hand of another colour would tell.
  fileprivate mutating func holdOut(
    of base: [Unicode.Scalar], name: String?, keywords known: [String], tones: Set<String>
  ) {
    let generator = Generator(seed: 5, stream: fnv1a(String(String.UnicodeScalarView(base))))
    func rank(_ word: String) -> UInt64 {
      var drawn = generator.split(into: Int(truncatingIfNeeded: fnv1a(word)))
      return drawn.next()
    }
    let candidates = (known.isEmpty ? keywords : known)
      .filter { $0 != name && !tones.contains($0) }.map { (rank($0), $0) }.sorted { $0.0 < $1.0 }
    var chance = generator
    // A fifth on average, where five does not divide the number.
    let count = Int(Double(candidates.count) / 5 + chance.uniformDouble())
    let chosen = Set(candidates.prefix(count).map(\.1))
    heldOut = keywords.filter(chosen.contains)
  }
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits): the same on every machine and in every run, as Swift's is not.
private func fnv1a(_ text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}
