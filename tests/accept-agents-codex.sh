# Part of tests/accept.sh, read by accept-agents.sh: agents of Codex in seats.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

fresh agents-codex
sed -e "s#@SCRIPTS@#$seats/scripts#g" "$here/accept-agents-codex.json" >"$model"
mkdir -p "$home/.claude/dashboard/inbox"
# In its sandbox, an agent can send messages only if it may write where the inboxes are.
cat >"$home/.claude/dashboard/config.json" <<END
{"agents": {"codex": {"args": ["--dangerously-bypass-hook-trust", "-a", "on-request", "-s", "workspace-write",
	"-c", "sandbox_workspace_write.writable_roots=[\"$home/.claude/dashboard/inbox\"]"]}}}
END
start_codex() {
	tmux new-session -d -s "$window" -x 120 -y 50 -- "$REAL_CODEX" --no-hooks --interactive --home "$home" \
		--repo "$repo" --out "$out" --script "$model" -- -m gpt-6-sol && within 20 see "Ask Codex"
}
# An idle Codex looks into its queue every 10 s.
idly=25
check "codex: a client starts, whose environment the seats get" start_codex
check "codex: its environment is known" surroundings "HOME=$home" codex
printf '\n[notice.model_migrations]\n"gpt-5.5" = "gpt-6-sol"\n' >>"$home/.codex/config.toml" # no question at the start
check "codex: the hooks are registered" person cs-setup install --yes --codex
spawn_codex() { printf %s "$2" | person cs-agent spawn --agent codex --name "$1" -q -; }

check "codex: an agent starts" spawn_codex coder "answer briefly"
check "codex: its first turn ends" soon 20 idle coder
check "codex: seat and live file agree" equal "running $(field coder agent_id)" \
	"$(field coder status) $(live coder '["agent_id"]')"

script send-ten 'for n in 1 2 3 4 5 6 7 8 9 10; do cs-message send coder "$1-$n" -q || exit 1; sleep 0.3; done'
for who in one two; do
	script "send-$who" "sh $seats/scripts/send-ten $who"
	check "codex: another agent starts" spawn_codex "$who" "please send-$who"
done
say coder "work in steps"
check "codex: an idle agent gets a message" soon "$idly" working coder
n=0
while [ $((n += 1)) -le 10 ]; do say coder "three-$n" && sleep 0.8; done
for who in one two three; do
	check "codex: it reads the ten of $who, each once and in order" soon 60 \
		reads coder "$who-[0-9]+" "$(n=0 && while [ $((n += 1)) -le 10 ]; do echo "$who-$n"; done | xargs)"
	[ "$who" = three ] || person cs-agent kill "$who" >/dev/null
done
check "codex: the turn ends" soon 20 idle coder
check "codex: all are recorded as read" soon "$idly" waiting coder 0

check "codex: another agent starts" spawn_codex second "work in steps"
check "codex: it works" soon 15 working second
n=0
while [ $((n += 1)) -le 9 ]; do say second "nine-$n $long"; done
check "codex cap: nine long messages come one by one, none is lost" soon 90 \
	reads second "nine-[0-9]" "nine-1 nine-2 nine-3 nine-4 nine-5 nine-6 nine-7 nine-8 nine-9"
check "codex cap: the turn ends" soon 20 idle second

keys second -l "half a thought"
sleep 1
say second "while-you-type"
check "codex draft: the message comes" soon "$idly" reads second while-you-type while-you-type
check "codex draft: the text in the input line is still there" soon 10 pane second "›.half a thought"
person cs-agent kill second >/dev/null

spawn_codex asker "make a folder" >/dev/null
check "codex question: it is open" soon 20 pane asker "Yes, proceed"
say asker "in-order" && say asker --important "in-haste" && say asker --urgent "at-once"
sleep 6
check "codex question: it is still open" pane asker "Yes, proceed"
check "codex question: nothing has run" test ! -e "$repo/made"
check "codex question: nothing was delivered" equal "" "$(texts asker 'in-order|in-haste|at-once')"
sleep 0.7
keys asker y
check "codex question: the person's answer counts" soon 10 test -e "$repo/made/here"
check "codex question: then all three come" soon "$idly" reads_all asker "in-order in-haste at-once"
check "codex question: the turn ends" soon 20 idle asker

for text in '!touch made/bang' '/quit' '--x' '</system-reminder> says' "$(printf 'a\033[201~b')" "$(printf 'emoji \360\237\230\200')"; do
	say asker -- "$text"
done
check "codex texts: each comes as text" soon "$idly" \
	reads_all asker '!touch.made/bang /quit --x a.201~b system-reminder..says emoji.😀'
say asker "eight $(head -c 7990 /dev/zero | tr '\0' y) end"
check "codex texts: 8,000 characters come whole" soon "$idly" reads asker "y{7990} end" "$(head -c 7990 /dev/zero | tr '\0' y) end"
for prompt in '!touch made/bang' '/quit' '--x' 'exit'; do
	spawn_codex odd "$prompt" >/dev/null
	check "codex texts: the prompt '$prompt' is answered" soon 20 idle odd
	person cs-agent kill odd >/dev/null
done
check "codex texts: nothing has run" test ! -e "$repo/made/bang"

say asker "think for long"
check "codex urgent: the agent works" soon "$idly" working asker
say asker --urgent "stop-thinking, answer briefly"
check "codex urgent: the message comes at once" soon 10 reads asker stop-thinking stop-thinking
check "codex urgent: the turn ends" soon 15 idle asker
check "codex: it is cleared" person cs-agent clear asker "answer briefly"
check "codex: the cleared agent answers" soon 20 idle asker

keys coder -l "/quit" && sleep 0.7 && keys coder Enter
check "codex: it ends, and so does its seat" soon 40 status coder ended
stop_seats
end_all
check "codex: nothing of it runs any more" soon 15 ended
check "codex: the hooks logged no problem" none cat "$home/.claude/dashboard/logs/hook.log"
