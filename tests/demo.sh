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
client='' server=''
trap 'for one in $client $server; do kill "$one" 2>/dev/null || :; done; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

strong='' dim='' plain=''
if [ -t 1 ]; then strong=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m'); fi
width=$(stty size 2>/dev/null </dev/tty | sed 's/.* //') || width=
[ "${width:-0}" -ge 60 ] || width=100

# Runs a shell command at a time of day, our programs on PATH and nothing of the person's environment.
at() {
	env -i HOME="$scratch/home" CS_HOME="$scratch/home/.claude/dashboard" CS_NOW="2026-11-21T$1:00Z" CLAUDE_PID="$client" \
		COLUMNS="$width" LC_ALL=C.UTF-8 PATH="$programs:/usr/bin:/bin" sh -c "$2"
}

# Makes project $1 with branch $2: a repository, as far as a hook looks at one.
project() {
	mkdir -p "$scratch/home/$1/.git"
	echo "ref: refs/heads/$2" >"$scratch/home/$1/.git/HEAD"
}

# A process that stands for the client: while it lives, its conversations do.
start_client() {
	sleep 600 &
	client=$!
}

# What stands in a recording, moved to project $1. The prompts and tasks recorded there are dull; they get names.
move_to() {
	folder=$(printf '%s' "$scratch/home/$1" | sed 's/[&#\\]/\\&/g')
	sed -e 's/^{"t": [0-9.]*, "payload": //' -e 's/}$//' -e "s#/home/dev/repo#$folder#g" \
		-e 's/"do the full tour"/"Greet every visitor by name"/' -e 's/"ask permission"/"Make room for uploads"/' \
		-e 's/"simple prompt after clear"/"Why is the front page slow?"/' -e 's/"long tool"/"Import the old posts"/' \
		-e 's#mkdir -p /home/dev/permdir && touch /home/dev/permdir/x#mkdir -p public/uploads#' \
		-e 's/"First task"/"Write hello.txt"/g' -e 's/"Second task"/"Show it on the front page"/g'
}

# At time $1, sends those lines of recording $2 that sed selects with $3 through the hooks, in project $4. The
# recordings hold every event there is; hooks.json asks for these only.
replay() {
	sed -n "$3" "$recordings/$2.jsonl" | move_to "$4" >"$scratch/payloads"
	: >"$scratch/told"
	while IFS= read -r payload; do
		case $payload in
		*'"hook_event_name": "Stop'*) program=cs-heartbeat ;;
		*'"hook_event_name": "SessionStart"'* | *'"hook_event_name": "UserPromptSubmit"'* | \
			*'"hook_event_name": "PermissionRequest"'* | *'"hook_event_name": "PostToolUse'* | \
			*'"hook_event_name": "SessionEnd"'*) program=cs-hook ;;
		*) continue ;;
		esac
		printf '%s\n' "$payload" | at "$1" "$program" >>"$scratch/told"
	done <"$scratch/payloads"
}

# A sentence, the command that it is about, and what that prints.
show() {
	printf '\n%s%s%s\n%s$ %s%s\n' "$strong" "$1" "$plain" "$dim" "$2" "$plain"
	at 11:00 "$2"
}

# The same in a browser, while somebody at a terminal looks at it.
dashboard() {
	[ -t 0 ] && [ -t 1 ] || return 0
	at 11:00 'echo $$ >"$HOME/server"; exec cs-serve --port 0' >"$scratch/address" &
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$scratch/address" ] && break || sleep 0.2; done
	server=$(cat "$scratch/home/server")
	printf '\n%s\n%s' "${strong}The dashboard shows the same: $(cat "$scratch/address")$plain" "Press Enter to end it. "
	read -r _ || :
}

project shop greeting
project blog main

start_client
replay 10:20 sigkill p blog
{ kill -9 "$client" && wait "$client"; } 2>/dev/null || true

start_client
replay 09:12 print-tour p shop
replay 10:41 interactive 137,141p blog
replay 10:57 interactive '1p;68,70p' shop

echo "Four conversations took place in two projects. Nobody took notes; the hooks did."
show "What is going on?" "cs-session list --table"
show "What does that one wait for?" "cs-session list --state waiting -q | cs-session show - --table"
show "What is left of the one that ended with work undone?" \
	"cs-session list --status parked -q | cs-session show - --table"
show "How are the projects?" "cs-project overview --table"
printf '\n%s\n' "${strong}And when the next conversation began in that project, it was told:$plain"
sed 1d "$scratch/told"
dashboard
printf '\n%s\n' "All of this was in a temporary folder, which is gone now. To record your own: make install"
