#!/bin/sh
# Demonstrates the programs: recorded conversations go through the hooks, as Claude Code would send them, and the
# commands show what was recorded. Everything is in a temporary folder, which is removed at the end.
# Called by `make demo`, after the build. Needs only sh, sed and the built programs.
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

# Runs a shell command at a time of day, with our programs on PATH and without the user's environment.
at() {
	env -i HOME="$scratch/home" CS_HOME="$scratch/home/.claude/dashboard" CS_NOW="2026-11-21T$1:00Z" CLAUDE_PID="$client" \
		COLUMNS="$width" LC_ALL=C.UTF-8 PATH="$programs:/usr/bin:/bin" sh -c "$2"
}

# Creates project $1 with branch $2: the parts of a repository that a hook reads.
project() {
	mkdir -p "$scratch/home/$1/.git"
	echo "ref: refs/heads/$2" >"$scratch/home/$1/.git/HEAD"
}

# A process that stands in for the client: its conversations run as long as it does.
start_client() {
	sleep 600 &
	client=$!
}

# Moves a recording to project $1 and gives its dull prompts and tasks better names.
move_to() {
	folder=$(printf '%s' "$scratch/home/$1" | sed 's/[&#\\]/\\&/g')
	sed -e 's/^{"t": [0-9.]*, "payload": //' -e 's/}$//' -e "s#/home/dev/repo#$folder#g" \
		-e 's/"do the full tour"/"Greet every visitor by name"/' -e 's/"ask permission"/"Make room for uploads"/' \
		-e 's/"simple prompt after clear"/"Why is the front page slow?"/' -e 's/"long tool"/"Import the old posts"/' \
		-e 's#mkdir -p /home/dev/permdir && touch /home/dev/permdir/x#mkdir -p public/uploads#' \
		-e 's/"First task"/"Write hello.txt"/g' -e 's/"Second task"/"Show it on the front page"/g'
}

# At time $1, sends the lines of recording $2 that sed selects with $3 through the hooks, in project $4. The
# recordings contain all events, of which hooks.json registers only these.
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

# At time $1, a shell of conversation $2 in project $3 runs $4: cs-audit logs it, as the client's hooks do.
runs() {
	tools=$((${tools-0} + 1))
	for event in PreToolUse PostToolUse; do
		printf '{"session_id":"%s","cwd":"%s","hook_event_name":"%s","tool_name":"Bash","tool_use_id":"toolu_%s",' \
			"$2" "$scratch/home/$3" "$event" "$tools"
		printf '"tool_input":{"command":"%s"},"tool_response":{"stdout":""},"duration_ms":%s}\n' "$4" $((tools * 400))
	done | while IFS= read -r payload; do printf '%s\n' "$payload" | at "$1" cs-audit; done
}

# Writes a log as Claude Code does: conversation $1 of project $2 with $4 answers on day $3 of the month.
spend() {
	mkdir -p "$scratch/home/.claude/projects/-$2"
	printf '{"type":"user","sessionId":"%s","timestamp":"2026-11-%02dT09:00:00Z","cwd":"%s","message":{"content":"go on"}}\n' \
		"$1" "$3" "$scratch/home/$2" >>"$scratch/home/.claude/projects/-$2/$1.jsonl"
	n=0
	while [ "$n" -lt "$4" ]; do
		n=$((n + 1))
		case $((($n + $3) % 3)) in 0) model=claude-haiku-4-5-20251001 ;; *) model=claude-opus-4-8 ;; esac
		printf '{"type":"assistant","sessionId":"%s","timestamp":"2026-11-%02dT09:%02d:00Z","cwd":"%s","requestId":"r%s-%d",' \
			"$1" "$3" "$n" "$scratch/home/$2" "$1" "$n"
		printf '"message":{"id":"m%s-%d","model":"%s","usage":{"input_tokens":%d,"output_tokens":%d,' \
			"$1" "$n" "$model" $((n * 40)) $((n * 150))
		printf '"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d}}}\n' $((n * 700)) $((n * 9000))
	done >>"$scratch/home/.claude/projects/-$2/$1.jsonl"
}

# Writes the usage of all conversations of this month, including the recorded ones.
spend_all() {
	day=2
	while [ "$day" -le 20 ]; do
		case $((day % 3)) in 0) spent_in=blog ;; *) spent_in=shop ;; esac
		spend "00000000-0000-4000-8000-0000000000$((day + 10))" "$spent_in" "$day" $((7 + day * 5 % 13))
		day=$((day + 1))
	done
	spend 1efc27bb-f68f-47d0-bb52-fc872cee82d8 shop 21 12
	spend 3c93296d-fab9-4844-ac62-7f673c1f02cc shop 21 3
	spend 4a05118b-14d9-408c-9af0-75daad620c62 blog 21 5
	spend fb4fdde9-3515-47f5-9b2b-ae24c04b895f blog 21 8
	at 11:00 "cs-usage keep -q"
}

# Prints a sentence, a command and its output.
show() {
	printf '\n%s%s%s\n%s$ %s%s\n' "$strong" "$1" "$plain" "$dim" "$2" "$plain"
	at 11:00 "$2"
}

# Shows the same in a browser, if this runs in a terminal.
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

runs 10:42 fb4fdde9-3515-47f5-9b2b-ae24c04b895f blog "npm test"
runs 10:43 fb4fdde9-3515-47f5-9b2b-ae24c04b895f blog "rm -rf node_modules"
runs 10:44 fb4fdde9-3515-47f5-9b2b-ae24c04b895f blog "cat .env"

spend_all

echo "Four conversations took place in two projects. Nobody took notes; the hooks did."
show "What is going on?" "cs-session list --table"
show "What is that one waiting for?" "cs-session list --state waiting -q | cs-session show - --table"
show "What is left of the session that ended with open work?" \
	"cs-session list --status parked -q | cs-session show - --table"
show "What did the tools do?" "cs-session list --project blog -q | cs-session show - --table | grep -A 4 '^  tools'"
show "What is the state of the projects?" "cs-project overview --table"
show "What does it cost?" "cs-usage weekly --table"
printf '\n%s\n' "${strong}When the next conversation started in that project, it got this context:$plain"
sed 1d "$scratch/told"
dashboard
printf '\n%s\n' "All of this was in a temporary folder, which is now removed. To record your own sessions: make install"
