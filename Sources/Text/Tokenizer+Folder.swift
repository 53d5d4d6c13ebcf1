import Files
import JSON

extension Tokenizer {
  /// Whose rules a model's folder follows.
  public enum Convention: Sendable, Equatable {
    /// Hugging Face: `tokenizer.json`, `vocab.json` + `merges.txt`, or `vocab.txt`.
    case huggingFace
    /// open_clip: its own cleaning before CLIP's byte-pair encoding, and zeros as padding.
    case openCLIP
    /// open_clip around one of Hugging Face's tokenizers (`hf_tokenizer_name`): its own cleaning comes first.
    case openCLIPAroundHuggingFace

    /// The convention of a folder. Where both configurations are there, as in many folders of the hub, the weights decide.
    /// open_clip's model may use one of Hugging Face's tokenizers; an empty name of one is none.
    public static func of(folder: String) throws -> Convention {
      func has(_ name: String) -> Bool { kind(of: join(folder, name)) == .file }
      guard has("open_clip_config.json") else { return .huggingFace }
      if has("config.json"), has("model.safetensors") || has("model.safetensors.index.json") { return .huggingFace }
      let text = try JSONValue(file: join(folder, "open_clip_config.json"))["model_cfg"]?["text_cfg"]
      return (text?["hf_tokenizer_name"]?.string ?? "").isEmpty ? .openCLIP : .openCLIPAroundHuggingFace
    }
  }

  /// Opens the tokenizer of a model's folder.
  ///
  /// - Parameters:
  ///   - folder: the model.
  ///   - convention: whose rules it follows; by default what its files say.
  ///   - files: where the vocabulary lies if it is not in the folder.
  public init(folder: String, convention: Convention? = nil, files: String? = nil) throws {
    guard kind(of: folder) == .folder else {
      throw TokenizerFileError(
        folder, kind(of: folder) == .file ? "is a file, not a folder" : "there is no such folder")
    }
    switch try convention ?? .of(folder: folder) {
    case .openCLIP: self = try Self.openCLIP(folder, files: files ?? folder)
    case .huggingFace: self = try Self.huggingFace(files ?? folder)
    case .openCLIPAroundHuggingFace:
      self = try Self.huggingFace(files ?? folder)
      precleaning = try Self.openCLIPCleaning(folder)
    }
  }

  // MARK: Hugging Face

  private static func huggingFace(_ folder: String) throws -> Tokenizer {
    let settings = try TokenizerSettings(folder: folder)
    let whole = join(folder, "tokenizer.json")
    if kind(of: whole) == .file {
      return try TokenizerJSON(whole).tokenizer(
        padding: { vocabulary, frame in
          let token = settings.roles[.padding] ?? settings.roles[.end]
          return token.flatMap { vocabulary.id(of: $0.content) } ?? frame.after.last ?? 0
        },
        contextLength: settings.contextLength)
    }
    let (pieces, tokens, merges) = (join(folder, "vocab.txt"), join(folder, "vocab.json"), join(folder, "merges.txt"))
    if kind(of: tokens) == .file, kind(of: merges) == .file {
      let vocabulary = try Vocabulary(json: tokens)
      let ranks = try MergeRanks(text: merges, vocabulary)
      let isCLIP = vocabulary.id(of: SpecialNames.clipStart) != nil
      switch settings.family ?? (isCLIP ? .clip : .gpt2) {
      case .clip: return try clip(vocabulary, ranks, settings, tokens)
      case .gpt2: return try gpt2(vocabulary, ranks, settings, tokens)
      case .bert: throw TokenizerFileError(folder, "a BERT tokenizer needs vocab.txt or tokenizer.json")
      }
    }
    guard kind(of: pieces) == .file else {
      throw TokenizerFileError(
        folder, "there is no tokenizer: no tokenizer.json, no vocab.json with merges.txt, and no vocab.txt")
    }
    return try bert(Vocabulary(text: pieces), settings, pieces)
  }

  private static func clip(
    _ vocabulary: Vocabulary, _ ranks: MergeRanks, _ settings: TokenizerSettings, _ path: String
  ) throws -> Tokenizer {
    var specials = Specials(vocabulary, settings, path)
    let start = try specials.id(.start, default: SpecialNames.clipStart)
    let end = try specials.id(.end, default: SpecialNames.clipEnd)
    let unknown = try specials.id(.unknown, default: SpecialNames.clipEnd)
    let padding = try specials.id(.padding, default: SpecialNames.clipEnd)
    return Tokenizer(
      model: .bytePairs(
        BytePairEncoding(vocabulary: vocabulary, ranks: ranks, endOfWord: "</w>", unknown: unknown)),
      cleaning: .clip, splitting: .clipWithSpecials, frame: Frame(before: [start], after: [end]),
      added: specials.tokens, padding: padding, contextLength: settings.contextLength)
  }

  private static func gpt2(
    _ vocabulary: Vocabulary, _ ranks: MergeRanks, _ settings: TokenizerSettings, _ path: String
  ) throws -> Tokenizer {
    var specials = Specials(vocabulary, settings, path)
    let end = try specials.id(.end, default: "<|endoftext|>")
    // GPT-2 was trained without padding; people pad with the end of the text.
    let padding = try settings.roles[.padding] == nil ? end : specials.id(.padding, default: "<|endoftext|>")
    for role in [.start, .unknown] as [TokenizerSettings.Role] {
      _ = try specials.id(role, default: "<|endoftext|>")
    }
    return Tokenizer(
      model: .bytePairs(BytePairEncoding(vocabulary: vocabulary, ranks: ranks, endOfWord: "", unknown: nil)),
      cleaning: .none, splitting: .gpt2(addPrefixSpace: settings.addPrefixSpace), frame: Frame(),
      added: specials.tokens, padding: padding, contextLength: settings.contextLength)
  }

  private static func bert(
    _ vocabulary: Vocabulary, _ settings: TokenizerSettings, _ path: String
  ) throws -> Tokenizer {
    var specials = Specials(vocabulary, settings, path)
    let before = try specials.id(.beforeText, default: "[CLS]")
    let after = try specials.id(.afterText, default: "[SEP]")
    let padding = try specials.id(.padding, default: "[PAD]")
    let unknown = try specials.id(.unknown, default: "[UNK]")
    specials.addIfKnown(.mask, default: "[MASK]")
    return Tokenizer(
      model: .wordPieces(
        WordPiece(vocabulary: vocabulary, continuation: "##", unknown: unknown, longestWord: 100)),
      cleaning: .bert(settings.cleaning), splitting: .bert, frame: Frame(before: [before], after: [after]),
      added: specials.tokens, padding: padding, contextLength: settings.contextLength)
  }

  /// Collects the special tokens of a tokenizer without `tokenizer.json`.
  private struct Specials {
    let vocabulary: Vocabulary
    let settings: TokenizerSettings
    let path: String
    private(set) var tokens: [AddedToken]

    init(_ vocabulary: Vocabulary, _ settings: TokenizerSettings, _ path: String) {
      self.vocabulary = vocabulary
      self.settings = settings
      self.path = path
      tokens = settings.added
    }

    mutating func id(_ role: TokenizerSettings.Role, default content: String) throws -> Int32 {
      let token = settings.token(role, default: content)
      if let known = tokens.first(where: { $0.content == token.content }) { return known.id }
      guard let id = add(token) else {
        throw TokenizerFileError(path, "the special token \(token.content) is not in the vocabulary")
      }
      return id
    }

    mutating func addIfKnown(_ role: TokenizerSettings.Role, default content: String) {
      let token = settings.token(role, default: content)
      if !tokens.contains(where: { $0.content == token.content }) { _ = add(token) }
    }

    private mutating func add(_ token: AddedToken) -> Int32? {
      guard let id = vocabulary.id(of: token.content) else { return nil }
      var token = token
      token.id = id
      tokens.append(token)
      return id
    }
  }

  // MARK: open_clip

  private static func openCLIP(_ folder: String, files: String) throws -> Tokenizer {
    let contextLength = try openCLIPContextLength(folder)
    let model = try openCLIPModel(files)
    let vocabulary = model.vocabulary
    guard let start = vocabulary.id(of: SpecialNames.clipStart) ?? vocabulary.id(of: "<start_of_text>"),
      let end = vocabulary.id(of: SpecialNames.clipEnd) ?? vocabulary.id(of: "<end_of_text>")
    else { throw TokenizerFileError(files, "the vocabulary lacks CLIP's special tokens") }
    return Tokenizer(
      model: .bytePairs(model), cleaning: .openCLIP, splitting: .openCLIP,
      frame: Frame(before: [start], after: [end]), added: [], padding: 0, contextLength: contextLength)
  }

  private static let openAIMerges = "bpe_simple_vocab_16e6.txt.gz"

  private static func openCLIPModel(_ folder: String) throws -> BytePairEncoding {
    let (tokens, merges) = (join(folder, "vocab.json"), join(folder, "merges.txt"))
    if kind(of: tokens) == .file, kind(of: merges) == .file {
      let vocabulary = try Vocabulary(json: tokens)
      return try BytePairEncoding(
        vocabulary: vocabulary, ranks: MergeRanks(text: merges, vocabulary), endOfWord: "</w>", unknown: nil)
    }
    let packed = join(folder, openAIMerges)
    if kind(of: packed) == .file { return try BytePairEncoding(openAIMerges: packed) }
    let whole = join(folder, "tokenizer.json")
    if kind(of: whole) == .file { return try TokenizerJSON(whole).bytePairs() }
    throw TokenizerFileError(
      folder,
      "there is no tokenizer; put \(openAIMerges) (from open_clip) or vocab.json and merges.txt there, or name their "
        + "folder with --tokenizer DIR")
  }

  /// What `open_clip_config.json` says about texts; a model with another tokenizer than CLIP's is an error.
  private static func openCLIPContextLength(_ folder: String) throws -> Int? {
    let path = join(folder, "open_clip_config.json")
    guard kind(of: path) == .file else { return 77 }
    let config = try JSONFields(JSONValue(file: path), source: path)
    guard let text = try config.fields("model_cfg").fieldsIfPresent("text_cfg") else { return 77 }
    if let other = try text.takeIfPresent("hf_tokenizer_name", as: String.self), !other.isEmpty {
      throw TokenizerFileError(
        path, "the model uses the tokenizer \(other); only CLIP's own is supported for open_clip's models")
    }
    guard try openCLIPCleaning(text, usual: .lower) == .lower else {
      throw TokenizerFileError(
        path, "text_cfg.tokenizer_kwargs.clean: with CLIP's own tokenizer only lower is supported")
    }
    return try text.take("context_length", in: 1...1 << 20, default: 77)
  }

  /// How open_clip cleans texts for one of Hugging Face's tokenizers.
  private static func openCLIPCleaning(_ folder: String) throws -> OpenCLIPCleaning {
    let path = join(folder, "open_clip_config.json")
    let config = try JSONFields(JSONValue(file: path), source: path)
    guard let text = try config.fields("model_cfg").fieldsIfPresent("text_cfg") else { return .whitespace }
    if let mode = try text.takeIfPresent("tokenizer_mode", as: String.self), !mode.isEmpty {
      throw TokenizerFileError(path, "text_cfg.tokenizer_mode \(mode) is not supported; remove it or use another model")
    }
    return try openCLIPCleaning(text, usual: .whitespace)
  }

  /// `tokenizer_kwargs`, of which only `clean` is known here.
  private static func openCLIPCleaning(_ text: JSONFields, usual: OpenCLIPCleaning) throws -> OpenCLIPCleaning {
    guard let node = text.nodeIfPresent("tokenizer_kwargs"), node.value != .null else { return usual }
    let settings = try JSONFields(node)
    let name = try settings.takeIfPresent("clean", as: String.self) ?? usual.rawValue
    if let other = settings.unknownKeys.first {
      throw settings.node.error("\(other) is not supported; clean is")
    }
    guard let cleaning = OpenCLIPCleaning(rawValue: name) else {
      let known = OpenCLIPCleaning.allCases.map(\.rawValue).joined(separator: ", ")
      throw settings.node.error("clean is \(name); known are \(known)")
    }
    return cleaning
  }
}
