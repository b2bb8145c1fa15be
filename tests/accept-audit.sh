# Part of tests/accept.sh: what the log of tools has of the calls of real clients.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# An expression over the lines of the log; and over the calls as people see them, oldest first.
log_has() { equal "$1" "$(cat "$home"/.claude/dashboard/audit/*.jsonl | json "$2")"; }
calls() { cs cs-audit list --json 2>/dev/null | json "r[::-1] and $1"; }
calls_are() { equal "$1" "$(calls "$2")"; }
# The outcomes of the calls with this command.
came_of() { calls_are "$1" "[c['outcome'] for c in r[::-1] if c.get('input', {}).get('command') == '''$2''']"; }
intact() { cs cs-audit verify -q; }

fresh audit
ask "do the full tour"
tidy "audit: tour"
check "audit: the log is intact" intact
check "audit: each result has its attempt" log_has "set()" \
	'{l["tool_use_id"] for l in r if l["kind"] == "result"} - {l["tool_use_id"] for l in r if l["kind"] == "attempt"}'
check "audit: an attempt and its result were called with the same" log_has True \
	'all(a["input_sha256"] == b["input_sha256"] for a in r for b in r
	if (a["kind"], b["kind"]) == ("attempt", "result") and a["tool_use_id"] == b["tool_use_id"] and a["tool"] != "Agent")'
check "audit: a command that failed" log_has "[False]" \
	'[l["ok"] for l in r if l["kind"] == "result" and l.get("input", {}).get("command", "").endswith("exit 3")]'
check "audit: files that were written, read and edited" log_has "['Edit', 'Read', 'Write']" \
	'sorted(l["tool"] for l in r if l["kind"] == "attempt" and l.get("input", {}).get("path", "").endswith("/hello.txt"))'
check "audit: the subagent is told apart" log_has "True True" \
	'" ".join(str({l["agent_id"] for l in r if l["kind"] == kind} == {l["agent_id"] for l in r if "from-subagent" in
	l.get("input", {}).get("command", "")}) for kind in ("subagent_start", "subagent_stop"))'
check "audit: the project is known" log_has "{'repo'}" '{l.get("project") for l in r}'
check "audit: no contents are in the log" none grep -rE 'TWO|Subagent finished' "$home/.claude/dashboard/audit"

# A rule of the client refuses the call: there is no result.
fresh audit-refused
printf '{"permissions": {"deny": ["Bash(mkdir *)"]}}' >"$home/.claude/settings.json"
ask "make a folder"
check "audit: a call that a rule of the client refused" came_of "['denied']" "mkdir -p made/here"

for mode in default auto; do
	fresh "audit-$mode"
	check "audit, $mode mode: the client starts" start --permission-mode "$mode"
	if [ "$mode" = default ]; then
		type_in "make a folder"
		check "audit: a call that waits for a permission" within 10 came_of "['waiting']" "mkdir -p made/here"
		sleep 1
		press Escape
		check "audit: a call that a person refused" within 10 came_of "['denied']" "mkdir -p made/here"
		sleep 1
	fi
	type_in "make a folder"
	sleep 2
	! see "Do you want to " >/dev/null || confirm
	check "audit, $mode mode: a call that ran" within 15 \
		calls_are done "[c['outcome'] for c in r[::-1] if c['input'].get('command') == 'mkdir -p made/here'][-1]"
	type_in "run something long"
	sleep 2
	! see "Do you want to " >/dev/null || confirm
	# In auto mode the client reports a question, and never that its classifier answered it.
	check "audit, $mode mode: a call that runs" within 10 calls_are True \
		"r[0]['outcome'] in ('running', 'waiting' if '$mode' == 'auto' else '')"
	sleep 1
	press Escape
	check "audit, $mode mode: a call that a person interrupted" within 10 calls_are interrupted "r[0]['outcome']"
	type_in "/exit"
	check "audit, $mode mode: the client ends" within 10 ended
	check "audit, $mode mode: the log is intact" intact
	check "audit, $mode mode: each call is logged once" log_has True \
		'(lambda ids: len(ids) == len(set(ids)) > 0)([l["tool_use_id"] for l in r if l["kind"] == "attempt"])'
done

fresh audit-off
mkdir -p "$home/.claude/dashboard"
echo '{"audit": {"enabled": false}}' >"$home/.claude/dashboard/config.json"
ask "do the full tour"
check "audit off: nothing is logged" none ls "$home/.claude/dashboard/audit"

# Called while the hooks are registered with Codex, after a command and a patch.
audited_in_codex() {
	check "audit in Codex: the log is intact" intact
	check "audit in Codex: each result has its attempt" log_has "set()" \
		'{l["tool_use_id"] for l in r if l["kind"] == "result"} - {l["tool_use_id"] for l in r if l["kind"] == "attempt"}'
	check "audit in Codex: the command and its end" log_has "['attempt', 'result']" \
		'[l["kind"] for l in r if l.get("input", {}).get("command") == "mkdir -p made/here" and l["agent"] == "codex"]'
}
