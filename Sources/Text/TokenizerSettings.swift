import Files
import JSON

/// What `tokenizer_config.json` and `special_tokens_map.json` say about a tokenizer. Both are optional, and each key is.
struct TokenizerSettings {
  /// The family of models, from the name of Hugging Face's class.
  enum Family { case clip, gpt2, bert }

  /// A special token's part.
  enum Role: String, CaseIterable {
    case start = "bos_token"
    case end = "eos_token"
    case padding = "pad_token"
    case unknown = "unk_token"
    case beforeText = "cls_token"
    case afterText = "sep_token"
    case mask = "mask_token"
  }

  private(set) var family: Family?
  private(set) var contextLength: Int?
  private(set) var cleaning = BERTCleaning()
  private(set) var addPrefixSpace = false
  /// The special tokens; one that is written as a mere text has no properties.
  private(set) var roles: [Role: AddedToken] = [:]
  /// Tokens that `tokenizer_config.json` lists with their ids.
  private(set) var added: [AddedToken] = []

  init(folder: String) throws {
    let config = join(folder, "tokenizer_config.json")
    if kind(of: config) == .file { try read(config) }
    let map = join(folder, "special_tokens_map.json")
    if kind(of: map) == .file { try readRoles(JSONFields(JSONValue(file: map), source: map)) }
  }

  private mutating func read(_ path: String) throws {
    let fields = try JSONFields(JSONValue(file: path), source: path)
    if let name = try fields.takeIfPresent("tokenizer_class", as: String.self) {
      switch name {
      case "CLIPTokenizer", "CLIPTokenizerFast": family = .clip
      case "GPT2Tokenizer", "GPT2TokenizerFast": family = .gpt2
      case "BertTokenizer", "BertTokenizerFast": family = .bert
      case "PreTrainedTokenizerFast", "TokenizersBackend": break
      default:
        throw TokenizerFileError(path, "\(name) is not supported; CLIP's, GPT-2's and BERT's tokenizers are")
      }
    }
    // Hugging Face writes 10³⁰ where there is no limit.
    if let length = try fields.takeIfPresent("model_max_length", as: Double.self), length >= 1, length < 1e9 {
      contextLength = Int(length)
    }
    cleaning.lowercases = try fields.take("do_lower_case", default: true)
    cleaning.stripsAccents = try fields.takeIfPresent("strip_accents") ?? cleaning.lowercases
    cleaning.separatesChinese = try fields.take("tokenize_chinese_chars", default: true)
    addPrefixSpace = try fields.take("add_prefix_space", default: false)
    if let listed = try fields.fieldsIfPresent("added_tokens_decoder") {
      for member in listed.node.value.object?.members ?? [] {
        guard let id = Int32(member.key), 0...Int32(Vocabulary.idLimit) ~= id else {
          throw listed.node.error("\(member.key) should be an id")
        }
        let token = JSONNode(member.value, path: "added_tokens_decoder.\(member.key)", source: path)
        added.append(try AddedToken(JSONFields(token), id: id))
      }
    }
    try readRoles(fields)
  }

  /// What was read first counts.
  private mutating func readRoles(_ fields: JSONFields) throws {
    for role in Role.allCases where roles[role] == nil {
      guard let node = fields.nodeIfPresent(role.rawValue), node.value != .null else { continue }
      if let content = node.value.string {
        roles[role] = AddedToken(id: -1, content: content)
      } else {
        roles[role] = try AddedToken(JSONFields(node), id: -1)
      }
    }
  }

  /// The token of a role, or the one that the family has unless told otherwise.
  func token(_ role: Role, default content: String) -> AddedToken {
    roles[role] ?? AddedToken(id: -1, content: content)
  }
}
