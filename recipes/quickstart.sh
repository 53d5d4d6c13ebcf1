#!/bin/sh
# From nothing to a searchable embedding: installs what is missing, builds, trains on emoji, indexes, answers queries,
# and reconstructs what a masked autoencoder did not see. Interrupted, it goes on where it stopped:
#   sh recipes/quickstart.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
. recipes/setup.sh

out=${1:-runs/quickstart}
mkdir -p "$out"

swift build -c release --product diptych
diptych="$(swift build -c release --show-bin-path)/diptych"

# train RECIPE STEPS: a run in $out, gone on with if it is there
train() {
  if [ -d "$out/$1/checkpoints" ]; then resume=--resume; else resume=; rm -rf "${out:?}/$1"; fi
  "$diptych" train "$1" --out "$out/$1" --steps "$2" $resume
}

"$diptych" data prepare emoji-base --root "$out/data"
train emoji-clip "${QUICKSTART_STEPS:-1400}"
"$diptych" index --model "$out/emoji-clip" --data emoji-base --out "$out/emoji.index"
for query in "red heart" "fruit" "cat"; do
  echo
  echo "\"$query\":"
  "$diptych" search "$out/emoji.index" --text "$query" --top 5
done
echo
"$diptych" search "$out/emoji.index" --html "$out/gallery.html"

train shapes-mae "${QUICKSTART_MAE_STEPS:-600}"
"$diptych" reconstruct --model "$out/shapes-mae" --data shapes --split val --number 6 --out "$out/reconstructions.png"
"$diptych" report "$out/emoji-clip" "$out/shapes-mae" --out "$out/report.html"

cat <<END

Written:
  $out/emoji-clip            the joint embedding (opens with transformers.CLIPModel), its checkpoints and metrics
  $out/emoji.index           the index
  $out/gallery.html          every picture with its neighbours, to browse
  $out/shapes-mae            the masked autoencoder (opens with transformers.ViTMAEForPreTraining)
  $out/reconstructions.png   what it makes of pictures of which it sees a quarter
  $out/report.html           the curves of both runs
Next:
  $diptych search $out/emoji.index --text "your own words"
  $diptych train shapes-clip --out runs/shapes-clip
END
