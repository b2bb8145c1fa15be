# Part of tests/accept.sh, which reads it: installs the programs with `make install`, registers them with `cs-setup`,
# and checks that real clients then record an ordinary conversation.
# shellcheck shell=sh disable=SC2154 # variables and functions of accept.sh

prefix="$work/a prefix" # with a blank: no shell may come between
installed=$prefix/share/claude-sessions/bin
check "setup: make install works" make -s -C "$plugin" install SETUP=no PREFIX="$prefix"

# A home whose settings have a layout that no program writes.
plain() {
	fresh "$1"
	printf '{"env": {"A": "\\u00e9"},\n\t"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}, "x": { }}' \
		>"$home/.claude/settings.json"
	cp "$home/.claude/settings.json" "$work/before"
	mkdir -p "$home/commands"
}
setup() { env -i HOME="$home" PATH="$home/commands:/usr/bin:/bin" DISABLE_AUTOUPDATER=1 "$installed/cs-setup" "$@"; }
same() { cmp "$work/before" "$home/.claude/settings.json"; }
# The client, without any option that names the plugin.
unaware() {
	# shellcheck disable=SC2086 # words
	"$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --home "$home" --repo "$repo" --out "$out" --script "$model" --prompt "$1" \
		</dev/null >"$out/said" 2>&1 || cat "$out/said"
}
# What must hold after such a conversation.
recorded() {
	tidy "$1"
	check "$1: there is one session, with its intent" says "['answer briefly']" '[s["intent"] for s in r]'
	check "$1: it is completed, with its outcome" says "('completed', 'A brief answer.')" '(r[0]["state"], r[0]["outcome"])'
	check "$1: the doctor finds the hooks once, and a test event succeeds" healthy
}
healthy() { equal "True True" "$(setup doctor | json '" ".join(str(c["ok"]) for c in r if c["check"] in ("hooks", "event"))')"; }

plain setup-settings
check "settings: cs-setup install works" setup install --yes --settings
unaware "answer briefly"
recorded settings
check "settings: uninstall works" setup uninstall --yes
check "settings: the file is restored byte for byte" same

if [ -n "${REAL_CLAUDE_COMMAND:-}" ]; then
	plain setup-plugin
	ln -s "$REAL_CLAUDE_COMMAND" "$home/commands/claude"
	check "plugin: cs-setup install works" setup install --yes
	check "plugin: the existing settings are unchanged byte for byte" \
		equal "$(sed '$s/}$//' "$work/before")" "$(head -c $(($(wc -c <"$work/before") - 1)) "$home/.claude/settings.json")"
	check "plugin: the second time there is nothing to do" equal none "$(setup install --yes | json 'r[0]["action"]')"
	rm -f "$home/.claude.json" # the runner makes its own, without first-run dialogs
	unaware "answer briefly"
	recorded plugin
	printf 'more' >>"$installed/cs-hook"
	check "plugin: a new build reaches the client" equal run "$(setup install --yes | json 'r[0]["action"]')"
	check "plugin: and then there is nothing to do" equal none "$(setup install --yes | json 'r[0]["action"]')"
	check "plugin: uninstall works" setup uninstall --yes
	check "plugin: the file is restored byte for byte" same
	known=$(env -i HOME="$home" PATH=/usr/bin:/bin "$REAL_CLAUDE_COMMAND" plugin list --json </dev/null |
		json '[p["id"] for p in r[0] if not p["id"].endswith("@builtin")]') # 2.1.332 brings some of its own
	check "plugin: the client no longer lists it" equal "[]" "$known"
	check "plugin: the programs can be installed again" make -s -C "$plugin" install SETUP=no PREFIX="$prefix"
	. "$here/accept-marketplace.sh"
else
	echo "skipped: REAL_CLAUDE_COMMAND is not set, so the plugin cannot be registered"
fi

if [ -n "${REAL_CODEX:-}" ]; then
	plain setup-codex
	check "codex: cs-setup install works" setup install --yes --codex
	"$REAL_CODEX" --no-hooks --home "$home" --repo "$repo" --out "$out" --prompt "simple prompt" \
		-- --dangerously-bypass-hook-trust </dev/null >"$out/said" 2>&1 || cat "$out/said"
	check "codex: there is one session, with intent and agent" says "[('simple prompt', 'codex')]" \
		'[(s["intent"], s["agent"]) for s in r]'
	check "codex: it is completed" says completed 'r[0]["state"]'
	. "$here/accept-codex.sh"
	audited_in_codex
	check "codex: the hooks logged no problem" none cat "$home/.claude/dashboard/logs/hook.log"
	check "codex: uninstall works" setup uninstall --yes --codex
	check "codex: nothing of ours is left" none ls "$home/.codex/hooks.json"
	check "codex: Claude Code's settings are unchanged" same
else
	echo "skipped: REAL_CODEX is not set, so Codex cannot be tested"
fi

. "$here/accept-statusline.sh"
. "$here/accept-guard.sh"

home=$work/setup-make && mkdir -p "$home"
check "make: uninstall works" env -i HOME="$home" PATH=/usr/bin:/bin make -s -C "$plugin" uninstall PREFIX="$prefix"
check "make: nothing is left" none ls -A "$prefix"
