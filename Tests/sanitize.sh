#!/bin/sh
# The core's tests under a sanitizer: sh Tests/sanitize.sh thread|address [arguments of swift test]
#
# Builds a package of the core alone, in a folder of its own.
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
ln -sfn "$root/Tests/core-package.swift" Package.swift
# A test asks for memory that there is not: the system's answer counts, not the sanitizer's.
export ASAN_OPTIONS=allocator_may_return_null=1
# XCTest's runner keeps a few objects of its own.
echo leak:libXCTest.so > leaks
export LSAN_OPTIONS="suppressions=$PWD/leaks"
exec swift test -c release --sanitize="$sanitizer" "$@"
