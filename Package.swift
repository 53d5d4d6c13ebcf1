// swift-tools-version: 6.2
import PackageDescription

/// Every room of the house. A room may only use rooms that stand below it in this file.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func room(_ name: String, uses below: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: below, swiftSettings: strict)
}

func tests(of name: String, uses more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.byName(name: name)] + more,
    exclude: [],
    resources: [],
    swiftSettings: strict)
}

let package = Package(
  name: "diptych",
  products: [
    .executable(name: "diptych", targets: ["diptych"])
  ],
  targets: [
    // What people run.
    .executableTarget(
      name: "diptych",
      dependencies: ["Files", "Tensors"],
      swiftSettings: strict),

    // Numbers.
    room("Tensors", uses: ["CKernels", "COpenBLAS"]),

    // Formats.
    room("JSON", uses: ["Files"]),

    // The ground: files, system libraries, C.
    room("Files"),
    .target(name: "CKernels"),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

    // Proof.
    tests(of: "Tensors"),
    tests(of: "JSON"),
    tests(of: "Files"),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
