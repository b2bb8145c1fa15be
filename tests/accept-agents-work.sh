# Part of tests/accept.sh, read by accept-agents.sh: a piece of work that an agent shares out. What its shell did is
# printed, as lines that begin with `#`.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

limits 20
# Writes each command of a script and its output, as a terminal would show them.
recorded_script() {
	script "$1" "exec >>$seats/scripts/work.out 2>&1
run() { printf '\$ %s\n' \"\$*\"; eval \"\$*\"; code=\$?; [ \$code = 0 ] || echo \"? \$code\"; }
$2"
}
recorded_script work-1 "for part in api pages docs; do run git worktree add -q ../\$part -b \$part; done
run cs-lease acquire CHANGES.md --for 10m --reason '\"one of us writes it\"' --table
for part in api pages docs; do run cs-agent spawn --name \$part --cwd ../\$part -q '\"answer briefly\"'; done"
recorded_script work-2 "run cs-agent wait api pages docs --any --for idle --timeout 60 -q
run cs-message send api '\"work in steps\"' --wait read --timeout 60 -q
run cs-agent wait api --for idle --timeout 60 -q"
recorded_script work-3 "for part in api pages docs; do run cs-agent what \$part --table; done
run cs-agent kill docs -q
run cs-agent children --table
run cs-lease list --table"
for part in api pages docs; do rm -rf "${repo:?}/../$part"; done
say lead "please begin the work"
check "work: the parent's turn ends" soon 150 grep -q "cs-lease list" "$seats/scripts/work.out"
check "work: and it is idle" soon 30 rests lead
sed 's/^/# /' "$seats/scripts/work.out"
check "work: no command failed" none grep -nE '^\? [1-9]' "$seats/scripts/work.out"
for part in api pages; do
	check "work: $part runs in its work tree" equal "$(cd "$repo/../$part" && pwd -P)" "$(field "$part" cwd)"
	check "work: $part is the parent's child" equal "$(field lead agent_id)" "$(seat "$part" 's["parent"]["agent_id"]')"
done
check "work: api read the message that was sent on" reads api "work.in.steps" "work in steps"
check "work: docs was killed" equal killed "$(field docs status)"
check "work: the lease is the parent's" equal "$(field lead agent_id)" \
	"$(person cs-lease list --json | json '[l["owner"].get("agent_id") for l in r if "CHANGES.md" in json.dumps(l)][-1]')"
check "work: the person does not get it beside the agent" refused 1 cs-lease acquire CHANGES.md
