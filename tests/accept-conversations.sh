# Part of tests/accept.sh: conversations of real clients that go on, are compacted and swept, are read, found and kept.
# shellcheck shell=sh disable=SC2154,SC2034 # variables and functions of accept.sh

# The lines of a conversation; what the person said in it; an expression over its lines.
shown() { cs cs-transcript show "$@" 2>/dev/null; }
prompts() { shown "$1" --kinds prompt | json "[p['text'] for p in r if p['via'] not in ('command', 'sdk')]"; }
says_in() { equal "$1" "$(shown "$2" | json "$3")"; }
# What was typed, by the client's own history: no commands of the client and of the shell.
typed() {
	json "[p['display'] for p in r if p['sessionId'] == '$1' and p['display'][0] not in '/!']" <"$home/.claude/history.jsonl"
}
prompts_agree() { equal "$(typed "$1")" "$(prompts "$1")"; }
# The newest conversation of the client, and its log.
newest() { basename "$(ls -t "$home"/.claude/projects/*/*.jsonl | head -n 1)" .jsonl; }
log_of() { find "$home/.claude/projects" -name "$1.jsonl"; }
# All files of a conversation, with their checksums.
files_of() { (cd "$home/.claude/projects" && find . -path "*$1*" -type f -exec cksum {} + | sort -k 3); }
# As if the files in this folder were not changed for nine days.
age() {
	python3 -c '
import os, sys, time
old = time.time() - 9 * 86400
for folder, _, names in os.walk(sys.argv[1], topdown=False):
    for path in [os.path.join(folder, name) for name in names] + [folder]:
        os.utime(path, (old, old))' "$1"
}
finds() { cs cs-search -q "$@" 2>/dev/null; }
found() {
	expected=$1
	shift
	equal "$expected" "$(finds "$@" | sort | tr '\n' ' ')"
}
finds_nothing() {
	code=0
	finds "$@" || code=$?
	equal 1 "$code"
}
# A word that the client's own text in the log has, and nobody said.
word_of_the_client() {
	python3 - "$1" <<'PY'
import json, re, sys
own, said = set(), ""
for line in open(sys.argv[1], encoding="utf-8"):
    entry = json.loads(line)
    attachment = entry.get("attachment") or {}
    if attachment.get("type") == "prompt_snapshot":
        own |= set(re.findall("[a-z]{9,}", json.dumps(attachment["systemPrompt"])))
    elif entry["type"] in ("user", "assistant"):
        said += json.dumps(entry["message"])
print(max((w for w in own if w not in said), key=len))
PY
}
# Whether --follow has printed a line of this kind with this text.
follows() { equal True "$(json "any(p['kind'] == '$1' and '$2' in p.get('text', '') for p in r)" <"$out/followed")"; }

# Starts the client for long enough to delete what is old. It looks once a day.
sweep() {
	rm -f "$home/.claude/.last-cleanup"
	ask "take your time"
	[ -e "$home/.claude/.last-cleanup" ]
}

fresh conversations
printf '{"permissions": {"allow": ["Bash(seq *)"]}, "cleanupPeriodDays": 1}' >"$home/.claude/settings.json"
check "conversations: the client starts" start
type_in "which word"
check "conversations: it answers" within 10 see "The word is quokka."
first=$(newest)
cs cs-transcript show "$first" --follow >"$out/followed" 2>"$out/follow-said" &
follower=$!
check "follow: what was said before is shown" within 5 follows answer "The word is quokka."
type_in "print much"
check "conversations: a big result is spilled" within 10 see "Much was printed."
check "follow: it goes on" within 3 follows answer "Much was printed."
type_in "/compact"
check "conversations: compacted" within 15 see "Compacted"
check "follow: the compaction" within 3 follows compaction ""
type_in "answer briefly"
check "follow: it goes on after the compaction" within 10 follows answer "A brief answer."
type_in "/clear"
sleep 1
type_in "which animal"
check "conversations: it answers after /clear" within 10 see "It is an axolotl."
second=$(newest)
check "follow: it goes on after /clear" within 5 follows answer "It is an axolotl."
type_in "/branch another way"
check "conversations: branched" within 10 see "Branched session"
type_in "answer briefly"
check "conversations: it answers in the branch" within 10 see "A brief answer."
third=$(newest)
type_in "/exit"
check "conversations: the client ends" within 10 ended
check "follow: it ends with the conversation" within 10 follows end ""
kill "$follower" 2>/dev/null
check "follow: no complaint" none cat "$out/follow-said"
check "conversations: they are three" equal 3 "$(printf '%s\n' "$first" "$second" "$third" | sort -u | wc -l)"

for uuid in $first $second $third; do
	check "show: the prompts are those of the client's history" prompts_agree "$uuid"
	check "show: first and last line" says_in "('head', 'end')" "$uuid" '(r[0]["kind"], r[-1]["kind"])'
	check "show: one result for a call" says_in "set()" "$uuid" \
		'(lambda ids: {i for i in ids if ids.count(i) > 1})([p["call"] for p in r if p["kind"] == "result"])'
	check "show: all is understood" says_in "0" "$uuid" 'r[-1]["not_understood"]'
done
check "show: the answers" says_in "['The word is quokka.', 'Much was printed.', 'A brief answer.']" "$first" \
	'[p["text"] for p in r if p["kind"] == "answer"]'
log=$(log_of "$first")
check "show: the spilled result is named, and there" test -s \
	"${log%.jsonl}/$(shown "$first" | json '[p["spilled"] for p in r if p.get("spilled")][0]')"
check "show: one compaction" says_in 1 "$first" 'sum(p["kind"] == "compaction" for p in r)'
check "show: the branch tells where it came from" says_in "$second" "$third" 'r[0]["forked_from"]'
check "show: a branch shows its own part only" says_in "['A brief answer.']" "$third" \
	'[p["text"] for p in r if p["kind"] == "answer"]'
check "show: copies are shown if they are asked for" equal "['which animal', 'answer briefly']" \
	"$(shown "$third" --copies --kinds prompt | json '[p["text"] for p in r if p["via"] == "typed"]')"
check "list: each conversation once" equal "$(printf '%s\n' "$first" "$second" "$third" | sort | tr '\n' ' ')" \
	"$(cs cs-transcript list --json | json '" ".join(sorted(c["conversation"] for c in r)) + " "')"
check "search: a word that was said" found "$first " quokka
check "search: in a prompt, once although it was copied" found "$second " "which animal"
check "search: no word of the client's own text" finds_nothing "$(word_of_the_client "$(log_of "$first")")"

# -- the sweep: the client deletes what was not changed for a day ----------------

as_said=$(shown "$first" | json '[p for p in r if p["kind"] not in ("head", "end")]')
files=$(files_of "$first")
age "$home/.claude/projects"
check "keep: nothing that the next sweep takes is kept" equal 1 "$(cs cs-keep due -q >/dev/null 2>&1 || echo $?)"
check "keep: it runs" cs cs-keep run -q
check "keep: the copies are intact" cs cs-keep verify -q
check "keep: all that the next sweep takes is kept" cs cs-keep due -q
check "sweep: the client looks for what is old" sweep
check "sweep: it deletes the log and the results" none files_of "$first"
check "sweep: all three are gone" equal 1 "$(find "$home/.claude/projects" -name '*.jsonl' | wc -l)"
check "keep: it runs after the sweep" cs cs-keep run -q
check "keep: the copies are still intact" cs cs-keep verify -q
check "kept: it is shown as before" equal "$as_said" \
	"$(shown "$first" | json '[p for p in r if p["kind"] not in ("head", "end")]')"
check "kept: and says where it comes from" says_in kept "$first" 'r[0]["source"]'
check "kept: it is found" found "$first " quokka
check "kept: the branch still tells where it came from" says_in "$second" "$third" 'r[0]["forked_from"]'
check "restore: it is put back" cs cs-keep restore "$first" -q
check "restore: byte for byte" equal "$files" "$(files_of "$first")"
check "restore: a second time nothing is put back" equal 1 "$(cs cs-keep restore "$first" -q >/dev/null 2>&1 || echo $?)"
client env --prompt "answer briefly" -- --resume "$first" </dev/null >"$out/said" 2>&1
check "restore: the client resumes it" grep -q "session: $first" "$out/said"
check "restore: with all that was said" equal 4 "$(shown "$first" --kinds prompt |
	json 'sum(p["via"] in ("typed", "sdk") for p in r)')"
check "restore: the client looks again for what is old" sweep
check "restore: it survives that" test -s "$(log_of "$first")"
check "restore: so do its long results" equal 1 "$(files_of "$first" | grep -c tool-results)"
check "keep: what the resumed client wrote is kept" cs cs-keep run -q
log=$(log_of "$first")
age "${log%.jsonl}/tool-results"
check "sweep: and once more" sweep
check "sweep: the log is new and stays, its long result is old and goes" equal 1 "$(files_of "$first" | wc -l)"
check "keep: it runs" cs cs-keep run -q
check "restore: only the result is put back" equal 1 "$(cs cs-keep restore "$first" -q | grep -c tool-results)"
kept=$home/.claude/dashboard/kept
check "keep: it knows what happened" equal set\(\) \
	"$(json '{"kept", "vanished", "restored", "grown"} - {l["event"] for l in r}' <"$kept/ledger.jsonl")"
check "snapshot: it is named" cs cs-keep snapshot "$first" here -q
lines=$(wc -l <"$(log_of "$first")")
client env --prompt "answer briefly" -- --resume "$first" </dev/null >"$out/said" 2>&1
check "snapshot: it is put back as a new conversation" cs cs-keep restore "$first" --at here -q
anew=$(newest)
check "snapshot: as long as it was" equal "$lines" "$(wc -l <"$(log_of "$anew")")"
client env --prompt "answer briefly" -- --resume "$anew" </dev/null >"$out/said" 2>&1
check "snapshot: the client resumes it" grep -q "session: $anew" "$out/said"
check "snapshot: it tells where it came from" says_in "$first" "$anew" 'r[0]["forked_from"]'
printf 'x' | dd of="$(find "$kept" -name 'main.1.jsonl*' | head -n 1)" bs=1 seek=40 conv=notrunc 2>/dev/null
check "verify: one changed byte is found" equal 1 "$(cs cs-keep verify -q >/dev/null 2>&1 || echo $?)"
for uuid in $first $second $third; do check "history: the prompts are still known" prompts_agree "$uuid"; done

# -- Codex --------------------------------------------------------------------

keep_model() {
	see "Ask Codex" && return
	! see "› 2. Use existing" || press Enter
	! see "› 1." || press Down
	sleep 0.5
	return 1
}
codex_with() {
	tmux new-session -d -s "$window" -x 120 -y 50 -- "$REAL_CODEX" --no-hooks --interactive --home "$home" \
		--repo "$repo" --out "$out" --script "$here/accept-codex.json" -- --no-daemon -a on-request -s workspace-write "$@" &&
		within 20 see "Codex" || return
	# It may offer a newer model, some time after its first screen, and ignores keys for a moment then.
	! within 15 see "Use existing model" >/dev/null || within 10 keep_model >/dev/null
	within 10 see "Ask Codex"
}
rollout_of() { find "$home/.codex/sessions" -name "rollout-*$1.jsonl"; }
codex_typed() { json "[p['text'] for p in r if p['session_id'] == '$1']" <"$home/.codex/history.jsonl"; }
codex_agrees() { equal "$(codex_typed "$1")" "$(prompts "$1")"; }

if [ -n "${REAL_CODEX:-}" ]; then
	fresh conversations-codex
	check "Codex conversations: the client starts" codex_with
	type_in "answer briefly"
	check "Codex conversations: it answers" within 15 see "A brief answer."
	type_in "/compact"
	check "Codex conversations: compacted" within 15 see "ompacted"
	sleep 1
	type_in "answer briefly, again"
	sleep 3
	type_in "/quit"
	check "Codex conversations: the client ends" within 10 ended
	parent=$(json 'r[0]["session_id"]' <"$home/.codex/history.jsonl")
	check "Codex conversations: forked" codex_with fork "$parent"
	type_in "answer briefly in the fork"
	sleep 3
	type_in "/quit"
	check "Codex conversations: the fork ends" within 10 ended
	fork=$(json 'r[-1]["session_id"]' <"$home/.codex/history.jsonl")
	for uuid in $parent $fork; do
		check "Codex show: the prompts are those of the client's history" codex_agrees "$uuid"
		check "Codex show: all is understood" says_in "0" "$uuid" 'r[-1]["not_understood"]'
	done
	check "Codex show: one compaction" says_in 1 "$parent" 'sum(p["kind"] == "compaction" for p in r)'
	check "Codex show: the fork tells where it came from" says_in "$parent" "$fork" 'r[0]["forked_from"]'
	check "Codex search: what was said in the fork" found "$fork " "in the fork"
	check "Codex search: no word of the client's own text" finds_nothing "skills_instructions"
	check "Codex keep: it runs" cs cs-keep run -q
	log=$(rollout_of "$fork")
	sum=$(cksum <"$log")
	rm "$log" "$(rollout_of "$parent")"
	check "Codex kept: it is shown" codex_agrees "$fork"
	check "Codex restore: the fork is put back" cs cs-keep restore "$fork" -q
	check "Codex restore: with what it was forked from" test -s "$(rollout_of "$parent")"
	check "Codex restore: byte for byte, where it was" equal "$sum" "$(cksum <"$log")"
	check "Codex restore: the client resumes it" codex_with resume "$fork"
	type_in "answer briefly, resumed"
	sleep 3
	type_in "/quit"
	check "Codex restore: the client ends" within 10 ended
	check "Codex restore: it went on where it was" codex_agrees "$fork"
	check "Codex restore: with another prompt" says_in 2 "$fork" 'sum(p["kind"] == "prompt" for p in r)'
else
	echo "skipped: REAL_CODEX is not set, so no conversation of Codex is tried"
fi
