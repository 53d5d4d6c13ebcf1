import Files
import JSON

extension Tokenizer {
  /// Writes the tokenizer into a model's folder, as Hugging Face has it: `tokenizer.json`, `tokenizer_config.json`,
  /// `special_tokens_map.json`, and `vocab.json` with `merges.txt` or `vocab.txt`.
  ///
  /// open_clip's cleaning has no name there: such a tokenizer is written, and will open, with Hugging Face's.
  public func write(to folder: String) throws {
    try makeFolder(folder)
    let settings = settings
    switch model {
    case .bytePairs(let model):
      let tokens = JSONValue.object(JSONObject(try vocabularyMembers(folder)))
      try writeFile(join(folder, "vocab.json"), tokens.bytes())
      var merges = "#version: 0.2\n"
      for (left, right) in model.ranks.inOrder { merges += "\(spelling(left)) \(spelling(right))\n" }
      try writeFile(join(folder, "merges.txt"), merges)
    case .wordPieces:
      var lines = [UInt8]()
      for id in 0..<Int32(model.vocabulary.size) {
        lines += model.vocabulary.token(id) ?? []
        lines.append(UInt8(ascii: "\n"))
      }
      try writeFile(join(folder, "vocab.txt"), lines)
    }
    try writeFile(join(folder, "tokenizer.json"), wholeFile(try vocabularyMembers(folder)).bytes())
    try writeFile(join(folder, "tokenizer_config.json"), settings.config.text(.pretty) + "\n")
    try writeFile(join(folder, "special_tokens_map.json"), settings.specials.text(.pretty) + "\n")
  }

  private func vocabularyMembers(_ folder: String) throws -> [(String, JSONValue)] {
    try (0..<Int32(model.vocabulary.size)).compactMap { id in
      guard let token = model.vocabulary.token(id) else { return nil }
      guard let text = String(validating: token, as: UTF8.self) else {
        throw TokenizerFileError(folder, "the token \(id) is not text")
      }
      return (text, JSONValue(Int(id)))
    }
  }

  private func spelling(_ id: Int32) -> String {
    String(decoding: model.vocabulary.token(id) ?? [], as: UTF8.self)
  }

  // MARK: tokenizer_config.json, special_tokens_map.json

  private var settings: (config: JSONValue, specials: JSONValue) {
    let roles: [(String, Int32?)]
    var config: [(String, JSONValue)] = []
    switch (model, splitting) {
    case (.wordPieces(let model), _):
      roles = [
        ("cls_token", frame.before.first), ("mask_token", added.all.first { $0.content == "[MASK]" }?.id),
        ("pad_token", padding), ("sep_token", frame.after.last), ("unk_token", model.unknown),
      ]
      config = [("tokenizer_class", "BertTokenizer")]
      if case .bert(let cleaning) = cleaning {
        config += [
          ("do_lower_case", .bool(cleaning.lowercases)), ("strip_accents", .bool(cleaning.stripsAccents)),
          ("tokenize_chinese_chars", .bool(cleaning.separatesChinese)),
        ]
      }
    case (.bytePairs, .gpt2(let addPrefixSpace)):
      let end = model.vocabulary.id(of: "<|endoftext|>")
      roles = [("bos_token", end), ("eos_token", end), ("unk_token", end)]
      config = [("tokenizer_class", "GPT2Tokenizer"), ("add_prefix_space", .bool(addPrefixSpace))]
    case (.bytePairs, _):
      let end = frame.after.last
      roles = [("bos_token", frame.before.first), ("eos_token", end), ("pad_token", end), ("unk_token", end)]
      config = [("tokenizer_class", "CLIPTokenizer"), ("do_lower_case", true)]
    }
    let specials = roles.compactMap { name, id in id.map { (name, JSONValue.string(spelling($0))) } }
    if let contextLength { config.append(("model_max_length", JSONValue(contextLength))) }
    return (.object(JSONObject(config + specials)), .object(JSONObject(specials)))
  }

  // MARK: tokenizer.json

  private func wholeFile(_ vocabulary: [(String, JSONValue)]) -> JSONValue {
    [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": .array(addedForFile.sorted { $0.id < $1.id }.map(\.json)),
      "normalizer": cleaning.json, "pre_tokenizer": splitting.json, "post_processor": postProcessor,
      "decoder": decoder, "model": modelForFile(vocabulary),
    ]
  }

  /// open_clip finds its special tokens while it cuts words.
  private var addedForFile: [AddedToken] {
    guard case .openCLIP = splitting else { return added.all }
    return (frame.before + frame.after).map { AddedToken(id: $0, content: spelling($0)) }
  }

  private var postProcessor: JSONValue {
    switch (model, frame.before.first, frame.after.last) {
    case (.wordPieces, let before?, let after?):
      func special(_ id: Int32) -> JSONValue { ["SpecialToken": ["id": .string(spelling(id)), "type_id": 0]] }
      func entry(_ id: Int32) -> (String, JSONValue) {
        let name = spelling(id)
        let ids: JSONValue = [JSONValue(Int(id))]
        return (name, ["id": .string(name), "ids": ids, "tokens": [.string(name)]])
      }
      let text: JSONValue = ["Sequence": ["id": "A", "type_id": 0]]
      let second: JSONValue = ["Sequence": ["id": "B", "type_id": 1]]
      return [
        "type": "TemplateProcessing", "single": [special(before), text, special(after)],
        "pair": [special(before), text, special(after), second, special(after)],
        "special_tokens": .object(JSONObject([entry(before), entry(after)])),
      ]
    case (.bytePairs, let before?, let after?):
      return [
        "type": "RobertaProcessing", "sep": [.string(spelling(after)), JSONValue(Int(after))],
        "cls": [.string(spelling(before)), JSONValue(Int(before))], "trim_offsets": false, "add_prefix_space": false,
      ]
    default: return ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true]
    }
  }

  private var decoder: JSONValue {
    switch model {
    case .bytePairs: ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true]
    case .wordPieces(let model):
      ["type": "WordPiece", "prefix": .string(String(decoding: model.continuation, as: UTF8.self)), "cleanup": true]
    }
  }

  private func modelForFile(_ vocabulary: [(String, JSONValue)]) -> JSONValue {
    switch model {
    case .bytePairs(let model):
      let unknown = model.endOfWord.isEmpty ? nil : frame.after.last
      return [
        "type": "BPE", "dropout": nil, "unk_token": unknown.map { .string(spelling($0)) } ?? .null,
        "continuing_subword_prefix": "", "end_of_word_suffix": .string(model.endOfWord), "fuse_unk": false,
        "byte_fallback": false, "ignore_merges": false, "vocab": .object(JSONObject(vocabulary)),
        "merges": .array(
          model.ranks.inOrder.map { [.string(spelling($0.left)), .string(spelling($0.right))] }),
      ]
    case .wordPieces(let model):
      return [
        "type": "WordPiece", "unk_token": .string(spelling(model.unknown)),
        "continuing_subword_prefix": .string(String(decoding: model.continuation, as: UTF8.self)),
        "max_input_chars_per_word": JSONValue(model.longestWord), "vocab": .object(JSONObject(vocabulary)),
      ]
    }
  }
}

extension AddedToken {
  fileprivate var json: JSONValue {
    [
      "id": JSONValue(Int(id)), "content": .string(content), "single_word": false, "lstrip": .bool(stripsLeft),
      "rstrip": .bool(stripsRight), "normalized": .bool(isCleaned), "special": .bool(isSpecial),
    ]
  }
}

extension Cleaning {
  fileprivate var json: JSONValue {
    switch self {
    case .none: nil
    case .clip, .openCLIP: ["type": "Sequence", "normalizers": .array(TokenizerJSON.clipNormalizers)]
    case .bert(let cleaning):
      [
        "type": "BertNormalizer", "clean_text": .bool(cleaning.removesControls),
        "handle_chinese_chars": .bool(cleaning.separatesChinese), "strip_accents": .bool(cleaning.stripsAccents),
        "lowercase": .bool(cleaning.lowercases),
      ]
    }
  }
}

extension WordSplitting {
  fileprivate var json: JSONValue {
    func byteLevel(_ addPrefixSpace: Bool) -> JSONValue {
      ["type": "ByteLevel", "add_prefix_space": .bool(addPrefixSpace), "trim_offsets": true, "use_regex": true]
    }
    func clip(_ pattern: String) -> JSONValue {
      [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Removed", "invert": true],
          byteLevel(false),
        ],
      ]
    }
    switch self {
    case .bert: return ["type": "BertPreTokenizer"]
    case .gpt2(let addPrefixSpace): return byteLevel(addPrefixSpace)
    case .clip: return clip(TokenizerJSON.clipPattern)
    case .clipWithSpecials, .openCLIP: return clip(TokenizerJSON.clipSpecials + TokenizerJSON.clipPattern)
    }
  }
}
