import Arguments
import Files
import ModelFolders
import Reports

/// `diptych report RUN [RUN...] --out FILE.html [--png DIR]`
enum ReportCommand: Command {
  static let name = "report"
  static let summary = "make one page of a run's curves, alarms and pictures; of several runs over each other"
  static let details = "The page is one file that asks nothing of the network. It can be made while a run is going on."

  static let runs = Argument<[String]>(
    "RUN...", "folders of runs", atLeast: 1, example: ["runs/emoji-clip"], hint: .folder)
  static let out = Argument<String?>("--out FILE.html", "where the page goes", example: "report.html", hint: .path)
  static let png = Argument<String?>("--png DIR", "a folder for each curve as a picture", hint: .folder)
  static let arguments: [any AnyArgument] = [runs, out, png]
  static let rules: [ArgumentRule] = [.atLeastOne([out, png])]

  static func run(_ given: Given, _ console: Console) throws {
    if let out = given[out] {
      // A page may lie in a run's folder and be made anew; all else there is the run.
      let files = try given[runs].filter { kind(of: $0) == .folder }.flatMap { try filesBelow($0) }
      try checkOutput(out, besides: files.filter { fileExtension($0) != "html" })
    }
    let data = RunData.named(try given[runs].map { try RunData($0) })
    let page = RunPage(data)
    if let out = given[out] {
      try writeFile(out, page.html)
      console.note("wrote \(out)")
    }
    if let folder = given[png] {
      try makeFolder(folder)
      for chart in page.charts {
        let name = String(chart.title.map { $0 == " " || $0 == "/" ? "-" : $0 }) + ".png"
        try chart.picture().write(join(folder, name))
      }
      var count = page.charts.count
      for run in data {
        let start = run.name.split(separator: "/").joined(separator: "-")
        for (name, picture) in run.snapshots.last?.pictures(run: run.folder) ?? [] {
          try picture.write(join(folder, "\(start)-\(name).png"))
          count += 1
        }
      }
      console.note("wrote \(count) pictures to \(folder)")
    }
  }
}
