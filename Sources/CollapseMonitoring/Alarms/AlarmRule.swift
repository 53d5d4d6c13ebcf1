import Glibc

/// When an alarm is raised: a judgement of single readings, and how long it has to last.
struct AlarmRule: Sendable {
  let kind: AlarmKind
  let patience: Hysteresis.Patience
  /// Whether it holds back until the warm-up is over: a model that has just begun looks like a collapsed one.
  var waitsForWarmup = true
  let judge: @Sendable (Reading, CollapseMonitor.Memory) -> Verdict
}

extension AlarmRule {
  /// All alarms. Between the values that raise one and those that clear it nothing changes.
  static let all: [AlarmRule] = [
    // A skipped step has changed nothing; several in a row are no accident. Each of them is looked at.
    AlarmRule(kind: .nonFinite, patience: .init(readings: 3), waitsForWarmup: false) { reading, _ in
      reading.skipped > 0 ? .sick("\(reading.skipped) of the last steps had no finite loss or gradient") : .healthy
    },
    // Many a healthy model begins near collapse: a hundred steps are enough to leave it.
    AlarmRule(kind: .completeCollapse, patience: .init(readings: 3, steps: 100)) { reading, _ in
      let towers = reading.towers
      let collapsed = towers.count { $0.isCollapsed }
      // One of two is the business of another alarm.
      if towers.isEmpty || reading.relation == .modalities && collapsed == 1 { return .undecided }
      if collapsed == towers.count { return .sick("\(towers[0].spreadText) in every tower") }
      return towers.contains(where: \.isNearCollapse) ? .undecided : .healthy
    },
    AlarmRule(kind: .deadTower, patience: .init(readings: 3, steps: 100)) { reading, _ in
      guard reading.relation == .modalities, reading.towers.count > 1 else { return .undecided }
      if let dead = reading.towers.first(where: \.isCollapsed), !reading.towers.allSatisfy(\.isCollapsed) {
        return .sick("\(dead.spreadText) in the \(dead.name) tower alone")
      }
      return reading.towers.contains(where: \.isNearCollapse) ? .undecided : .healthy
    },
    AlarmRule(kind: .dimensionalCollapse, patience: .init(readings: 4, steps: 50)) { reading, _ in
      // Complete collapse has its own alarm, and a space of a few dimensions has none to lose.
      let towers = reading.towers.filter { !$0.isCollapsed && $0.most >= 8 }
      guard let worst = towers.min(by: { $0.rankShare < $1.rankShare }), let rank = worst.spectrum?.rankMe else {
        return .undecided
      }
      if rank < max(1.5, 0.06 * Double(worst.most)) {
        return .sick("rank \(short(rank)) of \(worst.most) in \(worst.name)")
      }
      // Jing et al. ("Understanding dimensional collapse in contrastive self-supervised learning", 2022) look at the
      // covariance. Behind a batch norm without gain and shift outputs cannot all be equal: a collapsed network puts one
      // sample opposite to all others. Noise in the other directions then keeps RankMe, which counts small singular values
      // too, at two or three; their share of the variance it is not.
      if let line = towers.min(by: { $0.dimensions < $1.dimensions }), line.dimensions < 1.1 {
        return .sick(
          "all that varies in \(line.name) lies along one line: \(short(line.dimensions)) dimensions share it")
      }
      let isWide = rank > max(2, 0.1 * Double(worst.most)) && towers.allSatisfy { $0.dimensions > 1.2 }
      return isWide ? .healthy : .undecided
    },
    AlarmRule(kind: .chanceLoss, patience: .init(readings: 4, steps: 100)) { reading, _ in
      guard let chance = reading.chance, chance > 0 else { return .undecided }
      let share = reading.loss / chance
      if share > 0.97 { return .sick("the loss is \(short(reading.loss)), a guess costs \(short(chance))") }
      return share < 0.93 ? .healthy : .undecided
    },
    AlarmRule(kind: .temperature, patience: .init(readings: 2), waitsForWarmup: false) { reading, _ in
      guard let (value, range) = reading.temperature else { return .undecided }
      if value < range.lowerBound * 0.99 || value > range.upperBound * 1.01 {
        return .sick(
          "the temperature is \(short(value)), out of \(short(range.lowerBound)) to \(short(range.upperBound))")
      }
      // At its lowest a model that is sure of itself is at ease; one that is still wrong is not.
      let isWrong = reading.chance.map { reading.loss > $0 / 2 } ?? false
      let isAtEnd = value < range.lowerBound * 1.001 && isWrong || value > range.upperBound * 0.999
      if isAtEnd { return .sick("the temperature stays at its bound of \(short(value))") }
      return value > range.lowerBound * 1.01 && value < range.upperBound * 0.99 ? .healthy : .undecided
    },
    // One such step may be enough to saturate everything, and then nothing moves any more.
    AlarmRule(kind: .learningRate, patience: .init(readings: 1), waitsForWarmup: false) { reading, memory in
      guard !reading.movements.isEmpty else { return .undecided }
      let total = reading.movements.total
      if total.ratio > 0.25 {
        return .sick("a step changes the weights by \(short(100 * total.ratio)) % of their norm")
      }
      if let first = memory.firstNorm, total.parameters > 10 * first {
        return .sick("the weights' norm has grown from \(short(first)) to \(short(total.parameters))")
      }
      if let first = memory.firstLoss, reading.loss > 3 * abs(first) + 1 {
        return .sick("the loss has risen from \(short(first)) to \(short(reading.loss))")
      }
      return total.ratio < 0.15 ? .healthy : .undecided
    },
    AlarmRule(kind: .plateau, patience: .init(readings: 1)) { reading, memory in
      guard let best = memory.bestStep, memory.isLearning else { return .undecided }
      let idle = reading.step - best
      let limit = memory.plateauLength
      return idle >= limit ? .sick("the mean loss has not fallen by 0.5 % in \(idle) steps") : .healthy
    },
    AlarmRule(kind: .dataStarved, patience: .init(readings: 5)) { reading, _ in
      if reading.dataWait > 0.5 {
        return .sick("\(short(100 * reading.dataWait)) % of the time was spent waiting for data")
      }
      return reading.dataWait < 0.3 ? .healthy : .undecided
    },
    AlarmRule(kind: .duplicates, patience: .init(readings: 3), waitsForWarmup: false) { reading, _ in
      if reading.repeatedPictures > 0.5 {
        return .sick("\(short(100 * reading.repeatedPictures)) % of a batch's pictures stand in it more than once")
      }
      return reading.repeatedPictures < 0.3 ? .healthy : .undecided
    },
    AlarmRule(kind: .staleBank, patience: .init(readings: 3)) { reading, _ in
      guard let (age, expected) = reading.bank else { return .undecided }
      if age > 3 * expected + 10 {
        return .sick("the bank's entries are \(short(age)) steps old, \(short(expected)) are usual")
      }
      return age < 2 * expected + 5 ? .healthy : .undecided
    },
    AlarmRule(kind: .teacherCollapse, patience: .init(readings: 4, steps: 50)) { reading, _ in
      guard let teacher = reading.teacher else { return .undecided }
      if teacher.entropy > 0.999 { return .sick("the teacher's distributions are uniform") }
      if teacher.usage < 0.02 { return .sick("the teacher gives all samples to one prototype") }
      return teacher.entropy < 0.99 && teacher.usage > 0.05 ? .healthy : .undecided
    },
    AlarmRule(kind: .teacherCopies, patience: .init(readings: 3)) { reading, _ in
      guard let distance = reading.teacherDistance else { return .undecided }
      return distance < 1e-6 ? .sick("the teacher's weights are those of the student") : .healthy
    },
    AlarmRule(kind: .predictsMean, patience: .init(readings: 4, steps: 100)) { reading, _ in
      guard let success = reading.reconstruction else { return .undecided }
      if success.relativeVariance < 0.02, success.relativeError > 0.9 {
        return .sick("predictions vary by \(short(100 * success.relativeVariance)) % of what patches do")
      }
      return success.relativeVariance > 0.04 ? .healthy : .undecided
    },
  ]
}

extension Reading.Tower {
  /// A tenth of what even directions have, which is a mean cosine of 0.99.
  var isCollapsed: Bool { spread.total < 0.1 }
  /// Not far enough from collapse to say that it is over.
  var isNearCollapse: Bool { spread.total < 0.15 }
  var rankShare: Double { spectrum.map { $0.rankMe / Double(max(1, most)) } ?? 1 }
  /// The dimensions that share the variance.
  var dimensions: Double { spectrum?.participationRatio ?? Double(most) }
  var spreadText: String { "embeddings spread by \(short(spread.total)) of what even directions do" }
}

/// Three digits that count.
func short(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : value.description }
  let power = pow(10, 2 - log10(abs(value)).rounded(.down))
  let rounded = (value * power).rounded() / power
  return rounded == rounded.rounded() && abs(rounded) < 1e9 ? String(Int(rounded)) : rounded.description
}
