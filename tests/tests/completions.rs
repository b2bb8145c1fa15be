//! Completion of command lines, in the shells themselves; manual pages; and what the programs say about their
//! arguments.

use std::collections::BTreeSet;
use std::fs;

use cs_tests::{Sandbox, can_run, has, program_names, status, stderr, stdout};
use serde_json::Value;

/// A project, two active sessions and a parked one, one of which has an intent that shells must not take for syntax.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let setup = "git init -q api && cd api && cs-project register -q &&
        cs create --intent 'fix: the [login] $(date) page' --claude-session e998145e-4e5d-40c9-a3a6-681ad5bd51c9 -q &&
        cs create --intent review --claude-session d8c64c56-59a9-4b11-aded-58c4ded45e16 -q &&
        cs create --intent later --claude-session 4391d9be-e1e5-451a-a158-565342e11be7 -q && cs park cafe --reason x -q";
    let output = sandbox.sh(setup);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let seats = r#"mkdir -p "$CS_HOME/agents" && cd "$CS_HOME/agents" && seat() {
        echo "{\"agent_id\":\"$1\",\"name\":\"$2\",\"agent\":\"claude-code\",\"cwd\":\"/\",\"status\":\"$3\",\"spawned_at\":\"2026-11-21T09:00:00Z\",\"spawned_by\":\"user\",\"schema_version\":1}" >$1.json
        }; seat agent_20261121T0900_1f0c builder running && seat agent_20261121T0900_2b2b tester ended &&
        cs-message send builder "go on" -q"#;
    let output = sandbox.sh(seats);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    for shell in ["bash", "zsh", "fish"] {
        let output = sandbox.cs("cs", &["completions", shell]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        fs::write(sandbox.work().join(shell), output.stdout).expect("it can be written");
    }
    sandbox
}

/// What is offered on the way to a command: the words typed, and the candidates.
const OFFERED: [(&[&str], &str); 32] = [
    (&["cs-session", "sh"], "show"),
    (&["cs", "pa"], "park"),
    (&["cs", "park", "ca"], "ca5d"),
    (&["cs", "park", ""], "beef ca5d"),
    (&["cs", "resume", ""], "cafe"),
    (&["cs", "open", ""], "cafe"),
    (&["cs", "jump", ""], ""),
    (&["cs", "show", "", ""], "beef ca5d cafe"),
    (&["cs", "show", "sess_20261121T1000_ca5"], "sess_20261121T1000_ca5d"),
    (&["cs", "list", "--status", ""], "active completed parked"),
    (&["cs-session", "list", "--project", ""], "api"),
    (&["cs-session", "park", "ca5d", "--rea"], "--reason"),
    (&["cs-task", "--nothing", "x"], ""),
    (&["cs-lease", "acquire", "fi"], "fish"),
    (&["cs-lease", "release", "no"], ""),
    (&["cs-usage", "--agent", "c"], "claude codex"),
    (&["cs-limits", "h"], "history"),
    (&["cs-limits", "check", "--window", ""], "five_hour seven_day"),
    (&["cs-limits", "bar", "--format", ""], "swiftbar tmux waybar"),
    (&["cs-export", "--output", "fi"], "fish"),
    (&["cs-sync", "fo"], "forget"),
    (&["cs-sync", "push", "--visibility", ""], "private team"),
    (&["cs-sync", "push", "--sql", ""], "postgres sqlite"),
    (&["cs-setup", "project", "ap"], "api"),
    (&["cs-agent", "attach", ""], "builder"),
    (&["cs-agent", "kill", "b"], "builder"),
    (&["cs-agent", "restore", ""], "tester"),
    (&["cs-agent", "wait", "--for", ""], "end idle waiting"),
    (&["cs-agent", "spawn", "--agent", ""], "claude codex"),
    (&["cs-message", "send", "bu"], "builder"),
    (&["cs-message", "list", "--from", "bu"], "builder"),
    (&["cs-message", "cancel", ""], "agent_20261121T0900_1f0c/m000001"),
];

fn sorted(text: &str) -> String {
    let words: BTreeSet<&str> = text.lines().filter_map(|line| line.split('\t').next()).collect();
    words.into_iter().map(|word| word.trim_end_matches('/')).collect::<Vec<_>>().join(" ")
}

#[test]
fn bash_completes() {
    if !has(can_run("bash", &["--version"], "bash")) {
        return;
    }
    let sandbox = furnished();
    for (words, expected) in OFFERED {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!(
            "source ./bash; COMP_WORDS=({}); COMP_CWORD={}; $(complete -p {} | grep -o '_[a-z_]*' | head -n 1) {} '{}' '' \
             2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.join(" "),
            words.len() - 1,
            words[0],
            words[0],
            words[words.len() - 1]
        );
        let output = sandbox.cs("bash", &["--norc", "-c", &script]);
        assert_eq!(sorted(&stdout(&output)), expected, "{words:?}: {}", stderr(&output));
    }
}

#[test]
fn fish_completes_with_descriptions() {
    if !has(can_run("fish", &["--version"], "fish")) {
        return;
    }
    let sandbox = furnished();
    let offered = |line: &str| {
        let output = sandbox.cs("fish", &["-N", "-c", &format!("source ./fish; complete -C '{line}'")]);
        assert_eq!(stderr(&output), "", "{line}");
        stdout(&output)
    };
    for (words, expected) in OFFERED {
        assert_eq!(sorted(&offered(&words.join(" "))), expected, "{words:?}");
    }
    assert_eq!(offered("cs park ca"), "ca5d\tunknown: fix: the [login] $(date) page\n");
    assert_eq!(offered("cs list --status=pa"), "--status=parked\n");
    assert_eq!(sorted(&offered("cs-export --output=fi")), "--output=fish");
}

/// Types into a terminal with zsh: the first completion lists, the others put in.
const TYPED: &str = r#"
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "unsetopt zle_bracketed_paste; PS1=; fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
zpty -r -m shell out "*ready*"
zpty -w -n shell $'cs park \t'
zpty -r -m shell out "*login*review*"; print -r -- "$out"
zpty -w -n shell $'ca\t--rea\tlater -q >parked; echo do\'\'ne\n'
zpty -r -m shell out "*done*"
zpty -w -n shell $'cs-session list --status=par\t -q >listed; echo en\'\'d\n'
zpty -r -m shell out "*end*"
"#;

#[test]
fn zsh_completes_with_descriptions() {
    if !has(can_run("zsh", &["-f", "-c", "zmodload zsh/zpty"], "zsh")) {
        return;
    }
    let sandbox = furnished().with("TERM", "dumb");
    let work = sandbox.work();
    fs::create_dir(work.join("functions")).expect("it can be created");
    fs::rename(work.join("zsh"), work.join("functions/_claude_sessions")).expect("it can be moved");
    let output = sandbox.cs("timeout", &["40", "zsh", "-f", "-c", TYPED]);
    let shown = stdout(&output);
    for line in ["beef  -- unknown: review", "ca5d  -- unknown: fix: the [login"] {
        assert!(shown.contains(line), "{shown}{}", stderr(&output));
    }
    let read = |file: &str| fs::read_to_string(work.join(file)).unwrap_or_default();
    assert_eq!(read("parked"), "sess_20261121T1000_ca5d\n", "{shown}");
    assert_eq!(read("listed"), "sess_20261121T1000_cafe\nsess_20261121T1000_ca5d\n", "{shown}");
}

#[test]
fn another_program_called_cs_is_not_run() {
    let sandbox = furnished();
    let theirs = sandbox.root().join("theirs");
    fs::create_dir(&theirs).expect("it can be created");
    let script = format!(
        "printf '#!/bin/sh\\ntouch {0}/ran\\n' >{0}/cs && chmod +x {0}/cs && PATH={0}:$PATH && exec bash --norc -c '
        source ./bash; COMP_WORDS=(cs \"\"); COMP_CWORD=1; _claude_sessions cs \"\"; echo ${{#COMPREPLY[@]}}'",
        theirs.display()
    );
    if has(can_run("bash", &["--version"], "bash")) {
        let output = sandbox.sh(&script);
        assert_eq!(stdout(&output), "0\n", "{}", stderr(&output));
        assert!(!theirs.join("ran").exists());
    }
}

#[test]
fn a_program_named_by_its_path_does_not_choose_the_cs_that_is_run() {
    let sandbox = furnished();
    let work = sandbox.work();
    sandbox.sh("mkdir evil && cd evil && printf '#!/bin/sh\\ntouch ran\\n' | tee cs >cs-session && chmod +x *");
    let bash = "source ./bash; COMP_WORDS=(./evil/cs-session ''); COMP_CWORD=1; _claude_sessions ./evil/cs-session ''";
    let zsh = "compdef() { :; }; source ./zsh; words=(./evil/cs-session ''); CURRENT=2; _claude_sessions";
    let fish = "source ./fish; complete -C './evil/cs-session '";
    for (shell, words) in
        [("bash", &["--norc", "-c", bash][..]), ("zsh", &["-f", "-c", zsh]), ("fish", &["-N", "-c", fish])]
    {
        if has(can_run(shell, &["--version"], shell)) {
            sandbox.cs(shell, words);
            assert!(!work.join("ran").exists(), "{shell}");
        }
    }
}

#[test]
fn only_deleted_sessions_are_offered_to_restore() {
    let sandbox = furnished();
    let offered = || sorted(&stdout(&sandbox.cs("cs", &["--complete", "session", "restore", ""])));
    assert_eq!(offered(), "");
    assert_eq!(status(&sandbox.sh("cs-session delete ca5d --yes -q")), 0);
    assert_eq!(offered(), "ca5d");
}

#[test]
fn accounts_are_offered_by_their_names_and_those_without_by_their_hash() {
    let sandbox = Sandbox::new();
    let offered = |words: &[&str]| {
        let words = [&["--complete"], words, &["--account", ""]].concat();
        sorted(&stdout(&sandbox.cs("cs", &words)))
    };
    assert_eq!([offered(&["usage", "daily"]), offered(&["limits", "now"])], ["default", ""]);
    let setup = r#"mkdir -p "$CS_HOME/limits" && cd "$CS_HOME" &&
        echo '{"version":"1.0.0","projects":{},"accounts":{"work":"~/.claude-work","a b":"/x","old":7}}' >config.json &&
        for name in claude claude@0a0a0a0a; do
            echo '{"at":"2026-11-21T09:00:00Z","used":7,"resets_at":"2026-11-21T12:00:00Z"}' >limits/$name-five_hour.jsonl
        done"#;
    let output = sandbox.sh(setup);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(offered(&["usage", "daily"]), "0a0a0a0a default work");
    assert_eq!(offered(&["usage"]), "0a0a0a0a default work", "of the command that need not be named");
    assert_eq!(offered(&["limits", "now"]), "0a0a0a0a default");
}

#[test]
fn completing_says_nothing_when_it_cannot_help() {
    let sandbox = Sandbox::new();
    let cases: [&[&str]; 6] = [
        &["--complete"],
        &["--complete", "nonsense", ""],
        &["--complete", "hook", ""],
        &["--complete", "heartbeat", ""],
        &["--complete", "list", "--search", ""],
        &["--complete", "show", ""],
    ];
    for words in cases {
        let output = sandbox.cs("cs", words);
        assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()), "{words:?}");
    }
    assert!(!sandbox.data().exists(), "completing writes nothing");
}

#[test]
fn every_program_describes_what_its_help_shows() {
    let sandbox = Sandbox::new();
    let of_people = |name: &String| {
        !["cs", "cs-hook", "cs-heartbeat", "cs-deliver", "cs-wake", "cs-guard"].contains(&name.as_str())
    };
    for name in program_names().into_iter().filter(of_people) {
        let described: Value = serde_json::from_str(&stdout(&sandbox.cs(&name, &["--describe"]))).expect("JSON");
        let help = stdout(&sandbox.cs(&name, &["--help"]));
        let names = |key: &str, word: &str| -> Vec<String> {
            let all = described[key].as_array().expect("a list");
            all.iter().map(|one| one[word].as_str().expect("a name").to_string()).collect()
        };
        let known = [names("options", "long"), names("commands", "name")].concat();
        assert!(known.contains(&"--json".into()) && known.contains(&"--help".into()), "{name}: {known:?}");
        for word in known {
            assert!(help.contains(&word), "{name}: {word} is not in {help}");
        }
        let listed = help.lines().filter_map(|line| line.strip_prefix("  ")?.split([' ', ',']).next());
        let listed: Vec<&str> = listed.filter(|word| word.starts_with("--")).collect();
        assert!(listed.iter().all(|word| names("options", "long").contains(&(*word).into())), "{name}: {listed:?}");
    }
}

#[test]
fn every_manual_page_is_valid_and_complete() {
    let sandbox = Sandbox::new();
    let linter = can_run("sh", &["-c", "command -v mandoc"], "mandoc");
    let is_checked = has(linter);
    for name in program_names() {
        let output = sandbox.cs("cs", &["man", &name]);
        let page = stdout(&output);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{name}");
        for title in ["NAME", "SYNOPSIS", "NOTES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"] {
            assert!(page.contains(&format!("\n.SH {title}\n")), "{name}: {title} is missing");
        }
        if is_checked {
            let lint = sandbox.feed("mandoc", &["-Tlint", "-W", "warning"], &page);
            assert_eq!((status(&lint), stdout(&lint) + &stderr(&lint)), (0, String::new()), "{name}");
        }
    }
}

#[test]
fn a_manual_page_shows_every_command_and_option() {
    if !has(can_run("sh", &["-c", "command -v mandoc"], "mandoc")) {
        return;
    }
    let sandbox = Sandbox::new();
    let page = stdout(&sandbox.cs("cs", &["man", "session"]));
    let shown = stdout(&sandbox.feed("sh", &["-c", "mandoc -Tascii | col -b"], &page));
    let described: Value = serde_json::from_str(&stdout(&sandbox.cs("cs-session", &["--describe"]))).expect("JSON");
    let commands = described["commands"].as_array().expect("a list");
    assert!(commands.len() > 10);
    for command in commands {
        let name = command["name"].as_str().expect("a name");
        assert!(shown.contains(&format!("\n   {name}\n       cs-session {name}")), "{name}: {shown}");
        for option in command["options"].as_array().expect("a list") {
            let long = option["long"].as_str().expect("a name");
            let names = option["short"].as_str().map_or(long.to_string(), |letter| format!("-{letter}, {long}"));
            assert!(shown.contains(&format!("\n       {names}")), "{name} {long}: {shown}");
        }
    }
    let example = "cs-session event ca5d --message \"tests are green\"\n";
    assert!(shown.contains(example), "{shown}");
}
