//! Arguments and lines on standard input that are wrong.

use std::fs;

use cs_tests::run;

use super::*;

#[test]
fn unknown_ambiguous_and_invalid_ids_are_refused() {
    let sandbox = furnished();
    let long = "a".repeat(10_000);
    for command in ON_A_SESSION {
        for (id, code, word) in [
            (NONE, NOT, "cs-session list shows all"),
            ("0000", NOT, "cs-session list shows all"),
            ("sess_20261121T1000", NOT, "is ambiguous: sess_20261121T1000_ca5d, sess_20261121T1000_beef"),
            ("claude:00000000-0000-4000-8000-000000000000", NOT, "no session of the conversation"),
            (OUTSIDE, INVALID, "write an id such as"),
            ("claude:../../etc/passwd", INVALID, "it is a UUID such as"),
            ("", INVALID, "write an id such as"),
            ("a\nb", INVALID, "write an id such as"),
            (&long, INVALID, "write an id such as"),
        ] {
            let (program, args) = with_id(command, id);
            refused(&sandbox, program, &args, "", code, word);
        }
        let (program, mut args) = with_id(command, NONE);
        args.remove(1);
        refused(&sandbox, program, &args, "", USAGE, "name one: an id, its start or end, claude:UUID, or -");
    }
}

#[test]
fn names_that_lead_out_of_the_data_directory_are_refused() {
    let sandbox = furnished();
    let slugs: [&[&str]; 6] = [
        &["cs-session", "create", "--intent", "x", "--project", OUTSIDE],
        &["cs-session", "list", "--project", OUTSIDE],
        &["cs-session", "heartbeat", "--project", OUTSIDE],
        &["cs-project", "show", OUTSIDE],
        &["cs-project", "update", OUTSIDE, "--current-phase", "x"],
        &["cs-project", "overview", "--project", OUTSIDE],
    ];
    for command in slugs {
        refused(&sandbox, command[0], &command[1..], "", INVALID, "use lower-case letters, digits and '-'");
    }
    let uuid = ["create", "--intent", "x", "--claude-session", OUTSIDE];
    refused(&sandbox, "cs-session", &uuid, "", INVALID, "it is a UUID such as");
    let task = ["update", "ca5d", "--task", OUTSIDE, "--status", "completed"];
    refused(&sandbox, "cs-task", &task, "", NOT, "no task");
    refused(&sandbox, "cs-project", &["register", "--path", "../../nowhere"], "", INVALID, "no such directory");
    refused(&sandbox, "cs-session", &["capture-commits", "ca5d", "--repo", OUTSIDE], "", INVALID, "--repo");
    let sandbox = sandbox.with("CLAUDE_CODE_SESSION_ID", OUTSIDE);
    refused(&sandbox, "cs-session", &["event", "--message", "x"], "", INVALID, "it is a UUID such as");
}

/// Every option that takes free text: the command, the option, and the maximum number of characters.
const TEXTS: [(&[&str], &str, usize); 24] = [
    (&["cs-session", "create"], "--intent", 500),
    (&["cs-session", "create", "--intent", "x"], "--roadmap-ref", 100),
    (&["cs-session", "create", "--intent", "x"], "--branch", 200),
    (&["cs-session", "create", "--intent", "x"], "--worktree", 4096),
    (&["cs-session", "update", "ca5d"], "--intent", 500),
    (&["cs-session", "update", "ca5d"], "--activity", 300),
    (&["cs-session", "update", "ca5d"], "--roadmap-ref", 100),
    (&["cs-session", "update", "ca5d"], "--branch", 200),
    (&["cs-session", "event", "ca5d"], "--message", 2000),
    (&["cs-session", "decision", "ca5d"], "--text", 500),
    (&["cs-session", "question", "ca5d"], "--text", 500),
    (&["cs-session", "request-action", "ca5d"], "--reason", 500),
    (&["cs-session", "park", "ca5d"], "--reason", 500),
    (&["cs-session", "park", "ca5d", "--reason", "x"], "--next-step", 500),
    (&["cs-session", "complete", "ca5d"], "--outcome", 1000),
    (&["cs-session", "complete", "ca5d"], "--next-step", 500),
    (&["cs-session", "complete", "ca5d"], "--file", 4096),
    (&["cs-session", "resume", "beef", "-q"], "--intent", 500),
    (&["cs-task", "add", "ca5d"], "--subject", 300),
    (&["cs-project", "register"], "--name", 100),
    (&["cs-project", "update", "api"], "--current-phase", 500),
    (&["cs-project", "update", "api"], "--completed", 500),
    (&["cs-project", "update", "api"], "--in-progress", 500),
    (&["cs-project", "update", "api"], "--next-up", 500),
];

#[test]
fn empty_long_and_invalid_texts_are_refused() {
    let sandbox = furnished();
    let elsewhere = sandbox.home().join("elsewhere");
    fs::create_dir(&elsewhere).expect("it can be created");
    for (command, option, limit) in TEXTS {
        let long = "é".repeat(limit + 1);
        let reported = format!("has {} characters, at most {limit} are allowed", limit + 1);
        for (text, word) in [
            ("", "is empty"),
            (" \t\n ", "is empty"),
            (long.as_str(), reported.as_str()),
            ("a\u{1b}[31mb", "control character"),
            ("a\u{7}b", "control character"),
            ("a\u{9b}b", "control character"),
        ] {
            let mut child = sandbox.command(command[0]);
            // Not in the project's folder, since nothing may be registered either.
            child.args(&command[1..]).args([option, text]).current_dir(&elsewhere);
            let before = tree(&sandbox.data());
            let what = format!("{command:?} {option} {:?}", text.chars().take(20).collect::<String>());
            check_refusal(&run(child, ""), command[0], INVALID, word, &what);
            assert!(tree(&sandbox.data()) == before, "{what} changed something");
        }
    }
}

#[test]
fn texts_of_the_maximum_length_are_accepted() {
    for (command, option, limit) in TEXTS {
        let sandbox = furnished();
        let text = "é".repeat(limit);
        ok(&sandbox, command[0], &[&command[1..], &[option, &text]].concat());
        let bytes: Vec<u8> = tree(&sandbox.data()).into_values().flatten().collect();
        assert!(String::from_utf8_lossy(&bytes).contains(&text), "{command:?} {option}");
    }
}

#[test]
fn resuming_with_an_invalid_intent_leaves_the_old_session_parked() {
    let sandbox = furnished().with("CLAUDE_CODE_SESSION_ID", CA5D);
    refused(&sandbox, "cs-session", &["resume", "beef", "--intent", " "], "", INVALID, "intent is empty");
    assert_eq!(sandbox.record(PARKED)["status"], "parked");
}

#[test]
fn invalid_words_numbers_and_lists_are_refused() {
    let sandbox = furnished();
    let cases: [(&[&str], i32, &str); 22] = [
        (&["cs-session", "list", "--status", "waiting"], USAGE, "use active, parked or completed"),
        (&["cs-session", "list", "--status", ""], USAGE, "use active, parked or completed"),
        (&["cs-session", "list", "--state", "busy"], USAGE, "waiting, idle"),
        (&["cs-session", "list", "--limit", "-1"], USAGE, "--limit"),
        (&["cs-session", "list", "--since", "soon"], INVALID, "an age such as 90m"),
        (&["cs-session", "list", "--until", "2026-13-01"], INVALID, "an age such as 90m"),
        (&["cs-task", "update", "ca5d", "--task", "t", "--status", "blocked"], USAGE, "use pending, in_progress"),
        (&["cs-task", "update", "ca5d", "--task", "", "--status", "completed"], NOT, "no task"),
        (&["cs-session", "commit", "ca5d", "--sha", "abc"], INVALID, "4 to 40 hexadecimal digits"),
        (&["cs-session", "commit", "ca5d", "--sha", "HEAD"], INVALID, "4 to 40 hexadecimal digits"),
        (&["cs-session", "complete", "ca5d", "--commits", "[{"], INVALID, "write [{\"sha\""),
        (&["cs-session", "complete", "ca5d", "--commits", "{}"], INVALID, "write [{\"sha\""),
        (&["cs-session", "complete", "ca5d", "--commits", "[{}]"], INVALID, "write [{\"sha\""),
        (&["cs-session", "complete", "ca5d", "--commits", "[{\"sha\":\"x\"}]"], INVALID, "4 to 40"),
        (&["cs-session", "complete", "ca5d", "--commits", ""], INVALID, "write [{\"sha\""),
        (&["cs-session", "resume", "ca5d"], NOT, "park or complete it"),
        (&["cs-session", "resume", "ca5d", "beef"], USAGE, "one session"),
        (&["cs-session", "heartbeat", "beef"], NOT, "not active"),
        (&["cs-session", "heartbeat", "ca5d", "--project", "api"], USAGE, "either sessions or a project"),
        (&["cs-session", "park", "beef", "--reason", "x"], NOT, "not active"),
        (&["cs-session", "request-action", "beef", "--reason", "x"], NOT, "not active"),
        (&["cs-session", "occupants", "--path", "/nowhere"], NOT, "no conversation works in"),
    ];
    for (command, code, word) in cases {
        refused(&sandbox, command[0], &command[1..], "", code, word);
    }
    let steps = ["--next-step", "1", "--next-step", "2", "--next-step", "3", "--next-step", "4"];
    refused(&sandbox, "cs-session", &[&["complete", "ca5d"], &steps[..]].concat(), "", INVALID, "at most 3");
    let twice = ["create", "--project", "api", "--intent", "x", "--claude-session", CA5D];
    refused(&sandbox, "cs-session", &twice, "", NOT, "has the active session");
}

#[test]
fn wrong_command_lines_are_refused() {
    let sandbox = furnished();
    let cases: [&[&str]; 16] = [
        &["cs-session", "frobnicate"],
        &["cs-session", "list", "--status", "active", "--status", "parked"],
        &["cs-session", "list", "--status=active", "--status=parked"],
        &["cs-session", "event", "ca5d", "--message", "a", "--message", "b"],
        &["cs-session", "list", "--nonsense"],
        &["cs-session", "list", "-x"],
        &["cs-session", "list", "nonsense"],
        &["cs-session", "event", "ca5d"],
        &["cs-session", "event", "ca5d", "--message"],
        &["cs-session", "update", "ca5d"],
        &["cs-session", "list", "--stale", "--state", "idle"],
        &["cs-task", "add", "ca5d"],
        &["cs-task", "update", "ca5d", "--task", "t"],
        &["cs-project", "update", "api"],
        &["cs-project", "register", "--path"],
        &["cs-project", "frobnicate"],
    ];
    for command in cases {
        refused(&sandbox, command[0], &command[1..], "", USAGE, command[0]);
    }
}

#[test]
fn input_lines_without_a_session_are_refused() {
    let sandbox = furnished();
    for (input, code, word) in [
        ("", NOT, "no session on standard input"),
        ("\n \n", NOT, "no session on standard input"),
        ("{\"session_id\": \"sess_2026\n", INVALID, "not JSON"),
        ("{\"intent\": \"x\"}\n", INVALID, "has no session_id"),
        ("{\"session_id\": 7}\n", INVALID, "has no session_id"),
        ("{\"session_id\": \"../../etc/passwd\"}\n", INVALID, "write an id such as"),
        ("../../etc/passwd\n", INVALID, "write an id such as"),
        ("[1, 2]\n", INVALID, "write an id such as"),
        ("ca5d\n{\n", INVALID, "not JSON"),
    ] {
        refused(&sandbox, "cs-session", &["event", "-", "--message", "x"], input, code, word);
        refused(&sandbox, "cs-task", &["add", "-", "--subject", "x"], input, code, word);
    }
    let before = tree(&sandbox.data());
    for input in [r"printf 'ca5d\n\377\n' |", "</"] {
        let script = match input {
            "</" => "cs-session event - --message x </".to_owned(),
            pipe => format!("{pipe} cs-session event - --message x"),
        };
        check_refusal(&sandbox.sh(&script), "cs-session", INVALID, "cannot read standard input", &script);
    }
    assert!(tree(&sandbox.data()) == before);
}
