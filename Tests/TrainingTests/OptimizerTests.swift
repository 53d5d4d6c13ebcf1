import Files
import JSON
import Layers
import Tensors
import TestSupport
import Testing
import Training

private struct Parameters: Module {
  let matrix: Parameter
  let vector: Parameter
  let zeros: Parameter
}

/// Golden values of PyTorch and timm; Fixtures/make_optimizers.py made them.
@Suite struct OptimizerTests {
  static let rules: [(name: String, rule: any OptimizerRule)] = [
    ("adamw", AdamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-6)), ("sgd", SGD()), ("sgd nesterov", SGD(isNesterov: true)),
    ("lars", LARS(trust: 0.02)), ("lars nesterov", LARS(isNesterov: true, trust: 0.02)),
    ("lars clipped", LARS(trust: 0.02, onlyShortens: true)), ("lamb", LAMB(beta1: 0.9, beta2: 0.98, epsilon: 1e-6)),
  ]

  private func numbers(_ value: JSONValue) -> [Double] { (value.array ?? []).compactMap(\.double) }

  @Test(arguments: rules.indices) func tenStepsAreTheReferences(_ index: Int) throws {
    let (name, rule) = Self.rules[index]
    let golden = try JSONValue(file: join(parentFolder(#filePath), "Fixtures/optimizers.json"))
    let shapes = try #require(golden["shapes"]?.array).map { Shape(numbers($0).map { Int($0) }) }
    let start = try #require(golden["start"]?.array)
    func tensor(_ value: JSONValue, _ i: Int) -> Tensor { Tensor(numbers(value).map { Float($0) }, shapes[i]) }
    let module = Parameters(
      matrix: Parameter(tensor(start[0], 0)), vector: Parameter(tensor(start[1], 1)),
      zeros: Parameter(tensor(start[2], 2)))
    let optimizer = Optimizer(rule, module.parameters, weightDecay: 0.1)
    let steps = try #require(golden["gradients"]?.array)
    for (rate, step) in zip(numbers(try #require(golden["rates"])), steps) {
      var gradients = Gradients()
      for (i, value) in (step.array ?? []).enumerated() {
        // Halved, and doubled again by the scale: clipping comes before all else.
        gradients[module.parameters[i].parameter] = tensor(value, i) * 0.5
      }
      optimizer.step(gradients, rate: Float(rate), gradientScale: 2)
    }
    let expected = try #require(golden["rules"]?[name]?.array)
    for (i, (path, parameter)) in module.parameters.enumerated() {
      expectClose(parameter.value.values.map(Double.init), numbers(expected[i]), 2e-6, "\(name) \(path)")
    }
  }

  @Test func decayAndMomentumFollowTheirRamps() {
    let ramp = Ramp(from: 0.04, to: 0.4)
    #expect(ramp.value(at: 0) == 0.04)
    #expect(ramp.value(at: 1) == 0.4)
    expectClose([Double(ramp.value(at: 0.5))], [0.22], 1e-6, "half way")
    // Without a gradient's pull, decay alone: p ← p (1 − λ w).
    let p = Parameter(Tensor([1, 1], [1, 2]))
    var gradients = Gradients()
    gradients[p] = Tensor.zeros([1, 2])
    let optimizer = Optimizer(SGD(), [("p", p)], weightDecay: ramp)
    optimizer.step(gradients, rate: 0.5, progress: 1)
    expectClose(p.value.values.map(Double.init), [0.8, 0.8], 1e-6, "decayed")
  }
}

@Suite struct ParameterGroupTests {
  @Test(arguments: [
    ("vision", "model.vision.norm.weight", true), ("vision", "model.visions.norm.weight", false),
    ("vision.blocks.blocks.0...2", "model.vision.blocks.blocks.2.norm1.weight", true),
    ("vision.blocks.blocks.0...2", "model.vision.blocks.blocks.3.norm1.weight", false),
    ("vision.blocks.blocks.11", "model.vision.blocks.blocks.1.norm1.weight", false),
    ("blocks.*.norm1", "model.vision.blocks.blocks.1.norm1.weight", true), ("*.bias", "norm.bias", true),
    ("*.bias", "bias", false), ("model.vision.norm.weight.x", "model.vision.norm.weight", false),
  ]) func patterns(_ pattern: String, _ name: String, _ matches: Bool) throws {
    #expect(try #require(ParameterPattern(pattern)).matches(name) == matches)
  }

  @Test(arguments: ["", "a..b", ".a", "a.", "3...1"]) func badPatterns(_ pattern: String) {
    #expect(ParameterPattern(pattern) == nil)
  }

  private func parameters(_ names: String...) -> [(name: String, parameter: Parameter)] {
    names.map { ($0, Parameter(.zeros($0.hasSuffix("weight") ? [2, 2] : [2]))) }
  }

  private func group(
    _ pattern: String, rateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil
  ) throws -> ParameterGroup {
    ParameterGroup(
      try #require(ParameterPattern(pattern)), rateFactor: rateFactor, weightDecay: weightDecay, isFrozen: isFrozen)
  }

  @Test func laterGroupsWin() throws {
    let all = parameters(
      "vision.blocks.blocks.0.weight", "vision.blocks.blocks.1.weight", "vision.blocks.blocks.1.bias", "text.weight")
    let groups = ParameterGroups([
      try group("vision", rateFactor: 0.5, isFrozen: true), try group("vision.blocks.blocks.1", isFrozen: false),
      try group("text", rateFactor: 2), try group("weight", weightDecay: 0.3),
    ])
    try groups.freeze(all)
    #expect(all.map(\.parameter.isTrainable) == [false, true, true, true])
    let treatments = groups.treatments(all)
    #expect(treatments["vision.blocks.blocks.1.weight"] == Treatment(rateFactor: 0.5, weightDecay: 0.3))
    #expect(treatments["vision.blocks.blocks.1.bias"] == Treatment(rateFactor: 0.5, weightDecay: 0, adapts: false))
    #expect(treatments["text.weight"] == Treatment(rateFactor: 2, weightDecay: 0.3))
    let optimizer = Optimizer(SGD(), all, weightDecay: 0.1) { name, _ in treatments[name] ?? Treatment() }
    #expect(optimizer.entries.map(\.name) == all.dropFirst().map(\.name))
  }

  @Test func aGroupOfNothingIsAnError() throws {
    let groups = ParameterGroups([try group("visoin", isFrozen: true)])
    do {
      try groups.freeze(parameters("vision.weight"))
      Issue.record("accepted")
    } catch {
      #expect(
        "\(error)" == "optimizer.groups: no parameter of this model matches visoin; they are named like vision.weight; "
          + "did you mean vision?")
    }
  }

  /// BEiT's rule on two towers of different depth.
  @Test func layersDecayDownwards() {
    let all = parameters(
      "model.vision.patchEmbedding.weight", "model.vision.blocks.blocks.0.norm1.bias",
      "model.vision.blocks.blocks.1.norm1.bias", "model.vision.norm.bias", "model.text.positions.weight",
      "model.text.blocks.blocks.0.norm1.bias", "model.text.norm.bias", "model.logitScale")
    let treatments = ParameterGroups(layerDecay: 0.5).treatments(all)
    #expect(all.map { treatments[$0.name]?.rateFactor } == [0.125, 0.25, 0.5, 1, 0.25, 0.5, 1, 1])
  }
}

@Suite struct OptimizerRecipeTests {
  private func read(_ text: String) throws -> OptimizerRecipe {
    try RecipeCoder.read(
      OptimizerRecipe.self, JSONNode(JSONValue(parsing: text, as: .json5, source: "recipe"), source: "recipe"))
  }

  @Test func rulesAreChosenByName() throws {
    let p = Parameter(Tensor([1, 1], [1, 2]))
    func rule(_ text: String) throws -> any OptimizerRule { try read(text).optimizer(for: [("p", p)]).rule }
    #expect(try rule("{}") is AdamW)
    #expect(try (rule("{ rule: 'lamb', betas: [0.8, 0.9] }") as? LAMB)?.adam.beta1 == 0.8)
    #expect(try (rule("{ rule: 'sgd', nesterov: true }") as? SGD)?.isNesterov == true)
    let lars = try rule("{ rule: 'lars', trust: 0.02, clip_trust: true, momentum: 0.8, momentum_end: 0.9 }") as? LARS
    #expect(lars?.trust == 0.02 && lars?.onlyShortens == true)
    #expect(lars?.descent.momentum == Ramp(from: 0.8, to: 0.9))
  }

  /// A constant of another rule would be read and ignored.
  @Test(arguments: [
    "{ momentum: 0.9 }", "{ rule: 'sgd', betas: [0.9, 0.9] }", "{ rule: 'sgd', trust: 1 }", "{ rule: 'adam' }",
    "{ betas: [1, 0] }", "{ weight_decay_end: -1 }", "{ rule: 'lars', momentum_end: 1 }", "{ groups: [{}] }",
    "{ groups: [{ match: 'a..b' }] }", "{ groups: [{ match: 'a', rate_factor: -1 }] }",
  ]) func mistakes(_ text: String) { #expect(throws: JSONFieldError.self) { try read(text) } }

  @Test func groupsFreezeAndDecay() throws {
    let (a, b) = (Parameter(Tensor([1, 1], [1, 2])), Parameter(Tensor([1, 1], [1, 2])))
    let recipe = try read(
      "{ weight_decay_end: 0.4, groups: [{ match: 'a', frozen: true }, { match: 'b', weight_decay: 0 }] }")
    let optimizer = try recipe.optimizer(for: [("a", a), ("b", b)])
    #expect(optimizer.entries.map(\.name) == ["b"])
    #expect(optimizer.entries.map(\.treatment) == [Treatment(weightDecay: 0)])
    #expect(optimizer.weightDecay == Ramp(from: 0.1, to: 0.4))
    #expect(!a.isTrainable && b.isTrainable)
    let written = try RecipeCoder.write(recipe)
    #expect(try RecipeCoder.read(OptimizerRecipe.self, JSONNode(written, source: "again")).groups == recipe.groups)
  }
}
