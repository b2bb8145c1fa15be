# Part of tests/accept.sh, which reads it: compares what the screen of a
# real client shows with what the record says, where hooks alone would be wrong, and tries the ways to continue a
# conversation.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# Closes the open dialog. A dialog that has just opened ignores keys for a moment.
dismiss() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		press Escape
		sleep 0.3
		see "Esc to cancel" >/dev/null || return 0
	done
}

# The turn is over, and a shell continues.
both_rest() { screen_shows idle && state background; }

fresh states
check "states: the client starts" start

type_in "let two agents ask"
check "two agents: both ask" within 15 because "and 1 more"
check "two agents: screen and record say waiting" both waiting
press 1
check "two agents: one is approved, the other still asks" within 10 because "(asked by a subagent"
check "two agents: screen and record say waiting again" within 5 both waiting
press 1
check "two agents: no one asks any more" within 15 both idle

type_in "which colour"
check "question: the record says waiting, with the question" within 10 because "answer: Which colour?"
check "question: the screen shows it" within 5 see "Esc to cancel"
dismiss
check "question: dismissed, screen and record say idle" within 5 both idle
type_in "/model"
check "menu: it is shown" within 5 see "Esc to cancel"
check "menu: after a dismissed question it does not count as one" within 5 state idle
check "menu: nothing is awaited" awaits None
dismiss

type_in "this fails"
check "failure: it is shown" within 15 see "scripted failure"
check "failure: the record says so" within 5 says True '"scripted failure" in r[0]["state_reason"]'

type_in "leave something running"
check "shell: the turn ends" within 10 see "It serves."
check "shell: the record says background" within 5 state background
type_in "count slowly"
check "shell: screen and record say working" within 5 both working
check "shell: it answers" within 5 see "three"
press Escape
check "shell: the screen says Interrupted" within 5 see "Interrupted"
check "shell: interrupted, the record says background" within 5 state background
check "shell: the screen says that the turn is over" screen_shows idle

type_in "/compact"
check "compaction: screen and record say working" within 5 both working
check "compaction: it is done" within 15 see "Compacted"
check "compaction: the screen says idle" within 5 screen_shows idle
check "compaction: the record says background" within 5 state background
type_in "/rename the colours"
check "rename: the record has the title" within 5 says "the colours" 'r[0]["intent"]'

type_in "count slowly"
check "suspended: screen and record say working" within 5 both working
pid=$(process)
kill -STOP "$pid"
check "suspended: the record says so" within 3 state suspended
kill -CONT "$pid"
check "suspended: it continues" within 3 both working
check "suspended: it answers" within 5 see "three"
press Escape
check "suspended: it can be interrupted" within 5 both_rest

uuid=$(sessions | json 'r[0]["claude_session_id"]')
window=second
check "windows: a second one opens the conversation" start --resume "$uuid"
type_in "/exit"
check "windows: the second one ends" within 10 ended
window=talk
check "windows: the first one continues" state background
type_in "answer briefly"
check "windows: it answers" within 10 see "A brief answer."
check "windows: one conversation is one session" states background

type_in "/exit"
sleep 1
! see "Exit and stop" >/dev/null || press Enter
check "fork: the client ends" within 10 ended
check "fork: the session is completed" states completed
check "fork: another client starts with a fork" start --resume "$uuid" --fork-session
type_in "answer briefly"
check "fork: its prompt starts another session" within 10 states "completed idle"
check "fork: it is another conversation" says 2 'len({s["claude_session_id"] for s in r})'
type_in "run something long"
check "closed: screen and record say waiting" within 10 both waiting
tmux kill-session -t talk
check "closed: with the terminal, during a question: it is parked" within 10 states "completed parked"
check "closed: an older answer is not its outcome" says None 'r[0]["outcome"]'
tidy states
