import Files
import JSON

/// `tokenizer.json` of Hugging Face's tokenizers, as far as CLIP, GPT-2 and BERT use it. Whatever else such a file may
/// ask for is an error that names it: ids that are nearly right would be worse.
struct TokenizerJSON {
  let path: String
  private let root: JSONFields
  private let modelFields: JSONFields
  private let vocabulary: Vocabulary
  private let ranks: MergeRanks?

  init(_ path: String) throws {
    self.path = path
    let bytes = try readTokenizerFile(path)
    let parts = try skim(bytes, path) { skimmer in try Parts(&skimmer, bytes, path) }
    root = try JSONFields(.object(parts.root), source: path)
    modelFields = try JSONFields(JSONNode(.object(parts.model), path: "model", source: path))
    guard let vocabulary = parts.vocabulary else {
      throw TokenizerFileError(path, "there is no model.vocab; CLIP's, GPT-2's and BERT's tokenizers are supported")
    }
    self.vocabulary = vocabulary
    ranks = parts.ranks
  }

  /// The file, with its two large parts already read.
  private struct Parts {
    var root = JSONObject()
    var model = JSONObject()
    var vocabulary: Vocabulary?
    var ranks: MergeRanks?

    init(_ skimmer: inout JSONSkimmer, _ bytes: [UInt8], _ path: String) throws {
      var vocabularyPlace: Int?
      var mergesPlace: Int?
      func small(_ skimmer: inout JSONSkimmer) throws -> JSONValue {
        let range = try skimmer.skipValue()
        do { return try JSONValue(parsing: Array(bytes[range]), source: path) } catch is JSONError {
          // Its place was counted from the start of the part.
          throw JSONSkimmer.Unreadable()
        }
      }
      try skimmer.object { skimmer, key in
        guard key == "model", skimmer.peek() == UInt8(ascii: "{") else {
          root[key] = try small(&skimmer)
          return
        }
        try skimmer.object { skimmer, key in
          switch key {
          case "vocab" where skimmer.peek() == UInt8(ascii: "{"): vocabularyPlace = try skimmer.skipValue().lowerBound
          case "merges" where skimmer.peek() == UInt8(ascii: "["): mergesPlace = try skimmer.skipValue().lowerBound
          default: model[key] = try small(&skimmer)
          }
        }
      }
      guard skimmer.isAtEnd() else { throw JSONSkimmer.Unreadable() }
      if let place = vocabularyPlace {
        skimmer.position = place
        vocabulary = try Vocabulary(skimming: &skimmer, path)
      }
      if let vocabulary, let place = mergesPlace {
        skimmer.position = place
        ranks = try MergeRanks(skimming: &skimmer, vocabulary, path)
      }
    }
  }

  // MARK: The tokenizer

  /// - Parameters:
  ///   - padding: the padding token where the file has none.
  ///   - contextLength: the longest text where the file has none.
  func tokenizer(padding: (Vocabulary, Tokenizer.Frame) -> Int32, contextLength: Int?) throws -> Tokenizer {
    root.ignore("version", "decoder")
    let added = try addedTokens()
    let cleaning = try cleaning()
    let splitting = try splitting()
    let frame = try Template(path: path, id: { id(of: $0, added) }).frame(root.nodeIfPresent("post_processor"))
    let model = try model(splitting, added)
    return Tokenizer(
      model: model, cleaning: cleaning, splitting: splitting, frame: frame, added: added,
      padding: try paddingToken() ?? padding(vocabulary, frame),
      contextLength: try truncationLength() ?? contextLength)
  }

  /// The vocabulary and merges alone, for a folder that says otherwise what surrounds them.
  func bytePairs() throws -> BytePairEncoding {
    guard case .bytePairs(let model) = try model(.openCLIP, addedTokens()) else {
      throw TokenizerFileError(path, "open_clip's tokenizer is a byte-pair encoding, and this file has word pieces")
    }
    return model
  }

  private func id(of token: String, _ added: [AddedToken]) -> Int32? {
    added.first { $0.content == token }?.id ?? vocabulary.id(of: token)
  }

  private func addedTokens() throws -> [AddedToken] {
    guard let node = root.nodeIfPresent("added_tokens"), node.value != .null else { return [] }
    return try [JSONValue](node).enumerated().map { index, value in
      let fields = try JSONFields(JSONNode(value, path: "added_tokens[\(index)]", source: path))
      let id: Int = try fields.take("id", in: 0...Vocabulary.idLimit)
      return try AddedToken(fields, id: Int32(id))
    }
  }

  private func cleaning() throws -> Cleaning {
    guard let node = root.nodeIfPresent("normalizer"), node.value != .null else { return .none }
    let fields = try JSONFields(node)
    let type: String = try fields.take("type")
    switch type {
    case "BertNormalizer":
      let lowercases: Bool = try fields.take("lowercase", default: true)
      return .bert(
        BERTCleaning(
          removesControls: try fields.take("clean_text", default: true),
          separatesChinese: try fields.take("handle_chinese_chars", default: true),
          stripsAccents: try fields.takeIfPresent("strip_accents") ?? lowercases,
          lowercases: lowercases))
    case "Sequence":
      let steps: [JSONValue] = try fields.take("normalizers")
      if steps == Self.clipNormalizers { return .clip }
    default: break
    }
    throw node.error("unknown; supported are null, BERT's, and CLIP's sequence of NFC, white space and lower case")
  }

  static let clipNormalizers: [JSONValue] = [
    ["type": "NFC"], ["type": "Replace", "pattern": ["Regex": "\\s+"], "content": " "], ["type": "Lowercase"],
  ]

  private func splitting() throws -> WordSplitting {
    guard let node = root.nodeIfPresent("pre_tokenizer") else {
      throw TokenizerFileError(path, "there is no pre_tokenizer; CLIP's, GPT-2's and BERT's are supported")
    }
    let fields = try JSONFields(node)
    let type: String = try fields.take("type")
    switch type {
    case "BertPreTokenizer": return .bert
    case "ByteLevel":
      if let addPrefixSpace = try byteLevel(node) { return .gpt2(addPrefixSpace: addPrefixSpace) }
    case "Sequence":
      let steps: [JSONValue] = try fields.take("pretokenizers")
      if steps.count == 2, let isPlain = clipPattern(steps[0]),
        try byteLevel(JSONNode(steps[1], path: "pre_tokenizer.pretokenizers[1]", source: path)) == false
      {
        return isPlain ? .clip : .clipWithSpecials
      }
    default: break
    }
    throw node.error("unknown; CLIP's, GPT-2's and BERT's are supported")
  }

  /// Whether GPT-2's words get a space before the first one; nil if this is not how GPT-2 splits.
  private func byteLevel(_ node: JSONNode) throws -> Bool? {
    let fields = try JSONFields(node)
    guard try fields.take("type", as: String.self) == "ByteLevel" else { return nil }
    guard try fields.take("use_regex", default: true) else { return nil }
    return try fields.take("add_prefix_space", default: true)
  }

  static let clipPattern = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
  static let clipSpecials = #"<\|startoftext\|>|<\|endoftext\|>|"#

  /// Whether a step is CLIP's pattern without its special tokens (true) or with them (false).
  private func clipPattern(_ step: JSONValue) -> Bool? {
    guard step["type"] == "Split", step["behavior"] == "Removed", step["invert"] == true else { return nil }
    switch step["pattern"]?["Regex"]?.string {
    case Self.clipPattern: return true
    case Self.clipSpecials + Self.clipPattern: return false
    default: return nil
    }
  }

  private func model(_ splitting: WordSplitting, _ added: [AddedToken]) throws -> Tokenizer.Model {
    let kind = try modelFields.takeIfPresent("type", as: String.self) ?? (ranks == nil ? "WordPiece" : "BPE")
    let unknown = try modelFields.takeIfPresent("unk_token", as: String.self).map { token in
      guard let id = id(of: token, added) else {
        throw TokenizerFileError(path, "model.unk_token: \(token) is not in the vocabulary")
      }
      return id
    }
    switch (kind, splitting) {
    case ("BPE", .clip), ("BPE", .clipWithSpecials), ("BPE", .openCLIP), ("BPE", .gpt2):
      guard let ranks else { throw TokenizerFileError(path, "there is no list model.merges") }
      for key in ["byte_fallback", "ignore_merges", "fuse_unk"] {
        guard try modelFields.take(key, default: false) == false else {
          throw TokenizerFileError(path, "model.\(key) is not supported; CLIP's and GPT-2's tokenizers do without")
        }
      }
      guard try modelFields.takeIfPresent("dropout", as: Double.self) ?? 0 == 0,
        try modelFields.takeIfPresent("continuing_subword_prefix", as: String.self) ?? "" == ""
      else {
        throw TokenizerFileError(path, "model.dropout and model.continuing_subword_prefix are not supported")
      }
      return .bytePairs(
        BytePairEncoding(
          vocabulary: vocabulary, ranks: ranks,
          endOfWord: try modelFields.takeIfPresent("end_of_word_suffix") ?? "", unknown: unknown))
    case ("WordPiece", .bert):
      guard let unknown else { throw TokenizerFileError(path, "there is no model.unk_token") }
      return .wordPieces(
        WordPiece(
          vocabulary: vocabulary, continuation: try modelFields.take("continuing_subword_prefix", default: "##"),
          unknown: unknown, longestWord: try modelFields.take("max_input_chars_per_word", in: 0...1 << 20, default: 100)
        ))
    default:
      throw TokenizerFileError(path, "a \(kind) model with this pre_tokenizer is not one of CLIP, GPT-2 and BERT")
    }
  }

  private func paddingToken() throws -> Int32? {
    guard let node = root.nodeIfPresent("padding"), node.value != .null else { return nil }
    let fields = try JSONFields(node)
    try requireRight(fields)
    let id: Int = try fields.take("pad_id", in: 0...Vocabulary.idLimit, default: 0)
    return Int32(id)
  }

  private func truncationLength() throws -> Int? {
    guard let node = root.nodeIfPresent("truncation"), node.value != .null else { return nil }
    let fields = try JSONFields(node)
    try requireRight(fields)
    return try fields.take("max_length", in: 1...1 << 30)
  }

  private func requireRight(_ fields: JSONFields) throws {
    guard try fields.take("direction", default: "Right") == "Right" else {
      throw fields.node.error("only the direction Right is supported")
    }
  }
}

extension AddedToken {
  /// Reads an element of `added_tokens`, or a special token of `tokenizer_config.json`.
  init(_ fields: JSONFields, id: Int32) throws {
    self.init(
      id: id, content: try fields.take("content"),
      isSpecial: try fields.take("special", default: true),
      isCleaned: try fields.take("normalized", default: false),
      stripsLeft: try fields.take("lstrip", default: false),
      stripsRight: try fields.take("rstrip", default: false))
    guard try fields.take("single_word", default: false) == false else {
      throw fields.node.error("single_word is not supported; CLIP's, GPT-2's and BERT's tokenizers do without")
    }
  }
}
