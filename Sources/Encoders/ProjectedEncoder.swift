import Layers
import Tensors

/// An encoder f and its projector g: what a view passes before it is compared. What is kept for later use is f alone.
public struct ProjectedEncoder: Module {
  /// f
  public let backbone: Backbone
  /// g
  public let projector: ProjectionHead
  private let shapes: (backbone: BackboneShape, projector: HeadShape)

  /// A new encoder with its projector.
  public init(_ backbone: BackboneShape, projector: HeadShape, _ generator: inout Generator) {
    shapes = (backbone, projector)
    self.backbone = backbone(&generator)
    self.projector = ProjectionHead(self.backbone.features, projector, &generator)
  }

  /// z = g(f(x)): `[batch, height, width, 3]` → `[batch, projected]`
  public func callAsFunction(_ x: Tensor) -> Tensor { projector(backbone(x)) }

  /// Features of z.
  public var outputs: Int { shapes.projector.outputs(from: backbone.features) }

  /// Another encoder with the same weights and statistics.
  func copy() -> ProjectedEncoder {
    var generator = Generator.unset
    let copy = ProjectedEncoder(shapes.backbone, projector: shapes.projector, &generator)
    copy.takeValues(of: self)
    return copy
  }
}
