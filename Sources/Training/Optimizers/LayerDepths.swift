import Glibc

/// How deep in its tower each parameter stands, for layer-wise decay of the learning rate (Clark et al., ELECTRA, 2020;
/// BEiT and MAE fine-tune with it).
///
/// A tower is whatever has a list of blocks. What it declares before the list enters the first block and is layer 0;
/// block i is layer i + 1; what stands behind learns at the full rate, as do parameters that are in no tower.
struct LayerDepths {
  /// For each parameter in a tower, how many layers stand above its own.
  private var above: [String: Int] = [:]

  init(_ names: [String]) {
    let places = names.map { Place($0) }
    for tower in Set(places.compactMap { $0?.tower }) {
      let blocks = places.compactMap { $0?.tower == tower ? $0?.block : nil }
      guard let last = blocks.max(), let first = places.firstIndex(where: { $0?.tower == tower }) else { continue }
      let prefix = tower.isEmpty ? "" : tower + "."
      for (i, name) in names.enumerated() where name.hasPrefix(prefix) {
        if let place = places[i], place.tower == tower {
          above[name] = last + 1 - place.block
        } else if i < first {
          above[name] = last + 2
        }
      }
    }
  }

  /// decay to the power of the layers above.
  func rateFactor(of name: String, decay: Float) -> Float { pow(decay, Float(above[name] ?? 0)) }

  /// `model.vision.blocks.blocks.3.norm1.weight`: block 3 of `model.vision`.
  private struct Place {
    let tower: String
    let block: Int

    init?(_ name: String) {
      let parts = name.split(separator: ".")
      guard let i = parts.indices.dropFirst().first(where: { parts[$0 - 1] == "blocks" && Int(parts[$0]) != nil }),
        let block = Int(parts[i]), let list = parts.firstIndex(of: "blocks")
      else { return nil }
      tower = parts[..<list].joined(separator: ".")
      self.block = block
    }
  }
}
