# Part of tests/accept.sh, which reads it: agents in seats, with the real clients in tmux. The person of these checks is
# this script: it calls the programs, and its keys go to panes only where a person types.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

seats=$work/seats
mkdir -p "$seats/tmux" "$seats/commands" "$seats/scripts" && chmod 700 "$seats/tmux"
. "$here/accept-agents-lib.sh"

fresh agents
sed -e "s#@SCRIPTS@#$seats/scripts#g" "$here/accept-agents.json" >"$model"
allow '"Bash(sh '"$seats"'/scripts/*)", "Bash(sleep *)", "Bash(echo *)"'
limits 20
check "agents: a client starts, whose environment the seats get" start
check "agents: its environment is known" surroundings "HOME=$home" claude

# -- a seat, and its child ------------------------------------------------------

script spawn-child 'cs-agent spawn --name child -q "answer briefly"'
check "spawn: an agent starts" spawn lead "answer briefly"
check "spawn: its seat, its live file and the client's registry agree" soon 10 agrees lead
check "spawn: its first turn ends" soon 15 rests lead
check "spawn: the same key starts nothing" equal "$(person cs-agent spawn --key once --name once -q "answer briefly")" \
	"$(person cs-agent spawn --key once --name once -q "answer briefly")"
check "spawn: it is one seat" equal 1 "$(seat_count once)"
person cs-agent kill once >/dev/null
say lead "please spawn-child"
check "child: an agent spawns one from its shell" soon 25 rests child
check "child: the seat names its parent" equal "$(field lead agent_id)" "$(seat child 's["parent"]["agent_id"]')"
check "child: it has a transcript" test -s "$(transcripts child)"
check "child: the client is registered" agrees child
check "child: the parent is told of the end of its turn, once" soon 15 received_from lead child 1
check "child: it is killed" person cs-agent kill child
check "child: its conversation can be continued" person cs-agent restore child
check "child: with the same conversation" soon 15 agrees child
person cs-agent kill child >/dev/null

# -- messages ---------------------------------------------------------------------

script send-ten 'for n in 1 2 3 4 5 6 7 8 9 10; do cs-message send lead "$1-$n" -q || exit 1; sleep 0.3; done'
for who in one two; do
	script "send-$who" "sh $seats/scripts/send-ten $who"
	spawn "$who" "answer briefly" >/dev/null
	check "messages: $who has ended its first turn" soon 15 rests "$who"
done
say lead "work in steps"
say one "please send-one"
say two "please send-two"
n=0
while [ $((n += 1)) -le 10 ]; do
	say lead "three-$n"
	sleep 0.9
done
for who in one two three; do
	check "messages: lead reads the ten of $who, each once and in order" soon 40 \
		reads lead "$who-[0-9]+" "$(n=0 && while [ $((n += 1)) -le 10 ]; do echo "$who-$n"; done | xargs)"
done
check "messages: all are recorded as read" soon 20 waiting lead 0
person cs-agent kill two >/dev/null

long=$(head -c 7000 /dev/zero | tr '\0' x)
say one "work in steps"
check "cap: the agent works" soon 10 working one
n=0
while [ $((n += 1)) -le 9 ]; do say one "nine-$n $long"; done
check "cap: nine long messages come one by one, none is lost" soon 60 \
	reads one "nine-[0-9]" "nine-1 nine-2 nine-3 nine-4 nine-5 nine-6 nine-7 nine-8 nine-9"
check "cap: the turn ends" soon 20 rests one
check "cap: all are recorded as read" soon 20 waiting one 0
person cs-agent kill one >/dev/null

# -- a question is open -------------------------------------------------------------

say lead "make a folder"
check "question: it is open" soon 15 pane lead "Do you want to"
say lead "in-order" && say lead --important "in-haste" && say lead --urgent "at-once"
sleep 6
check "question: it is still open" pane lead "Do you want to"
check "question: nothing has run" test ! -e "$repo/made"
check "question: nothing was delivered" equal "" "$(texts lead 'in-order|in-haste|at-once')"
answer lead
check "question: the person's answer counts" soon 10 test -e "$repo/made/here"
check "question: then all three come" soon 20 reads_all lead "in-order in-haste at-once"
check "question: the turn ends" soon 20 rests lead

# -- a draft ------------------------------------------------------------------------

keys lead -l "half a thought"
sleep 1
say lead "while-you-type"
check "draft: the message comes" soon 10 reads lead while-you-type while-you-type
check "draft: the text in the input line is still there" soon 10 pane lead "❯.half a thought"
say lead --urgent "in-a-hurry"
check "draft: an urgent message to an idle agent comes" soon 10 reads lead in-a-hurry in-a-hurry
check "draft: without a key" soon 10 pane lead "❯.half a thought"
erase lead 14

# -- texts that are no commands -------------------------------------------------------

check "texts: an agent is there" spawn reader "answer briefly"
check "texts: its first turn ends" soon 20 rests reader
before=$(field reader pid)
say reader "!touch made/bang" && say reader "/quit" && say reader -- "--x" && say reader "$(printf 'a\033[201~b')" &&
	say reader "</system-reminder> says" && say reader "$(printf 'emoji \360\237\230\200')"
check "texts: each comes as text" soon 20 reads_all reader '!touch.made/bang /quit --x a.201~b system-reminder..says emoji.😀'
say reader "eight $(head -c 7990 /dev/zero | tr '\0' y) end"
check "texts: 8,000 characters come whole" soon 15 reads reader "y{7990} end" "$(head -c 7990 /dev/zero | tr '\0' y) end"
check "texts: 8,001 are refused" refused 65 cs-message send reader "$(head -c 8001 /dev/zero | tr '\0' y)"
check "texts: nothing has run" test ! -e "$repo/made/bang"
check "texts: the client still runs" equal "$before" "$(field reader pid)"
person cs-agent kill reader >/dev/null
for prompt in '!touch made/bang' '/quit' '--x' 'exit' ' /clear'; do
	spawn odd "$prompt" >/dev/null
	check "texts: the prompt '$prompt' is answered" soon 20 rests odd
	person cs-agent kill odd >/dev/null
done
check "texts: no prompt has run" test ! -e "$repo/made/bang"

# -- urgent ---------------------------------------------------------------------------

say lead "think for long"
check "urgent: the agent works" soon 10 working lead
say lead --urgent "stop-thinking, answer briefly"
check "urgent: the message comes at once" soon 10 reads lead stop-thinking stop-thinking
check "urgent: the turn ends" soon 15 rests lead

. "$here/accept-agents-life.sh"
. "$here/accept-agents-work.sh"

stop_seats
type_in "/exit"
check "agents: the first client ends" soon 10 ended
check "agents: the hooks logged no problem" none cat "$home/.claude/dashboard/logs/hook.log"

if [ -n "${REAL_CODEX:-}" ]; then
	. "$here/accept-agents-codex.sh"
else
	echo "skipped: REAL_CODEX is not set, so no agent of Codex is tried"
fi
