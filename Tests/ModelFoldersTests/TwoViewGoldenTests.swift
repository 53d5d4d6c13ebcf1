import Encoders
import Files
import Glibc
import JSON
import Layers
import ModelFolders
import Objectives
import Tensors
import TestSupport
import Testing
import Training

/// Ten steps of each method on a narrow ResNet-18 beside PyTorch's: losses, weights, batch norms' running statistics,
/// momentum encoders and the memory bank. Fixtures/make_two_views.py made the values, in double precision.
@Suite struct TwoViewGoldenTests {
  private static let (batch, side, steps) = (16, 8, 10)

  enum Method: String, CaseIterable {
    case simclr, moco, byol, simsiam, vicreg
    case mocoV3 = "moco_v3"
    case barlowTwins = "barlow_twins"
  }

  @Test(arguments: Method.allCases) func tenStepsArePyTorchs(method: Method) throws {
    let path = join(join(parentFolder(#filePath), "Fixtures"), "two-views.json")
    let golden = try #require(try JSONValue(file: path)[method.rawValue])
    let rate = Float(try #require(golden["rate"]?.double))
    let objective = makeObjective(method)
    let tensors = try named(objective)
    let optimizer = Optimizer(SGD(momentum: 0.9), objective.parameters, weightDecay: 0.0)

    var losses: [Double] = []
    for step in 0..<Self.steps {
      let tape = Tape()
      let loss = Pass(isTraining: true).run { tape.record { objective(views(step)).total } }
      optimizer.step(tape.gradients(of: loss), rate: rate)
      objective.didStep(progress: Double(step + 1) / Double(Self.steps))
      losses.append(Double(loss.scalar))
    }
    expectClose(losses, (golden["losses"]?.array ?? []).compactMap(\.double), 1e-4, "\(method): losses")
    // What training has changed is a thousand times that.
    let still = try #require(golden["still"]?.array?.last?.double)
    #expect(
      abs(losses[Self.steps - 1] - still) > 0.1 * max(1, abs(still)), "\(method): \(losses), and \(still) without")

    let expected = try #require(golden["tensors"]?.object)
    for member in expected.members {
      let values = try #require(tensors[member.key]?(), "\(method): \(member.key)").values.map(Double.init)
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let mixed = values.enumerated().reduce(0) { $0 + $1.element * sin(Double($1.offset + 1)) }
      let numbers = (member.value.array ?? []).compactMap(\.double)
      #expect(abs(norm - numbers[0]) <= 1e-4 * max(numbers[0], 0.1), "\(method): \(member.key): norm \(norm)")
      #expect(abs(mixed - numbers[1]) <= 1e-4 * max(numbers[0], 0.1), "\(method): \(member.key): sum \(mixed)")
    }
  }

  private func makeObjective(_ method: Method) -> any TwoViewObjective {
    var generator = Generator(seed: 0)
    let backbone = BackboneShape.resNet(ResNetShape(.resNet18, stem: .cifar, baseWidth: 4))
    func encoder(_ hidden: [Int], _ norm: HeadShape.Norm = .none, last: HeadShape.Norm = .none) -> ProjectedEncoder {
      let encoder = ProjectedEncoder(
        backbone, projector: HeadShape(hidden: hidden, output: 16, norm: norm, lastNorm: last), &generator)
      fill(encoder)
      return encoder
    }
    func predictor(_ hidden: Int = 32, last: HeadShape.Norm = .none) -> HeadShape {
      HeadShape(hidden: [hidden], output: 16, norm: .affine, lastNorm: last)
    }
    let slow = MomentumSchedule(0.9, rises: true)
    switch method {
    case .simclr: return SimCLR(encoder([32]), temperature: 0.5)
    case .moco:
      let moco = MoCo(
        encoder([32]), bank: 40, temperature: 0.2, momentum: MomentumSchedule(0.9, rises: false), &generator)
      moco.bank.keys.value = Tensor(numbers("bank", 40 * 16).map { Float($0) }, [40, 16]).normalizedL2()
      return moco
    case .mocoV3:
      return filled(
        MoCoV3(
          encoder([32], .affine, last: .plain), predictor: predictor(last: .plain), temperature: 0.5, momentum: slow,
          &generator))
    case .byol: return filled(BYOL(encoder([32], .affine), predictor: predictor(), momentum: slow, &generator))
    case .simsiam:
      return filled(SimSiam(encoder([32, 32], .affine, last: .plain), predictor: predictor(8), &generator))
    case .barlowTwins: return BarlowTwins(encoder([32, 32], .affine), redundancyWeight: 0.01)
    case .vicreg: return VICReg(encoder([32, 32], .affine))
    }
  }

  /// Also predictors start with the shared numbers.
  private func filled(_ objective: some TwoViewObjective) -> some TwoViewObjective {
    for (name, parameter) in objective.parameters where name.utf8.starts(with: "predictor.".utf8) {
      set(parameter, name)
    }
    return objective
  }

  private func fill(_ encoder: ProjectedEncoder) {
    for (name, parameter) in encoder.projector.parameters { set(parameter, "projector.\(name)") }
    guard case .resNet(let network) = encoder.backbone else {
      Issue.record("no ResNet to fill")
      return
    }
    for tensor in network.torchvisionTensors {
      if let parameter = tensor.parameter { set(parameter, tensor.name) }
    }
  }

  private func set(_ parameter: Parameter, _ name: String) {
    let shape = parameter.value.shape
    var values = numbers(name, shape.elementCount)
    if shape.rank > 1 {
      let scale = (3 / Double(shape.elementCount / shape[0])).squareRoot()
      values = values.map { $0 * scale }
    } else {
      values = values.map { name.utf8.reversed().starts(with: "weight".utf8.reversed()) ? 1 + 0.2 * $0 : 0.1 * $0 }
    }
    parameter.value = Tensor(values.map { Float($0) }, shape)
  }

  /// All tensors by the names of the PyTorch modules.
  private func named(_ objective: any TwoViewObjective) throws -> [String: () -> Tensor] {
    var found: [String: () -> Tensor] = [:]
    func add(_ prefix: String, _ encoder: ProjectedEncoder) {
      guard case .resNet(let network) = encoder.backbone else {
        Issue.record("no ResNet to compare")
        return
      }
      for tensor in network.torchvisionTensors { found[prefix + tensor.name] = { tensor.value } }
    }
    add("", objective.encoder)
    let target: MomentumEncoder? =
      switch objective {
      case let moco as MoCo: moco.target
      case let moco as MoCoV3: moco.target
      case let byol as BYOL: byol.target
      default: nil
      }
    if let target { add("target.backbone.", target.encoder) }
    if let moco = objective as? MoCo { found["bank"] = { moco.bank.keys.value } }
    for tensor in StoredTensor.all(of: objective) {
      // Our target network is a module of its own around the encoder; our batch norms spell their statistics out.
      let name = tensor.name.replacing("target.encoder.", "target.").replacing("runningMean", "running_mean")
        .replacing("runningVariance", "running_var")
      found[name] = { tensor.value }
    }
    return found
  }

  private func views(_ step: Int) -> Batch {
    let shape: Shape = [Self.batch, Self.side, Self.side, 3]
    let (a, b) = (view("first.\(step % 2)"), view("second.\(step % 2)"))
    return Batch(views: [
      Tensor(a.map { Float($0) }, shape), Tensor(zip(a, b).map { Float(0.7 * $0 + 0.3 * $1) }, shape),
    ])
  }

  /// Half squares of one colour, half noise.
  private func view(_ name: String) -> [Double] {
    let squares = numbers("\(name).squares", Self.batch * 2 * 2 * 3)
    let noise = numbers("\(name).noise", Self.batch * Self.side * Self.side * 3)
    return noise.indices.map { i in
      let (channel, column, row) = (i % 3, i / 3 % Self.side, i / 3 / Self.side % Self.side)
      let picture = i / 3 / Self.side / Self.side
      let square = ((picture * 2 + row * 2 / Self.side) * 2 + column * 2 / Self.side) * 3 + channel
      return 0.5 * squares[square] + 0.5 * noise[i]
    }
  }

  /// Uniform in −1 ..< 1 from a generator that a name seeds, the same as in the script.
  private func numbers(_ name: String, _ count: Int) -> [Double] {
    var state = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / 8_388_608 - 1
    }
  }
}

extension String {
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    guard let start = utf8.indices.first(where: { utf8[$0...].starts(with: old.utf8) }) else { return self }
    let end = utf8.index(start, offsetBy: old.utf8.count)
    return String(self[..<start]) + new + String(self[end...])
  }
}
