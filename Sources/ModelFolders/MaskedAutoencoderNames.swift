import Encoders
import Layers
import Safetensors
import Tensors

/// What the tensors of a masked autoencoder are called in files.
public enum MaskedAutoencoderNames: Sendable, CaseIterable {
  /// Hugging Face's hub, and what is written here: `vit.encoder.layer.0…`, `decoder.decoder_layers.0…`.
  case hub
  /// What `transformers` 5 writes: the decoder's layers are called `decoder.decoder_encoder.layer.0…`.
  case transformers5
  /// The original repository: `blocks.0…`, `decoder_blocks.0…`, with fused queries, keys and values.
  case original

  /// The names that a file uses.
  init?(of weights: SafetensorsFolder) {
    func has(_ name: String) -> Bool { weights.tensor(name) != nil }
    if has("pos_embed") {
      self = .original
    } else if has("vit.embeddings.position_embeddings") {
      self = weights.tensors.contains { $0.name.hasPrefix("decoder.decoder_encoder.") } ? .transformers5 : .hub
    } else {
      return nil
    }
  }

  /// The tensors that training does not change, by any of the names.
  package static let fixed = Set(allCases.flatMap { [$0.encoderPositions, $0.decoderPositions] })

  var encoderPositions: String { self == .original ? "pos_embed" : "vit.embeddings.position_embeddings" }
  var decoderPositions: String { self == .original ? "decoder_pos_embed" : "decoder.decoder_pos_embed" }

  /// The prefix of an encoder's block.
  func encoderBlock(_ index: Int) -> String { self == .original ? "blocks.\(index)" : "vit.encoder.layer.\(index)" }

  /// The prefix of a decoder's block.
  func decoderBlock(_ index: Int) -> String {
    switch self {
    case .hub: "decoder.decoder_layers.\(index)"
    case .transformers5: "decoder.decoder_encoder.layer.\(index)"
    case .original: "decoder_blocks.\(index)"
    }
  }

  /// The first layer of a block's perceptron, whose weight is `[hidden, width]`.
  var expandingLayer: String { self == .original ? "mlp.fc1" : "intermediate.dense" }

  /// The tensors of an encoder.
  func bindings(_ encoder: VisionTransformer) -> [WeightBinding] {
    let isOriginal = self == .original
    let width = encoder.shape.blocks.width
    let patches = isOriginal ? "patch_embed.proj" : "vit.embeddings.patch_embeddings.projection"
    var bindings = [WeightBinding]()
    if let classToken = encoder.classToken {
      bindings.append(
        WeightBinding(isOriginal ? "cls_token" : "vit.embeddings.cls_token", classToken, shape: [1, 1, width]))
    }
    bindings.append(
      WeightBinding(encoderPositions, encoder.positions, shape: [1] + encoder.positions.value.shape.extents))
    bindings.append(
      WeightBinding("\(patches).weight", patches: encoder.patchEmbedding.weight, side: encoder.shape.patchSize))
    if let bias = encoder.patchEmbedding.bias { bindings.append(WeightBinding("\(patches).bias", bias)) }
    for (i, block) in encoder.blocks.blocks.enumerated() { bindings += self.bindings(block, encoderBlock(i)) }
    return bindings + encoder.norm.bindings(isOriginal ? "norm" : "vit.layernorm")
  }

  /// The tensors of a decoder.
  func bindings(_ decoder: MaskedDecoder) -> [WeightBinding] {
    let prefix = self == .original ? "" : "decoder."
    let positions = decoder.positions.value.shape
    var bindings = [
      WeightBinding("\(prefix)mask_token", decoder.maskToken, shape: [1, 1, positions[1]]),
      WeightBinding(decoderPositions, decoder.positions, shape: [1] + positions.extents),
    ]
    bindings += decoder.embedding.bindings("\(prefix)decoder_embed")
    for (i, block) in decoder.blocks.blocks.enumerated() { bindings += self.bindings(block, decoderBlock(i)) }
    return bindings + decoder.norm.bindings("\(prefix)decoder_norm") + decoder.pixels.bindings("\(prefix)decoder_pred")
  }

  private func bindings(_ block: TransformerBlock, _ prefix: String) -> [WeightBinding] {
    let (attention, perceptron) = (block.attention, block.feedForward)
    guard self != .original else {
      return block.norm1.bindings("\(prefix).norm1") + attention.qkv.bindings("\(prefix).attn.qkv")
        + attention.output.bindings("\(prefix).attn.proj") + block.norm2.bindings("\(prefix).norm2")
        + perceptron.expand.bindings("\(prefix).mlp.fc1") + perceptron.contract.bindings("\(prefix).mlp.fc2")
    }
    let width = attention.output.weight.value.shape[0]
    let parts = ["query", "key", "value"].enumerated().flatMap { part, name -> [WeightBinding] in
      let layer = "\(prefix).attention.attention.\(name)"
      let rows = part * width..<(part + 1) * width
      return [WeightBinding("\(layer).weight", attention.qkv.weight, rows: rows)]
        + (attention.qkv.bias.map { [WeightBinding("\(layer).bias", $0, rows: rows)] } ?? [])
    }
    return block.norm1.bindings("\(prefix).layernorm_before") + parts
      + attention.output.bindings("\(prefix).attention.output.dense")
      + block.norm2.bindings("\(prefix).layernorm_after")
      + perceptron.expand.bindings("\(prefix).intermediate.dense")
      + perceptron.contract.bindings("\(prefix).output.dense")
  }
}

extension MaskedAutoencoder {
  /// All tensors by the names of a kind of file.
  package func bindings(_ names: MaskedAutoencoderNames) -> [WeightBinding] {
    names.bindings(encoder) + names.bindings(decoder)
  }
}
