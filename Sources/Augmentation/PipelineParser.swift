import Images

extension Views {
  /// Reads a line: stations joined by `|`, groups of views joined by `+` and repeated by `N *`, or a ``Preset``'s name,
  /// with the side of the result in brackets where it is not the usual one.
  public init(parsing line: String) throws(PipelineError) {
    var parser = PipelineParser(line: line, words: try words(of: line))
    if let preset = try parser.preset() {
      try self.init(parsing: preset)
      return
    }
    self.init(try parser.views())
  }
}

extension Pipeline {
  /// Reads a line with a single view.
  public init(parsing line: String) throws(PipelineError) {
    let views = try Views(parsing: line).pipelines
    guard let first = views.first, views.allSatisfy({ $0 == first }) else {
      throw PipelineError(
        line: line, column: 1, word: "", message: "one view is wanted here, not several different ones")
    }
    self = first
  }
}

/// Reads words from left to right; no word is ever skipped.
private struct PipelineParser {
  let line: String
  let words: [Word]
  var next = 0

  init(line: String, words: [Word]) {
    self.line = line
    self.words = words
  }

  func error(_ word: Word, _ message: String) -> PipelineError {
    PipelineError(line: line, column: word.column, word: word.text, message: message)
  }

  mutating func take() -> Word {
    defer { if next < words.count - 1 { next += 1 } }
    return words[next]
  }

  mutating func takes(_ sign: Word.Punctuation) -> Bool {
    guard words[next].kind == .punctuation(sign) else { return false }
    next += 1
    return true
  }

  /// The text of a preset, if the line is nothing but its name and perhaps a size.
  mutating func preset() throws(PipelineError) -> String? {
    guard words[0].kind == .name, let preset = Preset(rawValue: words[0].text) else { return nil }
    next = 1
    var size = 224
    if takes(.open) {
      var arguments = try self.arguments(of: words[0])
      size = try arguments.size()
      try arguments.finish()
    }
    guard words[next].kind == .end else {
      throw error(words[next], "a preset stands alone; write out its stations to change them")
    }
    return preset.text(size: size)
  }

  mutating func views() throws(PipelineError) -> [Pipeline] {
    var views = [Pipeline]()
    repeat {
      let start = words[next]
      var count = 1
      if case .number(let number) = start.kind {
        next += 1
        guard number.rounded() == number, (1...64).contains(number) else {
          throw error(start, "the number of views is 1 to 64")
        }
        count = Int(number)
        guard takes(.times) else { throw error(words[next], "'*' and the stations of these views are missing") }
      }
      let pipeline = try self.pipeline()
      if let first = views.first, first.normalization != pipeline.normalization {
        throw error(start, "all views are normalized in the same way")
      }
      views += Array(repeating: pipeline, count: count)
      guard views.count <= 64 else { throw error(start, "these are more than 64 views") }
    } while takes(.plus)
    guard words[next].kind == .end else { throw error(words[next], "'|', '+' or the end is missing before this") }
    return views
  }

  mutating func pipeline() throws(PipelineError) -> Pipeline {
    var steps = [Step]()
    repeat {
      let word = take()
      guard word.kind == .name, let name = StepName(rawValue: word.text) else {
        throw error(word, "a station is one of \(list(StepName.self))")
      }
      if case .normalize = steps.last { throw error(word, "nothing follows normalize") }
      if name == .decode, !steps.isEmpty { throw error(word, "decode comes first") }
      var arguments = takes(.open) ? try self.arguments(of: word) : Arguments(step: word, line: line, list: [])
      steps.append(try name.step(&arguments))
      try arguments.finish()
    } while takes(.bar)
    return Pipeline(steps)
  }

  /// The arguments after an opening bracket, with the closing one.
  mutating func arguments(of step: Word) throws(PipelineError) -> Arguments {
    var list = [Arguments.Argument]()
    if takes(.close) { return Arguments(step: step, line: line, list: list) }
    repeat {
      var word = take()
      var name: Word?
      if word.kind == .name, takes(.colon) {
        name = word
        word = take()
      }
      var argument = Arguments.Argument(name: name, value: word, upper: nil)
      switch word.kind {
      case .name: break
      case .number: if takes(.dots) { argument.upper = take() }
      default: throw error(word, "the value of a parameter is missing")
      }
      list.append(argument)
    } while takes(.comma)
    guard takes(.close) else { throw error(words[next], "',' or ')' is missing before this") }
    return Arguments(step: step, line: line, list: list)
  }
}

/// The raw values of an enumeration, for people.
func list<Name: RawRepresentable & CaseIterable>(_: Name.Type) -> String where Name.RawValue == String {
  Name.allCases.map(\.rawValue).joined(separator: ", ")
}
