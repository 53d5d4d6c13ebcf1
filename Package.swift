// swift-tools-version: 6.2
import PackageDescription

/// Every room of the house. A room may only use rooms that stand below it in this file.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func room(_ name: String, uses below: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: below, swiftSettings: strict)
}

/// Fixtures are read from the source folder, `Tests/NAMETests/Fixtures`, with the scripts that made them beside them.
func tests(of name: String, uses more: [Target.Dependency] = [], fixtures: Bool = false) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.byName(name: name)] + more,
    exclude: fixtures ? ["Fixtures"] : [],
    swiftSettings: strict)
}

let package = Package(
  name: "diptych",
  products: [
    .executable(name: "diptych", targets: ["diptych"]),
    // For programs that train and search themselves: every room that is not the command line.
    .library(
      name: "DiptychRooms",
      targets: [
        "Training", "CollapseMonitoring", "Objectives", "Retrieval", "ModelFolders", "Encoders", "Datasets", "Text",
        "Patching", "Augmentation", "Images", "Layers", "Tensors", "Safetensors", "JSON", "Files",
      ]),
  ],
  targets: [
    // What people run.
    .executableTarget(
      name: "diptych",
      dependencies: [
        "Arguments",
        "Augmentation",
        "Benchmarks",
        "CollapseMonitoring",
        "Datasets",
        "Encoders",
        "Files",
        "Images",
        "JSON",
        "Layers",
        "ModelFolders",
        "Patching",
        "Reports",
        "Retrieval",
        "Safetensors",
        "Tensors",
        "Text",
        "Training",
      ],
      swiftSettings: strict),

    // What people look at.
    room("Reports", uses: ["CollapseMonitoring", "Files", "HTML", "Images", "JSON", "Training"]),

    // Speed.
    room("Benchmarks", uses: ["Augmentation", "Encoders", "Images", "Layers", "Objectives", "Tensors", "Training"]),

    // Learning.
    room(
      "Training",
      uses: [
        "Augmentation", "CKernels", "CollapseMonitoring", "Datasets", "Encoders", "Files", "Images", "JSON", "Layers",
        "ModelFolders", "Objectives", "Patching", "Retrieval", "Safetensors", "Tensors", "Text",
      ]),
    room("CollapseMonitoring", uses: ["JSON", "Objectives", "Tensors"]),
    room("Objectives", uses: ["Encoders", "Layers", "Patching", "Tensors"]),

    // Use.
    room("Retrieval", uses: ["CKernels", "Datasets", "Files", "HTML", "Images", "JSON", "Tensors"]),

    // Models.
    room(
      "ModelFolders",
      uses: ["Encoders", "Files", "Images", "JSON", "Layers", "Patching", "Safetensors", "Tensors", "Text"]),
    room("Encoders", uses: ["Layers", "Patching", "Tensors"]),

    // Data.
    room("Datasets", uses: ["Files", "Images", "JSON", "Tensors"]),

    // Words.
    room("Text", uses: ["Files", "JSON", "Tensors"]),

    // Pictures.
    room("Patching", uses: ["Images", "Tensors"]),
    room("Augmentation", uses: ["CKernels", "Files", "Images", "Tensors"]),
    room("Images", uses: ["CCodecs", "CKernels", "Files", "Tensors"]),

    // Numbers.
    room("Layers", uses: ["Tensors"]),
    room("Tensors", uses: ["CKernels", "COpenBLAS"]),

    // Formats.
    room("Safetensors", uses: ["Files", "JSON"]),
    room("Arguments", uses: ["Files", "JSON"]),
    room("JSON", uses: ["Files"]),
    room("HTML"),

    // The ground: files, system libraries, C.
    room("Files"),
    .target(name: "CCodecs", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "CKernels"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

    // Proof.
    tests(of: "Datasets", uses: ["Files", "Images", "JSON", "Tensors"]),
    tests(of: "Patching", uses: ["Files", "Images", "Tensors"], fixtures: true),
    tests(of: "Augmentation", uses: ["CKernels", "Files", "Images", "Tensors"], fixtures: true),
    .testTarget(
      name: "CommandLineTests", dependencies: ["diptych", "Files", "Images", "JSON", "Safetensors", "TestSupport"],
      swiftSettings: strict),
    tests(of: "Reports", uses: ["Files", "HTML", "Images", "JSON", "TestSupport"]),
    tests(
      of: "Training",
      uses: [
        "Augmentation", "CollapseMonitoring", "Datasets", "Encoders", "Files", "Images", "JSON", "Layers",
        "ModelFolders", "Objectives", "Patching", "Tensors", "TestSupport",
      ],
      fixtures: true),
    tests(
      of: "ModelFolders",
      uses: [
        "Encoders", "Files", "Images", "JSON", "Layers", "Objectives", "Safetensors", "Tensors", "TestSupport",
        "Training",
      ],
      fixtures: true),
    tests(of: "CollapseMonitoring", uses: ["JSON", "Objectives", "Tensors", "TestSupport"], fixtures: true),
    tests(of: "Objectives", uses: ["Encoders", "Layers", "Patching", "Tensors", "TestSupport"]),
    tests(of: "Text", uses: ["Files", "JSON", "Tensors"], fixtures: true),
    tests(of: "Retrieval", uses: ["CKernels", "Datasets", "Files", "Images", "JSON", "Tensors"], fixtures: true),
    tests(of: "Images", uses: ["CKernels", "Files", "Tensors"], fixtures: true),
    tests(of: "Encoders", uses: ["Layers", "Tensors", "TestSupport"]),
    tests(of: "Layers", uses: ["TestSupport"]),
    tests(of: "Tensors", uses: ["TestSupport"], fixtures: true),
    tests(of: "Safetensors", uses: ["Files", "JSON", "TestSupport"]),
    tests(of: "Arguments"),
    tests(of: "JSON"),
    .target(name: "TestSupport", dependencies: ["Tensors", "Files"], path: "Tests/TestSupport", swiftSettings: strict),
    tests(of: "Files"),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
