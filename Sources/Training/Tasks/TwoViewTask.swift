import Augmentation
import Datasets
import Encoders
import Files
import Images
import ModelFolders
import Objectives
import Tensors

/// Methods that learn from two views of each picture and no labels: SimCLR and its relatives.
struct TwoViewTask: TrainingTask {
  let preparation: ViewPreparation
  var objective: any Objective { views }

  private let method: TwoViewRecipe.Method
  private let views: any TwoViewObjective
  private let preprocessing: Preprocessing
  private let neighbors: OnlineNeighbors?

  init(_ context: TaskContext, _ method: TwoViewRecipe.Method) throws {
    let recipe = context.recipe
    let side = recipe.twoView.model.imageSize
    var generator = Generator(recipe.seed, Stream.weights)
    views = recipe.twoView.objective(method, &generator)
    self.method = method
    let pipelines = try recipe.data.views(otherwise: "simclr(\(side))", side: side)
    guard pipelines.pipelines.count == 2 else {
      throw RunError.notTwoViews(recipe.data.augmentation, views: pipelines.pipelines.count)
    }
    preparation = ViewPreparation(views: pipelines, side: side, decoding: recipe.data.decoding)
    preprocessing = Preprocessing(size: side, normalization: pipelines.pipelines[0].normalization)
    neighbors = try OnlineNeighbors(context, preprocessing)
  }

  /// Takes the encoder of another run or folder, whose pictures may come from elsewhere. Heads, momentum encoder and
  /// memory bank come with it where that run's method and sizes were the same; otherwise they begin anew.
  func start(from folder: String) throws {
    let backbone = views.encoder.backbone
    let found = try PictureModel(folder).backbone
    guard found.summary == backbone.summary else {
      throw RunError.noStart(folder, "holds \(found.summary), the recipe asks for \(backbone.summary)")
    }
    backbone.takeValues(of: found)
    if try !readHeads(of: views, beside: backbone, from: folder) { views.didChangeEncoder() }
  }

  /// The encoder with torchvision's names, and all that training needs besides it.
  func writeModel(to folder: String) throws {
    try writeBackboneFolder(
      views.encoder.backbone, beside: views, to: folder, preprocessing: preprocessing, method: method.rawValue)
  }

  var lookNames: [String] { neighbors == nil ? [] : ["knn"] }

  /// How well the nearest labelled neighbours classify, every few epochs.
  func look(afterStep step: Int, folder: String) throws -> [MetricsLine.Named] {
    guard let neighbors, neighbors.isDue(afterStep: step) else { return [] }
    return try [MetricsLine.Named("knn", neighbors.accuracy(of: views.encoder.backbone))]
  }
}
