#!/bin/sh
# Makes the hooks and skills of a plugin folder name the programs in its `bin/` directly: direct.sh FOLDER. The repository
# starts them through `hooks/run`, because it does not contain them; an assembled folder does. `entries.rs` of cs-setup
# has the same rule, and a test compares both.
set -eu

cd -- "$1"
for file in hooks/hooks.json skills/*/SKILL.md; do
	sed -e 's#/hooks/run-#/bin/#g' -e 's#\.start"#"#g' "$file" >"$file.new"
	if cmp -s "$file" "$file.new"; then rm -f "$file.new"; else mv -f "$file.new" "$file"; fi
done
rm -f hooks/run hooks/run-* hooks/search
