import Datasets
import Files
import Images
import JSON
import Testing

/// The packages that the set is made of; where they are not installed, its tests have nothing to look at.
private let hasPackages = [EmojiSources().font, EmojiSources().list, EmojiSources().cldr].allSatisfy {
  kind(of: $0) != .absent
}

@Suite struct EmojiTests {
  @Test func withoutThePackagesALineSaysWhatToInstall() {
    var sources = EmojiSources()
    sources.font = "/absent/font.ttf"
    sources.cldr = "/absent/cldr"
    let error = #expect(throws: DataError.self) { try Emoji(.train, from: sources) }
    #expect("\(error as Any)".contains("apt-get install fonts-noto-color-emoji"))
    #expect("\(error as Any)".contains("unicode-cldr-core"))
  }

  @Test(.enabled(if: hasPackages)) func everyEmojiOfTheListHasItsPicture() throws {
    let set = try Emoji(.train)
    let listed = try readLines(EmojiSources().list).filter { $0.contains("; fully-qualified") }.count
    let names = (0..<set.count).reduce(0) { $0 + set.names(at: $1).count }
    #expect(set.count > 3000)
    #expect(names == listed, "some sequences of the list have no glyph")
    #expect(Set((0..<set.count).map { set.id(at: $0) }).count == set.count)
    let base = try Emoji(.train, skinTones: false)
    #expect(base.count < set.count && base.count > 1500)
  }

  @Test(.enabled(if: hasPackages)) func sequencesBecomeTheRightPictures() throws {
    let set = try Emoji(.test)
    func sample(_ id: String) throws -> (index: Int, sample: Sample) {
      let index = try #require((0..<set.count).first { set.id(at: $0) == id })
      return (index, try set.sample(at: index))
    }
    func mean(_ id: String) throws -> (red: Int, green: Int, blue: Int) {
      let image = try sample(id).sample.image()
      #expect(image.width == image.height && image.width == 136)
      #expect(image[0, 0] == (255, 255, 255), "the margin is white")
      let sums = (0..<3).map { c in
        stride(from: c, to: image.pixels.count, by: 3).reduce(0) { $0 + Int(image.pixels[$1]) }
      }
      return (sums[0] / (136 * 136), sums[1] / (136 * 136), sums[2] / (136 * 136))
    }
    #expect(try sample("1f34e").sample.captions == ["red apple"])
    let (red, green) = (try mean("1f34e"), try mean("1f34f"))
    #expect(red.red > red.green + 40 && green.green > green.red + 10)
    // A flag is a ligature of two letters, a hand with a colour of skin one of hand and colour.
    let japan = try mean("1f1ef-1f1f5")
    #expect(japan.red > japan.green + 10)
    #expect(try mean("1f44b-1f3ff").red < mean("1f44b-1f3fb").red)
    #expect(try sample("1f469-200d-1f680").sample.captions == ["woman astronaut"])
    #expect(try sample("23-20e3").sample.captions == ["keycap: #"])
    // Bouvet Island flies Norway's flag.
    #expect(try sample("1f1e7-1f1fb").sample.captions.contains("flag: Norway"))
  }

  @Test(.enabled(if: hasPackages)) func aFifthOfTheKeywordsIsHeldOut() throws {
    let set = try Emoji(.train)
    var all = 0, held = 0
    var byName = [String: Set<String>]()
    for i in 0..<set.count {
      let (keywords, heldOut) = (set.keywords(at: i), set.heldOutKeywords(at: i))
      #expect(Set(heldOut).isSubset(of: Set(keywords)))
      #expect(Set(heldOut).isDisjoint(with: Set(set.captions(at: i))))
      byName[set.names(at: i)[0]] = Set(heldOut)
      if !set.names(at: i)[0].contains("skin tone") {
        all += keywords.count
        held += heldOut.count
      }
    }
    #expect(abs(Double(held) / Double(all) - 0.2) < 0.02, "\(held) of \(all)")
    // Colours of skin do not give away what their like hides.
    for tone in ["light skin tone", "dark skin tone"] {
      #expect(byName["waving hand"] == byName["waving hand: \(tone)"])
      #expect(byName["thumbs up"] == byName["thumbs up: \(tone)"])
    }
    let heldOut = try Emoji(.heldOut)
    #expect(heldOut.count < set.count)
    #expect(try (0..<heldOut.count).allSatisfy { try !heldOut.sample(at: $0).captions.isEmpty })
  }

  @Test(.enabled(if: hasPackages)) func otherLanguages() throws {
    let german = try Emoji(.test, language: "de", skinTones: false)
    #expect((0..<german.count).contains { german.names(at: $0) == ["Schwein"] })
    #expect(try Emoji(.test, language: "de_CH", skinTones: false).count == german.count)
    let error = #expect(throws: DataError.self) { try Emoji(.test, language: "germ") }
    #expect("\(error as Any)".contains("no language germ"))
  }

  @Test(.enabled(if: hasPackages)) func exportIsWholeAndGoesOn() throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/emoji"
    struct Interrupted: Error {}
    #expect(throws: Interrupted.self) {
      try Emoji.export(to: folder, skinTones: false) { if $0 == 40 { throw Interrupted() } }
    }
    #expect(kind(of: folder) == .absent)
    #expect(try namesInFolder(folder + ".partial/images").count == 40)
    let count = try Emoji.export(to: folder, skinTones: false)
    #expect(try namesInFolder(folder).sorted() == ["captions.tsv", "held-out.tsv", "images", "metadata.json"])
    #expect(try namesInFolder(folder + "/images").count == count)
    // What was written reads back as the same set.
    let set = try Emoji(.train, skinTones: false)
    let table = try CaptionTable(folder + "/captions.tsv")
    #expect(table.count == set.count)
    for i in stride(from: 0, to: count, by: 97) {
      #expect(try table.sample(at: i).captions == set.captions(at: i))
      #expect(try table.sample(at: i).image() == set.sample(at: i).image())
    }
    let metadata = try JSONValue(file: folder + "/metadata.json")
    #expect(metadata["pictures"]?.array?.count == count)
  }

  @Test(.enabled(if: hasPackages)) func aDamagedFontDoesNoHarm() throws {
    let scratch = try Scratch()
    let font = try readFile(EmojiSources().font)
    var sources = EmojiSources()
    // Eleven megabytes a copy: the directory and the tables that are parsed, not all their bytes.
    func number(_ offset: Int) -> Int { font[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    let tables = (0..<Int(font[5])).map { number(12 + 16 * $0 + 8) }
    for (mutation, table) in (tables + tables + tables).enumerated() {
      var damaged = font
      let place = mutation < tables.count ? 12 + 16 * mutation + 9 : table + (mutation * 7) % 40
      damaged[place] ^= 0xA5
      sources.font = try scratch.write("font.ttf", damaged)
      do {
        let set = try Emoji(.test, skinTones: false, from: sources)
        for i in stride(from: 0, to: set.count, by: 50) {
          do { _ = try set.sample(at: i) } catch { #expect(error is any UserError, "\(error)") }
        }
      } catch { #expect(error is any UserError, "\(error)") }
    }
    // What follows the last table fills the file up to a multiple of four; nothing is lost with it.
    let end = tables.indices.map { tables[$0] + number(12 + 16 * $0 + 12) }.max() ?? 0
    for length in [0, 3, 11, 300, 11_312, 10_906_410, end - 1] {
      sources.font = try scratch.write("font.ttf", font.prefix(length))
      #expect(throws: DataError.self) { try Emoji(.test, skinTones: false, from: sources) }
    }
  }
}
