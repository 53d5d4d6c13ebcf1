import CollapseMonitoring
import JSON
import Objectives
import Tensors
import Testing

/// Alarms on readings that were made up.
@Suite struct AlarmTests {
  @Test func hysteresisNeedsAStreakEitherWay() {
    var alarm = Hysteresis()
    let patience = Hysteresis.Patience(readings: 3, steps: 20, recovery: 2)
    var changes: [Int: Hysteresis.Change] = [:]
    let verdicts: [Verdict] = [
      .sick(""), .sick(""), .healthy, .sick(""), .undecided, .sick(""), .sick(""), .sick(""), .healthy, .undecided,
      .sick(""), .healthy, .undecided, .healthy, .sick(""),
    ]
    for (number, verdict) in verdicts.enumerated() {
      changes[number * 10] = alarm.update(verdict, step: number * 10, patience)
    }
    #expect(changes == [60: .raised, 130: .cleared])
    #expect(!alarm.isRaised && alarm.isSuspicious && alarm.since == 140)
  }

  @Test func steps() {
    var alarm = Hysteresis()
    let patience = Hysteresis.Patience(readings: 2, steps: 100)
    #expect(alarm.update(.sick("a"), step: 10, patience) == nil)
    #expect(alarm.update(.sick("a"), step: 50, patience) == nil)
    #expect(alarm.update(.sick("a"), step: 110, patience) == .raised)
    #expect(alarm.update(.sick("a"), step: 120, patience) == nil)
    #expect(alarm.since == 10)
  }

  private func monitor(total: Int = 1000) -> CollapseMonitor {
    var settings = MonitorSettings()
    settings.warmup = 10
    settings.total = total
    return CollapseMonitor(settings)
  }

  /// Feeds one reading at every tenth step, and tells which alarms were raised.
  private func raised(
    steps: Int = 200, by monitor: CollapseMonitor? = nil, loss: (Int) -> Double = { 5 / Double($0) },
    reading: (Int) -> Reading
  ) -> [AlarmKind] {
    var monitor = monitor ?? self.monitor()
    var found: [AlarmKind] = []
    for step in stride(from: 10, through: steps, by: 10) {
      monitor.note(step: step, loss: loss(step))
      var reading = reading(step)
      reading.step = step
      if reading.loss == 0 { reading.loss = loss(step) }
      found += monitor.judge(reading).filter { !$0.isCleared }.map(\.kind)
    }
    return found
  }

  private func tower(_ name: String, spread: Float, width: Int = 16, dimensions: Int = 16) -> Reading.Tower {
    var generator = Generator(seed: 3)
    let values = (0..<64 * width).map { i -> Float in
      (i % width == 0 ? 4 : 0) + (i % width < dimensions ? spread * generator.normal() : 0)
    }
    return Reading.Tower(EmbeddingSample(name, Tensor(values, [64, width]), limit: 64))
  }

  /// How collapse looks behind a batch norm without gain and shift: one sample lies opposite to all others, and there is
  /// noise in every direction.
  private func oneAgainstAll(noise: Float) -> Reading.Tower {
    var generator = Generator(seed: 3)
    let values = (0..<32 * 16).map { i in (i % 16 > 0 ? 0 : i == 0 ? -1 : 1) + noise * generator.normal() }
    let tower = Reading.Tower(EmbeddingSample("view1", Tensor(values, [32, 16]).normalizedL2(), limit: 64))
    #expect((tower.spectrum?.rankMe ?? 0) > 2, "RankMe alone does not see it")
    return tower
  }

  @Test func eachSicknessRaisesItsOwnAlarm() {
    func always(_ change: @escaping (inout Reading) -> Void) -> (Int) -> Reading {
      { _ in
        var reading = Reading()
        change(&reading)
        return reading
      }
    }
    func movement(_ weights: Double, _ updates: Double) -> [Movement] {
      [Movement(group: "a", parameters: weights, gradients: 1, updates: updates)]
    }
    let (good, dead) = (tower("image", spread: 2), tower("text", spread: 0.001))
    #expect(raised(reading: always { $0.towers = [good, good] }) == [])
    #expect(raised(reading: always { $0.towers = [dead, dead] }) == [.completeCollapse])
    #expect(raised(reading: always { ($0.towers, $0.relation) = ([good, dead], .modalities) }) == [.deadTower])
    #expect(raised(reading: always { ($0.towers, $0.relation) = ([dead, dead], .modalities) }) == [.completeCollapse])
    #expect(
      raised(reading: always { $0.towers = [tower("x", spread: 2, width: 64, dimensions: 2)] }) == [
        .dimensionalCollapse
      ])
    #expect(raised(reading: always { $0.towers = [oneAgainstAll(noise: 0.012)] }) == [.dimensionalCollapse])
    #expect(raised(reading: always { $0.towers = [oneAgainstAll(noise: 0.5)] }) == [])
    #expect(raised(reading: always { ($0.loss, $0.chance) = (4.1, 4.16) }) == [.chanceLoss])
    #expect(raised(reading: always { ($0.loss, $0.chance) = (2, 4.16) }) == [])
    #expect(raised(reading: always { $0.temperature = (0.005, 0.01...1) }) == [.temperature])
    #expect(raised(reading: always { $0.temperature = (1, 0.01...1) }) == [.temperature])
    #expect(raised(reading: always { $0.temperature = (0.07, 0.01...1) }) == [])
    #expect(raised(reading: always { ($0.temperature, $0.chance, $0.loss) = ((0.01, 0.01...1), 4, 0.3) }) == [])
    #expect(
      raised(reading: always { ($0.temperature, $0.chance, $0.loss) = ((0.01, 0.01...1), 4, 3) }) == [.temperature])
    #expect(raised(reading: always { $0.skipped = 1 }) == [.nonFinite])
    #expect(raised(reading: always { $0.movements = movement(1, 0.4) }) == [.learningRate])
    #expect(raised(reading: always { $0.movements = movement(1, 0.01) }) == [])
    #expect(raised(reading: always { $0.dataWait = 0.8 }) == [.dataStarved])
    #expect(raised(reading: always { $0.repeatedPictures = 1 }) == [.duplicates])
    #expect(raised(reading: always { $0.bank = (200, 8) }) == [.staleBank])
    #expect(raised(reading: always { $0.bank = (9, 8) }) == [])
    #expect(raised(reading: always { $0.teacherDistance = 0 }) == [.teacherCopies])
    let uniform = Tensor(repeating: 0.25, [8, 4])
    #expect(
      raised(reading: always { $0.teacher = TeacherStudent(teacher: uniform, student: uniform) }) == [.teacherCollapse])
    let targets = Tensor((0..<64).map { Float($0 % 7) }, [8, 8])
    #expect(
      raised(
        reading: always {
          $0.reconstruction = ReconstructionQuality(predictions: Tensor(repeating: 3, [8, 8]), targets: targets)
        })
        == [.predictsMean])
  }

  /// A step that was skipped has changed nothing, and is no reason to stop a run; several in a row are.
  @Test func aSkippedStepIsNoSicknessYet() {
    func skipped(at steps: Set<Int>) -> [AlarmKind] {
      raised { step in
        var reading = Reading()
        reading.skipped = steps.contains(step) ? 1 : 0
        return reading
      }
    }
    #expect(skipped(at: [50, 60, 120]) == [])
    #expect(skipped(at: [50, 60, 70]) == [.nonFinite])
  }

  @Test func aGrowingNormOrLossMeansALearningRateTooHigh() {
    #expect(
      raised { step in
        var reading = Reading()
        reading.movements = [
          Movement(group: "a", parameters: step < 50 ? 1 : 20, gradients: 1, updates: step < 50 ? 0.01 : 0.2)
        ]
        return reading
      } == [.learningRate])
    #expect(
      raised(loss: { $0 < 50 ? 4 : 100 }) { _ in
        var reading = Reading()
        reading.movements = [Movement(group: "a", parameters: 1, gradients: 1, updates: 0.01)]
        return reading
      } == [.learningRate])
  }

  @Test func aPlateauIsALongOne() {
    #expect(raised(steps: 3000, loss: { 5 - 0.001 * Double($0) }) { _ in Reading() } == [])
    #expect(raised(steps: 900, loss: { _ in 3 }) { _ in Reading() } == [])
    #expect(raised(steps: 2000, loss: { _ in 3 }) { _ in Reading() } == [.plateau])
    #expect(raised(steps: 2000, by: monitor(total: 10_000), loss: { _ in 3 }) { _ in Reading() } == [])
  }

  @Test func warmUpIsLeftAlone() {
    var settings = MonitorSettings()
    settings.warmup = 1000
    let dead = tower("image", spread: 0.001)
    #expect(
      raised(by: CollapseMonitor(settings)) { _ in
        var reading = Reading()
        reading.towers = [dead]
        return reading
      } == [])
  }

  /// A monitor whose memory was written and read in the middle says what an uninterrupted one says.
  @Test func stateSurvivesBeingWritten() throws {
    func reading(_ step: Int) -> Reading {
      var reading = Reading()
      reading.step = step
      (reading.loss, reading.chance) = (step % 400 < 200 ? 4.15 : 1, 4.16)
      return reading
    }
    var whole = monitor()
    var parts = monitor()
    var (first, second): ([Alarm], [Alarm]) = ([], [])
    for step in stride(from: 5, through: 1000, by: 5) {
      for isWhole in [true, false] {
        var monitor = isWhole ? whole : parts
        monitor.note(step: step, loss: reading(step).loss, wait: 0.25, seconds: 1)
        var changes: [Alarm] = []
        if step % 20 == 0 { changes = monitor.judge(reading(step)) }
        if isWhole {
          whole = monitor
          first += changes
        } else {
          second += changes
          // Through text, in between looks too.
          parts = self.monitor()
          parts.restore(try JSONValue(parsing: Array(monitor.state.text().utf8)))
        }
      }
    }
    #expect(first == second && !first.isEmpty)
    #expect(first.map(\.isCleared).contains(true))
    #expect(whole.state == parts.state)
  }

  @Test func linesAndWords() {
    var monitor = monitor()
    #expect(monitor.health == nil)
    let dead = tower("image", spread: 0.001)
    var lines: [Alarm] = []
    for step in [20, 80, 140] {
      monitor.note(step: step, loss: 1)
      var reading = Reading()
      reading.step = step
      reading.towers = [dead]
      lines += monitor.judge(reading)
      #expect(monitor.health?.mood == (step == 140 ? .bad : .worrying))
      #expect(monitor.health?.word.hasPrefix("rank ") == true)
      #expect(!monitor.isHealthy)
    }
    #expect(lines.map(\.step) == [140] && lines.map(\.since) == [20])
    #expect(lines.first?.json["alarm"]?.string == "complete_collapse")
    #expect(
      lines.first?.json["means"]?.string?.isEmpty == false && lines.first?.json["change"]?.string?.isEmpty == false)
    #expect(monitor.raised == [.completeCollapse])
    for kind in AlarmKind.allCases {
      #expect(!kind.meaning.isEmpty && !kind.remedy.isEmpty && !kind.word.isEmpty)
    }
  }

  @Test func repeatedSamples() {
    let batch = Batch(ids: Tensor(ids: [1, 2, 1, 2, 3, 4], [3, 2]), pictures: [1, 1, 1])
    #expect(RepeatedSamples(batch, limit: 10).pictures == 1)
    #expect(abs(RepeatedSamples(batch, limit: 10).texts - 2.0 / 3) < 1e-12)
    let views = Batch(views: [Tensor([1, 2, 1, 2, 5, 6, 7, 8], [4, 2])])
    #expect(RepeatedSamples(views, limit: 10) == RepeatedSamples(views, limit: 4))
    #expect(RepeatedSamples(views, limit: 10).pictures == 0.5 && RepeatedSamples(views, limit: 10).texts == 0)
  }
}
