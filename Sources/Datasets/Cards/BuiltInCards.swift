/// The cards of the sets that need no file of ours, for programs that were moved away from their clone. The same text
/// stands in `datasets`, and a test compares the two.
package enum BuiltInCards {
  /// File names and contents.
  package static let all = [("shapes.json5", shapes), ("emoji.json5", emoji), ("emoji-base.json5", emojiBase)]

  static let shapes = """
    // Drawn scenes: `diptych data inspect shapes --out sheet.png` shows some. Nothing is downloaded or stored.
    {
      title: "Shapes: drawn scenes with compositional captions",
      licence: "none needed: drawn by the program",
      origin: "Diptych",
      get: "nothing to get: the pictures are drawn when they are asked for",
      reader: "shapes",
      splits: {
        // Neighbours 2k and 2k + 1 show the same objects in opposite relation and stay in one batch.
        train: { draw: "train", count: 1000000 },
        // Other descriptions of the same kinds of objects.
        val: { draw: "val", count: 500 },
        // Combinations of colour and form that training never shows.
        test: { draw: "test", count: 500 },
      },
    }

    """

  static let emoji = """
    // All emoji, those with a colour of skin included.
    {
      title: "Emoji: Noto's colour bitmaps with Unicode's names and CLDR's keywords",
      licence: "pictures: SIL Open Font License 1.1; names and keywords: Unicode License",
      origin: "Google's Noto Color Emoji, Unicode's emoji-test.txt, Unicode CLDR's annotations; packaged by Debian",
      get: "apt-get install fonts-noto-color-emoji unicode-data unicode-cldr-core",
      reader: "emoji",
      splits: {
        // Names and four fifths of every picture's keywords.
        train: { tell: "train" },
        // The same pictures, names alone.
        test: { tell: "test" },
        // The keywords that training does not tell.
        "held-out": { tell: "held-out" },
      },
    }

    """

  static let emojiBase = """
    // Emoji without those that only add a colour of skin: half as many, and no two that differ in that alone.
    {
      title: "Emoji without colours of skin",
      licence: "pictures: SIL Open Font License 1.1; names and keywords: Unicode License",
      origin: "Google's Noto Color Emoji, Unicode's emoji-test.txt, Unicode CLDR's annotations; packaged by Debian",
      get: "apt-get install fonts-noto-color-emoji unicode-data unicode-cldr-core",
      reader: "emoji",
      splits: {
        train: { tell: "train", skin_tones: false },
        test: { tell: "test", skin_tones: false },
        "held-out": { tell: "held-out", skin_tones: false },
        // Nine tenths of the pictures, and the rest: what a model of pictures learns from, and what it has not seen.
        "train-pictures": { tell: "train-pictures", skin_tones: false },
        "new-pictures": { tell: "new-pictures", skin_tones: false },
      },
    }

    """
}
