import Files
import JSON

/// What a model made of some held-out samples at a step: `snapshots/step-N.json` in a run's folder.
///
/// Every part may be missing. Paths of pictures are relative to the run's folder.
///
/// | key | meaning |
/// |---|---|
/// | `step` | the step |
/// | `spectra` | `{tower: [eigenvalues of the embeddings' covariance, falling]}` |
/// | `points` | `[{x, y, tower, caption, picture}]`: the embeddings on their first two principal components |
/// | `similarity` | `{captions: […], pictures: […], values: [[…]]}`: cosines of a batch, a row a picture; the page shows values |
/// | `neighbours` | `[{caption, picture, found: [{caption, picture, score}]}]` |
public struct Snapshot: Sendable {
  /// The step.
  public let step: Int
  /// A tower's eigenvalues, falling.
  public let spectra: [(tower: String, values: [Double])]
  /// The embeddings on their first two principal components.
  public let points: [Item]
  /// Cosines of a batch, row by row.
  public let similarity: [[Double]]
  /// Samples with those that lie nearest to them.
  public let neighbours: [(asked: Item, found: [Item])]

  /// A sample as a page shows it.
  public struct Item: Sendable {
    /// Where it lies on the map.
    public let place: Point
    /// Its similarity to what was asked.
    public let score: Double?
    /// Its tower.
    public let tower: String
    /// Its caption.
    public let caption: String
    /// The path of its picture; empty if it has none.
    public let picture: String
  }

  /// The snapshots in a folder, in the order of their steps.
  static func all(in folder: String) throws -> [Snapshot] {
    guard kind(of: folder) == .folder else { return [] }
    return try namesInFolder(folder).filter { fileExtension($0) == "json" }
      .map { try Snapshot(JSONValue(file: join(folder, $0))) }
      .sorted { $0.step < $1.step }
  }

  /// The snapshot of a step, if the run has one.
  public init?(run folder: String, step: Int) throws {
    let path = join(folder, "snapshots/step-\(step).json")
    guard kind(of: path) == .file else { return nil }
    self.init(try JSONValue(file: path))
  }

  private init(_ value: JSONValue) {
    step = value["step"]?.int ?? 0
    spectra = (value["spectra"]?.object?.members ?? []).map { ($0.key, ($0.value.array ?? []).compactMap(\.double)) }
    points = (value["points"]?.array ?? []).map(Item.init)
    similarity = (value["similarity"]?["values"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    neighbours = (value["neighbours"]?.array ?? []).map { (Item($0), ($0["found"]?.array ?? []).map(Item.init)) }
  }
}

extension Snapshot.Item {
  init(_ value: JSONValue) {
    place = Point(value["x"]?.double ?? .nan, value["y"]?.double ?? .nan)
    score = value["score"]?.double
    tower = value["tower"]?.string ?? ""
    caption = value["caption"]?.string ?? ""
    picture = value["picture"]?.string ?? ""
  }
}
