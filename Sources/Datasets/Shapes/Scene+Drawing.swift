import Glibc
import Images
import Tensors

extension Scene {
  /// Draws the scene. Places, angles, shades and background come from the generator; sizes are in parts of the picture's
  /// side, so that the same generator gives the same picture at any resolution.
  func drawn(side: Int, _ generator: inout Generator) -> Image {
    var canvas = Canvas(side: side, background: .background(&generator))
    for (half, group) in [first, second].enumerated() {
      let paint = Paint(group, &generator)
      for place in group.places(&generator) {
        // Groups are laid out in the upper half and moved or turned into their own.
        let center =
          switch axis {
          case .vertical: SIMD2(place.along, place.across + 0.5 * Double(half))
          case .horizontal: SIMD2(place.across + 0.5 * Double(half), place.along)
          }
        let turn = Angle(generator.uniform(in: -0.2...0.2))
        canvas.fill(group.form, at: center, radius: group.size.radius, turn, with: paint)
      }
    }
    return canvas.image
  }
}

extension Scene.Size {
  fileprivate var radius: Double { self == .small ? 0.105 : 0.155 }
}

extension Scene.Group {
  /// Where the objects lie in a half of the picture that is 1 long and 0.5 across: in a row that is not quite straight.
  fileprivate func places(_ generator: inout Generator) -> [(along: Double, across: Double)] {
    let number = Double(count.rawValue + 1)
    let free = 0.5 / number - size.radius - 0.01
    let bend = 0.25 - size.radius - 0.02
    let middle = generator.uniform(in: -bend...bend)
    return (0...count.rawValue).map { i in
      let along = (Double(i) + 0.5) / number + generator.uniform(in: -free...free)
      let wobble = generator.uniform(in: -0.03...0.03)
      return (along, 0.25 + min(max(middle + wobble, -bend), bend))
    }
  }
}

/// An angle as its sine and cosine.
private struct Angle {
  let sine: Double, cosine: Double

  init(_ radians: Double) {
    sine = sin(radians)
    cosine = cos(radians)
  }

  func turn(_ p: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(p.x * cosine - p.y * sine, p.x * sine + p.y * cosine)
  }
}

extension Scene.Form {
  /// The outline, about the origin, in a circle of radius 1.
  fileprivate var outline: [SIMD2<Double>] {
    func ring(_ count: Int, _ radius: (Int) -> Double) -> [SIMD2<Double>] {
      (0..<count).map { i in
        let angle = 2 * Double.pi * Double(i) / Double(count) - Double.pi / 2
        return SIMD2(cos(angle), sin(angle)) * radius(i)
      }
    }
    switch self {
    // A circle of equal weight to the eye is a little smaller than the others' corners reach.
    case .circle: return ring(36) { _ in 0.92 }
    case .square: return [SIMD2(-0.78, -0.78), SIMD2(0.78, -0.78), SIMD2(0.78, 0.78), SIMD2(-0.78, 0.78)]
    case .triangle: return ring(3) { _ in 1.05 }.map { $0 + SIMD2(0, 0.15) }
    case .star: return ring(10) { $0 % 2 == 0 ? 1.05 : 0.42 }
    case .cross:
      let (a, b) = (0.95, 0.32)
      let corner = [SIMD2(-b, -a), SIMD2(b, -a), SIMD2(b, -b)]
      return (0..<4).flatMap { quarter in
        corner.map { Angle(Double(quarter) * Double.pi / 2).turn($0) }
      }
    case .heart:
      return (0..<40).map { i in
        let t = 2 * Double.pi * Double(i) / 40
        let x = pow(sin(t), 3)
        let y = (13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) / 16
        return SIMD2(x, -y - 0.08) * 0.98
      }
    }
  }
}

/// A colour with channels from 0 to 255.
private typealias Ink = SIMD3<Double>

extension Ink {
  fileprivate static func background(_ generator: inout Generator) -> Ink {
    // Muted and of middling brightness: black, white and every colour stand out.
    let grey = generator.uniform(in: 128.0...176)
    return Ink(
      grey + generator.uniform(in: -12.0...12), grey + generator.uniform(in: -12.0...12),
      grey + generator.uniform(in: -12.0...12))
  }
}

extension Scene.Color {
  /// The main tone, and the one of stripes and dots.
  fileprivate var inks: (Ink, Ink) {
    switch self {
    case .red: (Ink(214, 32, 36), Ink(255, 186, 180))
    case .orange: (Ink(247, 128, 16), Ink(122, 54, 0))
    case .yellow: (Ink(250, 226, 32), Ink(134, 116, 0))
    case .green: (Ink(28, 150, 52), Ink(184, 244, 176))
    case .blue: (Ink(30, 76, 220), Ink(176, 206, 255))
    case .purple: (Ink(132, 34, 168), Ink(232, 180, 250))
    case .black: (Ink(16, 16, 18), Ink(110, 110, 114))
    case .white: (Ink(250, 250, 248), Ink(104, 104, 110))
    }
  }
}

/// What a group's objects are filled with.
private struct Paint {
  let main: Ink, second: Ink
  let texture: Scene.Texture
  let stripes: Angle

  init(_ group: Scene.Group, _ generator: inout Generator) {
    let shade = Ink(
      generator.uniform(in: -10.0...10), generator.uniform(in: -10.0...10), generator.uniform(in: -10.0...10))
    let inks = group.color.inks
    main = inks.0 + shade
    second = inks.1 + shade
    texture = group.texture
    stripes = Angle(generator.uniform(in: -0.25...0.25))
  }

  /// The colour at a place relative to an object's middle, in parts of the picture's side; `pixel` is a pixel's size.
  func ink(at place: SIMD2<Double>, pixel: Double) -> Ink {
    let share: Double
    switch texture {
    case .plain: return main
    case .striped:
      let period = 0.085
      let phase = stripes.turn(place).y / period + 0.25
      // Half of every period, with edges a pixel wide.
      let fromEdge = (0.25 - abs(phase - phase.rounded(.down) - 0.5)) * period
      share = min(max(fromEdge / pixel + 0.5, 0), 1)
    case .dotted:
      let period = 0.1
      let cell = stripes.turn(place) / period
      let fromDot = cell - cell.rounded(.toNearestOrAwayFromZero)
      share = min(max((0.31 - (fromDot * fromDot).sum().squareRoot()) * period / pixel + 0.5, 0), 1)
    }
    return main + (second - main) * share
  }
}

/// The picture that is being drawn.
private struct Canvas {
  let side: Int
  private var pixels: [UInt8]

  init(side: Int, background: Ink) {
    self.side = side
    pixels = []
    pixels.reserveCapacity(3 * side * side)
    for _ in 0..<side * side {
      for channel in 0..<3 { pixels.append(byte(background[channel])) }
    }
  }

  var image: Image { Image(width: side, height: side, pixels: pixels) }

  mutating func fill(
    _ form: Scene.Form, at center: SIMD2<Double>, radius: Double, _ turn: Angle, with paint: Paint
  ) {
    let scale = Double(side)
    let area = Coverage(of: form.outline.map { (center + turn.turn($0) * radius) * scale })
    for row in 0..<area.height where (0..<side).contains(area.y + row) {
      for column in 0..<area.width where (0..<side).contains(area.x + column) {
        let cover = area.values[row * area.width + column]
        guard cover > 0 else { continue }
        let place = SIMD2(Double(area.x + column) + 0.5, Double(area.y + row) + 0.5) / scale - center
        let ink = paint.ink(at: place, pixel: 1 / scale)
        let i = 3 * ((area.y + row) * side + area.x + column)
        for channel in 0..<3 {
          let under = Double(pixels[i + channel])
          pixels[i + channel] = byte(under + (ink[channel] - under) * cover)
        }
      }
    }
  }
}

private func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }
