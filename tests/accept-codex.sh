# Part of tests/accept.sh, read by accept-setup.sh while the hooks are registered with Codex: compares
# what its terminal shows with the record.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

codex() {
	tmux new-session -d -s "$window" -x 120 -y 50 -- "$REAL_CODEX" --no-hooks --interactive --home "$home" \
		--repo "$repo" --out "$out" --script "$here/accept-codex.json" -- --dangerously-bypass-hook-trust -a on-request \
		-s workspace-write && within 20 see "Codex" && sleep 2 || return
	if see "Use existing model" >/dev/null; then # it may offer a newer one
		press Down
		sleep 0.5
		press Enter
		sleep 1
	fi
	within 10 see "Ask Codex"
}
failed_with() { says True "'$1' in (r[0].get('failed') or r[0]['state_reason'])"; }

check "codex terminal: the client starts" codex
type_in "answer briefly"
check "codex terminal: it answers" within 15 see "A brief answer."
check "codex terminal: the record says idle" within 5 state idle
type_in "make a folder"
check "codex permission: it is shown" within 10 see "Yes, proceed"
check "codex permission: the record says for what" within 5 because "permission for Bash: mkdir -p made/here"
sleep 0.7
press y
check "codex permission: approved, the turn ends" within 10 see "The folder is made."
check "codex permission: the record says idle" within 5 state idle
type_in "over the limit"
check "codex failure: it is shown" within 15 see "usage limit"
check "codex failure: the record says so" within 5 because "the last request failed"
type_in "think for long"
check "codex interrupt: the record says working" within 5 state working
press Escape
check "codex interrupt: it is shown" within 5 see "interrupted"
check "codex interrupt: the record says idle" within 5 state idle
type_in "/compact"
check "codex compaction: the record says working" within 4 state working
check "codex compaction: done, the record says idle" within 10 state idle
type_in "/rename the folder"
check "codex rename: the record has the title" within 5 says "the folder" 'r[0]["intent"]'
type_in "/new"
sleep 1.5
! see "Git worktree" >/dev/null || press Enter # it may ask where
sleep 1.5
type_in "answer briefly"
check "codex /new: another session starts, the old one is left" within 15 states "completed gone idle"
type_in "think for long"
check "codex kill: the record says working" within 5 state working
kill -KILL "$(process)"
check "codex kill: the record says gone" within 3 state gone
check "codex kill: the terminal is free again" within 10 ended
