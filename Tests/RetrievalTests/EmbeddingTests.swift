import Datasets
import Files
import Images
import Retrieval
import Tensors
import Testing

/// "Embeds" a picture as the colour of its corner, a text as its first three bytes.
private struct ColorEmbedder: Embedder {
  let identity = ModelIdentity(path: "colors", fingerprint: ModelFingerprint(vision: 1, text: 2))
  let width = 3
  func prepare(_ image: Image) -> [Float] {
    let pixel = image[0, 0]
    return [Float(pixel.red), Float(pixel.green), Float(pixel.blue)]
  }
  func embed(prepared: [[Float]]) -> Embeddings { Embeddings(Array(prepared.joined()), width: 3).normalized() }
  func embed(texts: [String]) -> Embeddings {
    Embeddings(texts.flatMap { text in (0..<3).map { Float(Array((text + "   ").utf8)[$0]) } }, width: 3).normalized()
  }
}

@Suite struct EmbeddingTests {
  @Test func picturesComeInOrderAndBadOnesAreNamed() throws {
    try withScratchFolder { folder in
      for i in 0..<20 {
        try Image(width: 8, height: 6, color: (UInt8(10 * i), 90, 30)).write("\(folder)/\(i / 10)\(i % 10).png")
      }
      try writeFile(folder + "/05.png", "not a picture")
      try writeFile(folder + "/notes.txt", "no picture at all")
      let files = try PictureFiles([folder])
      #expect(files.count == 20)
      var stream = PictureStream()
      stream.batch = 3
      var (paths, reds) = ([String](), [Float]())
      let bad = try stream.forEach(of: files, for: ColorEmbedder()) { samples in
        paths += samples.map(\.path)
        reds += samples.map { $0.values[0] }
        #expect(samples.allSatisfy { $0.thumbnail.isEmpty })
      }
      #expect(bad.map(\.file) == [folder + "/05.png"])
      #expect(!bad[0].reason.contains(folder))
      #expect(paths == files.paths.filter { !$0.hasSuffix("05.png") })
      let expected: [Float] = (0..<20).filter { (i: Int) in i != 5 }.map { (i: Int) in Float(10 * i) }
      #expect(reds == expected)
      #expect(throws: FileError.self) { try PictureFiles([folder + "/none"]) }
    }
  }

  @Test func numpyFilesHaveAHeaderAndRows() throws {
    try withScratchFolder { folder in
      let rows = randomRows(3, 5, seed: 1)
      try rows.writeNumpy(folder + "/x.npy")
      let bytes = try readFile(folder + "/x.npy")
      #expect(bytes.count == 64 * 2 + 60 || bytes.count == 64 + 60)
      #expect(bytes[..<8].elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]))
      let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
      #expect(start % 64 == 0)
      let header = String(decoding: bytes[10..<start], as: UTF8.self)
      #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }"))
      #expect(header.hasSuffix("\n"))
      let numbers = bytes[start...].withUnsafeBytes { raw in
        (0..<15).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      #expect(numbers == (0..<3).flatMap { rows[$0] })
    }
  }

  @Test func galleryIsSelfContained() throws {
    var draft = IndexDraft(model: ModelIdentity(path: "m", fingerprint: ModelFingerprint(vision: 1, text: 2)), width: 3)
    let thumbnail = try Thumbnail.jpeg(of: Image(width: 300, height: 200, color: (200, 30, 30)))
    for i in 0..<4 { _ = draft.addImage("drawn/\(i)", content(i), thumbnail: i < 3 ? thumbnail : []) }
    draft.appendImages(randomRows(4, 3, seed: 1).normalized())
    _ = draft.addCaption("a </script><script>alert(1)</script> & \"quotes\"", of: 2)
    draft.appendCaptions(randomRows(1, 3, seed: 2).normalized())
    let index = draft.finish()
    let page = try index.galleryPage(title: "<Gallery>")
    #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\"/"))
    #expect(page.contains("&lt;Gallery&gt;"))
    #expect(!page.contains("a </script>"))
    #expect(page.split(separator: "data:image/jpeg;base64,").count == 4)
    let found = try index.nearest(4, .image, to: randomRows(1, 3, seed: 3))[0]
    let results = index.resultPage(title: "“q”", results: found)
    #expect(results.contains("no picture") && results.contains("&quot;quotes&quot;"))
    #expect(!results.contains("http:") && !results.contains("<script"))
    var limits = GalleryLimits()
    limits.images = 2
    #expect(try index.galleryPage(title: "t", limits: limits).contains("the first 2 pictures and 1 captions are shown"))
  }
}
