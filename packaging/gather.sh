#!/bin/sh
# Collects what was packed on several machines, in folders below $1, into the new folder $2: archives, packages of Debian,
# SHA256SUMS of all of them, and the formula of Homebrew. It fails if a file is not the one that its builder listed, or if an
# archive of the formula is missing.
set -eu
from=$1 to=$2
root=$(dirname "$0")/..
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
export LC_ALL=C

fail() {
	printf 'gather.sh: error: %s\n' "$*" >&2
	exit 1
}

sums() {
	if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

[ ! -e "$to" ] || fail "$to exists; name a new folder"
mkdir -p "$to"
find "$from" -type f \( -name '*.tar.gz' -o -name '*.deb' \) -exec cp {} "$to/" \;
find "$from" -type f -name SHA256SUMS -exec cat {} + | sort -k 2 -u >"$to/SHA256SUMS"
(cd "$to" && sums -c SHA256SUMS >/dev/null) || fail "a file is not the one that its builder listed"
[ "$(wc -l <"$to/SHA256SUMS")" -eq "$(find "$to" -name 'claude-sessions*' | wc -l)" ] || fail "a file has no sum, or two"

formula=$to/claude-sessions.rb
sed "s/@VERSION@/$version/g" "$root/packaging/homebrew/claude-sessions.rb" >"$formula"
for target in aarch64-apple-darwin x86_64-apple-darwin aarch64-unknown-linux-musl x86_64-unknown-linux-musl; do
	sum=$(sed -n "s/^\([0-9a-f]*\)  claude-sessions-$version-$target.tar.gz\$/\1/p" "$to/SHA256SUMS")
	[ "${#sum}" -eq 64 ] || fail "there is no archive for $target"
	sed "s/@$target@/$sum/" "$formula" >"$formula.new"
	mv "$formula.new" "$formula"
done
! grep -v '^#' "$formula" | grep -q '@' || fail "the formula has a word that nothing replaces"
