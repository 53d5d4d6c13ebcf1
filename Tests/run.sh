#!/bin/sh
# Installs what is missing, builds, and runs all tests: sh Tests/run.sh [arguments of swift test]
set -eu
cd "$(dirname "$0")/.."
. recipes/setup.sh
# Release mode: kernels are tested as they are used, and in debug mode the loops they are compared with take hours.
swift build -c release --build-tests
exec swift test -c release --skip-build "$@"
