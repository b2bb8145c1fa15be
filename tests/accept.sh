#!/bin/sh
# Tries the plugin with a real Claude Code client. Called by `make accept`, after the build.
#
#   REAL_CLAUDE          a program that runs the client with its own HOME, against a scripted model:
#                          $REAL_CLAUDE --plugin-dir DIR --home DIR --repo DIR --out DIR --script FILE \
#                            (--prompt TEXT | --interactive) [-- OPTIONS OF THE CLIENT]
#                        It trusts the repository, writes the client's debug log to OUT/debug.log, and reads
#                        accept.json: a rule's turns answer the prompt that its regex matches.
#   REAL_CLAUDE_OPTIONS  more arguments for it
#   REAL_CLAUDE_COMMAND  the client's own command, which cs-setup gets as `claude` (otherwise that part is skipped)
#   REAL_CODEX           a program that runs Codex with its own HOME, against a model that answers (otherwise skipped):
#                          $REAL_CODEX --no-hooks --home DIR --repo DIR --out DIR [--script FILE] \
#                            (--prompt TEXT | --interactive) -- OPTIONS OF THE CLIENT
#                        It reads accept-codex.json. accept-agents.sh gives agents in seats the environment and the
#                        program of such a client.
#   REAL_CODEX_COMMAND   the command of Codex, which installs the plugin from a marketplace (otherwise skipped)
#
# Prints `ok - …` or `not ok - …` for each check and exits 1 if one failed. Needs git, tmux and python3.
set -u

here=$(cd "$(dirname "$0")" && pwd -P)
plugin=$(cd "$here/.." && pwd -P)
name=$(sed -n 's/^  "name": "\(.*\)",$/\1/p' "$plugin/.claude-plugin/plugin.json")

if [ -z "${REAL_CLAUDE:-}" ]; then
	echo "skipped: REAL_CLAUDE is not set, so there is no client to try the plugin with; see tests/accept.sh"
	exit 0
fi
for program in "$REAL_CLAUDE" "$plugin/bin/cs-hook" "$plugin/bin/cs-session" git tmux python3; do
	command -v "$program" >/dev/null || { echo "not ok - $program is there" && exit 1; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/claude-sessions-accept.XXXXXX")
work=$(cd "$work" && pwd -P)
terminal=cs-accept-$$
failed=0
tmux() { command tmux -L "$terminal" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# -- checks -------------------------------------------------------------------

# Prints whether the command succeeds, and its output if it fails.
check() {
	what=$1
	shift
	if said=$("$@" 2>&1); then
		echo "ok - $what"
	else
		failed=1
		printf 'not ok - %s\n' "$what"
		printf '%s\n' "$said" | sed 's/^/  # /'
	fi
}

equal() { [ "$1" = "$2" ] || { printf 'expected: %s\n     got: %s\n' "$1" "$2" && false; }; }

# Succeeds if the command prints nothing.
none() {
	found=$("$@" 2>/dev/null)
	[ -z "$found" ] || { printf '%s\n' "$found" | head -n 5 && false; }
}

# Succeeds as soon as the command does, within $1 seconds; otherwise fails as the command does.
within() {
	tries=$(($1 * 5))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return
		tries=$((tries - 1))
		sleep 0.2
	done
	"$@"
}

# The value of a Python expression over the JSON objects (r) on standard input.
json() {
	python3 -c '
import json, sys
text, r, decoder = sys.stdin.read().strip(), [], json.JSONDecoder()
while text:
    value, end = decoder.raw_decode(text)
    r.append(value)
    text = text[end:].strip()
print(eval(sys.argv[1]))' "$1"
}

cs() { env -i HOME="$home" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$plugin/bin/$@"; }
# All sessions, newest first; and a check of an expression over them.
sessions() { cs cs-session list --full --json 2>/dev/null; }
says() { equal "$1" "$(sessions | json "$2")"; }

# -- runs ---------------------------------------------------------------------

# Creates a home, a repository and a script for the model.
fresh() {
	home=$work/$1/home repo=$work/$1/repo out=$work/$1/out model=$work/$1/model.json
	mkdir -p "$home" "$repo" "$out"
	git -C "$repo" init -q -b main
	git -C "$repo" config user.name dev
	git -C "$repo" config user.email dev@example.com
	git -C "$repo" commit -q --allow-empty -m first
	mkdir "$home/.claude" # the task tools: new clients leave them out in a terminal, old ones in print mode
	echo '{"env": {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "1", "CLAUDE_CODE_ENABLE_TASKS": "1"}}' >"$home/.claude/settings.json"
	sed -e "s#@REPO@#$repo#g" -e "s#@PLUGIN@#$plugin#g" "$here/accept.json" >"$model"
}

# Runs the client: $1 is a command prefix, the rest are its arguments.
client() {
	before=$1
	shift
	# shellcheck disable=SC2086 # words
	$before "$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --plugin-dir "$plugin" --home "$home" --repo "$repo" --out "$out" \
		--script "$model" "$@"
}

ask() { client env --prompt "$1" </dev/null >"$out/said" 2>&1 || cat "$out/said"; }

# Lines of the client's log that report problems. In print mode the client cancels asynchronous hooks when it ends: those
# of tools and subagents, and that of cs-notify at the end of the turn (what cs-heartbeat records there is checked below).
trouble() {
	words='Failed to load hooks|[Hh]ook.load.failed|Hook .* error|failed to (spawn|start)|with status [1-9]|timed out after'
	grep -nE "$words" "$out/debug.log"
	grep -nE 'Hook .* cancelled' "$out/debug.log" | grep -vE '(Pre|Post)ToolUse|Subagent|Hook Stop '
}

# What every run must leave behind: no problems, no temporary files.
tidy() {
	check "$1: the client wrote a log" test -s "$out/debug.log"
	check "$1: the client reports no problem with hooks" none trouble
	check "$1: the hooks logged no problem" none cat "$home/.claude/dashboard/logs/hook.log"
	check "$1: no temporary file is left" none find "$home/.claude/dashboard" -name '.tmp-*'
	check "$1: no conversation is still marked as running" none ls "$home/.claude/dashboard/live"
}

# The tasks of the newest session are those of the client's own list.
mirrored() {
	uuid=$(sessions | json 'r[0]["claude_session_id"]')
	own=$(cat "$home/.claude/tasks/$uuid"/*.json | json 'sorted((t["subject"], t["status"]) for t in r)')
	says "$own" 'sorted((t["subject"], t["status"]) for t in r[0]["tasks"])'
}

# -- print mode ---------------------------------------------------------------

fresh tour
ask "do the full tour"
tidy tour
check "tour: there is one session" says 1 'len(r)'
check "tour: its intent is the prompt" says "do the full tour" 'r[0]["intent"]'
check "tour: it was unattended, so it is completed" says completed 'r[0]["state"]'
check "tour: its outcome is the last message" says "All done." 'r[0]["outcome"]'
check "tour: the open task is the next step" says True \
	'r[0]["next_steps"] == [t["subject"] for t in r[0]["tasks"] if t["status"] == "pending"]'
check "tour: its tasks are those of the client" mirrored
check "tour: one of the two is done" says "['completed', 'pending']" 'sorted(t["status"] for t in r[0]["tasks"])'
check "tour: the changed file is recorded" says "['hello.txt']" 'r[0]["files_changed"]'
check "tour: the commit is recorded" says "$(git -C "$repo" log -1 --format="[('%h', '%s')]")" \
	'[(c["sha"][:7], c["message"]) for c in r[0]["commits"]]'

fresh both
ask "finish both tasks"
tidy "both tasks"
check "both tasks: the session is completed" says "['completed']" '[s["state"] for s in r]'
check "both tasks: its tasks are those of the client" mirrored
check "both tasks: both are done" says "['completed', 'completed']" '[t["status"] for t in r[0]["tasks"]]'

# -- in a terminal ------------------------------------------------------------

window=talk # the tmux session that gets keys and is checked
# The arguments are further options of the client.
start() {
	client "tmux new-session -d -s $window -x 120 -y 50 --" --interactive -- --permission-mode default "$@" &&
		within 20 screen_shows idle
}
ended() { ! tmux has-session -t "$window" 2>/dev/null; }
type_in() { tmux send-keys -t "$window" -l "$1" && sleep 0.5 && tmux send-keys -t "$window" Enter; }
# Chooses the first answer of a dialog. One that has just opened ignores keys for a moment.
confirm() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		press Enter
		sleep 0.5
		see "Esc to cancel" >/dev/null || return 0
	done
}
press() { tmux send-keys -t "$window" "$1"; }
screen() { tmux capture-pane -p -t "$window"; }
see() { screen | grep -qF -- "$1" || { screen && false; }; }

# The state that a person would read from the screen.
screen_shows() {
	case $(screen) in
	*"Do you want to "*) shown=waiting ;;
	*"esc to interrupt"*) shown=working ;;
	*"❯"*) shown=idle ;;
	*) shown=nothing ;;
	esac
	equal "$1" "$shown"
}

# The newest session's state; and all states, oldest first.
state() { says "$1" 'r[0]["state"]'; }
states() { says "$1" '" ".join(s["state"] for s in reversed(r))'; }
# The screen and the record agree on this state.
both() { screen_shows "$1" && state "$1"; }
# The last event of a running conversation.
heard() { equal "$1" "$(cat "$home"/.claude/dashboard/live/*.json | json 'r[-1]["last_event"]')"; }
awaits() { says "$1" 'r[0]["awaiting_action"]'; }
# A part of the reason for the newest session's state.
because() { says True "'$1' in r[0]['state_reason']"; }
# The process of the newest running conversation.
process() { cs cs-session occupants --path "$repo" --json | json 'r[0]["pid"]'; }

fresh talk
check "terminal: the client starts" start
check "terminal: no session before the first prompt" says 0 'len(r)'

type_in "make a folder"
check "permission: screen and record say waiting" within 10 both waiting
check "permission: the record says for what" awaits "permission for Bash: mkdir -p made/here"
confirm
check "approved: the turn continues and ends" within 10 see "The folder is made."
check "approved: screen and record say idle" within 3 both idle
check "approved: the hooks recorded the end of the turn" heard Stop
check "approved: nothing is awaited any more" awaits None

type_in "run something long"
check "long tool: screen and record say waiting" within 10 both waiting
confirm
check "long tool: approved, screen and record say working" within 3 both working
press Escape
check "interrupt: the screen says so" within 5 see "Interrupted"
check "interrupt: screen and record say idle" within 3 both idle

type_in "answer briefly"
check "after the interrupt: the next turn ends" within 10 see "A brief answer."
check "after the interrupt: screen and record say idle" within 3 both idle
check "after the interrupt: nothing is awaited any more" awaits None

type_in "run something long"
check "dismissed: screen and record say waiting" within 10 both waiting
press Escape
check "dismissed: screen and record say idle" within 3 both idle
check "one conversation is one session" states idle
type_in "answer briefly"
check "dismissed: the next turn ends" within 10 heard Stop

type_in "/clear"
check "clear: the session has ended" within 5 states completed
type_in "answer briefly"
check "clear: the next prompt starts another session" within 10 states "completed idle"
check "clear: the screen says idle" screen_shows idle
check "clear: it is another conversation" says 2 'len({s["claude_session_id"] for s in r})'

check "clear: the outcome is the last message" says "A brief answer." 'r[1]["outcome"]'

type_in "plan two tasks"
check "tasks: the turn ends" within 10 see "Two tasks are planned."
check "tasks: they are those of the client" within 3 mirrored
type_in "/exit"
check "exit: the client ends" within 10 ended
check "exit: tasks are open, so the session is parked" states "completed parked"
check "exit: they are the next steps" says "['Fourth task', 'Third task']" 'sorted(r[0]["next_steps"])'
tidy terminal

check "kill: the client starts again" start
type_in "think for long"
check "kill: screen and record say working" within 10 both working
kill -KILL "$(process)"
check "kill: the record says gone" within 3 state gone
check "kill: the other sessions are unchanged" states "completed parked gone"
check "kill: the terminal is free again" within 10 ended

# -- states, and ways to continue ---------------------------------------------

. "$here/accept-states.sh"

# -- what tools did -------------------------------------------------------------

. "$here/accept-audit.sh"

# -- notices ------------------------------------------------------------------

. "$here/accept-notify.sh"

# -- conversations, read, found and kept ------------------------------------------

. "$here/accept-conversations.sh"

# -- agents in seats ------------------------------------------------------------

if [ -d /proc/self/ns ]; then
	. "$here/accept-agents.sh"
	. "$here/accept-chat.sh"
else
	echo "skipped: agents in seats are tried on Linux only"
fi

# -- skills -------------------------------------------------------------------

# Only session-start asks a question: any other dialog would stop the turn before its last words.
fresh skills
old=$(cd "$repo" && cs cs-session create --intent "greet visitors" -q)
cs cs-task add "$old" --subject "greet the last one" -q >/dev/null
cs cs-session park "$old" --reason lunch --next-step "greet the last one" -q >/dev/null
check "skills: the client starts" start

type_in "/$name:sessions"
check "sessions: answers without asking for permission" within 10 see "That is all."
type_in "/$name:session-start"
check "session-start: asks which session to continue" within 10 see "Go on with a parked session?"
check "session-start: the record says waiting" within 3 state waiting
confirm
check "session-start: continues without asking for permission" within 10 see "It goes on."
check "session-start: the session is the parked one's successor" \
	says "('$old', 'greet visitors', ['greet the last one'])" \
	'(r[0]["resumed_from"], r[0]["intent"], [t["subject"] for t in r[0]["tasks"]])'
check "session-start: the parked one is completed" states "completed idle"
type_in "/$name:session-start greet everybody"
check "session-start: sets the intent without asking for permission" within 10 see "The intent is set."
check "session-start: the intent is set" says "greet everybody" 'r[0]["intent"]'
type_in "/$name:session-end"
check "session-end: ends without asking for permission" within 10 see "It has ended."
check "session-end: decision, question and outcome are recorded" \
	says "(['use plain files'], [\"who's next?\"], 'everybody was greeted', 'completed')" \
	'(r[0]["decisions"], r[0]["open_questions"], r[0]["outcome"], r[0]["status"])'
type_in "/exit"
check "skills: the client ends" within 10 ended
check "skills: they started no other session" states "completed completed"
tidy skills

# -- set-up -------------------------------------------------------------------

. "$here/accept-setup.sh"

[ "$failed" = 0 ]
