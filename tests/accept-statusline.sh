# Part of tests/accept.sh, read by accept-setup.sh while the programs are installed: the status line as a person sees
# it in the client's own terminal, installed by `cs-setup statusline install`.
# shellcheck shell=sh disable=SC2154 # variables and functions of accept.sh and accept-setup.sh
#
# Observed with client 2.1.329 (terminals of 60, 100 and 200 columns):
#   COLUMNS and LINES are those of the whole terminal, and there is no /dev/tty. The line starts in the third column and
#   has COLUMNS - 4 - 2 × padding columns; the client cuts a longer one and adds an ellipsis. It never wraps. Every line
#   that the command prints is shown, in its own colours, or dimmed if it has none.
#   The command runs once at the start, once about 300 ms after an answer, and every `refreshInterval` seconds, in
#   idle conversations too. Until the first answer the context is null and the cost 0. Clients before 2.1.153 set no
#   COLUMNS; then 80 is assumed, and the client cuts longer lines.

# Starts the client in a terminal of $1 columns; only its settings name our programs.
watched() {
	# shellcheck disable=SC2086 # words
	tmux new-session -d -s talk -x "$1" -y 40 -- "$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --home "$home" --repo "$repo" \
		--out "$out" --script "$model" --interactive -- --permission-mode default && within 20 screen_shows idle
}
# The screen has a line that matches this regular expression between the margins.
shows_line() { screen | grep -qE "^ +$1 *\$" || { screen && false; }; }
# Our line is complete: it starts with the project and is not cut.
is_whole() { screen | grep -E '^ +repo \(main\)' | grep -vq '…' || { screen && false; }; }
# Whether this client reports the width of its terminal: 2.1.153 or newer, by its greeting.
reports_width() {
	version=$(screen | sed -n 's/.*Claude Code v\([0-9.]*\).*/\1/p' | head -n 1)
	[ "$(printf '%s\n' 2.1.153 "$version" | sort -V | head -n 1)" = 2.1.153 ] ||
		{ echo "skipped: client $version does not report the width of its terminal" && false; }
}
kept() { equal "$1" "$(cs cs-session list --json 2>/dev/null | json "$2")"; }
leaves() { type_in "/exit" && within 10 ended; }

plain statusline
check "status line: the hooks are installed" setup install --yes --settings
cp "$home/.claude/settings.json" "$work/before"
check "status line: cs-setup statusline install works" setup statusline install --yes
check "status line: the client starts" watched 100
check "status line: it is shown before the first prompt" within 10 shows_line 'repo \(main\) · .* · \$0\.00, today \$0\.00 est\.'
type_in "answer briefly"
check "status line: the turn ends" within 10 see "A brief answer."
check "status line: it is up to date after the turn" \
	within 5 shows_line 'repo \(main\) · .* · ░+ [0-9]+% · \$0\.0[1-9], today \$0\.0[1-9] est\.'
check "status line: context and cost are stored" within 5 kept "[(True, True)]" \
	'[(s["cost_usd"] > 0, s["context_used_percentage"] > 0) for s in r]'

# Another conversation starts to wait while this one is idle. Its process is this script.
tell() {
	printf '{"session_id": "%s", "cwd": "%s", "hook_event_name": "%s"%s}' "$other" "$repo" "$1" "$2" |
		env -i HOME="$home" PATH=/usr/bin:/bin CLAUDE_PID=$$ "$plugin/bin/cs-hook"
}
other=d8c64c56-59a9-4b11-aded-58c4ded45e16
tell UserPromptSubmit ', "prompt": "greet visitors"'
tell PermissionRequest ', "tool_name": "Bash", "tool_input": {"command": "make"}'
check "status line: an idle conversation shows that another one waits" within 15 shows_line 'repo \(main\) · 1 waiting · .*'
if reports_width; then
	for columns in 70 50 36; do
		tmux resize-window -t talk -x "$columns" -y 40
		check "status line: in $columns columns it is shortened, not cut" within 15 is_whole
	done
fi
check "status line: the client ends" leaves
check "status line: the client reports no problem with hooks" none trouble
check "status line: remove works" setup statusline remove --yes
check "status line: the settings are restored byte for byte" same

# With the user's own status line, and padding, which the client does not report: 64 - 4 - 6 columns.
plain statusline-wrapped
cat >"$home/.claude/settings.json" <<'END'
{"statusLine": {"type": "command",
	"command": "cat >/dev/null; echo \"it's mine\"", "padding": 3}, "x": { }}
END
cp "$home/.claude/settings.json" "$work/before"
check "wrapped status line: install works" setup statusline install --yes
check "wrapped status line: the client starts" watched 64
check "wrapped status line: the user's own is shown" within 10 shows_line "it's mine"
type_in "answer briefly"
check "wrapped status line: the turn ends" within 10 see "A brief answer."
check "wrapped status line: ours is below" within 5 shows_line 'repo \(main\) · .*'
reports_width && check "wrapped status line: it is not cut" is_whole
check "wrapped status line: the user's own is still shown" shows_line "it's mine"
check "wrapped status line: the client ends" leaves
check "wrapped status line: remove works" setup statusline remove --yes
check "wrapped status line: the settings are restored byte for byte" same
