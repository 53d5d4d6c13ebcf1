import Encoders
import Layers
import Safetensors
import Tensors

// Residual networks by torchvision's key names, which timm's are too.

extension ResNet {
  /// The tensors of torchvision's state dictionary, without the classifier.
  package var torchvisionTensors: [StoredTensor] {
    var tensors = [StoredTensor("conv1.weight", stem.weight)] + stemNorm.tensors("bn1")
    for (stage, blocks) in stages.enumerated() {
      for (number, block) in blocks.enumerated() {
        let prefix = "layer\(stage + 1).\(number)"
        for (i, (convolution, norm)) in zip(block.convolutions, block.norms).enumerated() {
          tensors.append(StoredTensor("\(prefix).conv\(i + 1).weight", convolution.weight))
          tensors += norm.tensors("\(prefix).bn\(i + 1)")
        }
        if let shortcut = block.shortcut {
          tensors.append(StoredTensor("\(prefix).downsample.0.weight", shortcut.convolution.weight))
          tensors += shortcut.norm.tensors("\(prefix).downsample.1")
        }
      }
    }
    return tensors
  }

  /// Reads a network from a file with torchvision's names; its depth, width and stem are those of the tensors.
  package static func torchvision(_ weights: SafetensorsFolder) throws -> ResNet {
    var generator = Generator(seed: 0)
    let network = ResNet(try ResNetShape(torchvision: weights), &generator)
    let tensors = network.torchvisionTensors
    try StoredTensor.read(tensors, from: weights)
    let known = Set(tensors.map(\.name))
    // Classifiers and counters of batches carry nothing that features depend on.
    for name in weights.tensors.map(\.name) where !known.contains(name) {
      guard name.hasPrefix("fc.") || name.hasSuffix(".num_batches_tracked") else {
        throw ModelError(weights.path, "has a tensor \(name), which is not in torchvision's residual networks")
      }
    }
    return network
  }
}

extension ResNetShape {
  /// The network whose tensors these are. Sizes are compared with the last stage's before anything of them is made.
  fileprivate init(torchvision weights: SafetensorsFolder) throws {
    func extents(_ name: String) throws -> [Int] {
      guard let layout = weights.tensor(name) else { throw ModelError(weights.path, "has no tensor \(name)") }
      return layout.shape
    }
    func has(_ name: String) -> Bool { weights.tensor(name) != nil }
    let first = try extents("conv1.weight")
    guard first.count == 4, first[1] == 3, first[2] == first[3], [3, 7].contains(first[2]), first[0] > 0 else {
      throw ModelError(weights.path, "conv1.weight is \(first), which is no stem that is known here")
    }
    let depth: Depth =
      has("layer1.0.conv3.weight") ? .resNet50 : has("layer3.2.conv1.weight") ? .resNet34 : .resNet18
    let last = "layer4.\(depth.blocks[3] - 1).conv2.weight"
    let (width, isTooWide) = first[0].multipliedReportingOverflow(by: 8)
    guard !isTooWide, try extents(last) == [width, width, 3, 3] else {
      throw ModelError(weights.path, "\(last) is \(try extents(last)), which does not go with conv1.weight, \(first)")
    }
    self.init(depth, stem: first[2] == 7 ? .imagenet : .cifar, baseWidth: first[0])
  }
}

extension BatchNorm {
  /// Its tensors by PyTorch's names.
  fileprivate func tensors(_ prefix: String) -> [StoredTensor] {
    (weight.map { [StoredTensor("\(prefix).weight", $0)] } ?? [])
      + (bias.map { [StoredTensor("\(prefix).bias", $0)] } ?? [])
      + [
        StoredTensor("\(prefix).running_mean", runningMean), StoredTensor("\(prefix).running_var", runningVariance),
      ]
  }
}
