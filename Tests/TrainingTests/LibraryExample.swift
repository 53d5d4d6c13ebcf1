import Datasets
import Encoders
import Layers
import Objectives
import Patching
import Tensors
import Training

/// A denoising autoencoder (Vincent et al., 2008): given a picture with noise, what was it without?
struct DenoisingAutoencoder: Objective {
  let encoder: VisionTransformer
  let decoder: Linear

  init(_ shape: VisionShape, patchLength: Int, _ generator: inout Generator) {
    encoder = VisionTransformer(shape, &generator)
    decoder = Linear(shape.blocks.width, patchLength, &generator)
  }

  func callAsFunction(_ batch: Batch) -> Loss {
    let clean = batch.views[0]  // [batch, patches, patchLength]
    var chance = Pass.current.generator
    let noise = Initialization.normal(deviation: 0.5)(clean.shape, &chance)
    let features = encoder.tokens(clean + noise)  // [batch, patches, width]
    let error = decoder(features) - clean
    return Loss((error * error).mean(), embeddings: [("picture", features.mean(axis: 1))])
  }
}

func trainDenoising(steps: Int, report: (Trainer.Report) -> Void) throws {
  let grid = PatchGrid(size: 32, patch: 8)
  let loader = try Loader([.init(Shapes(.train, count: 10_000, side: 32))], LoaderOptions(batchSize: 64)) {
    grid.patches(of: try $0.sample.image(), normalization: .imagenet)
  }
  var generator = Generator(seed: 1)
  let shape = VisionShape(
    imageSize: 32, patchSize: 8, blocks: TransformerShape(width: 64, depth: 2, heads: 2), pooling: .mean)
  let objective = DenoisingAutoencoder(shape, patchLength: grid.patchLength, &generator)
  let trainer = Trainer(
    objective, Optimizer(AdamW(), objective.parameters, weightDecay: 0.05),
    LearningRateSchedule(peak: 1e-3, warmup: 20, total: steps), Trainer.Settings(seed: 1, precision: .fp32))
  while trainer.step < steps, let items = try loader.next()?.items {
    let patches = Tensor(items.flatMap { $0 }, [items.count, grid.count, grid.patchLength])
    report(trainer.step(Batch(views: [patches])))
  }
}

/// Rotation prediction (Gidaris et al., 2018): by how many quarter turns was the picture turned?
struct RotationPrediction: Objective {
  let encoder: VisionTransformer
  let head: Linear

  init(_ shape: VisionShape, _ generator: inout Generator) {
    encoder = VisionTransformer(shape, &generator)
    head = Linear(shape.blocks.width, 4, &generator)
  }

  func callAsFunction(_ batch: Batch) -> Loss {
    guard let turns = batch.labels else { fatalError("rotation prediction: a batch without labels") }
    let features = encoder(batch.views[0])  // [batch, width]
    return Loss(head(features).softmaxCrossEntropy(turns), embeddings: [("picture", features)])
  }
}

func trainRotationPrediction(steps: Int, report: (Trainer.Report) -> Void) throws {
  let grid = PatchGrid(size: 32, patch: 8)
  let loader = try Loader([.init(Shapes(.train, count: 10_000, side: 32))], LoaderOptions(batchSize: 64)) { draw in
    var chance = draw.generator
    let turns = chance.below(4)
    let picture = try draw.sample.image().rotated(quarterTurns: turns)
    return (grid.patches(of: picture, normalization: .imagenet), Int32(turns))
  }
  var generator = Generator(seed: 1)
  let blocks = TransformerShape(width: 64, depth: 2, heads: 2)
  let objective = RotationPrediction(VisionShape(imageSize: 32, patchSize: 8, blocks: blocks), &generator)
  let trainer = Trainer(
    objective, Optimizer(AdamW(), objective.parameters, weightDecay: 0.05),
    LearningRateSchedule(peak: 1e-3, warmup: 20, total: steps), Trainer.Settings(seed: 1, precision: .fp32))
  while trainer.step < steps, let items = try loader.next()?.items {
    let patches = Tensor(items.flatMap(\.0), [items.count, grid.count, grid.patchLength])
    report(trainer.step(Batch(views: [patches], labels: Tensor(ids: items.map(\.1), [items.count]))))
  }
}
