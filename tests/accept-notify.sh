# Part of tests/accept.sh, which reads it: notices soon after an event, with a real client and the real clock. A handler
# records when each notice came.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# Switches notices on in the home; they go to a file, after $1 seconds.
notices() {
	told=$work/told-$1 && rm -rf "$told" && mkdir -p "$home/.claude/dashboard" "$told"
	cat >"$work/tell" <<-END
		#!/bin/sh
		now=\$(date +%s%N) && cat >"$told/\$now.new" && mv "$told/\$now.new" "$told/\$now.json"
	END
	chmod +x "$work/tell"
	printf '{"settings": {"notifications_enabled": true}, "notify": {"via": "none", "waiting_after_seconds": %s,
		"done_after_seconds": 1, "handlers": [{"command": ["%s"]}]}}' "$1" "$work/tell" >"$home/.claude/dashboard/config.json"
}
# The reasons of the notices that came, oldest first.
told() { equal "$1" "$(cat "$told"/*.json 2>/dev/null | json '" ".join(e["reason"] for e in r)')"; }
# How many milliseconds after `asked` the first notice came lies between $1 and $2.
in_time() {
	first=$(basename "$(find "$told" -name '*.json' | sort | head -n 1)" .json)
	took=$(((first - asked) / 1000000))
	echo "# told after $took ms" >&2
	[ "$took" -ge "$1" ] && [ "$took" -le "$2" ] || { echo "told after $took ms" && false; }
}

fresh notices
notices 15
check "notices: the client starts" start
type_in "make a folder"
check "notices: the record says waiting" within 10 state waiting
asked=$(date +%s%N)
check "notices: the question is told" within 20 told waiting
check "notices: 15 s after the question, and 1 s" in_time 13000 16000
confirm
check "notices: the turn ends" within 10 see "The folder is made."
check "notices: a turn that took long is done" within 20 told "waiting done"
notices 4
type_in "make a folder"
check "notices: another question is asked" within 10 both waiting
sleep 1.5
confirm
check "notices: it is answered in time" within 10 both idle
sleep 6
check "notices: only the end of the turn is told" told done
type_in "this fails"
check "notices: a failure is told" within 15 told "done failed"
type_in "/exit"
check "notices: the client ends" within 10 ended
tidy notices

# In print mode nobody attends: the client is not held back, and nothing is told.
fresh unnoticed
notices 1
began=$(date +%s)
ask "answer briefly"
took=$(($(date +%s) - began))
check "notices: print mode is not held back" [ "$took" -lt 10 ]
sleep 3
check "notices: print mode tells nothing" told ""
tidy unnoticed
