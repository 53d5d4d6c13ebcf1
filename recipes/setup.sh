#!/bin/sh
# Installs the Debian packages that Diptych needs and that are missing; says so before it does. Sourced by
# recipes/quickstart.sh and Tests/run.sh, and does nothing where all are there.
set -eu

missing=""
for package in libpng-dev libjpeg-dev libopenblas-dev pkg-config \
  fonts-noto-color-emoji unicode-data unicode-cldr-core; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "Installing the Debian packages that are missing:$missing" >&2
  if [ "$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; else
    echo "You are not root and there is no sudo: let somebody who may run  apt-get install$missing" >&2
    exit 1
  fi
  $as_root apt-get update -q >&2
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing >&2
fi
command -v swift >/dev/null || {
  echo "There is no swift on the path: install Swift 6.3 from swift.org" >&2
  exit 1
}
