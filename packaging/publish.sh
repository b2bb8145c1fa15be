#!/bin/sh
# Publishes the release $1, such as v0.2.0: the files of folder $2 (packaging/gather.sh) and the words of CHANGELOG.md with
# `gh`, then the plugin in folder $3 (packaging/plugin-branch.sh) as the only commit of the branch `plugin` of `origin`.
# Without `gh` in reach, DRY=yes prints what would be published, and makes the commit without pushing it.
set -eu
tag=$1 files=$2 plugin=$3
notes=$(awk '/^## /{n++} n==1 && !/^## /' CHANGELOG.md)

# One commit without a parent: who adds the marketplace fetches the programs of one release, not of all.
git -C "$plugin" init -q -b plugin
git -C "$plugin" add --force --all
git -C "$plugin" -c user.name=release -c user.email=release@localhost commit -q -m "The plugin of $tag, with its programs"

if [ "${DRY:-no}" = yes ]; then
	echo "$tag:" "$files"/*
	printf '%s\n' "$notes" | head -n 3
	git -C "$plugin" log -1 --format=%s
	exit
fi
printf '%s\n' "$notes" >"$files.notes"
# A draft, until everything is there. Who tries again deletes what is left of one; what is published stays as it is.
was_draft=$(gh release view "$tag" --json isDraft --jq .isDraft 2>/dev/null) || was_draft=
[ "$was_draft" != true ] || gh release delete "$tag" --yes
if [ "$was_draft" != false ]; then
	gh release create "$tag" --draft --verify-tag --title "$tag" --notes-file "$files.notes" "$files"/*
	gh release edit "$tag" --draft=false
fi
# Last, so that the marketplace never has a plugin that is not released.
git fetch -q "$(cd "$plugin" && pwd -P)" plugin
git push --force origin FETCH_HEAD:refs/heads/plugin
