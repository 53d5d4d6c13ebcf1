import Datasets
import Files
import Testing

/// What a set holds, in short: file names with captions, or the reason why not.
func contents(of set: some DataSet) -> [String] {
  (0..<set.count).map { index in
    do {
      let sample = try set.sample(at: index)
      let label = sample.label.map { " #\($0)" } ?? ""
      return "\(fileName(sample.id)): \(sample.captions.joined(separator: " / "))\(label)"
    } catch { return "bad: \(fileName("\(error)"))" }
  }
}

@Suite struct CaptionFileTests {
  private func rows(_ text: String, _ separator: Character = ",") throws -> [[String]] {
    try DelimitedText(text: Array(text.utf8), path: "x", separator: separator.asciiValue ?? 0).rows.map(\.fields)
  }

  /// The expected fields are what pandas 2's `read_csv(header=None, dtype=str, keep_default_na=False)` gives.
  @Test func fieldsAreCutAsPandasCutsThem() throws {
    #expect(
      try rows("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r2,plain \"quote\" inside\n") == [
        ["a", "b"], ["1", "x, \"y\"\nz"], ["2", "plain \"quote\" inside"],
      ])
    #expect(try rows("\n\na\n\n\"\"\n,\n") == [["a"], [""], ["", ""]])
    #expect(try rows("\"a\"b,\"c\" \"d\"") == [["ab", "c \"d\""]])
    #expect(try rows("\"a\r\nb\",c") == [["a\r\nb", "c"]])
    #expect(try rows("a\t \"b\"", "\t") == [["a", " \"b\""]])
    #expect(try rows("") == [])
    let error = #expect(throws: DataError.self) { try rows("a,b\nc,\"d\ne\nf") }
    #expect("\(error as Any)".contains("line 2"))
  }

  @Test func linesAreCountedThroughQuotes() throws {
    let table = try DelimitedText(
      text: Array("a\r\n\"b\r\nc\rd\ne\"\r\n\r\nf\rg\n".utf8), path: "x", separator: UInt8(ascii: ","))
    #expect(table.rows.map(\.line) == [1, 2, 7, 8])
  }

  @Test func aTableGivesPicturesWithAllTheirCaptions() throws {
    let scratch = try Scratch()
    try scratch.writePicture("p/1.png")
    let path = try scratch.write(
      "c.tsv",
      "\u{FEFF}title\tid\tfilepath\r\na dog\t1\tp/1.png\r\n\"a \"\"big\"\" dog\"\t2\tp/1.png\r\nshort row\r\n\t3\tp/1.png\r\n"
        + "lost\t4\t/abs/2.png\r\nx\t5\t\r\n")
    let set = try CaptionTable(path)
    #expect(
      contents(of: set) == [
        "1.png: a dog / a \"big\" dog", "bad: c.tsv:4: 1 column where the header has 3",
        "bad: c.tsv:5: the caption is empty", "2.png: lost", "bad: c.tsv:7: no picture is named",
      ])
    #expect(try set.sample(at: 0).id == scratch.path + "/p/1.png")
    #expect(try set.sample(at: 3).id == "/abs/2.png")
  }

  @Test func columnsAreFoundByName() throws {
    let scratch = try Scratch()
    try scratch.writePicture("i/1.png")
    let images = scratch.path + "/i"
    let kaggle8k = try CaptionTable(try scratch.write("a", "image,caption\n1.png,\"a, b\"\n"), images: images)
    #expect(contents(of: kaggle8k) == ["1.png: a, b"])
    let kaggle30k = try CaptionTable(
      try scratch.write("b", "image_name| comment_number| comment\n1.png| 0| Two men .\n"), images: images)
    #expect(contents(of: kaggle30k) == ["1.png: Two men ."])
    let own = try CaptionTable(
      try scratch.write("c", "bild;text\n1.png;eins\n"), images: images,
      columns: .init(image: "bild", caption: "text", separator: UInt8(ascii: ";")))
    #expect(contents(of: own) == ["1.png: eins"])
    let unknown = #expect(throws: DataError.self) { try CaptionTable(try scratch.write("d", "bild;text\n")) }
    #expect("\(unknown as Any)".contains("--image-column"))
    let misspelt = #expect(throws: DataError.self) {
      try CaptionTable(try scratch.write("e", "filepaht\ttitle\nx\ty\n"), columns: .init())
    }
    #expect("\(misspelt as Any)".contains("did you mean `filepaht`"))
  }

  @Test func captionsWithoutPicturesAreAnErrorAtOnce() throws {
    let scratch = try Scratch()
    let path = try scratch.write("c.tsv", "filepath\ttitle\n1.png\ta\n2.png\tb\n")
    let error = #expect(throws: DataError.self) { try CaptionTable(path) }
    #expect("\(error as Any)".contains("none of its 2 pictures, such as 1.png, is found"))
    #expect(throws: DataError.self) { try CaptionTable(try scratch.write("c.tsv", "filepath\ttitle\n")) }
    #expect(throws: DataError.self) { try CaptionTable(try scratch.write("c.tsv", "")) }
  }

  @Test func flickr() throws {
    let scratch = try Scratch()
    try scratch.writePicture("f/1.jpg")
    let path = try scratch.write(
      "Flickr8k.token.txt", "1.jpg#0\tA child .\n2.jpg#0\tA dog .\n1.jpg#1\tA girl .\nno tab\n2.jpg#x\tbad\n3.jpg#0\t\n"
    )
    let all = try FlickrCaptions(path, images: scratch.path + "/f")
    #expect(
      contents(of: all) == [
        "1.jpg: A child . / A girl .", "2.jpg: A dog .",
        "bad: Flickr8k.token.txt:4: not of the form `PICTURE#NUMBER⇥CAPTION`",
        "bad: Flickr8k.token.txt:5: not of the form `PICTURE#NUMBER⇥CAPTION`",
        "bad: Flickr8k.token.txt:6: the caption is empty",
      ])
    let list = try scratch.write("train.txt", "1.jpg\r\n9.jpg\r\n")
    let some = try FlickrCaptions(path, images: scratch.path + "/f", list: list)
    #expect(some.count == 4)
    #expect(throws: BadSample(list + ": 9.jpg", "no caption in " + path)) { try some.sample(at: 3) }
    let other = try scratch.write("other.txt", "8.jpg\n")
    #expect(throws: DataError.self) { try FlickrCaptions(path, images: scratch.path + "/f", list: other) }
  }

  @Test func coco() throws {
    let scratch = try Scratch()
    try scratch.writePicture("v/000000000009.jpg")
    let path = try scratch.write(
      "captions_val2017.json",
      """
      {"info": {}, "licenses": [], "images": [{"license": 1, "file_name": "000000000009.jpg", "id": 9, "height": 3},
       {"file_name": "000000000025.jpg", "id": 25}, {"file_name": "000000000030.jpg", "id": 30}],
       "annotations": [{"image_id": 25, "id": 1, "caption": "A giraffe. "}, {"image_id": 9, "id": 2, "caption": "Food."},
       {"image_id": 9, "id": 3, "caption": "A meal."}, {"image_id": 77, "caption": "x"}, {"image_id": 9}]}
      """)
    let set = try COCOCaptions(path, images: scratch.path + "/v")
    #expect(
      contents(of: set) == [
        "000000000025.jpg: A giraffe.", "000000000009.jpg: Food. / A meal.",
        "bad: captions_val2017.json: annotations[3]: there is no picture 77",
        "bad: captions_val2017.json: annotations[4]: `image_id` or `caption` is missing",
        "bad: captions_val2017.json: picture 30: it has no caption",
      ])
    let lost = try scratch.write(
      "lost.json", #"{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 2, "caption": "x"}]}"#)
    #expect(throws: DataError.self) { try COCOCaptions(lost, images: scratch.path) }
    #expect(throws: DataError.self) { try COCOCaptions(try scratch.write("x.json", "{}"), images: scratch.path) }
  }

  @Test func karpathy() throws {
    let scratch = try Scratch()
    try scratch.writePicture("val2014/1.jpg")
    let path = try scratch.write(
      "dataset_coco.json",
      """
      {"dataset": "coco", "images": [
       {"filepath": "val2014", "filename": "1.jpg", "split": "test", "sentences": [{"raw": "A man.", "tokens": ["a"]},
        {"raw": "A boy."}]},
       {"filename": "2.jpg", "split": "restval", "sentences": [{"raw": "Two."}]},
       {"filename": "3.jpg", "split": "train", "sentences": [{"tokens": []}]}, {"split": "train"}]}
      """)
    let test = try KarpathySplit(path, images: scratch.path, split: "test")
    #expect(contents(of: test) == ["1.jpg: A man. / A boy."])
    let all = try KarpathySplit(path, images: scratch.path)
    #expect(
      contents(of: all) == [
        "1.jpg: A man. / A boy.", "2.jpg: Two.", "bad: dataset_coco.json: images[2]: the caption is empty",
        "bad: dataset_coco.json: images[3]: `filename` or `sentences` is missing",
      ])
    // `restval` counts as training data; here all of those pictures are missing.
    #expect(throws: DataError.self) { try KarpathySplit(path, images: scratch.path, split: "train") }
    let wrong = #expect(throws: DataError.self) { try KarpathySplit(path, images: scratch.path, split: "valid") }
    #expect("\(wrong as Any)".contains("`restval`"))
  }

  @Test func lines() throws {
    let scratch = try Scratch()
    let set = try TextLines(try scratch.write("c.txt", "one\r\n\ntwo "))
    #expect(contents(of: set) == ["c.txt:1: one", "bad: c.txt:2: the caption is empty", "c.txt:3: two "])
    #expect(throws: DataError.self) { try TextLines(try scratch.write("c.txt", "")) }
    #expect(throws: InvalidUTF8.self) { try TextLines(try scratch.write("c.txt", [0xC3, 0x28])) }
  }

  @Test func damageDoesNoHarm() throws {
    let scratch = try Scratch()
    try scratch.writePicture("1.jpg")
    try surviveDamage(to: Array("filepath\ttitle\n1.jpg\t\"a \"\"b\"\" c\"\n1.jpg\td\r\n".utf8)) {
      readAll(try CaptionTable(try scratch.write("t", $0), columns: .init()))
    }
    try surviveDamage(to: Array("1.jpg#0\tone\n1.jpg#1\ttwo\n".utf8)) {
      readAll(try FlickrCaptions(try scratch.write("t", $0), images: scratch.path))
    }
    try surviveDamage(
      to: Array(#"{"images":[{"id":9,"file_name":"1.jpg"}],"annotations":[{"image_id":9,"caption":"c"}]}"#.utf8)
    ) {
      readAll(try COCOCaptions(try scratch.write("t.json", $0), images: scratch.path))
    }
    try surviveDamage(
      to: Array(#"{"images":[{"filename":"1.jpg","split":"test","sentences":[{"raw":"a"}]}]}"#.utf8)
    ) {
      readAll(try KarpathySplit(try scratch.write("t.json", $0), images: scratch.path, split: "test"))
    }
    try surviveDamage(to: Array("one\ntwo\r\nüß\n".utf8)) { readAll(try TextLines(try scratch.write("t", $0))) }
  }
}
