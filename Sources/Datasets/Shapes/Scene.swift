/// What is to be seen: two groups of objects and how they lie to each other. A caption says just this.
struct Scene: Hashable, Sendable {
  /// The group that is left of, or above, the other.
  var first: Group
  /// The group that is right of, or below, the first.
  var second: Group
  /// In which direction they follow each other.
  var axis: Axis

  /// Some objects that are all alike.
  struct Group: Hashable, Sendable {
    var count: Count
    var size: Size
    var texture: Texture
    var color: Color
    var form: Form
  }

  enum Axis: Int, CaseIterable, Sendable { case horizontal, vertical }
  enum Count: Int, CaseIterable, Sendable { case one, two, three }
  enum Size: Int, CaseIterable, Sendable { case small, large }
  enum Texture: Int, CaseIterable, Sendable { case plain, striped, dotted }
  enum Color: Int, CaseIterable, Sendable { case red, orange, yellow, green, blue, purple, black, white }
  enum Form: Int, CaseIterable, Sendable { case circle, square, triangle, star, cross, heart }
}

extension Scene {
  /// An object by colour and form: the combinations that the test holds out.
  struct Kind: Hashable, Sendable {
    let color: Color
    let form: Form

    /// Each colour lacks one form in training and each form one or two colours, so that all of them are seen there.
    var isHeldOut: Bool { color.rawValue % Form.allCases.count == form.rawValue }

    static let all = Color.allCases.flatMap { color in Form.allCases.map { Kind(color: color, form: $0) } }
  }
}

/// All scenes that can be made of some kinds of objects, numbered.
///
/// The two groups always differ in colour and in form: then every swap between them is a change that can be seen, and a
/// caption with swapped words is wrong.
struct SceneSpace: Sendable {
  private let pairs: [(Scene.Kind, Scene.Kind)]
  private static let variants = Scene.Count.allCases.count * Scene.Size.allCases.count * Scene.Texture.allCases.count

  /// How many scenes there are, if those that only swap the places of the two groups count as one.
  var count: Int { pairs.count * Self.variants * Self.variants * Scene.Axis.allCases.count }

  /// The scenes whose objects are all of these kinds.
  init(of kinds: [Scene.Kind]) {
    pairs = kinds.indices.flatMap { i in kinds[(i + 1)...].map { (kinds[i], $0) } }
      .filter { $0.color != $1.color && $0.form != $1.form }
  }

  /// The scene of a number.
  subscript(number: Int) -> Scene {
    var rest = number
    func digit(_ base: Int) -> Int {
      defer { rest /= base }
      return rest % base
    }
    func group(_ kind: Scene.Kind) -> Scene.Group {
      let count = Scene.Count.allCases[digit(Scene.Count.allCases.count)]
      let size = Scene.Size.allCases[digit(Scene.Size.allCases.count)]
      let texture = Scene.Texture.allCases[digit(Scene.Texture.allCases.count)]
      return Scene.Group(count: count, size: size, texture: texture, color: kind.color, form: kind.form)
    }
    let axis = Scene.Axis.allCases[digit(Scene.Axis.allCases.count)]
    let pair = pairs[digit(pairs.count)]
    return Scene(first: group(pair.0), second: group(pair.1), axis: axis)
  }
}
