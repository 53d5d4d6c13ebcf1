/// Classification by the names of the classes (Radford et al., 2021, section 3.1): each name is put into sentences, their
/// embeddings are averaged, and a picture belongs to the class whose average is nearest.
package enum ZeroShot {
  /// The sentence that CLIP uses where nothing is known of the pictures. `{}` stands for the class.
  package static let template = "a photo of a {}."

  /// The sentences of all classes: those of the first class, then those of the second.
  package static func prompts(classNames: [String], templates: [String]) -> [String] {
    classNames.flatMap { name in templates.map { fill($0, with: name) } }
  }

  private static func fill(_ template: String, with name: String) -> String {
    var filled: [UInt8] = []
    var rest = Array(template.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "{"), rest.first == UInt8(ascii: "}") {
        rest = rest.dropFirst()
        filled += Array(name.utf8)
      } else {
        filled.append(byte)
      }
    }
    return String(decoding: filled, as: UTF8.self)
  }

  /// A row for each class: the mean of its sentences' embeddings, each of length one, and again of length one.
  package static func classifier(prompts: Embeddings, templates: Int) -> Embeddings {
    guard templates > 0, prompts.count % templates == 0 else {
      fatalError("ZeroShot: \(prompts.count) sentences of \(templates) templates")
    }
    let normalized = prompts.normalized()
    return Embeddings(count: prompts.count / templates, width: prompts.width) { out in
      for row in 0..<prompts.count {
        let values = normalized.values(of: row)
        for i in 0..<prompts.width { out[row / templates * prompts.width + i] += values[i] / Float(templates) }
      }
    }.normalized()
  }

  /// The five nearest classes of each picture, best first; of equal ones the lower.
  package static func guesses(_ images: Embeddings, classifier: Embeddings) -> [[Int]] {
    classifier.nearest(5, to: images).map { $0.map(\.row) }
  }
}
