import Arguments
import Glibc
import Tensors

/// The command line.
@main
struct Diptych {
  /// What it is called, and all its commands in the order of help.
  static let program = Program(
    name: "diptych",
    version: "0.1.0",
    summary: "train, watch and use representations of images and text, on ordinary CPUs",
    commands: [
      .command(TrainCommand.self),
      .command(EmbedCommand.self),
      .command(IndexCommand.self),
      .command(SearchCommand.self),
      .command(ReconstructCommand.self),
      .group(
        name: "evaluate", summary: "measure a model on a data set",
        [
          .command(EvaluateRetrievalCommand.self), .command(EvaluateZeroShotCommand.self),
          .command(EvaluateNeighborsCommand.self), .command(EvaluateLinearCommand.self),
          .command(EvaluateClassesCommand.self),
        ]),
      .command(ReportCommand.self),
      .group(
        name: "data", summary: "list, prepare and look at data sets",
        [.command(DataListCommand.self), .command(DataPrepareCommand.self), .command(DataInspectCommand.self)]),
      .group(
        name: "tokenizer", summary: "learn tokenizers and see what they do",
        [.command(TokenizerTrainCommand.self), .command(TokenizerEncodeCommand.self)]),
      .command(ConvertCommand.self),
      .command(InspectCommand.self),
      .command(BenchCommand.self),
      .command(CompletionsCommand.self),
    ])

  static func main() {
    let code = program.run(try CommandLine.words()) { given, command in
      guard let threads = given[Common.threads] else { return try command() }
      try ThreadPool.$current.withValue(ThreadPool(threads: threads), operation: command)
    }
    exit(code.rawValue)
  }
}
