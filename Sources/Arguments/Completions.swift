/// The shells that can complete the program's words.
public enum Shell: String, ArgumentValue, CaseIterable {
  /// GNU bash
  case bash
  /// zsh
  case zsh
  /// fish
  case fish
}

extension Program {
  /// A script that makes a shell complete the program's commands, options and values.
  public func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletions
    case .zsh: zshCompletions
    case .fish: fishCompletions
    }
  }

  /// Every group and command with the words that lead to it; the program itself has none.
  private var places: [(path: [String], node: CommandNode)] {
    func walk(_ nodes: [CommandNode], _ path: [String]) -> [(path: [String], node: CommandNode)] {
      nodes.flatMap { node -> [(path: [String], node: CommandNode)] in
        let place = [(path: path + [node.name], node: node)]
        if case .group(_, _, let below) = node { return place + walk(below, path + [node.name]) }
        return place
      }
    }
    return [([], .group(name: name, summary: summary, commands))] + walk(commands, [])
  }

  private func arguments(of node: CommandNode) -> [any AnyArgument] {
    if case .command(let command) = node { return command.arguments + Common.all }
    return [Common.help]
  }

  private func subcommands(of node: CommandNode) -> [CommandNode] {
    if case .group(_, _, let below) = node { return below }
    return []
  }

  /// The bash function walks over the words to find the command, then offers what that command knows.
  private var bashCompletions: String {
    var steps = [String]()
    var values = [String]()
    var words = [String]()
    for (path, node) in places {
      let key = path.joined(separator: " ")
      if let last = path.last {
        steps.append("\"\(path.dropLast().joined(separator: " "))/\(last)\") place=\"\(key)\" ;;")
      }
      let all = arguments(of: node)
      for argument in all where argument.isOption && argument.arity != .flag {
        if !argument.choices.isEmpty {
          let list = argument.choices.joined(separator: " ")
          values.append("\"\(key)/\(argument.name)\") COMPREPLY=($(compgen -W \"\(list)\" -- \"$word\")); return ;;")
        } else if argument.hint == .text {
          values.append("\"\(key)/\(argument.name)\") return ;;")
        } else {
          // A line each: names may have blanks.
          let found = "compgen \(argument.hint == .folder ? "-d" : "-f") -- \"$word\""
          values.append("\"\(key)/\(argument.name)\") mapfile -t COMPREPLY < <(\(found)); return ;;")
        }
      }
      let options = all.filter(\.isOption).map(\.name).joined(separator: " ")
      let operands = subcommands(of: node).map(\.name) + all.filter { !$0.isOption }.flatMap(\.choices)
      words.append("\"\(key)\") options=\"\(options)\" operands=\"\(operands.joined(separator: " "))\" ;;")
    }
    return """
      # Completions for \(name); made by `\(name) completions bash`.
      _\(name)() {
        local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" place="" options="" operands="" i
        for ((i = 1; i < COMP_CWORD; i++)); do
          case "$place/${COMP_WORDS[i]}" in
            \(steps.joined(separator: "\n      "))
          esac
        done
        case "$place/$before" in
          \(values.joined(separator: "\n    "))
        esac
        case "$place" in
          \(words.joined(separator: "\n    "))
        esac
        if [[ $word == -* ]]; then
          COMPREPLY=($(compgen -W "$options" -- "$word"))
        elif [[ -n $operands ]]; then
          COMPREPLY=($(compgen -W "$operands" -- "$word"))
        else
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi
      }
      complete -o filenames -F _\(name) \(name)

      """
  }

  private var zshCompletions: String {
    var functions = ""
    for (path, node) in places {
      let function = (["_\(name)"] + path).joined(separator: "_").replacingHyphens
      let below = subcommands(of: node)
      var lines = arguments(of: node).map(zshArgument)
      if !below.isEmpty {
        if path.isEmpty { lines.append("'--version[print which version this is]'") }
        lines += ["'1:command:->command'", "'*::word:->rest'"]
      }
      functions += "\(function)() {\n  local state line context curcontext=\"$curcontext\"\n  typeset -A opt_args\n"
      functions += "  _arguments -C \\\n    \(lines.joined(separator: " \\\n    "))\n"
      if !below.isEmpty {
        let described = below.map { "'\($0.name):\($0.summary.zshEscaped)'" }.joined(separator: " ")
        functions += "  case $state in\n    command) local -a known=(\(described)); _describe command known ;;\n"
        functions += "    rest) case $line[1] in\n"
        for node in below { functions += "      \(node.name)) \(function)_\(node.name.replacingHyphens) ;;\n" }
        functions += "    esac ;;\n  esac\n"
      }
      functions += "}\n\n"
    }
    return "#compdef \(name)\n# Completions for \(name); made by `\(name) completions zsh`.\n\n\(functions)"
      + "if [ \"$funcstack[1]\" = _\(name) ]; then _\(name) \"$@\"; else compdef _\(name) \(name); fi\n"
  }

  private func zshArgument(_ argument: any AnyArgument) -> String {
    let action =
      !argument.choices.isEmpty
      ? "(\(argument.choices.joined(separator: " ")))"
      : argument.hint == .text ? " " : argument.hint == .folder ? "_files -/" : "_files"
    let help = argument.help.zshEscaped
    switch argument.arity {
    case .flag: return "'\(argument.name)[\(help)]'"
    case .one where argument.isOption: return "'\(argument.name)=[\(help)]:\(argument.spelling.placeholder):\(action)'"
    case .repeated where argument.isOption, .many where argument.isOption:
      return "'*\(argument.name)=[\(help)]:\(argument.spelling.placeholder):\(action)'"
    case .one: return "'\(argument.isRequired ? ":" : "::")\(argument.name):\(action)'"
    case .repeated, .many: return "'*:\(argument.name):\(action)'"
    }
  }

  /// As in bash, a function finds the command: `train` alone is another than behind `tokenizer`.
  private var fishCompletions: String {
    var lines = ["# Completions for \(name); made by `\(name) completions fish`.", "complete -c \(name) -f"]
    lines += ["function __\(name)_place", "  set -l place ''", "  for word in (commandline -opc)[2..-1]"]
    lines.append("    switch \"$place/$word\"")
    for (path, _) in places {
      guard let last = path.last else { continue }
      let key = path.joined(separator: " ")
      lines.append("      case '\(path.dropLast().joined(separator: " "))/\(last)'; set place '\(key)'")
    }
    lines += ["    end", "  end", "  echo $place", "end"]
    for (path, node) in places {
      let below = subcommands(of: node)
      let start = "complete -c \(name) -n 'test (__\(name)_place) = \"\(path.joined(separator: " "))\"'"
      for node in below { lines.append("\(start) -a \(node.name) -d '\(node.summary.fishEscaped)'") }
      for argument in arguments(of: node) {
        let choices = argument.choices.isEmpty ? "" : " -a '\(argument.choices.joined(separator: " "))'"
        let help = " -d '\(argument.help.fishEscaped)'"
        if argument.isOption {
          let takes = argument.arity == .flag ? "" : argument.hint == .text ? " -x" : " -r -F"
          lines.append("\(start) -l \(argument.name.dropFirst(2))\(takes)\(choices)\(help)")
        } else if !choices.isEmpty {
          lines.append("\(start)\(choices)\(help)")
        } else if argument.hint != .text {
          lines.append("\(start) -F")
        }
      }
      if path.isEmpty { lines.append("\(start) -l version -d 'print which version this is'") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension String {
  fileprivate var replacingHyphens: String { String(map { $0 == "-" ? "_" : $0 }) }

  /// Within single quotes and a description in brackets.
  fileprivate var zshEscaped: String {
    map { character -> String in
      switch character {
      case "'": "'\\''"
      case "[", "]", ":", "\\": "\\\(character)"
      default: String(character)
      }
    }.joined()
  }

  /// Within single quotes.
  fileprivate var fishEscaped: String {
    map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
  }
}
