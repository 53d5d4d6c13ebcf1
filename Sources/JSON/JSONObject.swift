/// Keys and values in the order of the file.
///
/// Keys are told apart by their bytes and not, as Swift strings are, by canonical equivalence: a vocabulary may hold
/// both spellings of é.
public struct JSONObject: Sendable {
  /// A key with its value.
  public struct Member: Sendable {
    /// The key.
    public let key: String
    /// The value.
    public var value: JSONValue
  }

  /// The members in order. No two have the same key.
  public private(set) var members: [Member] = []

  /// Open addressing: 1 + the position of a member, 0 where nothing is. Small objects have none and are searched.
  private var slots: [Int32] = []

  /// An object without members.
  public init() {}

  /// An object of these members; of two equal keys the last wins, in the place of the first.
  public init(_ members: [(String, JSONValue)]) {
    for (key, value) in members { self[key] = value }
  }

  /// How many members there are.
  public var count: Int { members.count }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }

  /// The value of a key. Assigning keeps the key's place or appends it; assigning nil removes it.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        reindex()
      case (nil, let value?): add(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Appends a member unless its key is there already; returns whether it was new.
  mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    guard position(of: key) == nil else { return false }
    add(key, value)
    return true
  }

  /// Where a key stands among the members.
  private func position(of key: String) -> Int? {
    if slots.isEmpty { return members.firstIndex { sameBytes($0.key, key) } }
    var slot = hash(key) & (slots.count - 1)
    while slots[slot] != 0 {
      let position = Int(slots[slot]) - 1
      if sameBytes(members[position].key, key) { return position }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func add(_ key: String, _ value: JSONValue) {
    members.append(Member(key: key, value: value))
    if members.count > 8 && members.count * 2 > slots.count {
      reindex()
    } else if !slots.isEmpty {
      place(members.count - 1)
    }
  }

  private mutating func reindex() {
    slots = []
    guard members.count > 8 else { return }
    var size = 32
    while size < members.count * 4 { size *= 2 }
    slots = [Int32](repeating: 0, count: size)
    for position in members.indices { place(position) }
  }

  private mutating func place(_ position: Int) {
    var slot = hash(members[position].key) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(position + 1)
  }

  /// Seeded anew in each process, so that nobody can write a file whose keys all fall into one slot.
  private func hash(_ key: String) -> Int {
    var key = key
    var hasher = Hasher()
    key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    return hasher.finalize()
  }

  private func sameBytes(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && a.utf8.elementsEqual(b.utf8)
  }
}

extension JSONObject: Equatable {
  /// The same keys with the same values, in whatever order.
  public static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.count == b.count && a.members.allSatisfy { b[$0.key] == $0.value }
  }
}
