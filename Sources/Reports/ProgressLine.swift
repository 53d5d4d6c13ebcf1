import CollapseMonitoring
import Glibc

/// The one line at the bottom of a terminal that tells how training goes. Where standard error is no terminal, or the
/// terminal is dumb, it prints nothing.
public struct ProgressLine: ~Copyable {
  private let isShown: Bool
  private let hasColor: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastDrawn: ContinuousClock.Instant?
  private var isOnScreen = false

  /// A line that is shown if standard error is a terminal and `isQuiet` does not forbid it.
  public init(isQuiet: Bool) {
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    isShown = !isQuiet && isatty(STDERR_FILENO) == 1 && terminal != "dumb"
    // no-color.org: any value but an empty one.
    hasColor = isShown && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    start = clock.now
  }

  /// Shows where training is. Cheap enough for every step: it draws at most ten times a second.
  ///
  /// - `firstStep`: the step that this process began with, for the time that is left.
  /// - `health`: a word or two, such as `healthy` or `rank 12/128 ↓`, in the colour of its mood.
  public mutating func show(
    step: Int, of total: Int, from firstStep: Int = 0, loss: Double, samplesPerSecond: Double, health: Health
  ) {
    guard isShown else { return }
    let now = clock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100), step < total { return }
    lastDrawn = now
    let done = step - firstStep
    let left = done > 0 ? (now - start) / Double(done) * Double(max(0, total - step)) : nil
    let text = Self.text(step: step, of: total, loss: loss, samplesPerSecond: samplesPerSecond, left: left)
    draw(Self.fitted(text, health.word, width: Self.terminalWidth - 1), health.mood)
  }

  /// `step 120/750  loss 3.2140  812 samples/s  1:42 left`
  package static func text(
    step: Int, of total: Int, loss: Double, samplesPerSecond: Double, left: Duration?
  ) -> String {
    let parts = ["step \(step)/\(total)", "loss \(fixed(loss, 4))", "\(shortNumber(samplesPerSecond)) samples/s"]
    return (parts + (left.map { ["\(readable($0)) left"] } ?? [])).joined(separator: "  ")
  }

  /// Cuts what does not fit: it would wrap, and a wrapped line cannot be drawn over. The word on health stays longest.
  package static func fitted(_ text: String, _ health: String, width: Int) -> (text: String, health: String) {
    let word = String(health.prefix(max(0, width)))
    let room = width - word.count - 2
    return room > 0 ? (String(text.prefix(room)) + "  ", word) : ("", word)
  }

  private mutating func draw(_ line: (text: String, health: String), _ mood: Health.Mood) {
    let color = mood == .good ? "\u{1B}[32m" : mood == .worrying ? "\u{1B}[33m" : "\u{1B}[31m"
    Self.write("\r\u{1B}[K\(line.text)\(hasColor ? "\(color)\(line.health)\u{1B}[0m" : line.health)")
    isOnScreen = true
  }

  /// Prints a message above the line, on whatever standard error is.
  public mutating func note(_ message: String) {
    if isOnScreen { Self.write("\r\u{1B}[K") }
    isOnScreen = false
    lastDrawn = nil
    Self.write("\(message)\n")
  }

  /// Leaves the line as it stands and goes to the next.
  public mutating func finish() {
    if isOnScreen { Self.write("\n") }
    isOnScreen = false
  }

  private static var terminalWidth: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }

  /// Whether anybody sees it does not matter to the work.
  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
