import Files
import Glibc
import Testing

/// What a run of the executable gave.
struct Outcome {
  /// The exit code, or 128 + the signal that ended it.
  let code: Int32
  /// Standard output.
  let output: String
  /// Standard error.
  let errors: String

  /// Whether it failed as a person should see it: the exit code, nothing on standard output, one line on standard error
  /// that contains a text.
  func isOneLine(_ code: Int32, containing text: String) -> Bool {
    let isLine = errors.utf8.last == UInt8(ascii: "\n") && errors.utf8.count { $0 == UInt8(ascii: "\n") } == 1
    return self.code == code && output.isEmpty && isLine && errors.contains(text)
  }
}

/// Where a stream of the executable leads.
enum Stream {
  case captured
  case closed
  case file(String)
  case descriptor(Int32)
}

/// The executable that was built beside the tests.
enum Executable {
  static let path: String = {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    return join(parentFolder(String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)), "diptych")
  }()

  /// Starts the executable and returns its process id.
  static func start(
    _ words: [String], in folder: String, output: Stream = .captured, errors: Stream = .captured,
    environment: [String: String] = [:], program: String = path
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (descriptor, stream, name) in [(Int32(1), output, ".out"), (2, errors, ".err")] {
      switch stream {
      case .captured:
        posix_spawn_file_actions_addopen(&actions, descriptor, join(folder, name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      case .closed: posix_spawn_file_actions_addclose(&actions, descriptor)
      case .descriptor(let open): posix_spawn_file_actions_adddup2(&actions, open, descriptor)
      case .file(let path): posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY, 0)
      }
    }
    var variables = ["PATH=/usr/bin:/bin", "HOME=/tmp"] + environment.map { "\($0.key)=\($0.value)" }
    if let libraries = getenv("LD_LIBRARY_PATH") { variables.append("LD_LIBRARY_PATH=\(String(cString: libraries))") }
    var process = pid_t()
    // Threads of the tests block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    // Foundation-free Swift sees no call to start a process in another folder; `env` does that and becomes the process.
    let code = withPointers(to: ["env", "-C", folder, program] + words) { arguments in
      withPointers(to: variables) { posix_spawn(&process, "/usr/bin/env", &actions, &attributes, arguments, $0) }
    }
    try #require(code == 0, "cannot start \(path); build the product diptych")
    return process
  }

  /// Runs the executable to its end.
  static func run(
    _ words: [String], in folder: String, output: Stream = .captured, errors: Stream = .captured,
    environment: [String: String] = [:], program: String = path
  ) throws -> Outcome {
    let process = try start(
      words, in: folder, output: output, errors: errors, environment: environment, program: program)
    let code = wait(for: process)
    func text(_ name: String) throws -> String {
      let path = join(folder, name)
      defer { unlink(path) }
      return kind(of: path) == .file ? String(decoding: try readFile(path), as: UTF8.self) : ""
    }
    return Outcome(code: code, output: try text(".out"), errors: try text(".err"))
  }

  /// Waits for a process that was started here.
  static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  private static func withPointers<R>(
    to words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    let pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { fatalError("an array of one has an address") }
      return body(base)
    }
  }
}
