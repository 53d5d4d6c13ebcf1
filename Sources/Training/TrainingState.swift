import Files
import Layers
import Objectives
import Retrieval
import Safetensors
import Tensors

/// All tensors of a training, by name: weights, buffers, moments, averages.
struct TrainingState {
  /// Where a tensor lives and how to replace it.
  struct Place {
    let name: String
    let value: Tensor
    let set: (Tensor) -> Void
  }

  let places: [Place]

  /// What is learnt.
  init(_ objective: some Objective) {
    places =
      objective.parameters.map { name, parameter in
        Place(name: "model.\(name)", value: parameter.value) { parameter.value = $0 }
      }
      + objective.buffers.map { name, buffer in
        Place(name: "buffer.\(name)", value: buffer.value) { buffer.value = $0 }
      }
  }

  /// What is learnt, and how far the learning is.
  init(_ trainer: Trainer) {
    var places = TrainingState(trainer.objective).places
    let optimizer = trainer.optimizer
    for (i, entry) in optimizer.entries.enumerated() {
      for (j, kind) in optimizer.rule.stateNames.enumerated() {
        places.append(
          Place(name: "optimizer.\(kind).\(entry.name)", value: entry.state[j]) {
            optimizer.replaceState(of: i, j, by: $0)
          })
      }
    }
    if let average = trainer.average {
      for i in average.values.indices {
        places.append(Place(name: "average.\(i)", value: average.values[i]) { average.values[i] = $0 })
      }
    }
    self.places = places
  }

  /// The names of those with NaN or infinite numbers.
  var nonFinite: [String] { places.filter { !$0.value.isFinite }.map(\.name) }

  func write(to path: String) throws {
    var writer = try SafetensorsWriter(
      path, places.map { TensorLayout($0.name, .f32, $0.value.shape.extents) },
      metadata: [("format", "diptych state 1")] + places.map { (Self.hashKey($0.name), hash(of: $0.value)) })
    for place in places { try writer.write(UnsafeBufferPointer(place.value.floatBuffer)) }
    try writer.commit()
  }

  func read(from path: String) throws { try read(SafetensorsFile(path)) }

  /// What the file says of a tensor's numbers, so that a run never goes on with damaged ones.
  private static func hashKey(_ name: String) -> String { "hash of \(name)" }

  func read(_ file: SafetensorsFile) throws {
    let path = file.path
    let hashes = Dictionary(file.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    // Everything is checked and read before anything is replaced.
    let values = try places.map { place in
      guard let layout = file.tensor(place.name) else {
        throw CheckpointError(path, "has no tensor \(place.name); was the recipe's model or optimizer changed?")
      }
      guard layout.shape == place.value.shape.extents else {
        throw CheckpointError(path, "\(place.name) is \(layout.shape), the recipe's is \(place.value.shape)")
      }
      let value = Tensor.zeros(place.value.shape)
      try file.read(place.name, into: value.floatBuffer)
      // Checkpoints of earlier versions have none.
      if let expected = hashes[Self.hashKey(place.name)], expected != hash(of: value) {
        throw DamagedTensor(path: path, name: place.name)
      }
      return value
    }
    for (place, value) in zip(places, values) { place.set(value) }
  }
}

private func hash(of tensor: Tensor) -> String {
  String(wordHash(UnsafeRawBufferPointer(tensor.floatBuffer), seed: 0), radix: 16)
}

/// A tensor of a checkpoint whose numbers are not those that were written.
struct DamagedTensor: UserError {
  let path: String
  let name: String

  var description: String { "\(path): \(name) is damaged: its numbers are not those that were saved" }
}
