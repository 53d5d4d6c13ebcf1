import Files
import Glibc
import Retrieval
import Tensors
import Testing

/// A folder that is gone afterwards.
func withScratchFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  var template = Array("/tmp/diptych-retrieval-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw FileError("create", "/tmp") }
  let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  defer { try? remove(folder) }
  return try body(folder)
}

/// What a picture's file might hold.
func content(_ i: Int) -> ContentHash { ContentHash(of: Array("picture \(i)".utf8)) }

/// An index of `images` pictures and `captions` texts, of which each picture has some and one has no picture.
func smallIndex(images: Int = 5, captions: Int = 9, width: Int = 6) -> SearchIndex {
  let fingerprint = ModelFingerprint(vision: 0x11, text: 0x2233)
  var draft = IndexDraft(model: ModelIdentity(path: "models/tiny", fingerprint: fingerprint), width: width)
  for i in 0..<images { _ = draft.addImage("pictures/\(i).png", content(i)) }
  draft.appendImages(randomRows(images, width, seed: 1).normalized())
  for i in 0..<captions { _ = draft.addCaption("caption \(i): naïve 🐈", of: i == 0 || images == 0 ? nil : i % images) }
  draft.appendCaptions(randomRows(captions, width, seed: 2).normalized())
  return draft.finish()
}

@Suite struct IndexTests {
  @Test(arguments: [(5, 9, 6), (0, 3, 5), (70, 0, 33), (0, 0, 4), (3000, 200, 130)], [IndexLoading.compact, .all])
  func readsBackWhatWasWritten(sizes: (Int, Int, Int), loading: IndexLoading) throws {
    try withScratchFolder { folder in
      let path = folder + "/index"
      let index = smallIndex(images: sizes.0, captions: sizes.1, width: sizes.2)
      try index.write(path)
      let read = try SearchIndex(file: path, loading: loading)
      #expect(read.model == index.model)
      #expect(read.width == index.width)
      #expect(read.paths.all == index.paths.all)
      #expect(read.contents == index.contents)
      #expect(read.texts.all == index.texts.all)
      #expect(read.pictures == index.pictures)
      let queries = randomRows(3, sizes.2, seed: 3)
      for kind in ItemKind.allCases {
        let expected = try index.nearest(4, kind, to: queries)
        #expect(try read.nearest(4, kind, to: queries) == expected)
      }
    }
  }

  @Test func resultsNamePicturesAndCaptions() throws {
    let index = smallIndex()
    let query = Embeddings([1, 0, 0, 0, 0, 0], width: 6)
    let images = try index.nearest(5, .image, to: query)[0]
    #expect(images.map(\.rank) == [1, 2, 3, 4, 5])
    for found in images {
      #expect(found.path == "pictures/\(found.row).png")
      // Picture 0's first caption is the fifth: the caption 0 has no picture.
      #expect(found.caption == "caption \(found.row == 0 ? 5 : found.row): naïve 🐈")
    }
    let captions = try index.nearest(100, .caption, to: query)[0]
    #expect(captions.count == 9)
    for found in captions {
      #expect(found.caption == "caption \(found.row): naïve 🐈")
      #expect(found.path == (found.row == 0 ? nil : "pictures/\(found.row % 5).png"))
    }
    #expect(index.kind(askedFor: .image) == .image)
    #expect(smallIndex(images: 0).kind(askedFor: .image) == .caption)
    #expect(smallIndex(captions: 0).kind(askedFor: .caption) == .image)
  }

  @Test func whatIsThereAlreadyIsLeftOut() throws {
    var draft = IndexDraft(smallIndex())
    let images = [
      draft.addImage("copy of 3.png", content(3)), draft.addImage("new.png", content(77)),
    ]
    #expect(images == [nil, 5])
    #expect(draft.row(of: content(3)) == 3)
    let captions = [
      draft.addCaption("caption 6: naïve 🐈", of: 1), draft.addCaption("caption 6: naïve 🐈", of: 2),
      draft.addCaption("of the new one", of: 5),
    ]
    #expect(captions == [false, true, true])
    draft.appendImages(randomRows(1, 6, seed: 8))
    draft.appendCaptions(randomRows(2, 6, seed: 9))
    let index = draft.finish()
    #expect(index.images.count == 6)
    #expect(index.captions.count == 11)
    #expect(index.pictures[10] == 5)
    let old = smallIndex()
    let query = randomRows(1, 6, seed: 4)
    let before = try old.nearest(5, .image, to: query)[0]
    let after = try index.nearest(6, .image, to: query)[0].filter { $0.row < 5 }
    #expect(after.map(\.score) == before.map(\.score))
  }

  /// The row of a file that was changed gets the new picture, and keeps its captions.
  @Test func filesThatWereChangedAreRenewed() throws {
    let old = smallIndex()
    var draft = IndexDraft(old)
    #expect(draft.place("pictures/3.png", content(3)) == .known(3))
    #expect(draft.place("./pictures/3.png", content(33)) == .changed(3))
    #expect(draft.place("pictures/new.png", content(77)) == .new(5))
    // What it held before lies elsewhere: that is a picture of its own.
    #expect(draft.place("copy of 3.png", content(3)) == .new(6))
    // Now it holds what another one holds too.
    #expect(draft.place("pictures/4.png", content(2)) == .known(2))
    draft.appendImages(randomRows(2, 6, seed: 8))
    let anew = randomRows(1, 6, seed: 9)
    draft.renewImages([3], anew)
    #expect(draft.imageCount == 6)
    let index = draft.finish()
    #expect(index.paths.all == (0..<4).map { "pictures/\($0).png" } + ["pictures/new.png", "copy of 3.png"])
    #expect(index.contents == [0, 1, 2, 33, 77, 3].map(content))
    // The captions of 4 are those of 2 now.
    #expect(index.pictures == [nil, 1, 2, 3, 2, 0, 1, 2, 3])
    let found = try index.nearest(1, .image, to: anew.normalized())[0]
    #expect(found.first?.path == "pictures/3.png")
    let query = randomRows(1, 6, seed: 4)
    let kept = try index.nearest(6, .image, to: query)[0].filter { $0.row < 3 }
    #expect(try kept.map(\.score) == old.nearest(5, .image, to: query)[0].filter { $0.row < 3 }.map(\.score))
  }

  @Test func aPictureThatLiesElsewhereTooStays() throws {
    var draft = IndexDraft(smallIndex())
    #expect(draft.place("copy of 3.png", content(3)) == .known(3))
    #expect(draft.place("pictures/3.png", content(33)) == .new(5))
    draft.appendImages(randomRows(1, 6, seed: 8))
    let index = draft.finish()
    #expect(index.paths.all[3] == "copy of 3.png" && index.paths.all[5] == "pictures/3.png")
    // Those that have no file of their own may share a name.
    draft = IndexDraft(index)
    #expect(draft.place("pictures/0.png", content(99), thumbnail: [1]) == .new(6))
  }

  @Test func removedPicturesTakeTheirCaptionsAlong() throws {
    let index = IndexDraft(smallIndex()).removing { $0 == "pictures/1.png" || $0 == "pictures/4.png" }
    #expect(index.paths.all == ["pictures/0.png", "pictures/2.png", "pictures/3.png"])
    #expect(index.texts.all == [0, 2, 3, 5, 7, 8].map { "caption \($0): naïve 🐈" })
    #expect(index.pictures == [nil, 1, 2, 0, 1, 2])
    let query = randomRows(1, 6, seed: 4)
    let expected = try smallIndex().nearest(5, .image, to: query)[0].filter { $0.row != 1 && $0.row != 4 }
    #expect(try index.nearest(5, .image, to: query)[0].map(\.path) == expected.map(\.path))
  }
}

@Suite struct DamagedIndexTests {
  /// The error of opening a file, if it is one line for people; a file that opens is an issue.
  private func problem(_ bytes: [UInt8], _ path: String, _ loading: IndexLoading = .compact) throws -> (any UserError)?
  {
    try writeUnsynced(path, bytes)
    do {
      _ = try SearchIndex(file: path, loading: loading)
      return nil
    } catch let error as any UserError {
      #expect(!error.description.contains("\n") && error.description.contains(path))
      return error
    }
  }

  private func writeUnsynced(_ path: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  @Test func mutatedFilesAreRefused() throws {
    try withScratchFolder { folder in
      let path = folder + "/index"
      try smallIndex().write(path)
      let bytes = try readFile(path)
      #expect(try problem(bytes, path) == nil)
      var generator = Generator(seed: 1)
      func random(_ limit: Int) -> Int { Int(generator.next() % UInt64(limit)) }
      var accepted = 0
      for trial in 0..<20_000 {
        var mutated = bytes
        switch trial % 5 {
        case 0: mutated[random(bytes.count)] ^= 1 << UInt8(random(8))
        case 1: mutated[random(256)] = UInt8(random(256))
        case 2: mutated.removeLast(1 + random(bytes.count))
        case 3: mutated += (0...random(200)).map { _ in UInt8(random(256)) }
        default:
          let at = random(bytes.count)
          for i in at..<min(bytes.count, at + 1 + random(64)) { mutated[i] = UInt8(random(256)) }
        }
        if mutated != bytes, try problem(mutated, path, trial % 2 == 0 ? .compact : .all) == nil { accepted += 1 }
      }
      #expect(accepted == 0)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    try withScratchFolder { folder in
      let path = folder + "/index"
      try smallIndex().write(path)
      let bytes = try readFile(path)
      for count in 0..<bytes.count { #expect(try problem(Array(bytes[..<count]), path) != nil) }
    }
  }

  @Test func foreignFilesAndLaterVersionsAreNamed() throws {
    try withScratchFolder { folder in
      let path = folder + "/index"
      #expect(try problem(Array("hello".utf8), path) as? IndexError == IndexError(.foreign, path: path))
      #expect(try problem([], path) as? IndexError == IndexError(.foreign, path: path))
      try smallIndex().write(path)
      var bytes = try readFile(path)
      bytes[8] = 2
      #expect(try problem(bytes, path) as? IndexError == IndexError(.version(2), path: path))
      #expect(throws: FileError.self) { try SearchIndex(file: folder) }
      #expect(throws: FileError.self) { try SearchIndex(file: folder + "/none") }
    }
  }
}
