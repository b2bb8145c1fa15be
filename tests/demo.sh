#!/bin/sh
# Shows the programs at work: recorded conversations go through the hooks, as Claude Code would send them, and
# the commands show what was kept. Everything happens in a temporary folder, which is removed at the end.
# Called by `make demo`, after the build. Needs nothing but sh, sed and the built programs.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
programs=$(cd "$here/../bin" && pwd -P)
recordings=$here/fixtures/claude-code/sequences

scratch=$(mktemp -d "${TMPDIR:-/tmp}/claude-sessions-demo.XXXXXX")
scratch=$(cd "$scratch" && pwd -P)
client=
finish() {
	[ -z "$client" ] || kill "$client" 2>/dev/null || true
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
width=$(stty size 2>/dev/null </dev/tty | sed 's/.* //') || width=
[ "${width:-0}" -ge 60 ] || width=100

# Runs one of our programs at a time of day, with nothing of the person's environment.
at() {
	time=$1 program=$2
	shift 2
	env -i HOME="$scratch/home" CS_HOME="$scratch/home/.claude/dashboard" CS_NOW="2026-11-21T$time:00Z" \
		COLUMNS="$width" LC_ALL=C.UTF-8 PATH=/usr/bin:/bin ${client:+CLAUDE_PID="$client"} "$programs/$program" "$@"
}

# Makes a repository, as far as a hook looks at it.
repository() {
	mkdir -p "$scratch/home/$1/.git"
	echo "ref: refs/heads/$2" >"$scratch/home/$1/.git/HEAD"
}

# Sends lines $3 of recording $2 through the hooks at time $1, as if it had happened in project $4. Only what
# hooks.json asks for is sent; besides the folder, the recording's dull prompts and tasks are renamed.
replay() {
	when=$1
	there=$(printf '%s' "$scratch/home/$4" | sed 's/[&#\\]/\\&/g')
	sed -n "$3p" "$recordings/$2.jsonl" >"$scratch/lines"
	sed -e 's/^{"t": [0-9.]*, "payload": //' -e 's/}$//' -e "s#/home/dev/repo#$there#g" \
		-e 's/"do the full tour"/"Greet every visitor by name"/' -e 's/"ask permission"/"Make room for uploads"/' \
		-e 's/"simple prompt after clear"/"Why is the front page slow?"/' -e 's/"long tool"/"Import the old posts"/' \
		-e 's/"First task"/"Write hello.txt"/g' -e 's/"Second task"/"Show it on the front page"/g' \
		"$scratch/lines" >"$scratch/payloads"
	while IFS= read -r payload; do
		case $payload in
		*'"hook_event_name": "Stop'*) program=cs-heartbeat ;;
		*'"hook_event_name": "SessionStart"'* | *'"hook_event_name": "UserPromptSubmit"'* | \
			*'"hook_event_name": "Notification"'* | *'"hook_event_name": "PermissionRequest"'* | \
			*'"hook_event_name": "PostToolUse'* | *'"hook_event_name": "SessionEnd"'*) program=cs-hook ;;
		*) continue ;;
		esac
		printf '%s\n' "$payload" | at "$when" "$program" >>"$scratch/told"
	done <"$scratch/payloads"
}

# What follows, in a sentence, and the command that shows it.
show() {
	printf '\n\033[1m%s\033[0m\n\033[2m$ %s\033[0m\n' "$1" "$2"
	# shellcheck disable=SC2086 # a command line, word by word
	at 11:00 $2
}

repository shop greeting
repository blog main

# A process that stands for the client, so that its conversations count as alive.
sleep 600 &
client=$!
replay 09:12 print-tour '1,$' shop
replay 10:41 interactive '137,141' blog
replay 10:57 interactive '1p;68,70' shop

# One more client, which is killed in the middle of a turn.
alive=$client
sleep 600 &
client=$!
replay 10:20 sigkill '1,$' blog
kill -9 "$client"
wait "$client" 2>/dev/null || true
client=$alive

echo "Four conversations took place in two projects. Nobody took notes; the hooks did."
show "What is going on, and what waits for you" "cs-session list --table"
parked=$(at 11:00 cs-session list --status parked -q)
show "One of them in full: its conversation ended with work left, so it is parked" "cs-session show $parked --table"
show "Everything, by project" "cs-project overview --table"
printf '\n\033[1m%s\033[0m\n' "And what the next conversation in that project was told when it began"
cat "$scratch/told"
printf '\n%s\n' "All of this was in $scratch, which is gone now. Your own sessions: make install"
