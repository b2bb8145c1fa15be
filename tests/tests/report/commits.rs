//! The prompts behind commits, from a real repository: two conversations commit through their hooks, one branch is rebased,
//! one squashed, and other people commit, too.

use crate::{UUID, line};
use cs_tests::{Sandbox, run, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

const OTHER: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const FORMATS: [&str; 5] = ["md", "csv", "json", "jsonl", "html"];
const MODES: [&str; 5] = ["prompts", "actions", "full", "tokens", "evidence"];

fn at(minute: u32) -> String {
    format!("2026-11-21T09:{minute:02}:00Z")
}

#[track_caller]
fn git(sandbox: &Sandbox, minute: u32, script: &str) -> String {
    let at = at(minute);
    let output =
        sandbox.sh(&format!("cd ~/work/api && export GIT_AUTHOR_DATE={at} GIT_COMMITTER_DATE={at} && {script}"));
    assert_eq!(status(&output), 0, "{script}: {}", stderr(&output));
    stdout(&output).trim().to_string()
}

#[track_caller]
fn hook(sandbox: &Sandbox, uuid: &str, minute: u32, event: &str, more: &Value) {
    let api = sandbox.work().join("api");
    let mut payload = json!({"session_id": uuid, "cwd": api, "hook_event_name": event,
        "transcript_path": sandbox.home().join(format!(".claude/projects/-srv-api/{uuid}.jsonl"))});
    for (name, value) in more.as_object().unwrap() {
        payload[name] = value.clone();
    }
    let mut command = sandbox.command("cs-hook");
    command.env("CS_NOW", at(minute)).current_dir(&api);
    let output = run(command, &payload.to_string());
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
}

/// Commits a file of its own; a conversation's hook hears of it.
#[track_caller]
fn commit(sandbox: &Sandbox, uuid: Option<&str>, minute: u32, subject: &str) {
    let script =
        format!("echo {minute} >file-{minute} && git add . && git commit -q -m '{subject}' && git rev-parse HEAD");
    let sha = git(sandbox, minute, &script);
    if let Some(uuid) = uuid {
        let answer = json!({"tool_name": "Bash", "tool_input": {"command": format!("git commit -m '{subject}'")},
            "tool_response": {"stdout": format!("[work {}] {subject}\n", &sha[..7])}});
        hook(sandbox, uuid, minute, "PostToolUse", &answer);
    }
}

/// From `base` to `work`: two commits that were rebased, one by hand before them, two that were squashed into one, one more
/// of the first conversation, and one of a colleague.
fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".claude/projects/-srv-api");
    fs::create_dir_all(&folder).unwrap();
    for (uuid, prompt) in [(UUID, "please fix the login"), (OTHER, "do it in parts")] {
        let log = line("user", 1, json!(prompt)) + &line("assistant", 2, json!([{"type": "text", "text": "done"}]));
        fs::write(folder.join(format!("{uuid}.jsonl")), log.replace(UUID, uuid)).unwrap();
    }
    fs::create_dir_all(sandbox.work().join("api")).unwrap();
    git(&sandbox, 0, "git init -q -b main .");
    commit(&sandbox, None, 1, "Begin");
    git(&sandbox, 2, "git tag base && git switch -q -c work");
    hook(&sandbox, UUID, 3, "SessionStart", &json!({"source": "startup"}));
    commit(&sandbox, Some(UUID), 10, "Fix the login");
    commit(&sandbox, Some(UUID), 12, "Add a test");
    git(&sandbox, 13, "git switch -q -c parts base");
    hook(&sandbox, OTHER, 13, "SessionStart", &json!({"source": "startup"}));
    commit(&sandbox, Some(OTHER), 14, "One part");
    commit(&sandbox, Some(OTHER), 16, "Other part");
    git(&sandbox, 20, "git switch -q main");
    commit(&sandbox, None, 21, "By hand");
    git(&sandbox, 22, "git switch -q work && git rebase -q main");
    git(&sandbox, 23, "git merge -q --squash parts && GIT_EDITOR=true git commit -q");
    commit(&sandbox, Some(UUID), 30, "Write docs");
    commit(&sandbox, None, 32, "By a colleague");
    sandbox
}

fn reported(sandbox: &Sandbox, words: &str) -> (i32, String, String) {
    let output = sandbox.sh(&format!("cd ~/work/api && cs-report {words}"));
    (status(&output), stdout(&output), stderr(&output))
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_mode_shows_whose_the_commits_of_a_range_are() {
    let sandbox = place();
    for mode in MODES {
        let (code, text, _) = reported(&sandbox, &format!("{mode} --commits base..work --format jsonl"));
        assert_eq!(code, 0, "{mode}");
        let rows = rows(&text);
        assert_eq!(
            (&rows[0]["conversations"], &rows[0]["scope"]),
            (&json!(2), &json!(["commits base..work"])),
            "{mode}"
        );
        let of = |name: &'static str| rows.iter().filter(move |row| row["row"] == name);
        let nobodys: Vec<&str> = of("unmatched").map(|row| row["text"].as_str().unwrap()).collect();
        assert_eq!(nobodys, ["By hand", "By a colleague"], "{mode}");
        let how = |uuid: &str| -> Vec<String> {
            let word =
                |row: &Value| format!("{} {}", row["how"].as_str().unwrap_or("-"), row["text"].as_str().unwrap());
            of("commit").filter(|row| row["conversation"] == uuid).map(word).collect()
        };
        match mode {
            "tokens" => assert_eq!(of("session").count(), 2),
            "evidence" => {
                let words = |uuid: &str| -> Vec<String> {
                    let row = of("session").find(|row| row["conversation"] == uuid).unwrap();
                    let cells = row["commits"].as_array().unwrap().iter();
                    cells.map(|cell| cell.as_str().unwrap().split_once(' ').unwrap().1.to_string()).collect()
                };
                assert_eq!(words(UUID), ["rewritten", "rewritten", "recorded"]);
                assert_eq!(words(OTHER), ["squashed"]);
            }
            _ => {
                assert_eq!(how(UUID), ["rewritten Fix the login", "rewritten Add a test", "- Write docs"], "{mode}");
                assert_eq!(how(OTHER), ["squashed Squashed commit of the following:"], "{mode}");
            }
        }
        for format in FORMATS {
            let (code, text, _) = reported(&sandbox, &format!("{mode} --commits base..work --format {format}"));
            assert_eq!(code, 0, "{mode} {format}");
            assert!(text.contains("By hand") && text.contains("By a colleague"), "{mode} {format}: {text}");
            let marked = text.contains("rewritten") && text.contains("squashed");
            assert!(marked || mode == "tokens", "{mode} {format}: {text}");
        }
    }
}

#[test]
fn commits_of_nobody_are_listed_though_there_is_no_report() {
    let sandbox = place();
    let why = "no conversation is known to have made a commit of base..main";
    for (mode, format) in MODES.into_iter().flat_map(|mode| FORMATS.map(|format| (mode, format))) {
        let (code, text, error) = reported(&sandbox, &format!("{mode} --commits base..main --format {format}"));
        assert_eq!(code, 1, "{mode} {format}: {error}");
        assert!(text.contains("By hand") && error.contains(why), "{mode} {format}: {text} {error}");
    }
    for words in ["-o none.md", "-o none.md --table", "--output-dir none --table"] {
        let (code, text, error) = reported(&sandbox, &format!("prompts --commits base..main {words}"));
        assert!(code == 1 && text.contains("By hand") && error.contains(why), "{words}: {text} {error}");
    }
    assert!(!sandbox.work().join("api/none.md").exists() && !sandbox.work().join("api/none").exists());
    assert_eq!(reported(&sandbox, "prompts --commits base..main -q").1, "");
    let (code, text, error) = reported(&sandbox, "prompts --commits main..main");
    assert!(code == 1 && text.is_empty() && error.contains("there are no commits in main..main"), "{text} {error}");
}

#[test]
fn a_commit_of_another_conversation_is_not_of_nobody() {
    let sandbox = place();
    let tagged = sandbox.sh(&format!("cs-mark tag {OTHER} parts -q"));
    assert_eq!(status(&tagged), 0, "{}", stderr(&tagged));
    let folder = "prompts --commits base..work --output-dir each --format jsonl -q";
    for words in ["prompts --commits base..work --tag parts --format jsonl", folder] {
        let (code, text, error) = reported(&sandbox, words);
        assert_eq!(code, 0, "{error}");
        let read = |path: &str| fs::read_to_string(sandbox.work().join("api").join(path)).unwrap();
        let text = if words == folder { text.lines().map(read).collect() } else { text };
        let nobodys = rows(&text).iter().filter(|row| row["row"] == "unmatched").count();
        assert_eq!(nobodys, if words == folder { 4 } else { 2 }, "{text}");
    }
}
