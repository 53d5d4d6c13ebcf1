import Arguments

/// `diptych completions bash|zsh|fish`
enum CompletionsCommand: Command {
  static let name = "completions"
  static let summary = "print what makes a shell complete this program's words"
  static let details = """
    bash: diptych completions bash > ~/.local/share/bash-completion/completions/diptych
    zsh:  diptych completions zsh > a file named _diptych in a folder of $fpath
    fish: diptych completions fish > ~/.config/fish/completions/diptych.fish
    """

  static let shell = Argument<Shell>("SHELL", "the shell", example: "bash")
  static let arguments: [any AnyArgument] = [shell]

  static func run(_ given: Given, _ console: Console) throws {
    try console.print(bytes: Diptych.program.completions(for: given[shell]).utf8)
  }
}
