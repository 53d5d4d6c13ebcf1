import Files
import HTML
import JSON

/// The page about one or several runs, drawn over each other.
public struct RunPage: Sendable {
  let runs: [RunData]

  /// A page about these runs.
  public init(_ runs: [RunData]) { self.runs = runs }

  /// The page as HTML: one file that needs no other.
  public var html: String {
    let names = runs.map(\.name).joined(separator: ", ")
    let sections = [
      header, alarms, curves, spectra, maps, similarity, neighbours, reconstructions, recipes, environments,
    ]
    return page(title: "\(names) · diptych", body: sections.filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  /// All charts, in the order of the page.
  public var charts: [Chart] { curveNames.map { chart($0) } }

  private var curveNames: [String] {
    let known = ["loss", "parts", "health", "lr", "grad_norm", "samples_per_s", "data_wait"]
    var names = [String]()
    for run in runs { for curve in run.curves where !names.contains(curve.name) { names.append(curve.name) } }
    func rank(_ name: String) -> Int {
      let start = String(name.prefix { $0 != "." })
      return known.firstIndex(of: start) ?? known.count
    }
    // What counts up with the steps shows nothing.
    let hidden = ["time", "epoch", "samples"]
    return names.filter { !hidden.contains($0) }.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }.map(\.element)
  }

  private func chart(_ name: String) -> Chart {
    let series = runs.enumerated().compactMap { number, run -> Series? in
      let points = run.points(name)
      return points.isEmpty ? nil : Series(run.name, points, color: number)
    }
    let start = String(name.prefix { $0 != "." })
    let isLogarithmic = ["loss", "parts", "grad_norm"].contains(start)
    return Chart(
      Self.title(of: name), series, marks: ["loss", "health"].contains(start) ? marks : [], logarithmic: isLogarithmic)
  }

  private var marks: [Mark] {
    runs.flatMap { run in
      run.alarms.filter { !$0.isCleared }.map {
        Mark(Double($0.step), runs.count > 1 ? "\(run.name): \($0.name)" : $0.name)
      }
    }
  }

  private static func title(of name: String) -> String {
    switch name {
    case "lr": "learning rate"
    case "grad_norm": "gradient norm"
    case "samples_per_s": "samples per second"
    case "data_wait": "share of time waiting for data"
    default: String(name.map { $0 == "." || $0 == "_" ? " " : $0 })
    }
  }

  private var header: String {
    let rows = runs.enumerated().map { number, run -> String in
      let time = run.last["time"]?.double.map { readable(.seconds($0)) } ?? ""
      let cells = [
        run.last["step"]?.int.map(String.init) ?? "0", run.last["epoch"]?.double.map { fixed($0, 2) } ?? "",
        run.points("loss").last.map { shortNumber($0.y) } ?? "",
        median(run.points("samples_per_s")).map(shortNumber) ?? "", time, String(run.alarms.count { !$0.isCleared }),
      ]
      let numbers = cells.map { "<td class=\"number\">\($0)</td>" }.joined()
      return "<tr><td class=\"tight\">\(legendKey(number))\(run.name.htmlEscaped)</td>\(numbers)</tr>"
    }
    let heads = ["run", "steps", "epochs", "loss", "samples/s", "time", "alarms"].map { "<th>\($0)</th>" }.joined()
    return """
      <h1>\(runs.map { $0.name.htmlEscaped }.joined(separator: " · "))</h1>
      <div class="wide"><table><tr>\(heads)</tr>\(rows.joined())</table></div>
      """
  }

  private func median(_ points: [Point]) -> Double? {
    let sorted = points.map(\.y).filter(\.isFinite).sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  private var alarms: String {
    let rows = runs.enumerated().flatMap { number, run in
      run.alarms.map { alarm in
        let texts = alarm.texts.map { "<dt>\($0.title.htmlEscaped)</dt><dd>\($0.text.htmlEscaped)</dd>" }.joined()
        return """
          <tr><td class="tight">\(legendKey(number))\(alarm.step)</td><td class="\(alarm.isCleared ? "over" : "what")">\(Self.title(of: alarm.name).htmlEscaped)\(alarm.isCleared ? " is over" : "")</td><td><dl>\(texts)</dl></td></tr>
          """
      }
    }
    if rows.isEmpty { return "<p>No alarms.</p>" }
    let heads = "<tr><th>step</th><th>alarm</th><th></th></tr>"
    return "<h2>Alarms</h2><div class=\"wide\"><table>\(heads)\(rows.joined())</table></div>"
  }

  private var curves: String {
    func grid(_ names: [String]) -> String {
      "<div class=\"charts\">\(names.map { chart($0).svg }.joined(separator: "\n"))</div>"
    }
    let names = curveNames
    let norms = names.filter { $0.utf8.starts(with: "health.norm.".utf8) }
    let shown = names.filter { !norms.contains($0) }
    return (shown.isEmpty ? "" : "<h2>Curves</h2>\n\(grid(shown))")
      + (norms.isEmpty
        ? "" : "<details><summary>Norms of weights, gradients and updates</summary>\(grid(norms))</details>")
  }

  private var recipes: String {
    var result = ""
    let names = Set(runs.flatMap { $0.recipeValues.map(\.name) }).sorted()
    let tables = runs.map { Dictionary($0.recipeValues.map { ($0.name, $0.text) }, uniquingKeysWith: { a, _ in a }) }
    let differing = names.filter { name in Set(tables.map { $0[name] ?? "" }).count > 1 }
    if runs.count > 1, !differing.isEmpty {
      let heads = runs.indices.map { "<th>\(legendKey($0))\(runs[$0].name.htmlEscaped)</th>" }.joined()
      let rows = differing.map { name in
        let cells = tables.map { "<td>\(($0[name] ?? "").htmlEscaped)</td>" }.joined()
        return "<tr><td>\(name.htmlEscaped)</td>\(cells)</tr>"
      }
      result +=
        "<h3>What differs</h3><div class=\"wide\"><table><tr><th></th>\(heads)</tr>\(rows.joined())</table></div>"
    }
    for run in runs where !run.recipe.isEmpty {
      result += "<details><summary>\(run.name.htmlEscaped)</summary><pre>\(run.recipe.htmlEscaped)</pre></details>"
    }
    return result.isEmpty ? "" : "<h2>Recipe</h2>\(result)"
  }

  private var environments: String {
    let tables = runs.enumerated().filter { !$0.element.environment.isEmpty }.map { number, run in
      let rows = run.environment.members.map { member in
        "<tr><td>\(member.key.htmlEscaped)</td><td>\((member.value.string ?? member.value.text()).htmlEscaped)</td></tr>"
      }
      let title = runs.count > 1 ? "<h3>\(legendKey(number))\(run.name.htmlEscaped)</h3>" : ""
      return "\(title)<div class=\"wide\"><table>\(rows.joined())</table></div>"
    }
    return tables.isEmpty ? "" : "<h2>Environment</h2>\(tables.joined())"
  }
}
