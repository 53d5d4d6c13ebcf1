import Files

extension DataSet {
  /// The set with labels that count the classes of another one: what was learnt there is asked here. Classes are the same
  /// where their names are; a set without names counts as it did.
  ///
  /// - `name`: what the set is called in errors.
  public func classified(as other: any DataSet, name: String) throws -> any DataSet {
    let (own, wanted) = (classNames, other.classNames)
    guard own != wanted, !own.isEmpty, !wanted.isEmpty else { return self }
    let numbers = Dictionary(wanted.enumerated().map { ($1, $0) }) { first, _ in first }
    let labels = try own.map { label in
      guard let number = numbers[label] else {
        throw DataError(name, "its class \(label) is not one of those that were learnt: \(inWords(wanted))")
      }
      return number
    }
    return Classified(base: self, classNames: wanted, labels: labels)
  }
}

private func inWords(_ names: [String]) -> String {
  names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
}

/// A set with other numbers for its classes.
private struct Classified: DataSet {
  let base: any DataSet
  let classNames: [String]
  /// By the number that the set itself gives.
  let labels: [Int]

  var count: Int { base.count }
  var runs: [Range<Int>] { base.runs }
  var companions: Int { base.companions }

  func captions(at index: Int) throws -> [String] { try base.captions(at: index) }

  func sample(at index: Int) throws -> Sample {
    var sample = try base.sample(at: index)
    sample.label = sample.label.map { labels.indices.contains($0) ? labels[$0] : $0 }
    return sample
  }
}
