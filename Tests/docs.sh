#!/bin/sh
# Builds the reference of every room and the page that teaches the whole, with DocC, from what Tests/run.sh has built;
# any warning is an error:  sh Tests/docs.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
out=${1:-.build/docs}
swift build -c release --product diptych >&2
bin=$(swift build -c release --show-bin-path)
tools=$(dirname "$(readlink -f "$(command -v swift)")")
rm -rf "$out"
mkdir -p "$out"
for folder in Sources/*/; do
  room=$(basename "$folder")
  [ -e "$bin/Modules/$room.swiftmodule" ] || continue
  symbols="$out/$room.symbols"
  mkdir "$symbols"
  "$tools/swift-symbolgraph-extract" -module-name "$room" -I "$bin/Modules" -target "$(uname -m)-unknown-linux-gnu" \
    -Xcc -fblocks -Xcc "-fmodule-map-file=$bin/CKernels.build/module.modulemap" \
    -Xcc "-fmodule-map-file=$bin/CCodecs.build/module.modulemap" -Xcc -fmodule-map-file=Sources/COpenBLAS/module.modulemap \
    -Xcc -fmodule-map-file=Sources/CPNG/module.modulemap -Xcc -fmodule-map-file=Sources/CJPEG/module.modulemap \
    -minimum-access-level public -skip-synthesized-members -omit-extension-block-symbols -output-dir "$symbols"
  # What a room adds to the types of another has its page there.
  rm -f "$symbols"/*@*
  catalog="$folder$room.docc"
  [ -d "$catalog" ] || catalog=
  # shellcheck disable=SC2086
  "$tools/docc" convert $catalog --additional-symbol-graph-dir "$symbols" --fallback-display-name "$room" \
    --fallback-bundle-identifier "diptych.$room" --warnings-as-errors --output-path "$out/$room.doccarchive" \
    >"$out/$room.log" 2>&1 || { cat "$out/$room.log"; echo "DocC has found fault with $room" >&2; failed=1; }
  rm -rf "$symbols"
done
[ -z "${failed:-}" ]
echo "$out: the reference of $(ls -d "$out"/*.doccarchive | wc -l) rooms"
