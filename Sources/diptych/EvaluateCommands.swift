import Arguments
import Datasets
import Files
import JSON
import ModelFolders
import Retrieval

/// What all evaluations can be told, and what they share.
enum Evaluation {
  static let data = dataArgument(example: "emoji")
  static let split = Argument<String?>("--split NAME", "which part of the set (default: test)")
  static let json = Argument<Bool>("--json", "print one JSON object")

  /// The arguments with an example that can be run.
  ///
  /// - `ofModel`: what can be said of the model, which depends on whether it is given texts.
  static func arguments(
    model: String, data: String, ofModel: [any AnyArgument] = EmbeddingArguments.ofPictures
  ) -> [any AnyArgument] {
    [modelArgument(example: model), dataArgument(example: data), json, split] + ofModel
      + DataArguments.all.filter { $0.name != split.name }
  }

  private static func modelArgument(example: String) -> Argument<String> {
    Argument<String>("--model M", "a model's folder, or a run", example: example, hint: .folder)
  }

  private static func dataArgument(example: String) -> Argument<String> {
    Argument<String>("--data CARD|PATH", "a data set: a card, or a path", example: example)
  }

  static func embedder(_ given: Given, _ towers: Towers) throws -> EmbeddingModel {
    try EmbeddingArguments.embedder(given, folder: given[EmbeddingArguments.model], towers: towers)
  }

  /// The features of a set's labelled pictures.
  static func features(of set: any DataSet, _ embedder: EmbeddingModel, _ given: Given, _ console: Console) throws
    -> LabelledFeatures
  {
    var (parts, labels) = ([Embeddings](), [Int]())
    let bad = try EmbeddingArguments.stream(given).forEach(of: set, for: embedder) { samples in
      let usable = samples.filter { $0.label != nil && $0.content != nil }
      labels += usable.compactMap(\.label)
      if !usable.isEmpty { parts.append(try embedder.embed(prepared: usable.map(\.values))) }
    }
    note(bad, console)
    guard !labels.isEmpty else { throw DataError(given[data], "has no pictures with classes that could be used") }
    let classes = max(set.classNames.count, (labels.max() ?? 0) + 1)
    return LabelledFeatures(Embeddings(joining: parts, width: embedder.width), labels: labels, classes: classes)
  }

  static func note(_ bad: [BadSample], _ console: Console) {
    for problem in bad.prefix(20) { console.note("left out: \(problem)") }
    if bad.count > 20 { console.note("left out: \(bad.count - 20) more") }
  }

  static func print(_ result: JSONValue, _ given: Given, _ console: Console) throws {
    if given[json] { return try console.print(result.text()) }
    for member in result.object?.members ?? [] {
      try console.print("\(member.key): \(member.value.string ?? member.value.text())")
    }
  }
}

/// `diptych evaluate retrieval`
enum EvaluateRetrievalCommand: Command {
  static let name = "retrieval"
  static let summary = "how well pictures find their captions, and captions their pictures"
  static let arguments = Evaluation.arguments(
    model: "runs/emoji-clip", data: "emoji", ofModel: EmbeddingArguments.all)

  static func run(_ given: Given, _ console: Console) throws {
    let set = try Evaluation.open(given, console).set
    let embedder = try Evaluation.embedder(given, .both)
    var (parts, texts, pictures) = ([Embeddings](), [String](), [Int]())
    var count = 0
    let bad = try EmbeddingArguments.stream(given).forEach(of: set, for: embedder) { samples in
      let usable = samples.filter { $0.content != nil }
      for sample in usable {
        texts += sample.captions
        pictures += repeatElement(count, count: sample.captions.count)
        count += 1
      }
      if !usable.isEmpty { parts.append(try embedder.embed(prepared: usable.map(\.values))) }
    }
    Evaluation.note(bad, console)
    guard !texts.isEmpty else {
      throw DataError(given[Evaluation.data], "has no pictures with captions that could be used")
    }
    let (rows, batch) = (Embeddings(joining: parts, width: embedder.width), given[EmbeddingArguments.batch])
    let evaluation = try RetrievalEvaluation(
      images: rows, captions: embedder.embed(texts: texts, batch: batch), pictures: pictures)
    var result = evaluation.json.object ?? JSONObject()
    if bad.isEmpty {
      for (key, value) in try RetrievalExtras(embedder: embedder, batch: batch)(set, rows) { result[key] = value }
    }
    try Evaluation.print(.object(result), given, console)
  }
}

/// `diptych evaluate zeroshot`
enum EvaluateZeroShotCommand: Command {
  static let name = "zeroshot"
  static let summary = "classify pictures by the names of the classes"
  static let template = Argument<[String]>(
    "--template TEXT", "a sentence in which {} stands for the class; several are averaged")
  static let arguments: [any AnyArgument] =
    Evaluation.arguments(model: "runs/emoji-clip", data: "cifar10", ofModel: EmbeddingArguments.all) + [template]

  static func run(_ given: Given, _ console: Console) throws {
    for text in given[template] where !text.contains("{}") {
      throw UsageError("--template \"\(text)\" has no {} where the class would stand")
    }
    let set = try Evaluation.open(given, console).set
    guard !set.classNames.isEmpty else { throw DataError(given[Evaluation.data], "its classes have no names") }
    let embedder = try Evaluation.embedder(given, .both)
    let templates = given[template].isEmpty ? [ZeroShot.template] : given[template]
    let prompts = ZeroShot.prompts(classNames: set.classNames, templates: templates)
    let classifier = ZeroShot.classifier(
      prompts: try embedder.embed(texts: prompts, batch: given[EmbeddingArguments.batch]), templates: templates.count)
    let samples = try Evaluation.features(of: set, embedder, given, console)
    let accuracy = Accuracy(
      guesses: ZeroShot.guesses(samples.features, classifier: classifier), labels: samples.labels)
    try Evaluation.print(accuracy.json, given, console)
  }
}

/// `diptych evaluate knn`
enum EvaluateNeighborsCommand: Command {
  static let name = "knn"
  static let summary = "classify pictures by their nearest training pictures"
  static let neighbors = Argument<[Int]>(
    "--k N", "how many neighbours vote (default: 20 and 200)",
    check: .range(1...100_000))
  static let temperature = Argument(
    "--temperature T", "how much nearer ones count more", default: 0.07,
    check: .range(1e-4...100))
  static let trainSplit = Argument("--train-split NAME", "the part that the neighbours are from", default: "train")
  static let arguments: [any AnyArgument] =
    Evaluation.arguments(model: "runs/cifar10-simclr", data: "cifar10") + [neighbors, temperature, trainSplit]

  static func run(_ given: Given, _ console: Console) throws {
    let sets = try Evaluation.openBoth(given, training: trainSplit, console)
    let embedder = try Evaluation.embedder(given, .vision)
    let training = try Evaluation.features(of: sets.training, embedder, given, console)
    let test = try Evaluation.features(of: sets.test, embedder, given, console)
    let ks = given[neighbors].isEmpty ? [20, 200] : given[neighbors]
    let classifier = NearestNeighbors(
      training.features, labels: training.labels, temperature: given[temperature])
    let accuracies = try classifier.guesses(test.features, neighbors: ks).map {
      Accuracy(guesses: $0, labels: test.labels)
    }
    // The first is the answer; the others stand beside it.
    var result = JSONObject()
    for member in accuracies[0].json.object?.members ?? [] { result[member.key] = member.value }
    result["k"] = JSONValue(ks[0])
    result["by_k"] = .array(
      zip(ks, accuracies).map { ["k": JSONValue($0), "top1": .number($1.top1), "top5": .number($1.top5)] })
    try Evaluation.print(.object(result), given, console)
  }
}

/// `diptych evaluate linear`
enum EvaluateLinearCommand: Command {
  enum Method: String, ArgumentValue, CaseIterable { case lbfgs, sgd }

  static let name = "linear"
  static let summary = "classify pictures by a linear layer on frozen features"
  static let details = """
    lbfgs: logistic regression; its regularisation is swept on every fifth training picture of each class, then all are
    used. sgd: the probe of the self-supervised papers on standardized features, its learning rate swept the same way.
    With fewer than five pictures of every class there is nothing to sweep on, and 1 or 0.1 is taken.
    """
  static let method = Argument("--method M", "how the layer is trained", default: Method.lbfgs)
  static let c = Argument<Double?>(
    "--c X", "the inverse strength of regularisation, instead of the sweep",
    check: .range(1e-12...1e12))
  static let epochs = Argument(
    "--epochs N", "passes of sgd over the training pictures", default: 90,
    check: .range(1...10_000))
  static let trainSplit = Argument("--train-split NAME", "the part to train on", default: "train")
  static let arguments: [any AnyArgument] =
    Evaluation.arguments(model: "runs/cifar-mae", data: "cifar10") + [method, c, epochs, trainSplit]

  static func run(_ given: Given, _ console: Console) throws {
    for (argument, meant) in [(c as any AnyArgument, Method.lbfgs), (epochs, .sgd)] where given.has(argument) {
      guard given[method] == meant else {
        throw UsageError("\(argument.name) says nothing of --method \(given[method]): it is for \(meant)")
      }
    }
    let sets = try Evaluation.openBoth(given, training: trainSplit, console)
    let embedder = try Evaluation.embedder(given, .vision)
    let train = try Evaluation.features(of: sets.training, embedder, given, console)
    let test = try Evaluation.features(of: sets.test, embedder, given, console)
    let classes = max(train.classes, test.classes)
    let training = LabelledFeatures(train.features, labels: train.labels, classes: classes)
    var result = JSONObject()
    let guesses: [[Int]]
    switch given[method] {
    case .lbfgs:
      let split = training.split
      let c =
        given[c] ?? LogisticRegression.sweep(training: split.training, validation: split.validation)?.c
        ?? untried(1, "--c", console)
      guesses = LogisticRegression.fit(training, c: c).guesses(test.features)
      result["c"] = .number(c)
    case .sgd:
      let standardized = Standardization(training.features)
      let data = LabelledFeatures(standardized(training.features), labels: training.labels, classes: classes)
      var probe = SGDProbe()
      probe.epochs = given[epochs]
      let rate =
        probe.sweep(training: data.split.training, validation: data.split.validation)?.rate
        ?? untried(0.1, "the learning rate", console)
      guesses = probe.fit(data, rate: rate).guesses(standardized(test.features))
      result["learning_rate"] = .number(rate)
    }
    for member in Accuracy(guesses: guesses, labels: test.labels).json.object?.members ?? [] {
      result[member.key] = member.value
    }
    try Evaluation.print(.object(result), given, console)
  }

  /// A value that nothing could be chosen by, with a word about it.
  private static func untried(_ value: Double, _ what: String, _ console: Console) -> Double {
    console.note("no class has five training pictures: nothing to choose \(what) by, \(value) is taken")
    return value
  }
}
