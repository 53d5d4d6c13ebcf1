// swift-tools-version: 6.2
// The core alone, for sanitize.sh and emulate.sh: the whole package takes half an hour with a sanitizer on.
import PackageDescription

let package = Package(
  name: "core",
  targets: [
    .target(name: "Files"),
    .target(name: "CKernels"),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "TestSupport", dependencies: ["Tensors", "Files"], path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
