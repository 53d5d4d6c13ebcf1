import Testing
import Text

@Suite struct CleaningTests {
  func clean(_ text: String, _ cleaning: Cleaning) -> String {
    var output = [UInt8]()
    cleaning.clean(Array(text.utf8), into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [
    ("A  Photo\u{A0}\n of", "a photo of"), (" x ", " x "), ("e\u{301}", "é"), ("İΣΑΣ", "i̇σασ"), ("&amp;", "&amp;"),
    ("ﬁ ＬＯＵＤ", "ﬁ ｌｏｕｄ"),
  ])
  func huggingFaceCLIP(text: String, expected: String) {
    #expect(Array(clean(text, .clip).unicodeScalars) == Array(expected.unicodeScalars))
  }

  @Test(arguments: [
    ("A  Photo\u{A0}\n of", "a photo of"), (" x ", "x"), ("ΟΔΟΣ ΣΑΣ.", "οδος σας."), ("&amp;amp;", "&"),
    ("&amp;amp;amp;lt;", "<"), ("<b>&eacute;</b>", "<b>é</b>"), ("&EACUTE;&NTILDE;", "éñ"), ("ﬁ ＬＯＵＤ", "fi loud"),
    ("‘a’ “b”", "'a' \"b\""), ("a\u{1B}[31mb\u{1B}[0m", "ab"), ("a\u{0B}b\u{FEFF}c", "abc"), ("it\u{92}s", "it's"),
    ("&copy2024 &notit;", "©2024 ¬it;"), ("&#x80;&#128512;&#0;", "€😀\u{FFFD}"), ("ﾊﾟｧ", "パァ"),
  ])
  func openCLIP(text: String, expected: String) {
    #expect(Array(clean(text, .openCLIP).unicodeScalars) == Array(expected.unicodeScalars))
  }

  @Test(arguments: [
    ("A  B&amp;amp;\n", "A B&", "a b&", "a b"), (" It\u{2019}s_ONE. ", "It's_ONE.", "it's_one.", "its one"),
    ("x\ty", "x y", "x y", "x y"),
  ])
  func openCLIPAroundHuggingFace(text: String, whitespace: String, lower: String, canonical: String) {
    func clean(_ cleaning: OpenCLIPCleaning) -> String {
      var output = [UInt8]()
      cleaning.clean(Array(text.utf8).span, into: &output)
      return String(decoding: output, as: UTF8.self)
    }
    #expect(clean(.whitespace) == whitespace)
    #expect(clean(.lower) == lower)
    #expect(clean(.canonicalize) == canonical)
  }

  @Test(arguments: [
    ("Café 你好!", "cafe  你  好 !", BERTCleaning()),
    ("Café\u{0}\u{FFFD}\t x", "Café  x", BERTCleaning(stripsAccents: false, lowercases: false)),
  ])
  func bert(text: String, expected: String, cleaning: BERTCleaning) {
    #expect(clean(text, .bert(cleaning)) == expected)
  }
}
