import Files
import JSON

/// What a run's folder tells about the run: its metrics, alarms, snapshots and recipe.
public struct RunData: Sendable {
  /// The run's folder.
  public let folder: String
  /// A short name for legends: the folder's.
  public private(set) var name: String
  /// Every number of `metrics.jsonl` by the keys that lead to it (`parts.image_to_text`), in the order of appearance.
  public private(set) var curves: [(name: String, points: [Point])] = []
  /// The last line of the metrics.
  public private(set) var last: JSONValue = .null
  /// The lines of `alarms.jsonl`.
  public let alarms: [Alarm]
  /// The snapshots of what the model makes of some samples, in the order of their steps.
  public let snapshots: [Snapshot]
  /// The resolved recipe: its text, and every value by the keys that lead to it.
  public let recipe: String
  /// The values of the recipe.
  public let recipeValues: [(name: String, text: String)]
  /// What machine and program made the run, as `environment.json` says.
  public let environment: JSONObject

  /// Something that the monitor saw.
  public struct Alarm: Sendable {
    /// The step at which it spoke.
    public let step: Int
    /// Its name.
    public let name: String
    /// What was seen, what it usually means, and what to change.
    public let texts: [(title: String, text: String)]
    /// Whether this is the end of it.
    public let isCleared: Bool
  }

  /// Reads a run. A line that is torn at the end of a file is one that is just being written.
  public init(_ folder: String) throws {
    self.folder = folder
    name = fileName(folder)
    guard kind(of: folder) == .folder else { throw NotARun(folder: folder, missing: "it is not a folder") }
    let metrics = join(folder, "metrics.jsonl")
    guard kind(of: metrics) == .file else { throw NotARun(folder: folder, missing: "it has no metrics.jsonl") }

    var places = [String: Int]()
    for line in try Self.lines(of: metrics) {
      guard let step = line["step"]?.double else { continue }
      for (name, value) in Self.numbers(in: line, below: "") where name != "step" {
        let place = places[name] ?? curves.count
        if place == curves.count {
          places[name] = place
          curves.append((name, []))
        }
        curves[place].points.append(Point(step, value))
      }
      last = line
    }

    alarms = try Self.lines(of: join(folder, "alarms.jsonl")).map(Alarm.init)
    snapshots = try Snapshot.all(in: join(folder, "snapshots"))
    let recipePath = join(folder, "recipe.json5")
    recipe = kind(of: recipePath) == .file ? try readText(recipePath, limit: 1 << 24) : ""
    let values = recipe.isEmpty ? .null : try JSONValue(parsing: recipe, as: .json5, source: recipePath)
    recipeValues = Self.leaves(of: values, below: "")
    let environmentPath = join(folder, "environment.json")
    environment =
      kind(of: environmentPath) == .file ? try JSONValue(file: environmentPath).object ?? JSONObject() : JSONObject()
  }

  /// The curve of a key.
  public func points(_ name: String) -> [Point] { curves.first { $0.name == name }?.points ?? [] }

  private static func lines(of path: String) throws -> [JSONValue] {
    guard kind(of: path) == .file else { return [] }
    let lines = try readFile(path).split(separator: 0x0A)
    return try lines.enumerated().compactMap { number, line in
      do {
        return try JSONValue(parsing: Array(line), source: "\(path) line \(number + 1)")
      } catch {
        if number == lines.count - 1 { return nil }
        throw error
      }
    }
  }

  private static func numbers(in value: JSONValue, below path: String) -> [(String, Double)] {
    guard let object = value.object else { return [] }
    return object.members.flatMap { member -> [(String, Double)] in
      let name = path.isEmpty ? member.key : "\(path).\(member.key)"
      if let number = member.value.double { return [(name, number)] }
      return member.value == .null ? [(name, .nan)] : numbers(in: member.value, below: name)
    }
  }

  private static func leaves(of value: JSONValue, below path: String) -> [(String, String)] {
    guard let object = value.object else { return path.isEmpty ? [] : [(path, value.text(.json5))] }
    return object.members.flatMap { leaves(of: $0.value, below: path.isEmpty ? $0.key : "\(path).\($0.key)") }
  }
}

extension RunData.Alarm {
  init(_ line: JSONValue) {
    step = line["step"]?.int ?? 0
    name = line["alarm"]?.string ?? line["kind"]?.string ?? "alarm"
    isCleared = line["state"]?.string == "cleared"
    texts = (line.object?.members ?? []).compactMap { member in
      guard !["alarm", "kind", "step", "state"].contains(member.key) else { return nil }
      return (member.key, member.value.string ?? member.value.text())
    }
  }
}

/// A folder that was taken for a run's.
public struct NotARun: UserError, Equatable {
  /// The folder.
  public let folder: String
  /// What a run would have.
  public let missing: String

  /// The line for people.
  public var description: String { "\(folder): not a run: \(missing)" }
}

extension RunData {
  /// Runs whose names tell them apart: where folders have the same name, with as many of those above it as it takes, and
  /// where they are the same, with a number.
  public static func named(_ runs: [RunData]) -> [RunData] {
    let parts = runs.map { absolutePath($0.folder).split(separator: "/") }
    return runs.indices.map { index in
      let own = parts[index]
      let others = parts.indices.filter { $0 != index && parts[$0] != own }.map { parts[$0] }
      let depth = (1...max(1, own.count)).first { depth in
        !others.contains { $0.suffix(depth) == own.suffix(depth) }
      }
      var run = runs[index]
      if let depth, depth > 1 { run.name = own.suffix(depth).joined(separator: "/") }
      let before = parts[..<index].count { $0 == own }
      if before > 0 { run.name += " (\(before + 1))" }
      return run
    }
  }
}
