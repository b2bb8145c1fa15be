# Part of tests/accept.sh, which reads it: the plugin from a marketplace, as people install it from the repository, first
# without any program of ours, then with them; and the client's own validator.
# shellcheck shell=sh disable=SC2154 # variables and functions of accept.sh and accept-setup.sh

# The client's own command, for this home.
own() {
	env -i HOME="$home" PATH="$home/commands:/usr/bin:/bin" DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
		"$REAL_CLAUDE_COMMAND" "$@" </dev/null
}
# Starts the client in a terminal, without any option that names the plugin.
start_unaware() {
	# shellcheck disable=SC2086 # words
	tmux new-session -d -s "$window" -x 120 -y 50 -- "$REAL_CLAUDE" ${REAL_CLAUDE_OPTIONS:-} --home "$home" --repo "$repo" \
		--out "$out" --script "$model" --interactive -- --permission-mode default && within 20 screen_shows idle
}
leave() { type_in "/exit" && within 10 ended; }
unseen() { ! see "$1" >/dev/null || { screen && false; }; }
# What the validator has to say beside its verdict.
advice() {
	# shellcheck disable=SC2086 # nothing, or a word
	own plugin validate $strict "$plugin" 2>&1 | grep -E "⚠|Advice|not declared"
}
missing="its programs are not installed"
window=marketplace

plain marketplace
ln -s "$REAL_CLAUDE_COMMAND" "$home/commands/claude"
strict=
[ "$(own plugin validate --help | grep -c -- --strict)" = 0 ] || strict=--strict # 2.1.139 has no such option
# shellcheck disable=SC2086 # nothing, or a word
check "validator: it finds nothing wrong" own plugin validate $strict "$plugin"
check "validator: it has no advice and asks for nothing" none advice

clone=$work/"a clone"
check "marketplace: the repository can be cloned" git clone -q "$plugin" "$clone"
check "marketplace: the client adds it" own plugin marketplace add "$clone"
check "marketplace: the client installs the plugin" own plugin install "$name@claude-sessions"

rm -f "$home/.claude.json" # the runner makes its own, without first-run dialogs
check "no programs: the client starts" start_unaware
check "no programs: the start says so" within 5 see "$missing"
type_in "answer briefly"
check "no programs: a turn ends" within 10 see "A brief answer."
sleep 1
check "no programs: a turn shows no error" unseen "error"
type_in "/$name:sessions"
check "no programs: a skill goes on to the model" within 10 see "Do you want to "
check "no programs: a skill says what is missing" grep -rq "so cs-session cannot run" "$home/.claude/projects"
press Escape
sleep 1
check "no programs: the client ends" leave
check "no programs: the client reports no problem with hooks" none trouble
check "no programs: the client starts again" start_unaware
sleep 1
check "no programs: the second start of the day says nothing" unseen "$missing"
check "no programs: the client ends again" leave
check "no programs: nothing is recorded" none ls "$home/.claude/dashboard"

mkdir -p "$home/.local/bin"
ln -s "$installed"/* "$home/.local/bin/"
unaware "answer briefly"
tidy "programs"
check "programs: there is one session, with its intent" says "['answer briefly']" '[s["intent"] for s in r]'
check "programs: it is completed, with its outcome" says "('completed', 'A brief answer.')" '(r[0]["state"], r[0]["outcome"])'
check "programs: the doctor finds the hooks once, and a test event succeeds" healthy
check "programs: cs-setup has nothing to add" equal True \
	"$(setup install --yes --settings | json '"is registered already" in str(r)')"
check "programs: and adds no other hooks" none grep cs-hook "$home/.claude/settings.json"

check "marketplace: the client uninstalls the plugin" own plugin uninstall "$name@claude-sessions"
check "marketplace: and removes the marketplace" own plugin marketplace remove claude-sessions
check "marketplace: the settings name it no more" none grep claude-sessions "$home/.claude/settings.json"
check "marketplace: it has no data" none ls "$home/.claude/plugins/data"

# Codex reads the same marketplace. Its runner writes config.toml anew, so what `codex plugin add` wrote is given again.
if [ -n "${REAL_CODEX:-}" ] && [ -n "${REAL_CODEX_COMMAND:-}" ]; then
	plain marketplace-codex
	mkdir -p "$home/.codex"
	own_codex() { env -i HOME="$home" CODEX_HOME="$home/.codex" PATH=/usr/bin:/bin "$REAL_CODEX_COMMAND" "$@" </dev/null; }
	ask_codex() {
		"$REAL_CODEX" --no-hooks --home "$home" --repo "$repo" --out "$out" --prompt "simple prompt" -- \
			-c features.plugins=true -c 'marketplaces.claude-sessions.source_type="local"' \
			-c "marketplaces.claude-sessions.source=\"$clone\"" -c "plugins={\"$name@claude-sessions\"={enabled=true}}" \
			--dangerously-bypass-hook-trust </dev/null >"$out/said" 2>&1 || cat "$out/said"
	}
	check "codex: it adds the marketplace" own_codex plugin marketplace add "$clone"
	check "codex: it installs the plugin" own_codex plugin add "$name@claude-sessions"
	check "codex: a conversation without programs" none ask_codex
	check "codex: its start was told, once" equal 1 "$(find "$home/.codex/plugins/data" -name 'said-*' | wc -l | tr -d ' ')"
	check "codex: no hook failed" none grep -rE "^hook: .*Failed" "$out"
	mkdir -p "$home/.local/bin"
	ln -s "$installed"/* "$home/.local/bin/"
	check "codex: a conversation with programs" none ask_codex
	check "codex: it is recorded once" says "[('simple prompt', 'codex', 'completed')]" \
		'[(s["intent"], s["agent"], s["state"]) for s in r]'
else
	echo "skipped: REAL_CODEX or REAL_CODEX_COMMAND is not set, so the plugin cannot be tried with Codex"
fi
