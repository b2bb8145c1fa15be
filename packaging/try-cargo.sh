#!/bin/sh
# Tries `cargo install --git` with a copy of this repository, for the programs $@ (default: a few). It builds them with all
# optimizations, which takes minutes, so only the release workflow calls it.
set -eu
root=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd -P)
[ $# -gt 0 ] || set -- cs cs-hook cs-session
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git clone -q "$root" "$place/clone"
cargo install --quiet --locked --git "file://$place/clone" --root "$place/installed" "$@"
for program; do
	[ -x "$place/installed/bin/$program" ] || { echo "try-cargo.sh: error: $program was not installed" >&2; exit 1; }
done
"$place/installed/bin/cs" --version
