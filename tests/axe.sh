#!/bin/sh
# Downloads axe-core, the accessibility checker of the browser tests, to target/axe-core/. Its version and checksum
# are fixed here; it is not part of this repository. Called by `make axe` and `.ci/run`.
set -eu

version=4.14.1
sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

cd "$(dirname "$0")/.."
folder=target/axe-core
check() { printf '%s  %s\n' "$sum" "$1" | { sha256sum -c - 2>/dev/null || shasum -a 256 -c -; } >/dev/null; }

if [ -e "$folder/axe.min.js" ] && check "$folder/axe.min.js"; then exit 0; fi
mkdir -p "$folder"
npm pack --silent --pack-destination "$folder" "axe-core@$version" >/dev/null
tar -xzf "$folder/axe-core-$version.tgz" -C "$folder" package/axe.min.js
check "$folder/package/axe.min.js" || { echo "axe.sh: axe-core $version has a wrong checksum" >&2; exit 1; }
mv -f "$folder/package/axe.min.js" "$folder/axe.min.js"
rm -rf "$folder/package" "$folder/axe-core-$version.tgz"
