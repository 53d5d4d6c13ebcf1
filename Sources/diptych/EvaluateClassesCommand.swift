import Arguments
import Datasets
import JSON
import ModelFolders
import Retrieval
import Tensors

/// `diptych evaluate classes`
enum EvaluateClassesCommand: Command {
  static let name = "classes"
  static let summary = "how well a classifier knows the classes that it was trained for"
  static let arguments = Evaluation.arguments

  static func run(_ given: Given, _ console: Console) throws {
    let model = try ClassifierModel(given[EmbeddingArguments.model])
    let set = try Evaluation.open(given)
    let decoding = EmbeddingArguments.decoding(given)
    let precision: Precision = given[EmbeddingArguments.precision] == .bf16 ? .bf16 : .fp32
    let shape = model.network.encoder.shape
    var (guesses, labels, bad) = ([[Int]](), [Int](), [BadSample]())
    for start in stride(from: 0, to: set.count, by: given[EmbeddingArguments.batch]) {
      var patches = [Float]()
      var count = 0
      for index in start..<min(set.count, start + given[EmbeddingArguments.batch]) {
        do {
          let sample = try set.sample(at: index)
          guard let label = sample.label else { continue }
          guard label < model.classNames.count else {
            throw BadSample(sample.id, "its class \(label) is none of the model's \(model.classNames.count)")
          }
          patches += model.patches(of: try sample.image(options: decoding))
          labels.append(label)
          count += 1
        } catch let problem as BadSample { bad.append(problem) }
      }
      guard count > 0 else { continue }
      let logits = model.logits(
        patches: Tensor(patches, [count, shape.patchCount, shape.patchSize * shape.patchSize * 3]),
        precision: precision
      ).values
      let classes = model.classNames.count
      for row in 0..<count {
        let own = logits[row * classes..<(row + 1) * classes]
        guesses.append(
          own.indices.sorted { (own[$0], $1) > (own[$1], $0) }.prefix(5).map { $0 - row * classes })
      }
    }
    Evaluation.note(bad, console)
    guard !labels.isEmpty else {
      throw DataError(given[Evaluation.data], "has no pictures with classes that could be used")
    }
    try Evaluation.print(Accuracy(guesses: guesses, labels: labels).json, given, console)
  }
}
