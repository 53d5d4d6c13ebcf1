import Encoders
import Safetensors
import Tensors

// Vision transformers by timm's key names.

extension VisionTransformer {
  /// The tensors of timm's state dictionary below a prefix such as `visual.trunk.`, without classifier and pool.
  func timmBindings(_ prefix: String = "") -> [WeightBinding] {
    let width = shape.blocks.width
    var bindings: [WeightBinding] = []
    if let classToken { bindings.append(WeightBinding("\(prefix)cls_token", classToken, shape: [1, 1, width])) }
    bindings.append(WeightBinding("\(prefix)pos_embed", positions, shape: [1, shape.tokenCount, width]))
    let patches = "\(prefix)patch_embed.proj"
    bindings.append(WeightBinding("\(patches).weight", patches: patchEmbedding.weight, side: shape.patchSize))
    if let bias = patchEmbedding.bias { bindings.append(WeightBinding("\(patches).bias", bias)) }
    for (i, block) in blocks.blocks.enumerated() {
      let layer = "\(prefix)blocks.\(i)"
      bindings += block.norm1.bindings("\(layer).norm1") + block.attention.qkv.bindings("\(layer).attn.qkv")
      bindings += block.attention.output.bindings("\(layer).attn.proj") + block.norm2.bindings("\(layer).norm2")
      bindings += block.feedForward.expand.bindings("\(layer).mlp.fc1")
      bindings += block.feedForward.contract.bindings("\(layer).mlp.fc2")
    }
    return bindings + norm.bindings("\(prefix)norm")
  }

  /// Reads a transformer from a file with timm's names; all sizes but the number of heads are those of the tensors.
  static func timm(_ weights: SafetensorsFolder, heads: Int?, _ path: String) throws -> VisionTransformer {
    var generator = Generator(seed: 0)
    let network = VisionTransformer(try VisionShape(timm: weights, heads: heads, path), &generator)
    try readWeights(network.timmBindings(), from: weights) { $0.utf8.starts(with: "head.".utf8) }
    return network
  }
}

extension VisionShape {
  /// The transformer whose tensors these are.
  fileprivate init(timm weights: SafetensorsFolder, heads: Int?, _ path: String) throws {
    func extents(_ name: String, rank: Int) throws -> [Int] {
      guard let layout = weights.tensor(name) else { throw ModelError(weights.path, "has no tensor \(name)") }
      guard layout.shape.count == rank, layout.shape.allSatisfy({ $0 > 0 }) else {
        throw ModelError(weights.path, "\(name) is \(layout.shape), which is no vision transformer's")
      }
      return layout.shape
    }
    let patches = try extents("patch_embed.proj.weight", rank: 4)
    let tokens = try extents("pos_embed", rank: 3)[1] - 1
    let width = patches[0]
    let depth = (0..<1000).first { weights.tensor("blocks.\($0).norm1.weight") == nil } ?? 1000
    let hidden = try extents("blocks.0.mlp.fc1.weight", rank: 2)
    let side = (0...4096).first { $0 * $0 >= tokens } ?? 0
    // timm's vit_* have heads of 64 features where nothing else is said, and from large to gigantic sixteen of them.
    let heads = heads ?? min(16, max(1, width / 64))
    guard heads > 0, width % heads == 0, side > 0, side * side == tokens, patches[2] == patches[3], patches[2] <= 4096,
      hidden[1] == width
    else {
      throw ModelError(
        path,
        "\(tokens) patches of \(patches[2])×\(patches[3]), \(width) features and \(heads) heads make no vision "
          + "transformer that is known here")
    }
    self.init(
      imageSize: side * patches[2], patchSize: patches[2],
      blocks: TransformerShape(
        width: width, depth: depth, heads: heads, hidden: hidden[0], epsilon: 1e-6, initialization: .vit),
      hasPreNorm: false, hasPatchBias: true)
  }
}
