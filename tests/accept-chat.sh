# Part of tests/accept.sh, which reads it: a chat, with the real client in tmux and a stand-in for the Bot API of Telegram
# (tests/telegram.py). A seat asks, the notice comes with the question, an answer is delivered and answered, and the notice
# is edited; two seats have two topics.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

seats=$work/chat-seats
mkdir -p "$seats/tmux" "$seats/commands" "$seats/scripts" "$seats/telegram" && chmod 700 "$seats/tmux"
. "$here/accept-agents-lib.sh"

fresh chat
sed -e "s#@SCRIPTS@#$seats/scripts#g" "$here/accept-chat.json" >"$model"
allow '"Bash(echo *)"'
limits 20

# -- the stand-in ---------------------------------------------------------------

telegram=$seats/telegram
check "chat: a client starts, whose environment the seats get" start
check "chat: its environment is known" surroundings "HOME=$home" claude
# In the network of the client, where the programs of a seat run, too.
# shellcheck disable=SC2046 # words
$(cat "$seats/enter") python3 "$here/telegram.py" "$telegram" &
stand_in=$!
within 5 test -s "$telegram/address"
python3 - "$home/.claude/dashboard/config.json" "$(cat "$telegram/address")" "$plugin/bin/cs-chat" <<'END'
import json, sys
path, address, program = sys.argv[1:]
config = json.load(open(path))
config["settings"] = {"notifications_enabled": True}
config["chat"] = {"telegram": {"api": address, "allow": {"chats": [-1001], "users": [42]}}}
config["notify"] = {"via": "none", "waiting_after_seconds": 1, "handlers": [{"name": "telegram", "command": [program, "notify"]}]}
json.dump(config, open(path, "w"))
END
mkdir -p "$home/.config/claude-sessions"
(umask 077 && echo 'token = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K"' >"$home/.config/claude-sessions/telegram")
# shellcheck disable=SC2016 # the inner shell expands it
person sh -c 'echo $$ >"$0/pid" && exec cs-chat run' "$telegram" >"$telegram/run" 2>&1 &

# What a person writes: the text, and where; $2 is what an expression over the topics and texts comes to.
write() { python3 -c 'import json, sys; print(json.dumps({"text": sys.argv[1], sys.argv[2]: int(sys.argv[3])} if len(sys.argv) > 2 else {"text": sys.argv[1]}))' "$@" >>"$telegram/say"; }
# A Python expression over the messages as they are now (texts: number to text and topic) and the topics by name.
chat() {
	python3 -c '
import json, sys
said = json.load(open(sys.argv[1]))
texts = {int(n): m for n, m in said["texts"].items()}
topics = {name: int(n) for n, name in said["topics"].items()}
print(eval(sys.argv[2]))' "$telegram/messages.json" "$1"
}
told() { equal True "$(chat "any(__import__('re').search(r'''$1''', m['text'], 16) for m in texts.values())")"; }

# -- two seats -------------------------------------------------------------------

check "chat: an agent starts" spawn asker "please ask me"
check "chat: it asks" soon 20 pane asker "Which page"
check "chat: the notice comes with the question" soon 30 told "waits.*Which page shall I begin with"
check "chat: it is in a topic of the agent" equal True "$(chat "any(m['topic'] == topics.get('asker') for m in texts.values() if 'Which page' in m['text'])")"
notice=$(chat "[n for n, m in texts.items() if 'Which page' in m['text']][0]")
write "begin with the first page" answers "$notice"
check "chat: the answer is taken" soon 20 told "queued to asker|delivered to asker"
sleep 2
check "chat: the question is still open" pane asker "Which page"
answer asker
check "chat: the person's answer counts, and the message from the chat comes" soon 30 reads_all asker "by.Telegram begin.with.the.first.page"
check "chat: the notice is edited" soon 40 told "Which page(.|\n)*— answered [0-9][0-9]:[0-9][0-9]"
check "chat: it is one message" equal 1 "$(chat "sum('Which page' in m['text'] for m in texts.values())")"
check "chat: the turn ends" soon 20 rests asker

check "chat: another agent starts" spawn maker "make a folder"
check "chat: its notice comes" soon 40 told "permission for Bash"
check "chat: it is in another topic" equal True "$(chat "topics['asker'] != topics['maker']")"
answer maker
check "chat: it goes on" soon 20 test -e "$repo/made/here"
check "chat: its notice is edited" soon 40 told "permission for Bash(.|\n)*— answered"

# -- what a person writes ----------------------------------------------------------

write "answer briefly, please" topic "$(chat "topics['asker']")"
check "chat: a text in a topic reaches its agent" soon 30 reads_all asker "answer.briefly"
check "chat: the agent answers" soon 20 rests asker
write "/message asker"
check "chat: its answer comes" soon 20 told "^A brief answer"
write "/list"
check "chat: the list has both" soon 20 told "asker(.|\n)*maker|maker(.|\n)*asker"
write "/what maker"
check "chat: what it is at" soon 20 told "^maker .*(.|\n)*The folder is made"

# A conversation in no seat: it is told at its next prompt.
type_in "answer briefly"
check "chat: a conversation without a seat works" within 20 see "A brief answer"
own=$(sessions | json '[s["session_id"] for s in r if not s.get("seat")][0]')
write "/send $own from the chat"
check "chat: what is written to it waits" soon 20 told "queued: .* is told at its next prompt"
check "chat: it waits in a file" soon 5 sh -c "ls '$home/.claude/dashboard/next/'*.txt"
type_in "answer briefly again"
check "chat: it is told with the prompt" soon 20 sh -c "! ls '$home/.claude/dashboard/next/'*.txt"
check "chat: the model reads it" soon 20 grep -rqs "by Telegram.*from the chat" "$home/.claude/projects"
check "chat: and the chat is told" soon 40 told "queued: .*(.|\n)*— told"

reader=$(cat "$telegram/pid")
kill -TERM "$reader"
check "chat: the reader ends" soon 10 sh -c "! kill -0 $reader"
kill "$stand_in"; [ -z "${KEEP:-}" ] || cp -R "$telegram" "$home/.claude/dashboard" "$KEEP"
check "chat: no token is in the data directory" none grep -rl AAEhBOweik6ad9r "$home/.claude/dashboard"
stop_seats
type_in "/exit"
check "chat: the first client ends" soon 10 ended
check "chat: the hooks logged no problem" none cat "$home/.claude/dashboard/logs/hook.log"
