#!/bin/sh
# Tries the archive $1 as somebody who has just downloaded it: unpacks it, installs it into a home of its own, plays the hooks
# of a conversation, looks at what was recorded, and uninstalls it. It needs sh and tar, no Rust; it leaves nothing behind.
set -eu
archive=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/home" "$place/home/shop" "$place/unpacked"
unset CS_HOME CLAUDE_CONFIG_DIR CODEX_HOME PREFIX DESTDIR LIBDIR SETUP XDG_CONFIG_HOME XDG_DATA_HOME
export HOME="$place/home"
PATH=/usr/bin:/bin

fail() {
	printf 'try.sh: error: %s\n' "$*" >&2
	exit 1
}

tar -xzf "$archive" -C "$place/unpacked"
unpacked=$(echo "$place"/unpacked/*)
"$unpacked/install.sh" SETUP=yes >"$place/said" || fail "install.sh failed: $(cat "$place/said")"
installed=$HOME/.local/share/claude-sessions
[ -e "$HOME/.local/bin/cs-session" ] || fail "no program in ~/.local/bin"
grep -q "$installed/bin/cs-hook" "$HOME/.claude/settings.json" || fail "the hooks are not registered"

hook() {
	printf '{"session_id":"e998145e-4e5d-40c9-a3a6-681ad5bd51c9","transcript_path":"%s/t.jsonl","cwd":"%s/shop",%s}' \
		"$HOME" "$HOME" "$1" | "$installed/bin/cs-hook"
}
hook '"hook_event_name":"SessionStart","source":"startup"'
hook '"hook_event_name":"UserPromptSubmit","prompt":"Greet every visitor by name"'
"$HOME/.local/bin/cs" list >"$place/list" || fail "cs list failed"
grep -q "Greet every visitor by name" "$place/list" || fail "the conversation was not recorded: $(cat "$place/list")"

"$installed/install.sh" --uninstall >"$place/said" || fail "it cannot be uninstalled: $(cat "$place/said")"
rm -rf "$HOME/.claude/dashboard"
left=$(find "$HOME" ! -type d)
[ -z "$left" ] || fail "this is left: $left"
echo "installed, recorded and removed: $(basename "$archive")"
