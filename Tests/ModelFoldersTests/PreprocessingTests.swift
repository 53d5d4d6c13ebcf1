import Files
import Images
import ModelFolders
import TestSupport
import Testing

/// `preprocessor_config.json` where it leaves settings out: those of transformers 5's processors.
@Suite struct PreprocessingTests {
  private func read(_ text: String, unnamed: ProcessorKind? = nil) throws -> Preprocessing {
    let folder = try ScratchFolder()
    try writeFile(folder("preprocessor_config.json"), text)
    let otherwise = Preprocessing(size: 32, centring: .down, normalization: .imagenet)
    return try Preprocessing(huggingFace: folder.path, otherwise: otherwise, unnamed: unnamed)
  }

  @Test func theNamedProcessorGivesWhatIsLeftOut() throws {
    let vit = Preprocessing(size: 32, fit: .squash, filter: .bilinear, centring: .down, normalization: .half)
    #expect(try read(#"{"image_processor_type": "ViTImageProcessorFast", "size": 32}"#) == vit)
    #expect(try read(#"{"feature_extractor_type": "ViTFeatureExtractor"}"#) == vit)
    #expect(try read(#"{"size": 32}"#, unnamed: .vit) == vit)
    let named = try read(
      #"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}}"#, unnamed: .vit)
    #expect(named == Preprocessing(size: 32, centring: .down, normalization: .clip))
    let siglip = try read(#"{"image_processor_type": "SiglipImageProcessor", "size": {"height": 32, "width": 32}}"#)
    #expect(siglip == Preprocessing(size: 32, fit: .squash, centring: .down, normalization: .half))
  }

  @Test func aFileThatNamesNoneKeepsTheModels() throws {
    #expect(try read("{}") == Preprocessing(size: 32, centring: .down, normalization: .imagenet))
    #expect(try read(#"{"resample": 2}"#).filter == .bilinear)
  }

  @Test func anotherScaleIsAnError() throws {
    #expect(throws: ModelError.self) { try read(#"{"rescale_factor": 0.00784313725490196}"#) }
    #expect(try read(#"{"rescale_factor": 0.00392156862745098}"#).normalization == .imagenet)
  }
}
