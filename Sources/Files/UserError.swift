/// An error that a person caused or can mend: a damaged file, a misspelt key, a full disk.
///
/// Its `description` is the one line that the command line prints: it names the file, says what is wrong and what to
/// do. Programmer errors are not thrown; they trap.
public protocol UserError: Error, CustomStringConvertible, Sendable {}
