import Files
import JSON

/// A recipe as it stands in its file: `recipes/NAME.json5`, which opens with a comment that gives the command, the
/// expected score and the time it takes.
public struct RecipeFile: Sendable {
  /// Where it was read from.
  public let path: String
  /// Its name: the file's without folder and ending.
  public let name: String
  /// The lines of the comment at its top.
  public let header: [String]
  /// Its values, changed by ``set(_:)``.
  public private(set) var value: JSONValue
  /// What ``set(_:)`` was given.
  private var assignments: [(keys: [String], text: String)] = []

  /// Where recipes are looked for by name: the first folder that has one counts.
  public static var folders: [String] { usualFolders(named: "recipes") }

  /// Reads a recipe's file.
  public init(path: String) throws {
    self.path = path
    let file = fileName(path)
    name = file.utf8.suffix(6).elementsEqual(".json5".utf8) ? String(file.dropLast(6)) : file
    let bytes = try readFile(path, limit: 1 << 24)
    value = try JSONValue(parsing: bytes, as: .json5, source: path)
    guard value.object != nil else {
      throw JSONFieldError(source: path, path: "", problem: "a recipe is an object: { … }")
    }
    header = Self.header(of: bytes)
  }

  /// Finds a recipe: a path if the words contain a slash or end in `.json5`, else a name in the folders of recipes.
  public init(named word: String, in folders: [String] = folders) throws {
    let isPath = word.utf8.contains(UInt8(ascii: "/")) || fileExtension(word) == "json5"
    if isPath {
      try self.init(path: word)
    } else if let folder = folders.first(where: { kind(of: join($0, word + ".json5")) == .file }) {
      try self.init(path: join(folder, word + ".json5"))
    } else {
      throw UnknownRecipe(word: word, folders: folders, near: suggestion(for: word, among: try Self.names(in: folders)))
    }
  }

  /// The names of all recipes in some folders, sorted.
  public static func names(in folders: [String] = folders) throws -> [String] {
    let files = try folders.filter { kind(of: $0) == .folder }.flatMap { try namesInFolder($0) }
    let names = Set(files.filter { fileExtension($0) == "json5" }.map { String($0.dropLast(6)) })
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// All recipes of some folders, sorted by name.
  public static func list(in folders: [String] = folders) throws -> [RecipeFile] {
    try names(in: folders).map { try RecipeFile(named: $0, in: folders) }
  }

  /// The line that a list of recipes shows: the first of the header.
  public var summary: String { header.first ?? "" }

  /// Changes one value: `optimizer.learning_rate=3e-4`, `views.0.size=96`.
  ///
  /// What stands behind `=` is JSON5, and where it is none, a text: `optimizer.kind=lamb`. Whether the key exists and the
  /// type fits is found when the recipe is read. Where another key would decide in place of this one, as `epochs` does in
  /// place of `steps`, it is set to 0: what was given last counts. Another rule of the optimizer brings its own constants:
  /// those of the file's rule that it has no use for go.
  public mutating func set(_ assignment: String) throws {
    guard let equals = assignment.utf8.firstIndex(of: UInt8(ascii: "=")), equals != assignment.startIndex else {
      throw BadAssignment(assignment: assignment, problem: "should be KEY=VALUE, as in optimizer.learning_rate=3e-4")
    }
    let keys = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !keys.contains("") else { throw BadAssignment(assignment: assignment, problem: "has an empty key") }
    let text = String(assignment[assignment.utf8.index(after: equals)...])
    assignments.append((keys, assignment))
    value = try Self.replace(keys[...], in: value, by: try Self.parse(text, assignment), assignment)
    if let other = Recipe.deciding[keys], value[other] != nil {
      value = try Self.replace(other[...], in: value, by: 0, assignment)
    }
    if keys == ["optimizer", "rule"], var optimizer = value["optimizer"]?.object,
      let rule = optimizer["rule"]?.string.flatMap(OptimizerRecipe.Rule.init(rawValue:))
    {
      for key in try rule.constantsOfOthers where !assignments.contains(where: { $0.keys == ["optimizer", key] }) {
        optimizer[key] = nil
      }
      value = try Self.replace(["optimizer"], in: value, by: .object(optimizer), assignment)
    }
  }

  private static func parse(_ text: String, _ assignment: String) throws -> JSONValue {
    do {
      return try JSONValue(parsing: text, as: .json5, source: "--set \(assignment)")
    } catch {
      // A list or an object with a mistake in it is surely not meant as a text.
      if let first = text.utf8.first, "[{\"'".utf8.contains(first) { throw error }
      return .string(text)
    }
  }

  private static func replace(
    _ keys: ArraySlice<String>, in value: JSONValue, by new: JSONValue, _ assignment: String
  ) throws -> JSONValue {
    guard let key = keys.first else { return new }
    let rest = keys.dropFirst()
    switch value {
    case .object(var object):
      object[key] = try replace(
        rest, in: object[key] ?? (rest.isEmpty ? .null : .object(JSONObject())), by: new, assignment)
      return .object(object)
    case .array(var elements):
      guard let index = Int(key), elements.indices.contains(index) else {
        throw BadAssignment(
          assignment: assignment, problem: "\(key) is not one of the list's 0...\(elements.count - 1)")
      }
      elements[index] = try replace(rest, in: elements[index], by: new, assignment)
      return .array(elements)
    case .null: return .object(JSONObject([(key, try replace(rest, in: .null, by: new, assignment))]))
    default:
      throw BadAssignment(assignment: assignment, problem: "\(key) would stand below \(value.kind)")
    }
  }

  /// Reads the recipe as a typed section.
  public func read<Section: RecipeSection>(as section: Section.Type = Section.self) throws -> Section {
    do {
      return try RecipeCoder.read(section, JSONNode(value, source: path))
    } catch let error as JSONFieldError {
      // What was given last is to blame, not the file: `views.0.size` is views[0].size there.
      let keys = error.path.split { "[].".contains($0) }.map(String.init)
      let blamed = assignments.last { keys.starts(with: $0.keys) || !keys.isEmpty && $0.keys.starts(with: keys) }
      guard let blamed else { throw error }
      throw JSONFieldError(source: "--set \(blamed.text)", path: error.path, problem: error.problem)
    }
  }

  /// The lines of the `//` comments before the first value.
  private static func header(of bytes: [UInt8]) -> [String] {
    var lines = [String]()
    for line in String(decoding: bytes, as: UTF8.self).utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      guard line.starts(with: "//".utf8) else { break }
      let text = line.dropFirst(2).drop { $0 == 0x20 }
      lines.append(String(decoding: text.last == 0x0D ? text.dropLast() : text, as: UTF8.self))
    }
    return lines
  }
}

/// Writes a resolved recipe: every value, and above them where they came from.
public func writeResolvedRecipe(_ section: some RecipeSection, to path: String, header: [String]) throws {
  let comment = header.map { "// \($0)\n" }.joined()
  try writeFile(path, comment + RecipeCoder.write(section).text(.json5) + "\n")
}

/// A recipe that is not there.
public struct UnknownRecipe: UserError, Equatable {
  /// What was asked for.
  public let word: String
  /// Where it was looked for.
  public let folders: [String]
  /// The name that was most likely meant.
  public let near: String?

  /// The line for people.
  public var description: String {
    let hint = near.map { "; did you mean \($0)?" } ?? "; diptych train --list shows those that there are"
    return "\(word): no such recipe in \(folders.joined(separator: " or "))\(hint)"
  }
}

/// A `--set` that cannot be understood.
public struct BadAssignment: UserError, Equatable {
  /// What was given.
  public let assignment: String
  /// What is wrong with it.
  public let problem: String

  /// The line for people.
  public var description: String { "--set \(assignment): \(problem)" }
}
