/// The extents of a tensor's axes, outermost first. `[]` is a scalar.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, RandomAccessCollection, CustomStringConvertible {
  /// The extents.
  public let extents: [Int]

  /// A shape of the given extents; a negative one traps.
  public init(_ extents: [Int]) {
    if let negative = extents.first(where: { $0 < 0 }) { fatalError("shape \(extents): \(negative) is negative") }
    self.extents = extents
  }

  /// `[2, 3]`
  public init(arrayLiteral extents: Int...) { self.init(extents) }

  /// The first axis, which is 0.
  public var startIndex: Int { 0 }
  /// How many axes there are.
  public var endIndex: Int { extents.count }
  /// How many axes there are.
  public var rank: Int { extents.count }

  /// The extent of an axis; negative ones count from the last.
  public subscript(axis: Int) -> Int { extents[resolve(axis)] }

  /// An axis as a number from 0, where −1 means the last.
  public func resolve(_ axis: Int) -> Int {
    let resolved = axis < 0 ? axis + extents.count : axis
    guard extents.indices.contains(resolved) else { fatalError("axis \(axis) of a tensor of shape \(self)") }
    return resolved
  }

  /// The number of elements; a product beyond `Int` traps with a message.
  public var elementCount: Int {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { fatalError("shape \(self) has more elements than can be counted") }
      count = product
    }
    return count
  }

  /// The elements of everything outside, along, and inside an axis: a tensor is `outer × along × inner`.
  func split(at axis: Int) -> (outer: Int, along: Int, inner: Int) {
    let axis = resolve(axis)
    return (extents[..<axis].reduce(1, *), extents[axis], extents[(axis + 1)...].reduce(1, *))
  }

  /// The same shape with another extent at one axis.
  func replacing(_ axis: Int, by extent: Int) -> Shape {
    var extents = extents
    extents[resolve(axis)] = extent
    return Shape(extents)
  }

  /// The same shape without one axis.
  func removing(_ axis: Int) -> Shape {
    var extents = extents
    extents.remove(at: resolve(axis))
    return Shape(extents)
  }

  /// `[2, 3]`
  public var description: String { "\(extents)" }
}
