import Files

/// What a tar archive contains: where each regular file lies, and what had to be left out.
///
/// Only headers are read. Nothing is ever unpacked to the disk, so a member's name is just a key; members whose name
/// tries to leave the archive, links, devices and sparse files are left out with a reason all the same.
///
/// Formats: POSIX ustar with its prefix field, PAX (`path` and `size` records) and GNU long names (type `L`).
struct TarIndex: Sendable {
  /// A regular file in the archive.
  struct Member: Sendable, Equatable {
    let name: String
    let offset: Int
    let size: Int
  }

  private(set) var members: [Member] = []
  private(set) var problems: [BadSample] = []

  /// Reads all the headers of an archive.
  init(_ path: String) throws {
    let file = try RegularFile(path)
    try self.init(path: path, size: file.size) { try file.read(at: $0, count: $1) }
  }

  /// Reads the headers through a closure that returns up to `count` bytes at an offset.
  init(path: String, size: Int, read: (_ offset: Int, _ count: Int) throws -> [UInt8]) throws {
    var scan = Scan(path: path, size: size)
    while let header = try scan.nextHeader(read) {
      switch try scan.place(header, read) {
      case .member(let member): members.append(member)
      case .leftOut(let problem): problems.append(problem)
      case .nothing: break
      }
    }
    if let failure = scan.failure { problems.append(failure) }
  }
}

private let block = 512
/// Names and PAX records beyond this are lies.
private let longestExtension = 1 << 20

/// The walk from header to header.
private struct Scan {
  enum Found {
    case member(TarIndex.Member)
    case leftOut(BadSample)
    case nothing
  }

  let path: String
  let size: Int
  private var offset = 0
  private var longName: String?
  private var pax = PAXRecords()
  /// Why the walk ended before the end of the archive.
  private(set) var failure: BadSample?

  init(path: String, size: Int) {
    self.path = path
    self.size = size
  }

  private mutating func stop(_ reason: String) {
    failure = BadSample("\(path) (byte \(offset))", reason + "; the rest of the archive cannot be read")
    offset = size
  }

  /// The next header, or nil at the end mark, at the end of the file, or at damage.
  mutating func nextHeader(_ read: (Int, Int) throws -> [UInt8]) throws -> TarHeader? {
    guard offset < size else { return nil }
    let bytes = try read(offset, block)
    guard bytes.count == block else {
      stop("the archive is cut short")
      return nil
    }
    if bytes.allSatisfy({ $0 == 0 }) { return nil }
    guard let header = TarHeader(bytes) else {
      stop("damaged tar header, its checksum is wrong")
      return nil
    }
    return header
  }

  /// Moves past a header and its content, and tells what it was.
  mutating func place(_ header: TarHeader, _ read: (Int, Int) throws -> [UInt8]) throws -> Found {
    guard let stated = header.size else {
      stop("damaged tar header, its size field is not a number")
      return .nothing
    }
    var start = offset + block
    // The content of an old GNU sparse file is preceded by more of its map.
    if header.kind == .sparse, header.mapContinues {
      repeat {
        let map = try read(start, block)
        start += block
        guard map.count == block else {
          stop("the archive is cut short")
          return .nothing
        }
        if map[504] == 0 { break }
      } while start < size
    }
    let isExtension = header.kind == .longName || header.kind == .longLink || header.kind.isPAX
    let length = isExtension ? stated : pax.size ?? stated
    guard header.kind.hasContent else {
      offset = start
      return finish(header, start, 0)
    }
    guard length <= size - start else {
      stop("a member of \(length) bytes reaches beyond the end of the archive")
      return .nothing
    }
    guard !isExtension || length <= longestExtension else {
      stop("a name of \(length) bytes")
      return .nothing
    }
    switch header.kind {
    case .longName: longName = text(try read(start, length).prefix { $0 != 0 })
    case .pax:
      guard let records = PAXRecords(try read(start, length)) else {
        stop("damaged PAX header")
        return .nothing
      }
      pax = records
    default: break
    }
    // Both fit: length is at most the size of the file.
    offset = start + (length + block - 1) / block * block
    return isExtension ? .nothing : finish(header, start, length)
  }

  private mutating func finish(_ header: TarHeader, _ start: Int, _ length: Int) -> Found {
    defer {
      longName = nil
      pax = PAXRecords()
    }
    let name = pax.path ?? longName ?? header.name
    func leftOut(_ reason: String) -> Found { .leftOut(BadSample("\(path):\(name)", reason)) }
    switch header.kind {
    case .file: break
    case .folder: return .nothing
    case .link: return leftOut("a link inside an archive is not followed")
    case .sparse: return leftOut("sparse members of an archive cannot be read")
    case .device: return leftOut("not a regular file")
    case .other(let flag): return leftOut("unknown kind of member (\(flag))")
    case .longName, .longLink, .pax, .globalPAX: return .nothing
    }
    if pax.isSparse { return leftOut("sparse members of an archive cannot be read") }
    // Old archives mark a folder by its name alone.
    if name.utf8.last == UInt8(ascii: "/") { return .nothing }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"))
    if name.utf8.first == UInt8(ascii: "/") || parts.contains(where: { $0.elementsEqual("..".utf8) }) {
      return leftOut("its name leads out of the archive")
    }
    let plain = parts.drop { $0.elementsEqual(".".utf8) }.map { String($0) ?? "" }.joined(separator: "/")
    return plain.isEmpty ? leftOut("it has no name") : .member(.init(name: plain, offset: start, size: length))
  }
}

/// One header block whose checksum is right.
private struct TarHeader {
  enum Kind: Equatable {
    case file, folder, link, sparse, device, longName, longLink, pax, globalPAX
    case other(UInt8)

    var isPAX: Bool { self == .pax || self == .globalPAX }
    /// Links, folders and devices may state a size, but no content follows.
    var hasContent: Bool { self != .link && self != .device && self != .folder }
  }

  let name: String
  let kind: Kind
  let size: Int?
  let mapContinues: Bool

  init?(_ bytes: [UInt8]) {
    guard let stated = number(bytes[148..<156]) else { return nil }
    var sum = 8 * 32
    var signedSum = 8 * 32
    for (i, byte) in bytes.enumerated() where !(148..<156).contains(i) {
      sum += Int(byte)
      // Some old writers summed signed characters.
      signedSum += Int(Int8(bitPattern: byte))
    }
    guard stated == sum || stated == signedSum else { return nil }
    size = number(bytes[124..<136])
    let flag = bytes[156]
    kind =
      switch flag {
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
      case UInt8(ascii: "1"), UInt8(ascii: "2"): .link
      case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
      case UInt8(ascii: "5"): .folder
      case UInt8(ascii: "L"): .longName
      case UInt8(ascii: "K"): .longLink
      case UInt8(ascii: "S"): .sparse
      case UInt8(ascii: "x"): .pax
      case UInt8(ascii: "g"): .globalPAX
      default: .other(flag)
      }
    mapContinues = bytes[482] != 0
    let short = text(bytes[0..<100].prefix { $0 != 0 })
    let isPOSIX = bytes[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPOSIX ? text(bytes[345..<500].prefix { $0 != 0 }) : ""
    name = prefix.isEmpty ? short : prefix + "/" + short
  }
}

/// What a PAX header says about the member that follows.
private struct PAXRecords {
  var path: String?
  var size: Int?
  var isSparse = false

  init() {}

  /// Records are `LENGTH KEY=VALUE\n`, the length counting itself.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, rest.first != 0 {
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
        let length = decimal(rest[..<space]), length > space - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let record = rest[space + 1..<rest.startIndex + length]
      guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let value = record[equals + 1..<record.endIndex - 1]
      switch text(record[..<equals]) {
      case "path": path = text(value)
      case "size":
        guard let number = decimal(value) else { return nil }
        size = number
      case let key where key.utf8.starts(with: "GNU.sparse.".utf8): isSparse = true
      default: break
      }
      rest = rest[(rest.startIndex + length)...]
    }
  }
}

private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

private func decimal(_ digits: ArraySlice<UInt8>) -> Int? { digits.isEmpty ? nil : number(digits, base: 10) }

/// A field of a header: octal digits between spaces and zeros, or GNU's big-endian binary where the first bit is set.
private func number(_ field: ArraySlice<UInt8>) -> Int? {
  guard let first = field.first else { return nil }
  if first & 0x80 != 0 {
    guard first == 0x80 else { return nil }
    var value = 0
    for byte in field.dropFirst() {
      guard value >> 55 == 0 else { return nil }
      value = value << 8 | Int(byte)
    }
    return value
  }
  let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
  return number(digits, base: 8)
}

private func number(_ digits: ArraySlice<UInt8>, base: Int) -> Int? {
  var value = 0
  for byte in digits {
    let digit = Int(byte) - Int(UInt8(ascii: "0"))
    guard digit >= 0, digit < base, value < Int.max / 16 else { return nil }
    value = value * base + digit
  }
  return value
}
