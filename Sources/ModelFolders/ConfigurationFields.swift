import Encoders
import JSON
import Tensors

/// The values of a model's configuration; those that are missing have the defaults of its format.
struct ConfigurationFields {
  let value: JSONValue
  let path: String

  init(_ value: JSONValue, _ path: String) {
    self.value = value
    self.path = path
  }

  func part(_ key: String) -> ConfigurationFields { ConfigurationFields(present(key) ?? .object(JSONObject()), path) }

  func error(_ problem: String) -> ModelError { ModelError(path, problem) }

  /// The value of a key, if it is there and not null.
  func present(_ key: String) -> JSONValue? { value[key].flatMap { $0 == .null ? nil : $0 } }

  func int(_ key: String, default absent: Int) throws -> Int {
    guard let found = present(key) else { return absent }
    guard let number = found.int, number >= 0, number < 1 << 31 else {
      throw error("\(key) is \(found.kind), not a whole number from 0")
    }
    return number
  }

  func float(_ key: String, default absent: Float) throws -> Float {
    guard let found = present(key) else { return absent }
    guard let number = found.double else { throw error("\(key) is \(found.kind), not a number") }
    guard Float(number).isFinite else { throw error("\(key) is \(number), which is too large") }
    return Float(number)
  }

  /// What norms add to the variance.
  func epsilon(_ key: String, default absent: Float) throws -> Float {
    let number = try float(key, default: absent)
    guard number > 0, number < 1 else { throw error("\(key) is \(number), and must lie between 0 and 1") }
    return number
  }

  func flag(_ key: String, default absent: Bool) throws -> Bool {
    guard let found = present(key) else { return absent }
    guard let flag = found.bool else { throw error("\(key) is \(found.kind), not true or false") }
    return flag
  }

  func text(_ key: String, default absent: String) throws -> String {
    guard let found = present(key) else { return absent }
    guard let text = found.string else { throw error("\(key) is \(found.kind), not a text") }
    return text
  }

  /// One of a few names.
  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default absent: Choice) throws -> Choice
  where Choice.RawValue == String {
    let name = try text(key, default: absent.rawValue)
    guard let known = Choice(rawValue: name) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw error("\(key) is \(name); known are \(names)")
    }
    return known
  }

  func triple(_ key: String) throws -> SIMD3<Float>? {
    guard let found = present(key) else { return nil }
    let numbers = (found.array ?? []).compactMap(\.double).map { Float($0) }
    guard numbers.count == 3 else { throw error("\(key) is not a list of three numbers") }
    return SIMD3(numbers[0], numbers[1], numbers[2])
  }

  /// A length that some write twice, for both axes.
  func side(_ key: String, default absent: Int) throws -> Int {
    guard let list = present(key)?.array else { return try int(key, default: absent) }
    guard let side = list.first?.int, (1..<1 << 20).contains(side), list.allSatisfy({ $0.int == side }) else {
      throw error("\(key) is \(JSONValue.array(list).text()); only squares are known here")
    }
    return side
  }

  /// The sizes of a stack of blocks, once they are known to fit together.
  func blocks(
    width: Int, depth: Int, heads: Int, hidden: Int, activation: Activation, epsilon: Float, firstStream: Int
  ) throws -> TransformerShape {
    guard width > 0, heads > 0, width % heads == 0 else {
      throw error("a width of \(width) does not divide into \(heads) heads")
    }
    // What a model could have, so that no product of sizes overflows before the weights are compared.
    guard width <= 1 << 20, depth <= 1 << 12, hidden > 0, hidden <= 1 << 22 else {
      throw error("\(depth) layers of width \(width) and \(hidden) are beyond any model")
    }
    return TransformerShape(
      width: width, depth: depth, heads: heads, hidden: hidden, activation: activation, epsilon: epsilon,
      firstStream: firstStream)
  }

  /// Pixels of a picture and of a patch. What does not fill a patch is not looked at, as in a convolution.
  func sides(image: Int, patch: Int) throws -> (image: Int, patch: Int) {
    guard patch > 0, patch <= 1 << 12, image >= patch, image <= 1 << 16 else {
      throw error("pictures of \(image) pixels do not divide into patches of \(patch)")
    }
    return (image / patch * patch, patch)
  }

  func vocabulary(_ key: String, default absent: Int) throws -> Int {
    let count = try int(key, default: absent)
    guard (1...1 << 24).contains(count) else { throw error("\(key) is \(count)") }
    return count
  }

  func context(_ key: String, default absent: Int) throws -> Int {
    let count = try int(key, default: absent)
    guard (1...1 << 16).contains(count) else { throw error("\(key) is \(count)") }
    return count
  }
}

/// Where the random streams of the text tower's blocks begin, apart from those of the picture tower.
let textStreams = 10_000
