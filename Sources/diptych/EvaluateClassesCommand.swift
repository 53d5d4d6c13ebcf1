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
  static let details = """
    Classes are told by their names where the model knows all of the data set's, and by their order where there are as many
    of other names.
    """
  static let arguments = Evaluation.arguments(model: "runs/fine", data: "cifar10")

  static func run(_ given: Given, _ console: Console) throws {
    let opened = try Evaluation.open(given, console)
    guard Evaluation.mayHaveClasses(opened.set) else {
      throw DataError(given[Evaluation.data], "its pictures have no classes")
    }
    let folder = given[EmbeddingArguments.model]
    try ModelKind.classifier.expect(folder)
    let model = try ClassifierModel(folder)
    let set = opened.set
    let matching = try ClassMatching(of: set.classNames, to: model.classNames, data: given[Evaluation.data])
    if let note = matching.note { console.note(note) }
    let decoding = EmbeddingArguments.decoding(given)
    let precision: Precision = given[EmbeddingArguments.precision] == .bf16 ? .bf16 : .fp32
    let shape = model.network.encoder.shape
    var (guesses, labels, bad) = ([[Int]](), [Int](), [BadSample]())
    for start in stride(from: 0, to: set.count, by: given[EmbeddingArguments.batch]) {
      var patches = [Float]()
      var count = 0
      for index in start..<min(set.count, start + given[EmbeddingArguments.batch]) {
        guard let (sample, label) = labelled(set, index, &bad) else { continue }
        let number = try matching.number(of: label, sample.id)
        do {
          patches += model.patches(of: try sample.image(options: decoding))
          labels.append(number)
          count += 1
        } catch { bad.append(BadSample(sample.id, because: error)) }
      }
      guard count > 0 else { continue }
      let logits = model.logits(
        patches: Tensor(patches, [count, shape.patchCount, shape.patchSize * shape.patchSize * 3]),
        precision: precision
      ).values
      // NaN has no place in an order, and any order of it would look like an answer.
      guard logits.allSatisfy(\.isFinite) else { throw ModelError.notFinite(folder) }
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

  /// A sample that has a class; nil for one without, or a bad one, which is noted.
  private static func labelled(
    _ set: any DataSet, _ index: Int, _ bad: inout [BadSample]
  ) -> (sample: Sample, label: Int)? {
    do {
      let sample = try set.sample(at: index)
      return sample.label.map { (sample, $0) }
    } catch {
      bad.append(BadSample("sample \(index)", because: error))
      return nil
    }
  }
}
