import Augmentation
import Images
import Tensors
import Testing

@Suite struct PipelineTests {
  @Test func theLineOfTheReadme() throws {
    let pipeline = try Pipeline(
      parsing: "decode|random_crop(224, scale: 0.08...1)|flip|jitter(0.8, hue: 0.2, p: 0.8)|gray(0.2)|blur(p: 0.5)|"
        + "normalize(imagenet)")
    var jitter = Step.Jitter()
    (jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue, jitter.p) = (0.8, 0.8, 0.8, 0.2, 0.8)
    var blur = Step.Blur()
    blur.p = 0.5
    #expect(
      pipeline.steps == [
        .decode, .randomCrop(Step.RandomCrop(size: 224)), .flip(p: 0.5), .jitter(jitter), .gray(p: 0.2), .blur(blur),
        .normalize(.named(.imagenet)),
      ])
    #expect(pipeline.normalization == .imagenet)
  }

  @Test(arguments: Preset.allCases) func whatIsWrittenIsParsed(preset: Preset) throws {
    let views = try Views(parsing: preset.rawValue)
    #expect(try Views(parsing: views.description) == views)
    #expect(try Views(parsing: preset.text()) == views)
    let small = try Views(parsing: "\(preset.rawValue)(56)")
    let written = try Views(parsing: preset.text(size: 56))
    #expect(small == written && small != views)
  }

  @Test func multiCrop() throws {
    let views = try Views(
      parsing: "2 * random_crop(64, scale: 0.4...1)|flip + 3*random_crop(24,scale:0.05...0.4,filter:bicubic)")
    #expect(views.pipelines.count == 5)
    let sizes = views(card, Generator(seed: 1)).map(\.width)
    #expect(sizes == [64, 64, 24, 24, 24])
    #expect(try Views(parsing: "dino").pipelines.count == 10)
  }

  /// Each error names the word and its column.
  @Test(arguments: [
    ("", 1, "", "a station is one of"),
    ("flop", 1, "flop", "a station is one of decode, random_crop"),
    ("flip|", 6, "", "a station is one of"),
    ("flip|decode", 6, "decode", "decode comes first"),
    ("normalize(clip)|flip", 17, "flip", "nothing follows normalize"),
    ("random_crop", 1, "random_crop", "the side of the result is missing"),
    ("random_crop(0)", 13, "0", "size lies between 1 and 8192"),
    ("random_crop(2.5)", 13, "2.5", "size is a whole number"),
    ("random_crop(224, scale: 0.5)", 25, "0.5", "scale is a range"),
    ("random_crop(224, scale: 0.5...0.2)", 31, "0.2", "ends before it starts"),
    ("random_crop(224, scale: 0.5...2)", 31, "2", "scale lies between 0.0001 and 1"),
    ("random_crop(224, filter: cubic)", 26, "cubic", "filter is one of box, bilinear, bicubic, lanczos"),
    ("flip(0.5, 0.5)", 11, "0.5", "only the first parameter"),
    ("flip(p: 0.5, p: 0.5)", 14, "p", "p is given twice"),
    ("flip(q: 0.5)", 6, "q", "flip has no parameter called q; it has p"),
    ("decode(1)", 8, "1", "it has none"),
    ("flip(2)", 6, "2", "p lies between 0 and 1"),
    ("flip(-0.1)", 6, "-0.1", "p lies between 0 and 1"),
    ("jitter(0.8, hue: 0.6)", 18, "0.6", "hue lies between 0 and 0.5"),
    ("jitter(0.8 hue: 0.2)", 12, "hue", "',' or ')' is missing"),
    ("flip flip", 6, "flip", "'|', '+' or the end is missing"),
    ("flip(", 6, "", "the value of a parameter is missing"),
    ("flip(p:)", 8, ")", "the value of a parameter is missing"),
    ("normalize(imagnet)", 11, "imagnet", "statistics is one of imagenet, clip"),
    ("blur(p: ½)", 9, "½", "no meaning"),
    ("gray;flip", 5, ";", "no meaning"),
    ("- flip", 1, "-", "no number"),
    ("0 * flip", 1, "0", "the number of views"),
    ("2 flip", 3, "flip", "'*' and the stations"),
    ("9*flip+60*gray", 8, "60", "more than 64 views"),
    ("flip|normalize(clip) + flip|normalize(half)", 24, "flip", "normalized in the same way"),
    ("simclr|flip", 7, "|", "a preset stands alone"),
    ("simclr(x)", 8, "x", "size is a number"),
  ]) func errorsPointAtTheWord(line: String, column: Int, word: String, message: String) throws {
    do {
      _ = try Views(parsing: line)
      Issue.record("'\(line)' was accepted")
    } catch {
      #expect(error.column == column && error.word == word, "\(error)")
      #expect(error.message.contains(message), "\(error)")
    }
  }

  @Test func severalViewsAreNoPipeline() throws {
    #expect(throws: PipelineError.self) { try Pipeline(parsing: "byol") }
    #expect(try Pipeline(parsing: "simclr") == (try Views(parsing: "simclr").pipelines[0]))
  }

  @Test func aViewDependsOnItsPlaceOnly() throws {
    let views = try Views(parsing: "simclr(48)")
    let generator = Generator(3, 7, 11)
    let both = views(card, generator)
    #expect(both == views(card, generator))
    #expect(both[0] != both[1])
    #expect(both[1] == views.pipelines[1](card, Generator(3, 7, 11, 1)))
    #expect(both != views(card, Generator(3, 8, 11)))
    // What a station draws leaves the next ones alone: the flip is the same with and without the crop's ten misses.
    let wide = try Pipeline(parsing: "random_crop(8, scale: 1...1, ratio: 50...60)|flip")
    let narrow = try Pipeline(parsing: "random_crop(8, scale: 1...1)|flip")
    let flips = (0..<50).map { seed -> [Bool] in
      [wide, narrow].map { pipeline in
        let generator = Generator(seed: UInt64(seed))
        let cropped = Pipeline([pipeline.steps[0]])(card, generator)
        return pipeline(card, generator) != cropped
      }
    }
    #expect(flips.allSatisfy { $0[0] == $0[1] })
    #expect(Set(flips.map { $0[0] }).count == 2)
  }

  @Test func randomCropsKeepTheirPromises() throws {
    let pipeline = try Pipeline(parsing: "random_crop(20)")
    for (width, height) in [(1, 1), (1, 200), (200, 1), (37, 11)] {
      let image = Image(width: width, height: height, color: (9, 8, 7))
      for seed in 0..<20 {
        #expect(pipeline(image, Generator(seed: UInt64(seed))) == Image(width: 20, height: 20, color: (9, 8, 7)))
      }
    }
  }

  @Test func aLargeJPEGIsDecodedSmall() throws {
    let large = card.resized(width: 1024, height: 768, filter: .bicubic)
    let jpeg = try large.encodedJPEG(JPEGQuality(95))
    let views = try Views(parsing: "2 * decode|random_crop(56, scale: 0.5...1)|flip")
    let full = try decodeImage(jpeg, name: "card")
    for seed in 0..<5 {
      let generator = Generator(seed: UInt64(seed))
      let quick = try views(decoding: jpeg, name: "card", generator)
      let exact = views(full, generator)
      for (a, b) in zip(quick, exact) {
        let differences = zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }
        #expect(differences.reduce(0, +) < 4 * differences.count && a != b)
      }
    }
    // A small crop needs all pixels: exactly the same.
    let zoom = try Views(parsing: "decode|random_crop(400, scale: 0.3...0.4)|flip")
    #expect(try zoom(decoding: jpeg, name: "card", Generator(seed: 1)) == zoom(full, Generator(seed: 1)))
  }

  private let card = edgy(64, 48).blurred(kernel: 9, sigma: 2)

  /// Any numbers can be given, and come back to the last bit.
  @Test func statisticsWithoutANameAreNumbers() throws {
    let own = Normalization(mean: [0.48145467, 0.1, 0.7], deviation: [0.26862955, 1, 0.3])
    let line = "decode|normalize(\(Step.Statistics(own)))"
    #expect(line.contains("red: 0.48145467,") && line.contains("green: 0.1, green_deviation: 1, blue: 0.7,"))
    let pipeline = try Pipeline(parsing: line)
    #expect(pipeline.normalization == own && pipeline.description == line)
    #expect("\(Step.Statistics(.half))" == "half")
    #expect(try Pipeline(parsing: "normalize(red: 0.5, red_deviation: 0.5)").normalization.mean == [0.5, 0, 0])
    for wrong in ["normalize(pink: 1)", "normalize(clip, red: 1)", "normalize(red_deviation: 0)", "normalize(model)"] {
      #expect(throws: PipelineError.self) { try Pipeline(parsing: wrong) }
    }
  }
}
