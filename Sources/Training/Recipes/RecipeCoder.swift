import JSON

/// A part of a recipe: a plain struct whose values have their defaults, and one method that names them.
///
/// ```swift
/// struct OptimizerRecipe: RecipeSection {
///   var learningRate = 1e-3
///   var betas = [0.9, 0.98]
///   mutating func code(_ coder: RecipeCoder) throws {
///     try coder.value("learning_rate", &learningRate, in: 0...10)
///     try coder.value("betas", &betas)
///   }
/// }
/// ```
///
/// The same method reads a recipe, refuses what it does not know, and writes the resolved recipe with every value.
public protocol RecipeSection {
  /// All defaults.
  init()
  /// Names every value once.
  mutating func code(_ coder: RecipeCoder) throws
}

/// A value that a recipe can hold.
public protocol RecipeValue: JSONReadable {
  /// The value as it stands in a recipe.
  var json: JSONValue { get }
}

/// Goes over the values of a ``RecipeSection``, either to read or to write them.
public final class RecipeCoder {
  private enum Mode {
    case reading(JSONFields)
    case writing(JSONObject)
  }
  private var mode: Mode

  private init(_ mode: Mode) { self.mode = mode }

  /// Reads a section; a key that it does not name is an error.
  ///
  /// `defaults`: the values that hold where the section has none.
  public static func read<Section: RecipeSection>(
    _ section: Section.Type, _ node: JSONNode, over defaults: Section = Section()
  ) throws -> Section {
    let fields = try JSONFields(node)
    var result = defaults
    try result.code(RecipeCoder(.reading(fields)))
    try fields.finish()
    return result
  }

  /// Writes a section with every value.
  public static func write(_ section: some RecipeSection) throws -> JSONValue {
    let coder = RecipeCoder(.writing(JSONObject()))
    var section = section
    try section.code(coder)
    guard case .writing(let object) = coder.mode else { return nil }
    return .object(object)
  }

  /// Whether values are being read; checks that go beyond one value belong behind this.
  public var isReading: Bool { if case .reading = mode { true } else { false } }

  /// An error about a value of this section, for checks that look at several.
  public func error(_ key: String, _ problem: String) -> any Error {
    guard case .reading(let fields) = mode else { return JSONFieldError(source: "recipe", path: key, problem: problem) }
    let path = fields.node.path.isEmpty ? key : "\(fields.node.path).\(key)"
    return JSONFieldError(source: fields.node.source, path: path, problem: problem)
  }

  private func put(_ key: String, _ value: JSONValue) {
    guard case .writing(var object) = mode else { return }
    object[key] = value
    mode = .writing(object)
  }

  /// A value; where the recipe has none it stays what it is.
  public func value<Value: RecipeValue>(_ key: String, _ value: inout Value) throws {
    switch mode {
    case .reading(let fields): value = try fields.take(key, default: value)
    case .writing: put(key, value.json)
    }
  }

  /// A number that must lie in a range.
  public func value<Value: RecipeValue & Comparable>(
    _ key: String, _ value: inout Value, in range: ClosedRange<Value>
  ) throws {
    switch mode {
    case .reading(let fields): value = try fields.take(key, in: range, default: value)
    case .writing: put(key, value.json)
    }
  }

  /// A value that a recipe must have.
  public func required<Value: RecipeValue>(_ key: String, _ value: inout Value) throws {
    switch mode {
    case .reading(let fields): value = try fields.take(key)
    case .writing: put(key, value.json)
    }
  }

  /// A section below a key; where the recipe has none its defaults hold.
  public func section<Section: RecipeSection>(_ key: String, _ section: inout Section) throws {
    switch mode {
    case .reading(let fields):
      if let node = fields.nodeIfPresent(key) { section = try Self.read(Section.self, node, over: section) }
    case .writing: put(key, try Self.write(section))
    }
  }

  /// A section that may be left out, or be `"none"` or `null`.
  public func section<Section: RecipeSection>(_ key: String, _ section: inout Section?) throws {
    switch mode {
    case .reading(let fields):
      guard let node = fields.nodeIfPresent(key) else { return }
      let isNone = node.value == .null || node.value == "none"
      section = isNone ? nil : try Self.read(Section.self, node, over: section ?? Section())
    case .writing: put(key, try section.map { try Self.write($0) } ?? "none")
    }
  }

  /// A list of sections.
  public func sections<Section: RecipeSection>(_ key: String, _ sections: inout [Section]) throws {
    switch mode {
    case .reading(let fields):
      guard let node = fields.nodeIfPresent(key) else { return }
      sections = try [SectionReader<Section>](node).map(\.section)
    case .writing: put(key, .array(try sections.map { try Self.write($0) }))
    }
  }

  private struct SectionReader<Section: RecipeSection>: JSONReadable {
    let section: Section
    init(_ node: JSONNode) throws { section = try RecipeCoder.read(Section.self, node) }
  }
}

extension Bool: RecipeValue {
  /// `true` or `false`
  public var json: JSONValue { .bool(self) }
}

extension Int: RecipeValue {
  /// A whole number.
  public var json: JSONValue { JSONValue(self) }
}

extension Double: RecipeValue {
  /// A number.
  public var json: JSONValue { .number(self) }
}

extension Float: RecipeValue {
  /// A number with no more digits than it needs.
  public var json: JSONValue { JSONValue(self) }
}

extension UInt64: RecipeValue {
  /// A whole number. Recipes and the command line give none from 2⁶³ on.
  public var json: JSONValue { Int64(exactly: self).map { .integer($0) } ?? .number(Double(self)) }
}

extension String: RecipeValue {
  /// A text.
  public var json: JSONValue { .string(self) }
}

extension Array: RecipeValue where Element: RecipeValue {
  /// A list.
  public var json: JSONValue { .array(map(\.json)) }
}

extension Optional: RecipeValue where Wrapped: RecipeValue {
  /// `null` for nothing.
  public var json: JSONValue { self?.json ?? .null }
}

extension RecipeValue where Self: RawRepresentable<String> {
  /// The name of the case.
  public var json: JSONValue { .string(rawValue) }
}
