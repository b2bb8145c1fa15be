# Part of tests/accept.sh, read by accept-setup.sh: switches the guard on and checks that real clients obey it, and that a
# call goes on whenever the guard itself fails.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# A home with a guard that has these settings, and a repository with a folder to lose.
guarded() {
	fresh "guard-$1"
	sed "s#@REPO@#$repo#g" "$here/accept-guard.json" >"$model"
	mkdir -p "$repo/victim" "$home/commands" "$home/.claude/dashboard"
	[ -z "$2" ] || printf '{"guard": %s}\n' "$2" >"$home/.claude/dashboard/config.json"
	setup guard on --yes -q >/dev/null || return
}
# Sends a prompt in print mode, in which every tool is allowed.
unattended() {
	# shellcheck disable=SC2086 # words
	"$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --home "$home" --repo "$repo" --out "$out" --script "$model" --prompt "$1" \
		</dev/null >"$out/said" 2>&1 || cat "$out/said"
}
kept() { [ -d "$repo/victim" ]; }
removed() { [ ! -e "$repo/victim" ]; }
# What the guard wrote into the log.
decisions() { equal "$1" "$(cat "$home"/.claude/dashboard/audit/*.jsonl 2>/dev/null | json '[l["decision"] for l in r if l["kind"] == "decision"]')"; }
# What the doctor says about the guard, after its first line.
told() { setup doctor --json | json '"; ".join(c["detail"] for c in r if c["check"] == "guard" and not c["ok"])' | grep -F -- "$1"; }
# Puts a script in the place of the guard; the client finds it under the same name.
instead() { rm -f "$installed/cs-guard" && printf '#!/bin/sh\n%s\n' "$1" >"$installed/cs-guard" && chmod +x "$installed/cs-guard"; }
cp "$installed/cs-guard" "$work/cs-guard"
restored() { rm -f "$installed/cs-guard" && cp "$work/cs-guard" "$installed/cs-guard"; }

guarded deny '{"mode": "deny"}'
unattended "remove the folder"
check "guard deny: the folder is kept" kept
check "guard deny: the log has the decision" decisions "['deny']"
check "guard deny: the model gets the reason" grep -rqF "cs-guard denied this: rm-recursive" "$home/.claude/projects"
unattended "list the files"
check "guard deny: a harmless call goes on" test -e "$repo/listed"
check "guard deny: the doctor finds nothing wrong" equal "" "$(told '')"

guarded ask ''
unattended "remove the folder"
check "guard ask: nobody can be asked in print mode, so the folder is kept" kept
check "guard ask: the log has the decision" decisions "['ask']"

guarded allow '{"mode": "deny", "allow": [{"rule": "rm-recursive", "under": ["victim"]}]}'
unattended "remove the folder"
check "guard allow: the folder is removed" removed
check "guard allow: nothing was decided" decisions "[]"

guarded broken '{"mode": "dney"}'
unattended "remove the folder"
check "guard with broken settings: the call goes on" removed
check "guard with broken settings: the doctor tells" told "it only logs"

guarded rules '{"mode": "deny"}, "audit": {"rules": [{"id": "rm-recursive"}]}'
unattended "remove the folder"
check "guard with a broken rule: the call goes on" removed
check "guard with a broken rule: the doctor tells" told "it only logs"

guarded killed '{"mode": "deny"}'
instead 'kill -KILL $$'
unattended "remove the folder"
restored
check "killed guard: the call goes on" removed
check "killed guard: the doctor tells" told "after which the calls went on: 1"

guarded slow '{"mode": "deny"}'
instead 'exec sleep 30'
unattended "remove the folder"
restored
check "slow guard: the call goes on" removed
check "slow guard: the doctor tells" told "it took too long"

# It gives up long before the client loses patience.
guarded late '{"mode": "deny"}'
instead "sleep 4 | \"$work/cs-guard\""
began=$(date +%s)
unattended "remove the folder"
restored
check "guard without input: the call goes on" removed
check "guard without input: within its own deadline" test $(($(date +%s) - began)) -lt 12
check "guard without input: the doctor tells" told "it took longer than 2 s"

guarded gone '{"mode": "deny"}'
rm "$installed/cs-guard"
unattended "remove the folder"
check "missing guard: the call goes on" removed
check "missing guard: the doctor tells" told "is missing"
restored

guarded lease '{"leases": "deny"}'
(cd "$repo" && exec env -i HOME="$home" PATH=/usr/bin:/bin "$installed/cs-lease" run leased.txt -- sleep 60) &
owner=$!
check "lease: somebody leases a file" within 5 grep -rq leased.txt "$home/.claude/dashboard/leases"
unattended "change the file"
kill "$owner"
check "lease: the file is not changed" test ! -e "$repo/leased.txt"
check "lease: the log has the decision" decisions "['deny']"

for mode in default auto; do
	guarded "$mode" ''
	check "ask in $mode mode: the client starts" start --allowedTools Bash --permission-mode "$mode"
	type_in "remove the folder"
	check "ask in $mode mode: the dialog opens, although Bash is allowed" within 15 see "Do you want to proceed?"
	check "ask in $mode mode: it shows the reason" see "cs-guard asks: rm-recursive"
	check "ask in $mode mode: nothing has happened yet" kept
	press Escape
	check "ask in $mode mode: refused, the folder is kept" kept
	sleep 1
	type_in "remove the folder"
	check "ask in $mode mode: the dialog opens again" within 15 see "Do you want to proceed?"
	confirm
	check "ask in $mode mode: approved, the folder is removed" within 10 removed
	check "ask in $mode mode: the log has both decisions" within 5 decisions "['ask', 'ask']"
	type_in "/exit"
	check "ask in $mode mode: the client ends" within 10 ended
done

# Codex itself refuses rm -rf, so that another command removes the folder there.
if [ -n "${REAL_CODEX:-}" ]; then
	codex_guarded() {
		guarded "$1" "$2"
		setup install --codex --yes -q >/dev/null && setup guard on --yes -q >/dev/null
	}
	codex_asked() {
		"$REAL_CODEX" --no-hooks --home "$home" --repo "$repo" --out "$out" --script "$here/accept-guard-codex.json" \
			--prompt "$1" -- --dangerously-bypass-hook-trust </dev/null >"$out/said" 2>&1 || cat "$out/said"
	}
	for mode in ask deny; do
		codex_guarded "codex-$mode" "{\"mode\": \"$mode\"}"
		codex_asked "remove the folder"
		check "guard in Codex, $mode: the folder is kept" kept
		check "guard in Codex, $mode: the log says denied" decisions "['deny']"
		codex_asked "list the files"
		check "guard in Codex, $mode: a harmless call goes on" test -e "$repo/listed"
	done
	codex_guarded codex-broken '7'
	codex_asked "remove the folder"
	check "guard in Codex with broken settings: the call goes on" removed
	codex_guarded codex-killed '{"mode": "deny"}'
	instead 'kill -KILL $$'
	codex_asked "remove the folder"
	restored
	check "killed guard in Codex: the call goes on" removed
	codex_guarded codex-slow '{"mode": "deny"}'
	instead 'exec sleep 30'
	codex_asked "remove the folder"
	restored
	check "slow guard in Codex: the call goes on" removed
fi

guarded off '{"mode": "deny"}'
check "guard off: it is switched off" setup guard off --yes
check "guard off: nothing of it is left in the settings" none grep -r cs-guard "$home/.claude/settings.json"
unattended "remove the folder"
check "guard off: the call goes on" removed
