#!/bin/sh
# The tests with the AVX-512 kernels on a CPU that has AVX2 alone: sh Tests/emulate.sh [core] [arguments of swift test]
#
# A copy of the package, in a folder of its own, in which each AVX-512 intrinsic is a loop (Tests/Emulation) and the
# CPU is believed to have them all. It shows what the kernels say, not what a compiler makes of them for AVX-512, and
# nothing about speed. "core" builds and tests the core alone.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
package=${TMPDIR:-/tmp}/diptych-emulated  # not within a clone, whose recipes it would see
manifest=Package.swift
if [ "${1:-}" = core ]; then
  package=$package-core
  manifest=Tests/core-package.swift
  shift
fi
mkdir -p "$package/Sources"
ln -sfn "$root/$manifest" "$package/Package.swift"
for name in Tests recipes datasets README.md; do ln -sfn "$root/$name" "$package/$name"; done
for room in Sources/*; do [ "$room" = Sources/CKernels ] || ln -sfn "$root/$room" "$package/$room"; done

# Files that stay as they were keep their date, so that they are not compiled again.
kernels=$package/Sources/CKernels
mkdir -p "$kernels/include"
(cd Sources/CKernels && find . -type f) | while read -r file; do
  sed -E -e 's/target\("avx512[a-z0-9,]*"\)/target("avx2,fma,f16c")/' \
    -e 's/^#include <immintrin.h>/#include "avx512_emulated.h"/' \
    -e 's/__builtin_cpu_supports\("avx512[a-z0-9]*"\)/1/' "Sources/CKernels/$file" > "$package/new"
  cmp -s "$package/new" "$kernels/$file" || mv "$package/new" "$kernels/$file"
done
cp -p Tests/Emulation/avx512_emulated.h "$kernels/"
cd "$package"
exec swift test -c release "$@"
