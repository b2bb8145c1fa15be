#!/bin/sh
# Puts together the branch `plugin`, from which the marketplace installs: the new folder $1 becomes the plugin of the
# repository, with its launcher in hooks/, and with the programs of each archive that follows in bin/TARGET/.
# The launcher finds the folder for the machine, or programs in bin/ or on PATH.
set -eu
to=$1
shift
root=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd -P)

fail() {
	printf 'plugin-branch.sh: error: %s\n' "$*" >&2
	exit 1
}

[ $# -gt 0 ] || fail "name the archives after the folder"
[ ! -e "$to" ] || fail "$to exists; name a new folder"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$to/bin"
for archive; do
	rm -rf "$stage/one" && mkdir "$stage/one"
	tar -xzf "$archive" -C "$stage/one"
	folder=$(echo "$stage"/one/*)
	target=$(sed -n 's/^target //p' "$folder/RELEASE")
	grep -q "echo $target ;;" "$root/hooks/search" || fail "$archive: the launcher (hooks/search) does not know the target $target"
	if [ -z "$target" ] || [ -e "$to/bin/$target" ]; then fail "$archive: no target, or one that is there already"; fi
	mv "$folder/bin" "$to/bin/$target"
	mv "$folder"/THIRD-PARTY* "$to/bin/$target/"
done
# What is installed names its programs; here the launcher looks for them.
for file in .claude-plugin hooks skills README.md LICENSE; do
	cp -RP "$root/$file" "$to/"
done
