#!/bin/sh
# From nothing to a searchable embedding: installs what is missing, builds, trains on emoji, indexes, answers queries.
# Interrupted, it goes on where it stopped:  sh recipes/quickstart.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
. recipes/setup.sh

out=${1:-runs/quickstart}
steps=${QUICKSTART_STEPS:-1400}
mkdir -p "$out"

swift build -c release --product diptych
diptych="$(swift build -c release --show-bin-path)/diptych"

"$diptych" data prepare emoji-base --root "$out/data"

if [ -d "$out/emoji-clip/checkpoints" ]; then resume=--resume; else resume=; rm -rf "$out/emoji-clip"; fi
"$diptych" train emoji-clip --out "$out/emoji-clip" --steps "$steps" $resume

rm -f "$out/emoji.index"
"$diptych" index --model "$out/emoji-clip" --data emoji-base --out "$out/emoji.index"
for query in "red heart" "fruit" "cat"; do
  echo
  echo "\"$query\":"
  "$diptych" search "$out/emoji.index" --text "$query" --top 5
done
"$diptych" search "$out/emoji.index" --html "$out/gallery.html"
"$diptych" report "$out/emoji-clip" --out "$out/report.html"

cat <<END

Written:
  $out/emoji-clip     the model (opens with transformers.CLIPModel), its checkpoints and metrics
  $out/emoji.index    the index
  $out/gallery.html   every picture with its neighbours, to browse
  $out/report.html    the run's curves
Next:
  $diptych search $out/emoji.index --text "your own words"
  $diptych train shapes-clip --out runs/shapes-clip
END
