# Part of tests/accept.sh, read by accept-agents.sh: what its checks are made of.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# Like `within`, by the clock: what is asked for takes its time.
soon() {
	until=$(($(date +%s) + $1))
	shift
	while [ "$(date +%s)" -lt "$until" ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	"$@"
}

# -- surroundings ---------------------------------------------------------------

# What the client may do without a question ($1), besides the settings of a fresh home.
allow() {
	printf '{"permissions": {"defaultMode": "default", "allow": [%s]}}' "$1" >"$home/.claude/settings.json"
}
# How many seats an agent may spawn within a minute; and how a client is started in a seat.
limits() {
	mkdir -p "$home/.claude/dashboard"
	printf '{"agents": {"spawns_a_minute": %s, "max_depth": 2, "claude": {"args": ["--plugin-dir", "%s"]}}}' \
		"$1" "$plugin" >"$home/.claude/dashboard/config.json"
}
script() { printf 'PATH="%s:$PATH"\n%s\n' "$plugin/bin" "$2" >"$seats/scripts/$1"; }

# Stores the environment and the program of the client that runs: seats get the same. $1 is a variable of its
# environment, $2 the client's command.
surroundings() {
	python3 - "$1" "$2" "$seats" "$plugin" <<'END'
import glob, os, shlex, sys
mark, command, seats, plugin = sys.argv[1:]
def variables(pid):
    try:
        text = open(f"/proc/{pid}/environ").read()
    except OSError:
        return {}
    return dict(v.split("=", 1) for v in text.split("\0") if "=" in v)
clients = [p for p in filter(str.isdigit, os.listdir("/proc")) if "=".join((mark.split("=")[0],
    variables(p).get(mark.split("=")[0], ""))) == mark and os.path.basename(os.readlink(f"/proc/{p}/exe")) == command]
pid, known = clients[0], variables(clients[0])
link = f"{seats}/commands/{command}"
os.path.lexists(link) and os.remove(link)
os.symlink(os.readlink(f"/proc/{pid}/exe"), link)
kept = {n: v for n, v in known.items() if not n.startswith(("TMUX", "TERM", "CS_", "CLAUDE_PID"))}
kept.update(PATH=f"{seats}/commands:{plugin}/bin:{kept['PATH']}", TMUX_TMPDIR=f"{seats}/tmux", LC_ALL="C.UTF-8")
with open(f"{seats}/environment", "w") as out:
    out.writelines(f"export {n}={shlex.quote(v)}\n" for n, v in kept.items())
same = os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net")
open(f"{seats}/enter", "w").write("" if same else f"nsenter --net=/proc/{pid}/ns/net")
END
}
# Runs one of our programs as a person would, in the repository and in the client's network.
# shellcheck disable=SC2046 # words
person() { (cd "$repo" && $(cat "$seats/enter") env -i sh -c '. "$0"; exec "$@"' "$seats/environment" "$@"); }
refused() {
	expected=$1 code=0
	shift
	person "$@" >/dev/null 2>"$seats/said" || code=$?
	equal "$expected" "$code"
}
spawn() { printf %s "$2" | person cs-agent spawn --name "$1" --permission-mode default -q -; }
say() {
	to=$1
	shift
	person cs-message send "$to" -q "$@" >/dev/null
}

# -- what is known of a seat ------------------------------------------------------

# An expression over the newest seat (s) with this name.
seat() {
	cat "$home"/.claude/dashboard/agents/agent_*.json | json "(lambda s: $2)([s for s in r if s['name'] == '$1'][-1])"
}
field() { seat "$1" "s.get('$2')"; }
seat_count() { cat "$home"/.claude/dashboard/agents/agent_*.json | json "sum(s['name'] == '$1' for s in r)"; }
live() { cat "$home/.claude/dashboard/live/$(field "$1" claude_session_id).json" | json "r[0]$2"; }
# The seat, the live file and the client's own registry agree about process, conversation and name.
agrees() {
	equal "running $(field "$1" pid) $(field "$1" claude_session_id) $1" \
		"$(field "$1" status) $(live "$1" '["pid"]') $(cat "$home/.claude/sessions/$(field "$1" pid).json" |
			json 'r[0]["sessionId"] + " " + r[0]["name"]')" &&
		equal "$(field "$1" agent_id)" "$(live "$1" '["agent_id"]')"
}
state_of() { person cs-agent list --json | json "[s['state'] for s in r if s['name'] == '$1'][-1]"; }
idle() { equal idle "$(state_of "$1")"; }
# Its turn has ended since the last thing that it was given: a client is idle before its first turn, too, and what is
# written to it then comes with its first prompt.
rests() { person cs-agent wait "$1" --timeout 3 -q; }
working() { equal working "$(state_of "$1")"; }
waiting() { equal "$2" "$(person cs-message list "$1" --json | json 'sum(m["state"] in ("queued", "delivered") for m in r)')"; }
# The files with the conversations of a seat, oldest first.
transcripts() {
	seat "$1" '" ".join(s["conversations"] or [s["claude_session_id"]])' | tr ' ' '\n' | while read -r uuid; do
		find "$home/.claude/projects" "$home/.codex/sessions" -name "*$uuid.jsonl" -not -path '*/subagents/*' 2>/dev/null
	done
}

# What the model read of messages: the texts in the entries of the conversations that are sent to it, in their order.
texts() {
	transcripts "$1" | python3 -c '
import json, re, sys
found = []
for path in sys.stdin.read().split():
    for line in open(path, encoding="utf-8"):
        entry = json.loads(line)
        kind, more = entry.get("type"), entry.get("attachment") or {}
        if kind == "attachment" and more.get("type") == "hook_additional_context":
            text = "\n".join(more["content"])
        elif kind == "attachment" and more.get("type") == "queued_command":
            text = json.dumps(more.get("prompt"), ensure_ascii=False)
        elif kind == "user" and (entry.get("origin") or {}).get("kind") != "human":
            content = entry["message"]["content"]
            text = content if isinstance(content, str) else "\n".join(b.get("text", "") for b in content)
        elif kind == "response_item" and entry["payload"].get("role") in ("user", "developer"):
            text = "\n".join(b.get("text", "") for b in entry["payload"]["content"])
        else:
            continue
        if "[message m" in text:
            found += re.findall(sys.argv[1], text[text.index("[message m"):])
print(" ".join(found))' "$2"
}
reads() { equal "$3" "$(texts "$1" "$2")"; }
# Each of these patterns was read exactly once.
reads_all() {
	for pattern in $2; do
		[ "$(texts "$1" "$pattern" | wc -w)" -ge 1 ] || { echo "not read: $pattern" && return 1; }
	done
}
# How many messages of a kind that only programs write came to $1 from $2.
received_from() {
	equal "$3" "$(person cs-message list "$1" --json |
		json "sum(m['from'].get('name') == '$2' or m['from'].get('agent_id') == '$(field "$2" agent_id)' for m in r)")"
}

# -- what a person does at a seat ---------------------------------------------------

at() { env -i PATH=/usr/bin:/bin TMUX_TMPDIR="$seats/tmux" LC_ALL=C.UTF-8 tmux -L cs -f /dev/null "$@"; }
target() { echo "=$(field "$1" agent_id):"; }
keys() {
	to=$1
	shift
	at send-keys -t "$(target "$to")" "$@"
}
picture() { at capture-pane -p -t "$(target "$1")"; }
pane() { picture "$1" | grep -qE -- "$2" || { picture "$1" && false; }; }
answer() { sleep 0.7 && keys "$1" Enter; }
erase() {
	n=0
	while [ $((n += 1)) -le "$2" ]; do keys "$1" BSpace; done
}
# The processes of cs-wake that belong to a seat.
waiters() {
	id=$(field "$1" agent_id)
	for process in $(pgrep -x cs-wake); do
		tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -qxF "CS_AGENT=$id" && echo "$process"
	done | wc -l
}
waits() { equal "$2" "$(waiters "$1")"; }
stop_seats() { at kill-server 2>/dev/null; }
# Ends every process with this home: Codex leaves servers of its own behind.
end_all() {
	for environ in /proc/[0-9]*/environ; do
		cat "$environ" 2>/dev/null | tr '\0' '\n' | grep -qxF "HOME=$home" || continue
		id=${environ#/proc/}
		kill "${id%/environ}" 2>/dev/null
	done
}
# How many reports of $1's inbox match a regex.
reports() { person cs-message list "$1" --json | json "sum(bool(__import__('re').search(r'$2', m['text'])) for m in r)"; }
told_once() { equal 1 "$(reports "$1" "$2")"; }
# What a script that an agent ran in its shell wrote.
wrote() { grep -qE -- "$2" "$seats/scripts/$1.out" || { cat "$seats/scripts/$1.out" && false; }; }
status() { equal "$2" "$(field "$1" status)"; }
