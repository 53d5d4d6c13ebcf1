import JSON

/// Reads the post-processor of `tokenizer.json`: the special tokens around a text.
struct Template {
  let path: String
  /// Finds the id of a token.
  let id: (String) -> Int32?

  func frame(_ node: JSONNode?) throws -> Tokenizer.Frame {
    guard let node, node.value != .null else { return Tokenizer.Frame() }
    let fields = try JSONFields(node)
    let type: String = try fields.take("type")
    switch type {
    // It only moves the offsets of tokens, which nobody here asks for.
    case "ByteLevel": return Tokenizer.Frame()
    case "RobertaProcessing", "BertProcessing":
      return Tokenizer.Frame(before: [try pairID(fields, "cls")], after: [try pairID(fields, "sep")])
    case "TemplateProcessing": return try template(fields)
    case "Sequence":
      let steps: [JSONValue] = try fields.take("processors")
      var frame = Tokenizer.Frame()
      for (index, step) in steps.enumerated() {
        let inner = try self.frame(JSONNode(step, path: "\(node.path).processors[\(index)]", source: path))
        frame = Tokenizer.Frame(before: inner.before + frame.before, after: frame.after + inner.after)
      }
      return frame
    default: throw node.error("\(type) is unknown; CLIP's, GPT-2's and BERT's are supported")
    }
  }

  /// `["<|endoftext|>", 49407]`
  private func pairID(_ fields: JSONFields, _ key: String) throws -> Int32 {
    let pair: [JSONValue] = try fields.take(key)
    guard pair.count == 2, let id = pair[1].int, 0...Vocabulary.idLimit ~= id else {
      throw fields.node.error("\(key) should be a token and its id")
    }
    return Int32(id)
  }

  private func template(_ fields: JSONFields) throws -> Tokenizer.Frame {
    let pieces: [JSONValue] = try fields.take("single")
    let specials = try fields.takeIfPresent("special_tokens", as: JSONValue.self)
    var frame = Tokenizer.Frame()
    var isBehindText = false
    for piece in pieces {
      if piece["Sequence"] != nil {
        guard !isBehindText else { throw fields.node.error("the text should be there once") }
        isBehindText = true
      } else if let name = piece["SpecialToken"]?["id"]?.string {
        let ids = specials?[name]?["ids"]?.array?.compactMap(\.int) ?? id(name).map { [Int($0)] } ?? []
        guard !ids.isEmpty, ids.allSatisfy({ 0...Vocabulary.idLimit ~= $0 }) else {
          throw fields.node.error("\(name) has no id")
        }
        if isBehindText { frame.after += ids.map { Int32($0) } } else { frame.before += ids.map { Int32($0) } }
      } else {
        throw fields.node.error("single should be made of Sequence and SpecialToken")
      }
    }
    guard isBehindText else { throw fields.node.error("the text should be there once") }
    return frame
  }
}
