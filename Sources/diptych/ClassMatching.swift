import Datasets

/// Which of a model's classes the classes of a data set are.
struct ClassMatching {
  /// For each of the set's classes the model's number of it; nil where the set's have no names, and the numbers are the
  /// same.
  private let numbers: [Int]?
  private let classes: Int
  /// What a person should know of it.
  let note: String?

  /// By their names, where the model knows all of them; else in order, where there are as many.
  ///
  /// - `data`: the set, for messages.
  init(of names: [String], to model: [String], data: String) throws {
    classes = model.count
    if names.isEmpty {
      (numbers, note) = (nil, "\(data): its classes have no names; their numbers are taken for the model's")
      return
    }
    let known = Dictionary(model.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    let found = names.map { known[$0] }
    let lacking = zip(names, found).filter { $1 == nil }.map(\.0)
    if names == model {
      (numbers, note) = (Array(names.indices), nil)
    } else if lacking.isEmpty, Set(model).count == model.count {
      (numbers, note) = (found.compactMap { $0 }, nil)
    } else if names.count == model.count {
      let example = (lacking.first ?? names[0], model[names.firstIndex(of: lacking.first ?? names[0]) ?? 0])
      note =
        "\(data): its classes are not called as the model's are; they are taken in order, \(example.0) for \(example.1)"
      numbers = Array(names.indices)
    } else {
      let shown = lacking.prefix(3).joined(separator: ", ") + (lacking.count > 3 ? ", …" : "")
      throw DataError(
        data,
        "the model knows \(model.count) classes, and not \(lacking.count) of this set's \(names.count): \(shown); "
          + "name its folders as in the model's id2label")
    }
  }

  /// The model's number of a sample's class.
  func number(of label: Int, _ sample: String) throws -> Int {
    let number = numbers.map { $0.indices.contains(label) ? $0[label] : classes } ?? label
    guard (0..<classes).contains(number) else {
      throw DataError(sample, "its class \(label) is none of the model's \(classes)")
    }
    return number
  }
}
