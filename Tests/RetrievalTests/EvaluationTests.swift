import Files
import JSON
import Retrieval
import Tensors
import Testing

/// What `make_evaluation.py` computed.
private struct Golden {
  let json: JSONValue
  init() throws {
    json = try JSONValue(file: String(parentFolder(#filePath) + "/Fixtures/evaluation.json"))
  }
  func floats(_ value: JSONValue?) throws -> [Float] { try #require(value?.array).map { Float($0.double ?? .nan) } }
  func ints(_ value: JSONValue?) throws -> [Int] { try #require(value?.array).map { $0.int ?? -1 } }
  func number(_ value: JSONValue?) throws -> Double { try #require(value?.double) }
}

@Suite struct EvaluationTests {
  @Test func recallIsThatOfASortedTable() throws {
    let golden = try Golden()
    let expected = try #require(golden.json["retrieval"])
    let evaluation = try RetrievalEvaluation(
      images: Embeddings(golden.floats(expected["images"]), width: 6),
      captions: Embeddings(golden.floats(expected["captions"]), width: 6), pictures: golden.ints(expected["pictures"]))
    for (key, score) in [("image_to_text", evaluation.imageToText), ("text_to_image", evaluation.textToImage)] {
      let right = try #require(expected[key])
      #expect(try score.ranks == golden.ints(right["ranks"]))
      for name in ["r@1", "r@5", "r@10", "median_rank", "mrr"] {
        #expect(abs(try golden.number(score.json[name]) - golden.number(right[name])) < 1e-12)
      }
    }
    #expect(evaluation.json.object?.keys == ["image_to_text", "text_to_image", "images", "texts"])
  }

  @Test func ranksAreThoseOfAFullSort() throws {
    // Large enough for many panels, with bounds that decide and such that don't.
    let rows = randomRows(2000, 16, seed: 1)
    let queries = randomRows(100, 16, seed: 2)
    let own = (0..<100).map { [$0, 1999 - 3 * $0] }
    let sorted = rows.nearest(2000, to: queries)
    let expected = zip(sorted, own).map { hits, own in 1 + (hits.firstIndex { own.contains($0.row) } ?? -1) }
    #expect(try SearchableRows(rows).ranks(of: own, for: queries) == expected)
  }

  @Test func aCollapsedEncoderScoresLikeChance() throws {
    let rows = Embeddings([Float](repeating: 0.5, count: 40), width: 4)
    let evaluation = try RetrievalEvaluation(images: rows, captions: rows, pictures: Array(0..<10))
    #expect(evaluation.imageToText.ranks == Array(1...10))
    #expect(evaluation.textToImage.recall(at: 1) == 0.1)
    #expect(evaluation.textToImage.medianRank == 5.5)
  }

  @Test func zeroShotAveragesTemplates() throws {
    let golden = try Golden()
    let expected = try #require(golden.json["zeroshot"])
    let classifier = ZeroShot.classifier(
      prompts: Embeddings(try golden.floats(expected["prompts"]), width: 8), templates: 3)
    let pictures = Embeddings(try golden.floats(expected["pictures"]), width: 8).normalized()
    let guesses = ZeroShot.guesses(pictures, classifier: classifier)
    #expect(try guesses == #require(expected["guesses"]?.array).map { try golden.ints($0) })
    let accuracy = Accuracy(guesses: guesses, labels: try golden.ints(expected["labels"]))
    #expect(try accuracy.top1 == golden.number(expected["top1"]))
    #expect(try accuracy.top5 == golden.number(expected["top5"]))
  }

  @Test func promptsPutNamesIntoTemplates() {
    #expect(
      ZeroShot.prompts(classNames: ["cat", "dög"], templates: ["a {}.", "{} or {}", "none"])
        == ["a cat.", "cat or cat", "none", "a dög.", "dög or dög", "none"])
  }

  @Test func neighborsVote() throws {
    let golden = try Golden()
    let (training, test) = try digits(golden)
    let classifier = NearestNeighbors(training.features.normalized(), labels: training.labels)
    let expected = try #require(golden.json["knn"]?.array)
    let guesses = try classifier.guesses(
      test.features.normalized(), neighbors: expected.map { $0["k"]?.int ?? 0 })
    for (found, right) in zip(guesses, expected) {
      #expect(try found.map { Array($0.prefix(5)) } == #require(right["guesses"]?.array).map { try golden.ints($0) })
    }
  }

  @Test func logisticRegressionIsScikitLearns() throws {
    let golden = try Golden()
    let (training, test) = try digits(golden)
    for fit in try #require(golden.json["probe"]?["fits"]?.array) {
      let classifier = LogisticRegression.fit(training, c: try golden.number(fit["c"]))
      let guesses = classifier.guesses(test.features)
      #expect(try guesses.map { $0[0] } == golden.ints(fit["predicted"]))
      let accuracy = Accuracy(guesses: guesses, labels: test.labels)
      #expect(try accuracy.top1 == golden.number(fit["top1"]))
      #expect(try accuracy.top5 == golden.number(fit["top5"]))
      let weights = try golden.floats(fit["weights"])
      let worst = zip(classifier.weights, weights).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-2)
    }
  }

  @Test func sweepsFindWhatGeneralizes() throws {
    let (training, test) = try digits(Golden())
    let split = training.split
    #expect(split.training.labels.count + split.validation.labels.count == 300)
    let swept = try #require(LogisticRegression.sweep(training: split.training, validation: split.validation))
    let classifier = LogisticRegression.fit(training, c: swept.c)
    #expect(Accuracy(guesses: classifier.guesses(test.features), labels: test.labels).top1 > 0.93)
    let standardized = Standardization(training.features)
    let data = LabelledFeatures(standardized(training.features), labels: training.labels, classes: 10)
    var probe = SGDProbe()
    probe.epochs = 30
    let rate = try #require(probe.sweep(training: data.split.training, validation: data.split.validation)).rate
    let guesses = probe.fit(data, rate: rate).guesses(standardized(test.features))
    #expect(Accuracy(guesses: guesses, labels: test.labels).top1 > 0.92)
  }

  /// Every strength is always right here, the one that leaves nothing of the weights too.
  @Test func equallyGoodStrengthsAreToldByTheirLoss() throws {
    let labels = (0..<40).map { $0 % 2 }
    let data = LabelledFeatures(Embeddings(labels.map { Float(2 * $0 - 1) }, width: 1), labels: labels, classes: 2)
    let swept = try #require(
      LogisticRegression.sweep(training: data.split.training, validation: data.split.validation))
    #expect(swept.accuracy == 1)
    #expect(swept.c > 1 && swept.c < 1e6, "\(swept.c) is no longer worth less weight")
  }

  /// Of four pictures a class none is held out, and no strength or rate is better than another.
  @Test func nothingIsChosenByNothing() {
    let labels = (0..<8).map { $0 % 2 }
    let data = LabelledFeatures(Embeddings(labels.map { Float(2 * $0 - 1) }, width: 1), labels: labels, classes: 2)
    let split = data.split
    #expect(split.training.labels.count == 8)
    #expect(LogisticRegression.sweep(training: split.training, validation: split.validation) == nil)
    #expect(SGDProbe().sweep(training: split.training, validation: split.validation) == nil)
  }

  @Test func minimumOfRosenbrocksValley() {
    var solver = LBFGS()
    solver.tolerance = 1e-9
    let found = solver.minimize(from: [-1.2, 1]) { x, gradient in
      let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
      gradient = [-2 * a - 400 * x[0] * b, 200 * b]
      return a * a + 100 * b * b
    }
    #expect(abs(found[0] - 1) < 1e-6 && abs(found[1] - 1) < 1e-6)
  }

  private func digits(_ golden: Golden) throws -> (training: LabelledFeatures, test: LabelledFeatures) {
    let probe = golden.json["probe"]
    return (
      LabelledFeatures(
        Embeddings(try golden.floats(probe?["train"]), width: 64), labels: try golden.ints(probe?["train_labels"]),
        classes: 10),
      LabelledFeatures(
        Embeddings(try golden.floats(probe?["test"]), width: 64), labels: try golden.ints(probe?["test_labels"]),
        classes: 10)
    )
  }
}
