import Encoders
import Files
import Images
import JSON
import Layers
import ModelFolders
import Safetensors
import Tensors
import TestSupport
import Testing

/// Changes a JSON file: `path` leads to the value, nil removes it.
private func edit(_ file: String, _ path: [String], _ value: JSONValue?) throws {
  func changed(_ node: JSONValue?, _ path: ArraySlice<String>) -> JSONValue? {
    guard let key = path.first else { return value }
    var object = node?.object ?? JSONObject()
    object[key] = changed(object[key], path.dropFirst())
    return .object(object)
  }
  try writeFile(file, changed(JSONValue(file: file), path[...])?.text() ?? "")
}

/// A copy of a model, with its weights as `rewrite` makes them: by name, type, shape and values.
private func copy(
  _ source: GoldenModel, to folder: String,
  rewrite: ([(TensorLayout, [Float])]) -> [(TensorLayout, [Float])] = { $0 }
) throws {
  try makeFolder(folder)
  for name in try namesInFolder(source.folder) where name.hasSuffix("config.json") {
    try writeFile(join(folder, name), readFile(join(source.folder, name)))
  }
  let weights = try SafetensorsFolder(source.folder)
  try write(
    rewrite(try weights.tensors.map { ($0, try weights.floats($0.name)) }), to: join(folder, fileName(weights.path)))
}

private func write(_ tensors: [(TensorLayout, [Float])], to path: String) throws {
  var writer = try SafetensorsWriter(path, tensors.map(\.0))
  for (_, values) in tensors { try writer.write(values) }
  try writer.commit()
}

private func problem(_ folder: String) -> String {
  do {
    _ = try JointModel(folder)
    return "none"
  } catch {
    return "\(error)"
  }
}

@Suite struct ModelFolderTests {
  @Test(
    arguments: [
      (GoldenModel.huggingFaceCLIP, ModelFormat.huggingFace), (.huggingFaceCLIP, .openCLIP),
      (.huggingFaceSigLIP, .huggingFace), (.openCLIP, .openCLIP), (.openCLIP, .huggingFace),
      (.openCLIPCustom, .openCLIP), (.openCLIPCustom, .huggingFace), (.openCLIPSigLIP, .huggingFace),
    ]) func whatIsWrittenIsReadAgain(source: GoldenModel, format: ModelFormat) throws
  {
    try withScratchFolder { folder in
      let original = try GoldenReplay(source)
      try original.model.write(as: format, to: folder + "/copy")
      let copy = try GoldenReplay(source, folder: folder + "/copy")
      #expect(copy.model.format == format)
      copy.expectFeatures()
      #expect(copy.model.preprocessing.fit == original.model.preprocessing.fit)
      #expect(copy.model.preprocessing.filter == original.model.preprocessing.filter)
      #expect(copy.model.preprocessing.normalization == original.model.preprocessing.normalization)
    }
  }

  @Test func whatAFormatCannotHoldIsSaid() throws {
    try withScratchFolder { folder in
      for source in [GoldenModel.huggingFaceSigLIP, .openCLIPSigLIP] {
        #expect(throws: ModelError.self) { try GoldenReplay(source).model.write(as: .openCLIP, to: folder) }
      }
    }
  }

  @Test(arguments: [Safetensors.ElementType.f16, .bf16]) func halfPrecisionIsRead(type: Safetensors.ElementType) throws
  {
    try withScratchFolder { folder in
      try copy(.huggingFaceCLIP, to: folder) { $0.map { (TensorLayout($0.name, type, $0.shape), $1) } }
      try GoldenReplay(.huggingFaceCLIP, folder: folder).expectFeatures(type == .f16 ? 3e-3 : 3e-2)
    }
  }

  @Test(arguments: [GoldenModel.huggingFaceCLIP, .openCLIP]) func shardsAreRead(source: GoldenModel) throws {
    try withScratchFolder { folder in
      try copy(source, to: folder)
      let whole = try SafetensorsFolder(folder)
      let tensors = try whole.tensors.map { ($0, try whole.floats($0.name)) }
      try remove(whole.path)
      var map = JSONObject()
      for part in 0..<3 {
        let name = "model-0000\(part + 1)-of-00003.safetensors"
        let own = tensors.enumerated().filter { $0.offset % 3 == part }.map(\.element)
        try write(own, to: join(folder, name))
        for (layout, _) in own { map[layout.name] = .string(name) }
      }
      let index: JSONValue = ["metadata": ["total_size": 1], "weight_map": .object(map)]
      try writeFile(whole.path + ".index.json", index.text())
      try GoldenReplay(source, folder: folder).expectFeatures()
    }
  }

  @Test(arguments: GoldenModel.allCases) func missingExtraAndMisshapenTensorsAreNamed(source: GoldenModel) throws {
    try withScratchFolder { folder in
      let names = try SafetensorsFolder(source.folder).tensors.map(\.name)
      // timm's sizes are those of these tensors.
      let sizes = ["visual.trunk.patch_embed.proj.bias", "visual.trunk.attn_pool.mlp.fc1.bias"]
      for name in names {
        try copy(source, to: folder) { $0.filter { $0.0.name != name } }
        #expect(problem(folder).contains("has no tensor \(name)") || name.hasSuffix(".norm1.weight"), "\(name)")
        guard !sizes.contains(name) else { continue }
        try copy(source, to: folder) { tensors in
          tensors.map { layout, values in
            guard layout.name == name else { return (layout, values) }
            let shape = layout.shape.isEmpty ? [2] : [layout.shape[0] + 1] + layout.shape.dropFirst()
            let longer = TensorLayout(name, layout.type, shape)
            return (longer, values + [Float](repeating: 0, count: longer.count - values.count))
          }
        }
        #expect(problem(folder).contains("\(name) is ["), "\(name): \(problem(folder))")
      }
      try copy(source, to: folder) { $0 + [(TensorLayout("text_model.surprise", .f32, [1]), [0])] }
      #expect(problem(folder).contains("text_model.surprise"))
      // Old folders carry these, and they mean nothing.
      try copy(source, to: folder) { $0 + [(TensorLayout("text_model.embeddings.position_ids", .f32, [1]), [0])] }
      #expect(problem(folder) == "none")
    }
  }

  @Test func configurationsThatLieAreRefused() throws {
    let bad: [(GoldenModel, [String], JSONValue?)] = [
      (.huggingFaceCLIP, ["vision_config", "patch_size"], 4), (.huggingFaceCLIP, ["vision_config", "patch_size"], 0),
      (.huggingFaceCLIP, ["vision_config", "patch_size"], 25),
      (.huggingFaceCLIP, ["vision_config", "image_size"], [24, 16]),
      (.huggingFaceCLIP, ["vision_config", "hidden_size"], 1_048_576),
      (.huggingFaceCLIP, ["vision_config", "num_attention_heads"], 5),
      (.huggingFaceCLIP, ["vision_config", "num_attention_heads"], 0),
      (.huggingFaceCLIP, ["text_config", "vocab_size"], 2_000_000_000),
      (.huggingFaceCLIP, ["text_config", "vocab_size"], 0),
      (.huggingFaceCLIP, ["text_config", "hidden_act"], "swish"),
      (.huggingFaceCLIP, ["text_config", "hidden_size"], "24"),
      (.huggingFaceCLIP, ["model_type"], "bert"), (.huggingFaceCLIP, ["model_type"], nil),
      (.huggingFaceSigLIP, ["vision_config", "vision_use_head"], false),
      (.huggingFaceSigLIP, ["text_config", "projection_size"], 24),
      (.openCLIP, ["model_cfg"], nil), (.openCLIP, ["model_cfg", "vision_cfg", "layers"], [3, 4, 6, 3]),
      (.openCLIP, ["model_cfg", "vision_cfg", "head_width"], 0),
      (.openCLIP, ["model_cfg", "vision_cfg", "ls_init_value"], 1e-5),
      (.openCLIP, ["model_cfg", "vision_cfg", "attentional_pool"], true),
      (.openCLIP, ["model_cfg", "vision_cfg", "timm_model_name"], "vit_base_patch16_clip_224"),
      (.openCLIP, ["model_cfg", "vision_cfg", "mlp_ratio"], -1),
      (.openCLIP, ["model_cfg", "text_cfg", "embed_cls"], true),
      (.openCLIP, ["model_cfg", "text_cfg", "pool_type"], "first"),
      (.openCLIP, ["model_cfg", "text_cfg", "hf_model_name"], "roberta-base"),
      (.openCLIP, ["model_cfg", "text_cfg", "act_kwargs"], ["approximate": "none"]),
      (.openCLIP, ["model_cfg", "custom_text"], true), (.openCLIP, ["model_cfg", "init_logit_bias"], -10),
      (.openCLIPCustom, ["preprocess_cfg", "std"], [0, 1, 1]),
      (.openCLIPCustom, ["preprocess_cfg", "resize_mode"], "odd"),
      (.openCLIPSigLIP, ["model_cfg", "vision_cfg", "timm_pool"], "avg"),
      (.openCLIPSigLIP, ["model_cfg", "vision_cfg", "timm_model_name"], "vit_large_patch16_siglip_256"),
      (.openCLIPSigLIP, ["model_cfg", "vision_cfg", "image_size"], 48),
    ]
    try withScratchFolder { folder in
      for (number, (source, path, value)) in bad.enumerated() {
        let own = folder + "/\(number)"
        try copy(source, to: own)
        let configuration = source.rawValue.hasPrefix("hf") ? "config.json" : "open_clip_config.json"
        try edit(join(own, configuration), path, value)
        #expect(throws: ModelError.self, "\(path) = \(value?.text() ?? "nothing")") { _ = try JointModel(own) }
      }
    }
  }

  @Test func openAIsConfigurationsMeanTheLargestId() throws {
    try withScratchFolder { folder in
      try copy(.huggingFaceCLIP, to: folder)
      try edit(join(folder, "config.json"), ["text_config", "eos_token_id"], 2)
      let replay = try GoldenReplay(.huggingFaceCLIP, folder: folder)
      #expect(replay.model.clip.text.shape.pooling == .largestId)
      // The end of text is the largest id of that vocabulary.
      replay.expectFeatures()
    }
  }

  @Test func theHubsFoldersOfBothKindsAreTakenByTheirWeights() throws {
    try withScratchFolder { folder in
      try copy(.openCLIP, to: folder)
      try writeFile(join(folder, "config.json"), readFile(join(GoldenModel.huggingFaceCLIP.folder, "config.json")))
      try GoldenReplay(.openCLIP, folder: folder).expectFeatures()
      try copy(.huggingFaceCLIP, to: folder)
      try GoldenReplay(.huggingFaceCLIP, folder: folder).expectFeatures()
    }
  }

  @Test func picturesThatDoNotFillThePatchesLoseTheirEdge() throws {
    try withScratchFolder { folder in
      // SigLIP's largest: 384 pixels in patches of 14.
      try copy(.huggingFaceSigLIP, to: folder)
      try edit(join(folder, "config.json"), ["vision_config", "image_size"], 19)
      let model = try JointModel(folder)
      #expect(model.clip.vision.shape.imageSize == 16 && model.preprocessing.width == 19)
      var picture = Image(width: 19, height: 19, color: (10, 20, 30))
      let before = model.patches(of: picture)
      #expect(before.count == 16 * 16 * 3)
      for i in 0..<19 { for j in 16..<19 { picture[j, i] = (255, 255, 255) } }
      #expect(model.patches(of: picture) == before)
    }
  }
}
