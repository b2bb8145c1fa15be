#!/bin/sh
# Whether the commit that is checked out can become the release $1, such as v0.2.0. `make test` compares the files that
# name the version; this compares the tag with them. Exits: 0 yes, 1 no.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

fail() {
	printf 'check-release.sh: error: %s\n' "$*" >&2
	exit 1
}

[ "${1:-}" = "v$version" ] || fail "the tag is ${1:-missing}, but Cargo.toml says $version"
grep -q "^  \"version\": \"$version\"" .claude-plugin/plugin.json || fail "plugin.json has another version"
heading=$(sed -n 's/^## //p' CHANGELOG.md | head -n 1)
[ "${heading%% *}" = "$version" ] || fail "the first heading of CHANGELOG.md is \"$heading\", not \"$version\""
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
echo "this commit can become v$version"
