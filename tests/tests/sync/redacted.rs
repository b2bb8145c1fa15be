//! What was redacted by hand on one machine does not leave from another machine of the same person, which has the same
//! conversation, or a copy of its entries, and no marks.

use super::{PROGRAM, json, ok, with_tables};
use cs_tests::{Sandbox, status, stderr};
use serde_json::{Value, json};
use std::fs;

const TALK: &str = "ca5d0d10-1111-4222-8333-123456789abc";
const FORK: &str = "f00c0d10-1111-4222-8333-123456789abc";
const OTHER: &str = "beef0d10-1111-4222-8333-123456789abc";
const ENTRY: &str = "77bb1922-01ba-4b41-8c2a-000000000001";
const HIDDEN: &str = "harbour";

/// A conversation that begins with an entry of this name.
fn say(sandbox: &Sandbox, conversation: &str, entry: &str, text: &str) {
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be created");
    let line = |entry: &str, text: &str| {
        json!({"type": "user", "uuid": entry, "sessionId": conversation, "cwd": "/w/api",
            "timestamp": "2026-11-20T10:00:00.000Z", "message": {"role": "user", "content": text}})
    };
    let text = format!("{}\n{}\n", line(entry, text), line("77bb1922-01ba-4b41-8c2a-00000000000f", "thanks"));
    fs::write(folder.join(format!("{conversation}.jsonl")), text).expect("it can be written");
}

fn become_another(sandbox: &Sandbox, label: &str) -> String {
    let _ = fs::remove_file(sandbox.data().join("machine.json"));
    let _ = fs::remove_dir_all(sandbox.data().join("sync"));
    json(&sandbox.cs(PROGRAM, &["label", label]))["id"].as_str().expect("an id").to_string()
}

/// All that the target has, as text.
fn all(sandbox: &Sandbox, to: [&str; 2]) -> String {
    match to {
        ["--sqlite", file] => ok(&sandbox.feed("sqlite3", &["-batch", file], "select line from outgoing_copy;")),
        [_, dir] => ok(&sandbox.sh(&format!("cat $(find {dir} -name '*.jsonl')"))),
    }
}

fn withheld(told: &Value) -> Vec<&str> {
    told["withheld"].as_object().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn try_in(to: [&str; 2]) {
    let Some(sandbox) = with_tables() else { return };
    let run = |words: &[&str]| sandbox.cs(PROGRAM, &[words, &to].concat());
    let marks = sandbox.data().join("marks");
    say(&sandbox, TALK, ENTRY, "meet me at the harbour");
    let old = become_another(&sandbox, "old");
    let mark = ["redact", TALK, ENTRY, "--match-stdin", "--reason", "a place"];
    ok(&sandbox.feed("cs-mark", &mark, HIDDEN));
    ok(&run(&["push"]));
    assert!(!all(&sandbox, to).contains(HIDDEN));

    // The same transcript, and a fork of it, on a machine without the marks.
    let new = become_another(&sandbox, "new");
    fs::rename(&marks, sandbox.data().join("elsewhere")).expect("there are some");
    say(&sandbox, FORK, ENTRY, "meet me at the harbour");
    say(&sandbox, OTHER, "77bb1922-01ba-4b41-8c2a-00000000000a", "nothing special");
    for words in [&["push", "--dry-run"][..], &["push"], &["push", "--full", "--restored"], &["push"]] {
        let left_out = run(words);
        let told = stderr(&left_out);
        assert!(status(&left_out) == 1 && told.contains(&format!("({old})")) && told.contains(FORK), "{told}");
        assert!(told.contains(&format!("copy marks/{TALK}.jsonl from there")), "{told}");
        let told: Value = serde_json::from_str(&cs_tests::stdout(&left_out)).expect("a summary");
        assert_eq!(withheld(&told), [TALK, FORK], "{told}");
        let there = all(&sandbox, to);
        assert!(!there.contains(HIDDEN) && !there.contains(FORK), "{there}");
        assert_eq!(there.contains("nothing special"), words.len() == 1 || words.contains(&"--full"));
    }

    // With the marks it is as on the other machine.
    fs::rename(sandbox.data().join("elsewhere"), &marks).expect("they are back");
    assert_eq!(withheld(&json(&run(&["push"]))), Vec::<&str>::new());
    let there = all(&sandbox, to);
    assert!(!there.contains(HIDDEN) && there.contains(FORK) && there.matches(TALK).count() > 4);

    // If what only that machine knew goes away with it, nothing is sent of it any more.
    become_another(&sandbox, "third");
    fs::remove_dir_all(&marks).expect("they are there");
    ok(&run(&["forget", "--machine", &new, "--yes"]));
    let removed = json(&run(&["forget", "--machine", &old, "--yes"]));
    assert_eq!(removed["forgotten"], json!([TALK]), "{removed}");
    fs::remove_file(sandbox.home().join(format!(".claude/projects/-w-api/{FORK}.jsonl"))).expect("it is there");
    ok(&run(&["push"]));
    let there = all(&sandbox, to);
    assert!(there.contains("nothing special") && !there.contains(HIDDEN), "{there}");
}

#[test]
fn what_was_redacted_elsewhere_does_not_leave_for_a_file() {
    try_in(["--sqlite", "all.db"]);
}

#[test]
fn what_was_redacted_elsewhere_does_not_leave_for_a_folder() {
    try_in(["--into", "shared"]);
}
