import Images

/// The arguments of one station, taken by name; the first may go without. What is not taken is an error.
struct Arguments {
  struct Argument {
    let name: Word?
    let value: Word
    var upper: Word?
  }

  let step: Word
  let line: String
  var list: [Argument]
  private var known: [String] = []

  init(step: Word, line: String, list: [Argument]) {
    self.step = step
    self.line = line
    self.list = list
  }

  private func error(_ word: Word, _ message: String) -> PipelineError {
    PipelineError(line: line, column: word.column, word: word.text, message: message)
  }

  /// The argument called `name`, or an unnamed one where `leads` says so and it stands first.
  private mutating func take(_ name: String, leads: Bool) throws(PipelineError) -> Argument? {
    let isFirst = known.isEmpty
    known.append(name)
    if leads, isFirst, let first = list.first, first.name == nil { return list.removeFirst() }
    guard let index = list.firstIndex(where: { $0.name?.text == name }) else { return nil }
    return list.remove(at: index)
  }

  /// A number within bounds.
  mutating func number(
    _ name: String, in bounds: ClosedRange<Double>, leads: Bool = false
  ) throws(PipelineError) -> Double? {
    guard let argument = try take(name, leads: leads) else { return nil }
    if let upper = argument.upper { throw error(upper, "\(name) is a number, not a range") }
    return try number(argument.value, name, in: bounds)
  }

  private func number(_ word: Word, _ name: String, in bounds: ClosedRange<Double>) throws(PipelineError) -> Double {
    guard case .number(let value) = word.kind else { throw error(word, "\(name) is a number") }
    guard bounds.contains(value) else {
      throw error(word, "\(name) lies between \(text(bounds.lowerBound)) and \(text(bounds.upperBound))")
    }
    return value
  }

  /// A whole number within bounds.
  mutating func integer(_ name: String, in bounds: ClosedRange<Int>, leads: Bool = false) throws(PipelineError) -> Int?
  {
    let word = list.first?.value ?? step
    guard let value = try number(name, in: Double(bounds.lowerBound)...Double(bounds.upperBound), leads: leads)
    else { return nil }
    guard value == value.rounded() else { throw error(word, "\(name) is a whole number") }
    return Int(value)
  }

  /// The side of a result, which has no default.
  mutating func size() throws(PipelineError) -> Int {
    guard let size = try integer("size", in: 1...8192, leads: true) else {
      throw error(step, "the side of the result is missing: \(step.text)(224)")
    }
    return size
  }

  /// A range, lower bound first, within bounds.
  mutating func range(
    _ name: String, in bounds: ClosedRange<Double>
  ) throws(PipelineError) -> ClosedRange<Double>? {
    guard let argument = try take(name, leads: false) else { return nil }
    guard let last = argument.upper else { throw error(argument.value, "\(name) is a range: 0.2...1") }
    let lower = try number(argument.value, name, in: bounds)
    let upper = try number(last, name, in: bounds)
    guard lower <= upper else { throw error(last, "the range of \(name) ends before it starts") }
    return lower...upper
  }

  /// One of an enumeration's names.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of _: Choice.Type, leads: Bool = false
  ) throws(PipelineError) -> Choice? where Choice.RawValue == String {
    guard let argument = try take(name, leads: leads) else { return nil }
    guard argument.value.kind == .name, let choice = Choice(rawValue: argument.value.text) else {
      throw error(argument.value, "\(name) is one of \(Augmentation.list(Choice.self))")
    }
    return choice
  }

  /// Complains about what nobody took.
  func finish() throws(PipelineError) {
    guard let left = list.first else { return }
    let names = known.isEmpty ? "it has none" : "it has " + known.joined(separator: ", ")
    guard let name = left.name else {
      throw error(left.value, "only the first parameter of \(step.text) goes without its name; \(names)")
    }
    throw error(
      name,
      known.contains(name.text)
        ? "\(name.text) is given twice" : "\(step.text) has no parameter called \(name.text); \(names)")
  }
}

/// A number as people write it: 1 and not 1.0.
func text(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
}
