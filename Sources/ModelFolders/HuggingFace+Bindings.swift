import Encoders
import Layers
import Tensors

extension CLIP {
  /// The tensors of Hugging Face's `CLIPModel` or `SiglipModel`. Models between the two have the names of both.
  package var huggingFaceBindings: JointBindings {
    let isSigLIP = shape.loss == .sigmoid
    let scalar = isSigLIP ? [1] : []
    var scale = [WeightBinding("logit_scale", logitScale, shape: scalar)]
    if let logitBias { scale.append(WeightBinding("logit_bias", logitBias, shape: scalar)) }

    var vision = self.vision.huggingFaceBindings
    if let visionProjection { vision += visionProjection.bindings("visual_projection") }

    var text = [
      WeightBinding("text_model.embeddings.token_embedding.weight", self.text.tokenEmbedding.weight),
      WeightBinding("text_model.embeddings.position_embedding.weight", self.text.positions),
    ]
    text += self.text.blocks.huggingFaceBindings("text_model.encoder.layers")
    text += self.text.norm.bindings("text_model.final_layer_norm")
    if let textProjection { text += textProjection.bindings(isSigLIP ? "text_model.head" : "text_projection") }
    return JointBindings(scale: scale, vision: vision, text: text)
  }
}

extension VisionTransformer {
  fileprivate var huggingFaceBindings: [WeightBinding] {
    var bindings: [WeightBinding] = []
    if let classToken { bindings.append(WeightBinding("vision_model.embeddings.class_embedding", classToken)) }
    let embedding = "vision_model.embeddings.patch_embedding"
    bindings.append(WeightBinding("\(embedding).weight", patches: patchEmbedding.weight, side: shape.patchSize))
    if let bias = patchEmbedding.bias { bindings.append(WeightBinding("\(embedding).bias", bias)) }
    bindings.append(WeightBinding("vision_model.embeddings.position_embedding.weight", positions))
    // The name is misspelt there.
    if let preNorm { bindings += preNorm.bindings("vision_model.pre_layrnorm") }
    bindings += blocks.huggingFaceBindings("vision_model.encoder.layers")
    bindings += norm.bindings("vision_model.post_layernorm")
    return bindings + (pool?.huggingFaceBindings("vision_model.head") ?? [])
  }
}

extension AttentionPool {
  fileprivate func huggingFaceBindings(_ prefix: String) -> [WeightBinding] {
    let width = output.weight.value.shape[0]
    let input = [WeightBinding("\(prefix).attention.in_proj_weight", qkv.weight)]
    return [WeightBinding("\(prefix).probe", probe, shape: [1, 1, width])] + input
      + (qkv.bias.map { [WeightBinding("\(prefix).attention.in_proj_bias", $0)] } ?? [])
      + output.bindings("\(prefix).attention.out_proj") + norm.bindings("\(prefix).layernorm")
      + feedForward.expand.bindings("\(prefix).mlp.fc1") + feedForward.contract.bindings("\(prefix).mlp.fc2")
  }
}

extension TransformerStack {
  /// The tensors of an encoder's layers.
  func huggingFaceBindings(_ prefix: String) -> [WeightBinding] {
    blocks.enumerated().flatMap { i, block -> [WeightBinding] in
      let layer = "\(prefix).\(i)"
      let width = block.attention.output.weight.value.shape[0]
      let parts = ["q_proj", "k_proj", "v_proj"].enumerated().flatMap { part, name in
        block.attention.qkv.bindings("\(layer).self_attn.\(name)", rows: part * width..<(part + 1) * width)
      }
      return parts + block.attention.output.bindings("\(layer).self_attn.out_proj")
        + block.norm1.bindings("\(layer).layer_norm1") + block.feedForward.expand.bindings("\(layer).mlp.fc1")
        + block.feedForward.contract.bindings("\(layer).mlp.fc2") + block.norm2.bindings("\(layer).layer_norm2")
    }
  }
}
