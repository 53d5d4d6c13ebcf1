import Files
import Glibc
import Images
import Retrieval
import Testing

/// Clicks through a gallery in a real browser: only where DIPTYCH_CHROMIUM names one.
@Suite(.enabled(if: getenv("DIPTYCH_CHROMIUM") != nil), .serialized) struct GalleryClickTests {
  /// The page after a script has run on it.
  private func page(after script: String, at hash: String = "", in folder: String) throws -> String {
    var draft = IndexDraft(model: ModelIdentity(path: "m", fingerprint: ModelFingerprint(vision: 1, text: 2)), width: 4)
    for i in 0..<30 {
      let color = (UInt8(i * 8), UInt8(i * 50 % 256), UInt8(255 - i * 8))
      _ = draft.addImage(
        "drawn/\(i)", content(i), thumbnail: try Thumbnail.jpeg(of: Image(width: 90, height: 60, color: color)))
      _ = draft.addCaption("colour number \(i)", of: i)
    }
    draft.appendImages(randomRows(30, 4, seed: 1).normalized())
    draft.appendCaptions(randomRows(30, 4, seed: 2).normalized())
    let html = try draft.finish().galleryPage(title: "Thirty colours")
    let path = folder + "/gallery.html"
    // An own script element behind the page's: it does what a person would.
    try writeFile(path, html + "<script>\(script)</script>")
    if let keep = getenv("DIPTYCH_GALLERY_COPY") { try writeFile(String(cString: keep), html) }
    let browser = String(cString: getenv("DIPTYCH_CHROMIUM"))
    let command =
      "'\(browser)' --headless --no-sandbox --disable-gpu --user-data-dir='\(folder)/profile' "
      + "--virtual-time-budget=3000 --dump-dom 'file://\(path)\(hash)' 2>/dev/null"
    guard let pipe = popen(command, "r") else { throw FileError("run", browser) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    pclose(pipe)
    let dom = String(decoding: bytes, as: UTF8.self)
    // What the scripts made, without the scripts and data themselves.
    let parts = dom.split(separator: "<main>", maxSplits: 1)
    return String(try #require(parts.last).split(separator: "</main>", maxSplits: 1).first ?? "")
  }

  @Test func allPicturesAreTiles() throws {
    try withScratchFolder { folder in
      let main = try page(after: "", in: folder)
      #expect(main.split(separator: "class=\"tile\"").count == 31)
      #expect(!main.contains("Nearest pictures"))
    }
  }

  @Test func clicksShowNeighborsAndLeadBack() throws {
    try withScratchFolder { folder in
      let click = "document.querySelector('[data-item=i7]').click();"
      let chosen = try page(after: click, in: folder)
      #expect(chosen.contains("Nearest pictures") && chosen.contains("Nearest captions"))
      #expect(chosen.contains("<h2>colour number 7</h2>"))
      let further = click + "setTimeout(() => document.querySelector('#chosen .grid .tile').click(), 300);"
      let next = try page(after: further, in: folder)
      #expect(next.contains("Nearest pictures") && !next.contains("<h2>colour number 7</h2>"))
      let back = further + "setTimeout(() => document.querySelector('#back').click(), 600);"
      let all = try page(after: back, in: folder)
      #expect(!all.contains("Nearest pictures"))
    }
  }

  @Test func keysAndTheFilterWork() throws {
    try withScratchFolder { folder in
      let keys = """
        const tiles = document.querySelectorAll('.tile'); tiles[0].focus();
        const press = key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
        press('ArrowRight'); press('ArrowRight'); document.activeElement.setAttribute('data-reached', 'yes');
        """
      #expect(try page(after: keys, in: folder).contains("data-item=\"i2\" data-reached=\"yes\""))
      let escape = "dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));"
      let left = try page(after: "setTimeout(() => { \(escape) }, 300)", at: "#c3", in: folder)
      #expect(!left.contains("number 3</h2>"))
      let typed =
        "const f = document.getElementById('filter'); f.value = 'number 29'; f.dispatchEvent(new Event('input'));"
      #expect(try page(after: typed, in: folder).split(separator: "class=\"tile\"").count == 2)
      #expect(try page(after: "", at: "#c3", in: folder).contains("<h2>colour number 3</h2>"))
    }
  }
}
