import CollapseMonitoring
import Files
import JSON
import Objectives
import Tensors

/// Writes `snapshots/step-N.json` now and then: what the model makes of the gallery. `Reports` tells what is in it.
struct Snapshots {
  private let gallery: Gallery
  private let folder: String
  private let every: Int
  private let total: Int
  private let precision: Precision

  /// Snapshots spread evenly over a run, the last at its end; `nil` if the recipe wants none.
  init?(_ recipe: Recipe, folder: String, gallery: () throws -> Gallery) throws {
    guard recipe.monitor.isOn, recipe.monitor.snapshots > 0 else { return nil }
    self.folder = folder
    every = max(1, recipe.steps / recipe.monitor.snapshots)
    total = recipe.steps
    precision = recipe.precision
    self.gallery = try gallery()
  }

  /// Removes those of steps that are to be taken anew, perhaps in another way.
  static func drop(after step: Int, folder: String) throws {
    let snapshots = join(folder, "snapshots")
    guard kind(of: snapshots) == .folder else { return }
    for name in try namesInFolder(snapshots) where name.hasPrefix("step-") && name.hasSuffix(".json") {
      if let later = Int(name.dropFirst(5).dropLast(5)), later > step { try remove(join(snapshots, name)) }
    }
  }

  /// Whether one is due after a step.
  func isDue(after step: Int) -> Bool { step == total || step % every == 0 && total - step >= every / 2 }

  /// Takes one. The objective sees the gallery as it would in evaluation.
  func take(_ objective: any Objective, step: Int) throws {
    guard gallery.items.count > 1 else { return }
    let pass = Pass(precision: precision, isTraining: false, generator: Generator(seed: 1))
    let loss = pass.run { objective(gallery.batch) }
    let towers = loss.embeddings.filter { $0.value.shape[0] == gallery.items.count }
      .map { EmbeddingSample($0.name, $0.value, limit: gallery.items.count) }.filter(\.isFinite)
    guard !towers.isEmpty else { return }
    var snapshot = JSONObject()
    snapshot["step"] = JSONValue(step)
    snapshot["spectra"] = .object(
      JSONObject(towers.map { ($0.name, .array(Spectrum($0).covariance.map { JSONValue(Float($0)) })) }))
    snapshot["points"] = .array(points(towers, loss.relation))
    if let similarity = similarity(towers) { snapshot["similarity"] = similarity }
    snapshot["neighbours"] = .array(neighbours(towers, loss.relation))
    try writeFile(join(folder, "snapshots/step-\(step).json"), JSONValue.object(snapshot).text() + "\n")
  }

  /// Both towers of a joint embedding on the same two components, which shows the gap between them; of views one is
  /// enough.
  private func points(_ towers: [EmbeddingSample], _ relation: Relation) -> [JSONValue] {
    let shown = relation == .modalities ? towers.filter { $0.width == towers[0].width } : [towers[0]]
    let rows = Rows(
      count: shown.reduce(0) { $0 + $1.count }, width: shown[0].width, shown.flatMap(\.directions.values))
    let places = PrincipalComponents(of: rows, components: 2).coordinates
    return shown.enumerated().flatMap { number, tower in
      gallery.items.enumerated().map { i, item in
        let place = places[number * gallery.items.count + i]
        return [
          "x": JSONValue(Float(place[0])), "y": JSONValue(Float(place.count > 1 ? place[1] : 0)),
          "tower": .string(tower.name), "caption": .string(item.caption),
          "picture": .string(number == 0 ? item.picture : ""),
        ]
      }
    }
  }

  /// Cosines between the first two towers or views, for the first few samples.
  private func similarity(_ towers: [EmbeddingSample]) -> JSONValue? {
    guard towers.count > 1, towers[0].width == towers[1].width else { return nil }
    let count = min(24, gallery.items.count)
    let values = (0..<count).map { row in
      JSONValue((0..<count).map { column in Float(cosine(towers[0], row, towers[1], column)) })
    }
    let items = gallery.items.prefix(count)
    return [
      "captions": JSONValue(items.map(\.caption)), "pictures": JSONValue(items.map(\.picture)),
      "values": .array(values),
    ]
  }

  /// For some samples the pictures that lie nearest: to the caption in a joint embedding, to the picture elsewhere.
  private func neighbours(_ towers: [EmbeddingSample], _ relation: Relation) -> [JSONValue] {
    let asking = relation == .modalities && towers.count > 1 ? towers[1] : towers[0]
    guard asking.width == towers[0].width else { return [] }
    let count = gallery.items.count
    return (0..<min(8, count)).map { number in
      let asked = number * count / min(8, count)
      let scores = (0..<count).map { cosine(asking, asked, towers[0], $0) }
      let order = (0..<count).filter { relation == .modalities || $0 != asked }.sorted { scores[$0] > scores[$1] }
      let found = order.prefix(5).map { i -> JSONValue in
        [
          "caption": .string(gallery.items[i].caption), "picture": .string(gallery.items[i].picture),
          "score": JSONValue(Float(scores[i])),
        ]
      }
      return [
        "caption": .string(gallery.items[asked].caption),
        "picture": .string(relation == .modalities ? "" : gallery.items[asked].picture), "found": .array(found),
      ]
    }
  }

  private func cosine(_ a: EmbeddingSample, _ i: Int, _ b: EmbeddingSample, _ j: Int) -> Double {
    zip(a.directions[i], b.directions[j]).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
