# Part of tests/accept.sh, read by accept-setup.sh while the programs are installed: the status line as a person sees
# it, in the client's own terminal, installed by `cs-setup statusline install`.
# shellcheck shell=sh disable=SC2154 # variables and functions of accept.sh and accept-setup.sh
#
# Seen on client 2.1.329 (terminals of 60, 100 and 200 columns):
#   COLUMNS and LINES are those of the whole terminal, and there is no /dev/tty. The line begins in the third column and
#   has COLUMNS - 4 - 2 × padding columns; of what is longer the client cuts the end off and puts an ellipsis there. It
#   never wraps. Every line that the command prints is shown, in the colours that it chose, dimmed where it chose none.
#   The command is called once at the start, once about 300 ms after an answer, and every `refreshInterval` seconds, in
#   idle conversations too. Until the first answer the context is null and the cost 0. Clients before 2.1.153 give no
#   COLUMNS; 80 is assumed then, and the client cuts what is too long.

# Starts the client, told nothing of us but by its settings, in a terminal of $1 columns.
watched() {
	# shellcheck disable=SC2086 # words
	tmux new-session -d -s talk -x "$1" -y 40 -- "$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --home "$home" --repo "$repo" \
		--out "$out" --script "$model" --interactive -- --permission-mode default && within 20 screen_shows idle
}
# The screen has a line that is this, as a regular expression, between the margins.
shows_line() { screen | grep -qE "^ +$1 *\$" || { screen && false; }; }
# Ours is whole: it begins with the project, and nothing is cut off.
is_whole() { screen | grep -E '^ +repo \(main\)' | grep -vq '…' || { screen && false; }; }
# Whether this client says how wide its terminal is: 2.1.153 or newer, by its own greeting.
told_width() {
	version=$(screen | sed -n 's/.*Claude Code v\([0-9.]*\).*/\1/p' | head -n 1)
	[ "$(printf '%s\n' 2.1.153 "$version" | sort -V | head -n 1)" = 2.1.153 ] ||
		{ echo "skipped: client $version does not say how wide its terminal is" && false; }
}
kept() { equal "$1" "$(cs cs-session list --json 2>/dev/null | json "$2")"; }
leaves() { type_in "/exit" && within 10 ended; }

plain statusline
check "status line: the hooks are installed" setup install --settings
cp "$home/.claude/settings.json" "$work/before"
check "status line: cs-setup statusline install works" setup statusline install
check "status line: the client starts" watched 100
check "status line: it is there before the first prompt" within 10 shows_line 'repo \(main\) · .* · \$0\.00, today \$0\.00 est\.'
type_in "answer briefly"
check "status line: the turn ends" within 10 see "A brief answer."
check "status line: it is up to date after the turn" \
	within 5 shows_line 'repo \(main\) · .* · ░+ [0-9]+% · \$0\.0[1-9], today \$0\.0[1-9] est\.'
check "status line: context and cost are kept" within 5 kept "[(True, True)]" \
	'[(s["cost_usd"] > 0, s["context_used_percentage"] > 0) for s in r]'

# Another conversation begins to wait while this one is idle. Its process is this script.
tell() {
	printf '{"session_id": "%s", "cwd": "%s", "hook_event_name": "%s"%s}' "$other" "$repo" "$1" "$2" |
		env -i HOME="$home" PATH=/usr/bin:/bin CLAUDE_PID=$$ "$plugin/bin/cs-hook"
}
other=d8c64c56-59a9-4b11-aded-58c4ded45e16
tell UserPromptSubmit ', "prompt": "greet visitors"'
tell PermissionRequest ', "tool_name": "Bash", "tool_input": {"command": "make"}'
check "status line: an idle conversation hears that another waits" within 15 shows_line 'repo \(main\) · 1 waiting · .*'
if told_width; then
	for columns in 70 50 36; do
		tmux resize-window -t talk -x "$columns" -y 40
		check "status line: in $columns columns it is shorter, not cut" within 15 is_whole
	done
fi
check "status line: the client ends" leaves
check "status line: the client reports no trouble with hooks" none trouble
check "status line: remove works" setup statusline remove
check "status line: the settings are what they were, byte for byte" same

# With a status line of the user's own, and padding, of which the client tells nobody: 64 - 4 - 6 columns.
plain statusline-wrapped
cat >"$home/.claude/settings.json" <<'END'
{"statusLine": {"type": "command",
	"command": "cat >/dev/null; echo \"it's mine\"", "padding": 3}, "x": { }}
END
cp "$home/.claude/settings.json" "$work/before"
check "wrapped status line: install works" setup statusline install
check "wrapped status line: the client starts" watched 64
check "wrapped status line: the user's own is there" within 10 shows_line "it's mine"
type_in "answer briefly"
check "wrapped status line: the turn ends" within 10 see "A brief answer."
check "wrapped status line: ours is below" within 5 shows_line 'repo \(main\) · .*'
told_width && check "wrapped status line: it is not cut" is_whole
check "wrapped status line: the user's own is still there" shows_line "it's mine"
check "wrapped status line: the client ends" leaves
check "wrapped status line: remove works" setup statusline remove
check "wrapped status line: the settings are what they were, byte for byte" same
