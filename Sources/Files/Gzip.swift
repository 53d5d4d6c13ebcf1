/// A gzip file that cannot be unpacked.
public struct GzipError: UserError, Equatable {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let problem: InflateError

  /// An error about a file.
  public init(path: String, problem: InflateError) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String {
    switch problem {
    case .truncated: "\(path): the gzip file ends too early; copy or download it again"
    case .damaged(let what): "\(path): damaged gzip file (\(what)); copy or download it again"
    case .tooLarge(let limit): "\(path): unpacks to more than the \(limit) bytes that such a file may have"
    }
  }
}

/// The gzip container (RFC 1952).
public enum Gzip {
  /// Whether the bytes start as a gzip file does.
  public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1F, 0x8B])
  }

  /// Unpacks all members of a gzip file and checks their sums.
  ///
  /// - `path`: names the file in errors.
  /// - `limit`: more unpacked bytes than that are an error.
  public static func unpack(_ bytes: [UInt8], path: String, limit: Int = 1 << 32) throws -> [UInt8] {
    do {
      return try bytes.withUnsafeBufferPointer { input in try members(of: input, limit: limit) }
    } catch let problem as InflateError {
      throw GzipError(path: path, problem: problem)
    }
  }

  private static func members(of input: UnsafeBufferPointer<UInt8>, limit: Int) throws(InflateError) -> [UInt8] {
    var output = [UInt8]()
    var position = 0
    repeat {
      position = try afterHeader(of: input, from: position)
      let (member, end) = try Inflate.unpack(input, from: position, limit: limit - output.count)
      guard input.count - end >= 8 else { throw .truncated }
      guard CRC32.checksum(member) == littleEndian(input, at: end) else { throw .damaged("wrong check sum") }
      guard UInt32(truncatingIfNeeded: member.count) == littleEndian(input, at: end + 4) else {
        throw .damaged("wrong length")
      }
      if output.isEmpty { output = member } else { output += member }
      position = end + 8
    } while position < input.count && input[position] == 0x1F
    // What follows is padding of tapes and the like; gzip itself ignores zeros there.
    guard input[position...].allSatisfy({ $0 == 0 }) else { throw .damaged("unknown data at the end") }
    return output
  }

  /// Section 2.3: ten bytes and what the flags announce.
  private static func afterHeader(of input: UnsafeBufferPointer<UInt8>, from start: Int) throws(InflateError) -> Int {
    guard input.count - start >= 10 else { throw .truncated }
    guard input[start] == 0x1F, input[start + 1] == 0x8B else { throw .damaged("not a gzip file") }
    guard input[start + 2] == 8 else { throw .damaged("unknown method of compression") }
    let flags = input[start + 3]
    guard flags & 0xE0 == 0 else { throw .damaged("unknown flags") }
    var position = start + 10
    if flags & 4 != 0 {
      guard input.count - position >= 2 else { throw .truncated }
      position += 2 + Int(input[position]) + Int(input[position + 1]) << 8
    }
    // The original name and a comment end with a zero.
    for flag in [8, 16] as [UInt8] where flags & flag != 0 {
      guard position < input.count, let zero = input[position...].firstIndex(of: 0) else { throw .truncated }
      position = zero + 1
    }
    if flags & 2 != 0 { position += 2 }
    guard position <= input.count else { throw .truncated }
    return position
  }

  private static func littleEndian(_ input: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(input[position + $1]) << UInt32(8 * $1) }
  }
}

/// The check sum of gzip, PNG and TensorBoard's older relatives (RFC 1952, section 8).
public enum CRC32 {
  /// The check sum of some bytes.
  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes { remainder = table[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ remainder >> 8 }
    return ~remainder
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }
}
