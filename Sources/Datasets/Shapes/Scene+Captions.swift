extension Scene.Group {
  /// "two large striped blue squares"
  var phrase: String {
    let number =
      switch count {
      case .one: "a"
      case .two: "two"
      case .three: "three"
      }
    let name =
      switch (form, count) {
      case (_, .one): "\(form)"
      case (.cross, _): "crosses"
      default: "\(form)s"
      }
    let surface = texture == .plain ? "" : "\(texture) "
    return "\(number) \(size) \(surface)\(color) \(name)"
  }
}

extension Scene {
  /// The ways in which a scene is told. Half of them relate the groups to each other and half to the picture, which is
  /// easier: whoever learns those first knows what the others must mean.
  enum Wording: Int, CaseIterable, Sendable {
    /// "A left of B"
    case direct
    /// "B right of A"
    case reversed
    /// "there is A to the left of B"
    case existential
    /// "A on the left and B on the right"
    case enumerated
    /// "B on the right and A on the left"
    case enumeratedBackwards
    /// "on the left A and on the right B"
    case fronted
  }

  /// Every wording of the scene; all are true.
  var captions: [String] { Wording.allCases.map(caption) }

  /// The scene in one wording.
  func caption(_ wording: Wording) -> String {
    let (a, b) = (first.phrase, second.phrase)
    let isHorizontal = axis == .horizontal
    let (here, there) = isHorizontal ? ("on the left", "on the right") : ("at the top", "at the bottom")
    return switch wording {
    case .direct: "\(a) \(isHorizontal ? "left of" : "above") \(b)"
    case .reversed: "\(b) \(isHorizontal ? "right of" : "below") \(a)"
    case .existential:
      "there \(first.count == .one ? "is" : "are") \(a) \(isHorizontal ? "to the left of" : "above") \(b)"
    case .enumerated: "\(a) \(here) and \(b) \(there)"
    case .enumeratedBackwards: "\(b) \(there) and \(a) \(here)"
    case .fronted: "\(here) \(a) and \(there) \(b)"
    }
  }

  /// The scene seen in a mirror: the two groups have changed places.
  var mirrored: Scene { Scene(first: second, second: first, axis: axis) }

  /// A wrong caption made of almost the same words as ``Wording/direct``.
  func hardNegative(_ kind: HardNegative.Kind) -> String {
    var wrong = self
    switch kind {
    case .relation: return mirrored.caption(.reversed)
    case .colors: (wrong.first.color, wrong.second.color) = (second.color, first.color)
    case .forms: (wrong.first.form, wrong.second.form) = (second.form, first.form)
    }
    return wrong.caption(.direct)
  }
}

/// A caption that says something false of a picture in almost the words of the true one.
public struct HardNegative: Sendable, Hashable {
  /// What was swapped.
  public enum Kind: String, CaseIterable, Sendable {
    /// "left of" became "right of", "above" became "below".
    case relation
    /// The two colours changed places.
    case colors
    /// The two forms changed places.
    case forms
  }

  /// What was swapped.
  public let kind: Kind
  /// The false caption.
  public let caption: String
}
