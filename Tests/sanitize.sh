#!/bin/sh
# The core's tests under a sanitizer: sh Tests/sanitize.sh thread|address [arguments of swift test]
#
# Builds a package of the core alone, in a folder of its own: the whole one takes half an hour with a sanitizer on.
set -eu
cd "$(dirname "$0")/.."
sanitizer=${1:?thread or address}
shift
root=$PWD
package=.build/core-$sanitizer
mkdir -p "$package"
cd "$package"
ln -sfn "$root/Sources" Sources
ln -sfn "$root/Tests" Tests
cat > Package.swift <<'END'
// swift-tools-version: 6.2
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
END
# A test asks for memory that there is not: the system's answer counts, not the sanitizer's.
export ASAN_OPTIONS=allocator_may_return_null=1
# XCTest's runner keeps a few objects of its own.
echo leak:libXCTest.so > leaks
export LSAN_OPTIONS="suppressions=$PWD/leaks"
exec swift test -c release --sanitize="$sanitizer" "$@"
