import Files
import Glibc
import JSON
import Testing
import Text

@Suite struct TokenizerFileTests {
  /// Copies a fixture's folder, with some files replaced (or, if nil, left out).
  func withCopy(
    _ name: String, replacing replacements: [String: [UInt8]?] = [:], _ body: (String) throws -> Void
  ) throws {
    try withScratchFolder { folder in
      for file in try namesInFolder(fixture(name)) where replacements[file] == nil {
        try writeFile(join(folder, file), readFile(join(fixture(name), file)))
      }
      for case (let file, let bytes?) in replacements { try writeFile(join(folder, file), bytes) }
      try body(folder)
    }
  }

  func problem(_ folder: String, _ convention: Tokenizer.Convention? = nil) -> String {
    do {
      _ = try Tokenizer(folder: folder, convention: convention)
      return "none"
    } catch { return "\(error)".replacing(folder + "/", with: "").replacing(folder, with: "FOLDER") }
  }

  @Test func errorsSayWhatToDo() throws {
    #expect(problem("/nonexistent") == "FOLDER: there is no such folder")
    try withScratchFolder { folder in
      #expect(
        problem(folder)
          == "FOLDER: there is no tokenizer: no tokenizer.json, no vocab.json with merges.txt, and no vocab.txt")
      #expect(problem(folder, .openCLIP).contains("--tokenizer DIR"))
    }
    let cases: [(String, [String: [UInt8]?], String)] = [
      ("clip", ["vocab.json": bytes(#"{"a": 0, "a": 1}"#)], "vocab.json: “a” is there twice"),
      ("clip", ["vocab.json": bytes(#"{"a": 0, "b": 0}"#)], "vocab.json: two tokens have the id 0"),
      (
        "clip", ["vocab.json": bytes(#"{"a": 4000000000}"#)], "vocab.json: “a” has the id 4000000000, which is too high"
      ),
      ("clip", ["vocab.json": bytes(#"{"a": 0, }"#)], "vocab.json:1:10: "),
      ("clip", ["vocab.json": bytes(#"{"a": 0.5}"#)], "not a tokenizer's file"),
      ("clip", ["vocab.json": bytes("[]")], "not a tokenizer's file"),
      ("clip", ["vocab.json": bytes("{}")], "vocab.json: the vocabulary is empty"),
      ("clip", ["merges.txt": bytes("#version: 0.2\na b\na b c\n")], "merges.txt: line 3 should be two tokens"),
      (
        "clip", ["merges.txt": bytes("#version: 0.2\nt h\nqz q\n")], "merges.txt: line 3: “qz” is not in the vocabulary"
      ),
      ("clip", ["merges.txt": [0x61, 0x20, 0xFF]], "merges.txt: not valid UTF-8"),
      (
        "bert-cased", ["vocab.txt": bytes("[PAD]\n[UNK]\nx\n")],
        "vocab.txt: the special token [CLS] is not in the vocabulary"
      ),
      ("bert-cased", ["vocab.txt": bytes("")], "vocab.txt: the vocabulary is empty"),
      (
        "bert-cased", ["tokenizer_config.json": bytes(#"{"tokenizer_class": "T5Tokenizer"}"#)],
        "T5Tokenizer is not supported"
      ),
      ("openclip", ["bpe_simple_vocab_16e6.txt.gz": [0x1F, 0x8B, 8]], "the gzip file ends too early"),
      (
        "openclip",
        ["open_clip_config.json": bytes(#"{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"roberta-base"}}}"#)],
        "there is no tokenizer: no tokenizer.json"
      ),
      ("openclip", ["open_clip_config.json": bytes(#"{"model_cfg": {"#)], "open_clip_config.json:"),
    ]
    for (name, replacements, expected) in cases {
      try withCopy(name, replacing: replacements) { folder in
        let problem = problem(folder)
        #expect(problem.contains(expected), "\(problem)")
      }
    }
  }

  /// Whose tokenizer a folder has is said by its weights where both configurations are there, and by a name that is not
  /// empty.
  @Test func aFolderHasOneConvention() throws {
    let named = bytes(#"{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x"}}}"#)
    let unnamed = bytes(#"{"model_cfg":{"text_cfg":{"hf_tokenizer_name":""}}}"#)
    let around = Tokenizer.Convention.openCLIPAroundHuggingFace
    let cases: [([String: [UInt8]], Tokenizer.Convention)] = [
      (["config.json": [], "open_clip_config.json": named, "open_clip_model.safetensors": []], around),
      (["config.json": [], "open_clip_config.json": unnamed, "open_clip_model.safetensors": []], .openCLIP),
      (["config.json": [], "open_clip_config.json": named, "model.safetensors": []], .huggingFace),
      (["config.json": [], "open_clip_config.json": named, "model.safetensors.index.json": []], .huggingFace),
      (["open_clip_config.json": named, "vocab.json": [], "merges.txt": []], around),
      (["config.json": []], .huggingFace),
    ]
    for (files, expected) in cases {
      let folder = "/tmp/diptych-convention-\(UInt64.random(in: 0 ... .max))"
      defer { try? remove(folder) }
      try makeFolder(folder)
      for (name, content) in files { try writeFile(join(folder, name), content) }
      #expect(try Tokenizer.Convention.of(folder: folder) == expected, "\(files.keys)")
    }
  }

  /// Merges that end early would cut texts otherwise than the model learnt them.
  @Test(arguments: ["clip", "gpt2"]) func cutMergesAreAnError(name: String) throws {
    let lines = try readText(join(fixture(name), "merges.txt")).split(separator: "\n")
    for share in [0.3, 0.9] {
      let cut = bytes(lines[..<Int(Double(lines.count) * share)].joined(separator: "\n") + "\n")
      try withCopy(name, replacing: ["merges.txt": cut]) { folder in
        let problem = problem(folder)
        #expect(problem.contains("merges.txt: ") && problem.contains("come out of no merge"), "\(problem)")
      }
    }
  }

  /// open_clip cleans a text before it gives it to one of Hugging Face's tokenizers.
  @Test func openCLIPCleansBeforeHuggingFacesTokenizers() throws {
    func configuration(_ more: String) -> [UInt8] {
      bytes(#"{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x"\#(more)}}}"#)
    }
    let plain = try Tokenizer(folder: fixture("saved-clip"))
    for (more, cleaned) in [
      ("", "a Dog & it's_fine."), (#","tokenizer_kwargs":null"#, "a Dog & it's_fine."),
      (#","tokenizer_kwargs":{"clean":"lower"}"#, "a dog & it's_fine."),
      (#","tokenizer_kwargs":{"clean":"canonicalize"}"#, "a dog its fine"),
    ] {
      try withCopy("saved-clip", replacing: ["open_clip_config.json": configuration(more)]) { folder in
        let tokenizer = try Tokenizer(folder: folder)
        #expect(tokenizer.encode("a  Dog &amp;amp; it\u{2019}s_fine.") == plain.encode(cleaned), "\(more)")
      }
    }
    for (more, expected) in [
      (#","tokenizer_kwargs":{"clean":"none"}"#, "clean is none; known are whitespace, lower, canonicalize"),
      (#","tokenizer_kwargs":{"strip_sep_token":true}"#, "strip_sep_token is not supported"),
      (#","tokenizer_mode":"clips""#, "tokenizer_mode clips is not supported"),
    ] {
      try withCopy("saved-clip", replacing: ["open_clip_config.json": configuration(more)]) { folder in
        let problem = problem(folder)
        #expect(problem.contains(expected), "\(problem)")
      }
    }
  }

  @Test func unknownPartsOfTokenizerJSONAreNamed() throws {
    let cases: [(String, String, String)] = [
      (#""type":"NFC""#, #""type":"NFKC""#, "tokenizer.json: normalizer: unknown"),
      (#""type":"Split""#, #""type":"Punctuation""#, "tokenizer.json: pre_tokenizer: unknown"),
      (#"\\p{N}]"#, #"\\p{N}]+"#, "tokenizer.json: pre_tokenizer: unknown"),
      (#""type":"RobertaProcessing""#, #""type":"X""#, "tokenizer.json: post_processor: X is unknown"),
      (#""type":"BPE""#, #""type":"Unigram""#, "a Unigram model with this pre_tokenizer"),
      (#""byte_fallback":false"#, #""byte_fallback":true"#, "model.byte_fallback is not supported"),
      (#""ignore_merges":false"#, #""ignore_merges":true"#, "model.ignore_merges is not supported"),
      (#""dropout":null"#, #""dropout":0.1"#, "model.dropout"),
      (#""single_word":false"#, #""single_word":true"#, "added_tokens[0]: single_word is not supported"),
      (#""unk_token":"<|endoftext|>""#, #""unk_token":"?!""#, "model.unk_token: ?! is not in the vocabulary"),
      (#""vocab":{"#, #""vocabulary":{"#, "there is no model.vocab"),
      (#""truncation":null"#, #""truncation":{"max_length":9,"direction":"Left"}"#, "only the direction Right"),
      (#""padding":null"#, #""padding":{"pad_id":-1}"#, "tokenizer.json: padding.pad_id: -1 is not in"),
    ]
    let text = try readText(fixture("saved-clip/tokenizer.json"))
    for (old, new, expected) in cases {
      let changed = text.replacing(old, with: new, maxReplacements: 1)
      #expect(changed != text, "\(old)")
      try withCopy("saved-clip", replacing: ["tokenizer.json": bytes(changed)]) { folder in
        let problem = problem(folder)
        #expect(problem.contains(expected), "\(problem)")
      }
    }
  }

  /// Whatever a file holds, opening it ends with a tokenizer or an error of ours, and never with a trap.
  @Test(arguments: [
    ("clip", "vocab.json"), ("clip", "merges.txt"), ("gpt2", "vocab.json"), ("bert-cased", "vocab.txt"),
    ("saved-clip", "tokenizer.json"), ("saved-gpt2", "tokenizer.json"), ("saved-bert-uncased", "tokenizer.json"),
    ("saved-bert-cased", "tokenizer_config.json"), ("openclip", "bpe_simple_vocab_16e6.txt.gz"),
    ("openclip", "open_clip_config.json"),
  ])
  func truncationsAndMutationsNeverTrap(name: String, file: String) throws {
    let original = try readFile(join(fixture(name), file))
    var random = SplitMix(state: UInt64(original.count))
    var opened = 0
    try withCopy(name) { folder in
      func open(_ bytes: [UInt8]) throws {
        try overwrite(join(folder, file), bytes)
        do {
          let tokenizer = try Tokenizer(folder: folder)
          _ = tokenizer.decode(tokenizer.encode("A dog’s [CLS] <|endoftext|> 你好 12!"))
          opened += 1
        } catch is any UserError {}
      }
      for length in stride(from: 0, to: original.count, by: max(1, original.count / 300)) {
        try open(Array(original[..<length]))
      }
      for _ in 0..<500 {
        var mutated = original
        for _ in 0...random.below(4) {
          let place = random.below(mutated.count)
          switch random.below(4) {
          case 0: mutated[place] = UInt8(random.below(256))
          case 1: mutated[place] ^= 1 << UInt8(random.below(8))
          case 2: mutated.remove(at: place)
          default: mutated.insert(Array("\"\\{}[],:0-9e. \n".utf8)[random.below(15)], at: place)
          }
        }
        try open(mutated)
      }
    }
    // A test that sees only errors would not have looked far.
    #expect(opened > 2)
  }

  func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Writes without flushing to the disk, which would take minutes over thousands of files.
  func overwrite(_ path: String, _ bytes: [UInt8]) throws {
    let stream = try #require(fopen(path, "w"))
    defer { fclose(stream) }
    #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
  }
}
