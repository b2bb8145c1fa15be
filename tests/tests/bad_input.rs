//! What is wrong is refused: with the right exit code, an error that says what to do, and no byte changed.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, run, status, stderr, stdout};
use serde_json::{Value, json};

const CA5D: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const BEEF: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";
const ACTIVE: &str = "sess_20261121T1000_ca5d";
const PARKED: &str = "sess_20261121T1000_beef";
/// No session has this id.
const NONE: &str = "sess_20261121T1000_0000";
const OUTSIDE: &str = "../../etc/passwd";

const NOT: i32 = 1;
const USAGE: i32 = 64;
const INVALID: i32 = 65;
const DISK: i32 = 74;
const BUSY: i32 = 75;

fn ok(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {args:?}");
    stdout(&output)
}

/// The project `api` with the active session ca5d and the parked session beef.
fn furnish(sandbox: &Sandbox) {
    ok(sandbox, "cs-project", &["register", "--name", "api", "-q"]);
    for uuid in [CA5D, BEEF] {
        let args = ["create", "--project", "api", "--intent", "some work", "--claude-session", uuid, "-q"];
        ok(sandbox, "cs-session", &args);
    }
    ok(sandbox, "cs-task", &["add", "ca5d", "--subject", "write tests", "-q"]);
    ok(sandbox, "cs-session", &["park", "beef", "--reason", "later", "-q"]);
}

fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    sandbox
}

/// Every file, folder and link under `folder` with what it holds. Lock files are left out: they hold nothing, and
/// taking a lock makes one; but each must belong to something.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(listing) = next.read_dir() else { continue };
        for path in listing.map(|entry| entry.expect("a folder can be read").path()) {
            let meta = path.symlink_metadata().expect("nobody else removes files");
            if path.extension().is_some_and(|extension| extension == "lock") {
                let of = path.with_extension("json");
                assert!(meta.len() == 0 && of.symlink_metadata().is_ok(), "{}: a lock of nothing", path.display());
                continue;
            }
            let held = match meta.file_type() {
                kind if kind.is_dir() => b"folder".to_vec(),
                kind if kind.is_symlink() => {
                    fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
                }
                kind if kind.is_file() => fs::read(&path).expect("it can be read"),
                _ => b"special".to_vec(),
            };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            all.insert(path, held);
        }
    }
    all
}

/// Runs what must fail with `code`, tell `word` in one line of error (and perhaps one with a hint), print no data
/// and change nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, program: &str, args: &[&str], input: &str, code: i32, word: &str) {
    let before = tree(&sandbox.data());
    let output = sandbox.feed(program, args, input);
    check_refusal(&output, program, code, word, &format!("{program} {args:?} <{input:?}"));
    assert!(tree(&sandbox.data()) == before, "{program} {args:?} changed something");
}

#[track_caller]
fn check_refusal(output: &Output, program: &str, code: i32, word: &str, what: &str) {
    let told = stderr(output);
    assert_eq!(status(output), code, "{what}: {told}");
    assert_eq!(stdout(output), "", "{what}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with(&format!("{program}: error: ")), "{what}: {told}");
    assert!(lines.len() == 1 || lines[1].starts_with(&format!("{program}: hint: ")), "{what}: {told}");
    assert!(lines.len() <= 2 && told.ends_with('\n'), "{what}: {told}");
    assert!(told.contains(word), "{what} does not say {word:?}: {told}");
}

/// Writes a file of the data directory.
fn put(sandbox: &Sandbox, file: &str, text: &str) {
    fs::write(sandbox.data().join(file), text).expect("it can be written");
}

/// Commands on one session; each takes the id as its second argument.
const ON_A_SESSION: [&[&str]; 15] = [
    &["cs-session", "show"],
    &["cs-session", "update", "--intent", "x"],
    &["cs-session", "event", "--message", "x"],
    &["cs-session", "commit", "--sha", "abcd"],
    &["cs-session", "capture-commits", "--repo", "."],
    &["cs-session", "decision", "--text", "x"],
    &["cs-session", "question", "--text", "x"],
    &["cs-session", "request-action", "--reason", "x"],
    &["cs-session", "clear-action"],
    &["cs-session", "park", "--reason", "x"],
    &["cs-session", "resume"],
    &["cs-session", "complete"],
    &["cs-session", "heartbeat"],
    &["cs-task", "add", "--subject", "x"],
    &["cs-task", "list"],
];

fn with_id<'a>(command: &[&'a str], id: &'a str) -> (&'a str, Vec<&'a str>) {
    (command[0], [&[command[1], id], &command[2..]].concat())
}

#[test]
fn ids_that_fit_none_or_several_or_cannot_be() {
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
fn names_that_lead_out_of_the_data_directory() {
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

/// Every option that takes a text of people: the command, the option, and how many characters it may have.
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
    (&["cs-session", "resume", "beef"], "--intent", 500),
    (&["cs-task", "add", "ca5d"], "--subject", 300),
    (&["cs-project", "register"], "--name", 100),
    (&["cs-project", "update", "api"], "--current-phase", 500),
    (&["cs-project", "update", "api"], "--completed", 500),
    (&["cs-project", "update", "api"], "--in-progress", 500),
    (&["cs-project", "update", "api"], "--next-up", 500),
];

#[test]
fn texts_that_are_empty_or_too_long_or_no_texts() {
    let sandbox = furnished();
    let elsewhere = sandbox.home().join("elsewhere");
    fs::create_dir(&elsewhere).expect("it can be made");
    for (command, option, limit) in TEXTS {
        let long = "é".repeat(limit + 1);
        let told = format!("has {} characters, at most {limit} are allowed", limit + 1);
        for (text, word) in [
            ("", "is empty"),
            (" \t\n ", "is empty"),
            (long.as_str(), told.as_str()),
            ("a\u{1b}[31mb", "control character"),
            ("a\u{7}b", "control character"),
            ("a\u{9b}b", "control character"),
        ] {
            let mut child = sandbox.command(command[0]);
            // Not in the project's folder: nothing may be registered either.
            child.args(&command[1..]).args([option, text]).current_dir(&elsewhere);
            let before = tree(&sandbox.data());
            let what = format!("{command:?} {option} {:?}", text.chars().take(20).collect::<String>());
            check_refusal(&run(child, ""), command[0], INVALID, word, &what);
            assert!(tree(&sandbox.data()) == before, "{what} changed something");
        }
    }
}

#[test]
fn texts_that_just_fit_are_taken() {
    for (command, option, limit) in TEXTS {
        let sandbox = furnished();
        let text = "é".repeat(limit);
        ok(&sandbox, command[0], &[&command[1..], &[option, &text]].concat());
        let bytes: Vec<u8> = tree(&sandbox.data()).into_values().flatten().collect();
        assert!(String::from_utf8_lossy(&bytes).contains(&text), "{command:?} {option}");
    }
}

#[test]
fn resuming_inside_a_conversation_with_a_bad_intent_leaves_the_old_session_parked() {
    let sandbox = furnished().with("CLAUDE_CODE_SESSION_ID", CA5D);
    refused(&sandbox, "cs-session", &["resume", "beef", "--intent", " "], "", INVALID, "intent is empty");
    assert_eq!(sandbox.record(PARKED)["status"], "parked");
}

#[test]
fn words_numbers_and_lists_that_are_none() {
    let sandbox = furnished();
    let cases: [(&[&str], i32, &str); 22] = [
        (&["cs-session", "list", "--status", "done"], USAGE, "use active, parked or completed"),
        (&["cs-session", "list", "--status", ""], USAGE, "use active, parked or completed"),
        (&["cs-session", "list", "--state", "busy"], USAGE, "waiting, idle"),
        (&["cs-session", "list", "--limit", "-1"], USAGE, "--limit"),
        (&["cs-session", "list", "--since", "soon"], INVALID, "an age such as 12h or 7d"),
        (&["cs-session", "list", "--until", "2026-13-01"], INVALID, "an age such as 12h or 7d"),
        (&["cs-task", "update", "ca5d", "--task", "t", "--status", "done"], USAGE, "use pending, in_progress"),
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
fn command_lines_that_are_wrong() {
    let sandbox = furnished();
    let cases: [&[&str]; 17] = [
        &["cs-session"],
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
        &["cs-project"],
    ];
    for command in cases {
        refused(&sandbox, command[0], &command[1..], "", USAGE, command[0]);
    }
}

#[test]
fn lines_on_standard_input_that_name_nothing() {
    let sandbox = furnished();
    for (input, code, word) in [
        ("", NOT, "no session came on standard input"),
        ("\n \n", NOT, "no session came on standard input"),
        ("{\"session_id\": \"sess_2026\n", INVALID, "no JSON"),
        ("{\"intent\": \"x\"}\n", INVALID, "has no session_id"),
        ("{\"session_id\": 7}\n", INVALID, "has no session_id"),
        ("{\"session_id\": \"../../etc/passwd\"}\n", INVALID, "write an id such as"),
        ("../../etc/passwd\n", INVALID, "write an id such as"),
        ("[1, 2]\n", INVALID, "write an id such as"),
        ("ca5d\n{\n", INVALID, "no JSON"),
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

/// Ways in which a record can be no record: how to make it of a good one, and the word that the error says.
fn damages() -> Vec<(fn(&Path), &'static str)> {
    let torn = |path: &Path| {
        let text = fs::read(path).expect("it is there");
        fs::write(path, &text[..text.len() / 2]).expect("it can be written");
    };
    let symlinked = |path: &Path| {
        let aside = path.with_extension("aside");
        fs::rename(path, &aside).expect("it can be moved");
        symlink(aside, path).expect("it can be linked");
    };
    let folder = |path: &Path| {
        fs::remove_file(path).expect("it is there");
        fs::create_dir(path).expect("it can be made");
    };
    let oversized = |path: &Path| {
        let file = File::options().append(true).open(path).expect("it is there");
        file.set_len(10 * 1024 * 1024 + 1).expect("it can grow");
    };
    let fifo = |path: &Path| {
        fs::remove_file(path).expect("it is there");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo can be run").success());
    };
    let renamed = |path: &Path| {
        let text = fs::read_to_string(path).expect("it is there");
        fs::write(path, text.replace(ACTIVE, NONE)).expect("it can be written");
    };
    vec![
        (torn, "cannot understand"),
        (|path| fs::write(path, "").expect("it can be written"), "it is empty"),
        (|path| fs::write(path, "[]").expect("it can be written"), "cannot understand"),
        (|path| fs::write(path, "{\"session_id\": 1}").expect("it can be written"), "cannot understand"),
        (|path| fs::write(path, [0xff, 0xfe, 0]).expect("it can be written"), "cannot understand"),
        (oversized, "at most 10485760 are read"),
        (symlinked, "symbolic link"),
        (folder, "not a regular file"),
        (fifo, "not a regular file"),
        (renamed, "it holds the session"),
    ]
}

#[test]
fn records_that_are_none_are_named_and_left_alone() {
    for (damage, word) in damages() {
        let sandbox = furnished();
        damage(&sandbox.data().join(format!("sessions/{ACTIVE}.json")));
        for command in ON_A_SESSION.iter().filter(|command| !command.contains(&"capture-commits")) {
            let (program, args) = with_id(command, ACTIVE);
            refused(&sandbox, program, &args, "", INVALID, word);
        }
        let before = tree(&sandbox.data());
        assert_eq!(ok(&sandbox, "cs-session", &["show", "beef", "-q"]).trim(), PARKED);
        assert!(ok(&sandbox, "cs-session", &["list", "-q"]).contains(PARKED), "{word}");
        let full = sandbox.cs("cs-session", &["list", "--full"]);
        assert_eq!((status(&full), stdout(&full).lines().count()), (INVALID, 1), "{word}: the other one is shown");
        let overview: Value = serde_json::from_str(&ok(&sandbox, "cs-project", &["overview"])).expect("JSON");
        assert_eq!(overview["damaged"][0]["session_id"], ACTIVE, "{word}");
        assert!(tree(&sandbox.data()) == before, "{word}: readers write nothing");
    }
}

#[test]
fn a_torn_index_is_seen_through() {
    let sandbox = furnished();
    let whole = fs::read_to_string(sandbox.data().join("sessions/_index.json")).expect("it is there");
    let listed = ok(&sandbox, "cs-session", &["list"]);
    let overview = ok(&sandbox, "cs-project", &["overview"]);
    let cuts = (0..whole.len()).step_by(37).map(|end| whole[..end].to_owned());
    let nonsense = ["null", "[]", "{\"sess_1\": 7}", "\0\0\0\0", "{\n}\n}\n"].map(str::to_owned);
    for text in cuts.chain(nonsense) {
        put(&sandbox, "sessions/_index.json", &text);
        let before = tree(&sandbox.data());
        assert_eq!(ok(&sandbox, "cs-session", &["list"]), listed, "{text:?}");
        assert_eq!(ok(&sandbox, "cs-project", &["overview"]), overview, "{text:?}");
        ok(&sandbox, "cs-session", &["show", "ca5d"]);
        assert!(tree(&sandbox.data()) == before, "readers write nothing");
    }
    put(&sandbox, "sessions/_index.json", &whole[..whole.len() - 3]);
    ok(&sandbox, "cs-session", &["complete", "beef", "-q"]);
    let index = sandbox.json("sessions/_index.json");
    let statuses = (&index[ACTIVE]["status"], &index[PARKED]["status"]);
    assert_eq!(statuses, (&json!("active"), &json!("completed")), "it was rebuilt, not replaced by a smaller one");
}

#[test]
fn a_newer_record_is_read_and_never_written() {
    let sandbox = furnished();
    let mut record = sandbox.record(ACTIVE);
    record["schema_version"] = json!(5);
    record["of_tomorrow"] = json!({"x": 1});
    put(&sandbox, &format!("sessions/{ACTIVE}.json"), &record.to_string());
    let shown = ok(&sandbox, "cs-session", &["show", "ca5d"]);
    assert!(shown.contains("\"schema_version\":5") && shown.contains("\"of_tomorrow\":{\"x\":1}"), "{shown}");
    ok(&sandbox, "cs-task", &["list", "ca5d"]);
    ok(&sandbox, "cs-session", &["list", "--full"]);
    let readers = ["show", "list", "resume"];
    for command in ON_A_SESSION.iter().filter(|command| !readers.contains(&command[1])) {
        let (program, args) = with_id(command, ACTIVE);
        let git = Command::new("git").args(["init", "-q"]).current_dir(sandbox.work()).status();
        assert!(git.expect("git can be run").success());
        if command[1] != "capture-commits" {
            refused(&sandbox, program, &args, "", NOT, "update claude-sessions");
        }
    }
}

#[test]
fn a_torn_config_is_named_and_left_alone() {
    let sandbox = furnished();
    for text in ["", "{\"version\": 1, \"projects\": {", "[]"] {
        put(&sandbox, "config.json", text);
        refused(&sandbox, "cs-project", &["register", "--name", "x"], "", INVALID, "config.json");
        refused(&sandbox, "cs-session", &["create", "--intent", "x"], "", INVALID, "config.json");
        assert_eq!(ok(&sandbox, "cs-session", &["show", "ca5d", "-q"]).trim(), ACTIVE);
    }
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_told() {
    let sandbox = furnished();
    let path = sandbox.data().join(format!("sessions/{ACTIVE}.lock"));
    let lock = File::options().create(true).append(true).open(path).expect("it can be opened");
    // SAFETY: flock only takes numbers.
    assert_eq!(unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX) }, 0);
    let began = Instant::now();
    refused(&sandbox, "cs-session", &["event", "ca5d", "--message", "x"], "", BUSY, "try again");
    let took = began.elapsed();
    assert!(took > Duration::from_millis(4500) && took < Duration::from_secs(9), "{took:?}");
    ok(&sandbox, "cs-session", &["show", "ca5d", "-q"]);
    ok(&sandbox, "cs-session", &["list", "-q"]);
    drop(lock);
    ok(&sandbox, "cs-session", &["event", "ca5d", "--message", "x", "-q"]);
}

/// Commands that write, and all on files of their own.
const WRITERS: [&[&str]; 8] = [
    &["cs-session", "event", "ca5d", "--message", "x"],
    &["cs-session", "park", "ca5d", "--reason", "x"],
    &["cs-session", "complete", "beef"],
    &["cs-session", "resume", "beef"],
    &["cs-session", "create", "--project", "api", "--intent", "x"],
    &["cs-task", "add", "ca5d", "--subject", "x"],
    &["cs-project", "update", "api", "--current-phase", "x"],
    &["cs-project", "register", "--name", "x"],
];

/// Somebody who is not root, whom permissions bind.
const NOBODY: u32 = 65534;

#[test]
fn a_directory_that_cannot_be_written() {
    let sandbox = furnished();
    // SAFETY: geteuid takes and changes nothing.
    let root = unsafe { libc::geteuid() } == 0;
    let writers = sandbox.root().join("writers");
    fs::create_dir(&writers).expect("it can be made");
    for name in ["cs-session", "cs-task", "cs-project"] {
        fs::copy(cs_tests::programs().join(name), writers.join(name)).expect("it can be copied");
    }
    fs::set_permissions(sandbox.root(), Permissions::from_mode(0o755)).expect("it is ours");
    let everything: Vec<PathBuf> = all_paths(&sandbox.data());
    for path in everything.iter().filter(|_| root) {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    let folders: Vec<&PathBuf> = everything.iter().filter(|path| path.is_dir()).collect();
    folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o500)).expect("it is ours"));
    let start = |command: &[&str]| {
        let mut child = sandbox.command(writers.join(command[0]).to_str().expect("UTF-8"));
        child.args(&command[1..]);
        if root {
            child.uid(NOBODY).gid(NOBODY);
        }
        run(child, "")
    };
    let before = tree(&sandbox.data());
    for command in WRITERS {
        check_refusal(&start(command), command[0], DISK, "Permission denied", &format!("{command:?}"));
    }
    assert!(tree(&sandbox.data()) == before);
    assert_eq!(stdout(&start(&["cs-session", "list", "-q"])).lines().count(), 2, "reading needs no permission");
    folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o700)).expect("it is ours"));
}

fn all_paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        let inside = path.read_dir().into_iter().flatten().flatten();
        paths.extend(inside.map(|entry| entry.path()));
    }
    paths
}

/// A small disk of its own; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    /// A tmpfs of `kib` KiB; None where one may not mount.
    fn new(place: PathBuf, kib: usize) -> Option<Disk> {
        fs::create_dir_all(&place).expect("it can be made");
        let size = format!("size={kib}k,mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&place).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Disk(place))
    }

    /// Fills the disk but for `pages` pages of 4 KiB.
    fn fill(&self, pages: usize) {
        let filler = self.0.join("filler");
        let mut file = File::create(&filler).expect("it can be made");
        let mut written = 0;
        while file.write_all(&[0; 4096]).is_ok() {
            written += 4096;
        }
        file.set_len(written.max(pages as u64 * 4096) - pages as u64 * 4096).expect("it can shrink");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk() {
    for pages in 0..6 {
        for command in WRITERS {
            let sandbox = Sandbox::new();
            let Some(disk) = Disk::new(sandbox.data(), 128) else {
                return eprintln!("skipped: no small disk can be mounted here (that needs root)");
            };
            furnish(&sandbox);
            let facts = |record: &Value| json!([record["intent"], record["tasks"][0]["subject"], record["started_at"]]);
            let old: BTreeMap<String, Value> =
                [ACTIVE, PARKED].map(|id| (id.to_owned(), facts(&sandbox.record(id)))).into();
            disk.fill(pages);
            let before = tree(&sandbox.data());
            let output = sandbox.cs(command[0], &command[1..]);
            if pages == 0 || status(&output) != 0 {
                check_refusal(&output, command[0], DISK, "No space left", &format!("{command:?}, {pages} pages"));
            }
            let after = tree(&sandbox.data());
            if pages == 0 {
                assert!(after == before, "{command:?} changed something: {:?}", after.keys());
            }
            let litter = after.keys().find(|path| path.to_string_lossy().contains(".tmp-"));
            assert_eq!(litter, None, "{command:?}, {pages} pages");
            for (id, was) in &old {
                assert_eq!(facts(&sandbox.record(id)), *was, "{command:?}, {pages} pages");
            }
            let shown = ok(&sandbox, "cs-session", &["list"]);
            for record in sandbox.records() {
                let row = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                let row = row.into_iter().find(|row| row["session_id"] == record["session_id"]).expect("it is listed");
                assert_eq!(row["status"], record["status"], "{command:?}, {pages} pages");
            }
        }
    }
}

#[test]
fn output_that_cannot_be_written() {
    if !Path::new("/dev/full").exists() {
        return eprintln!("skipped: there is no /dev/full");
    }
    let sandbox = furnished();
    for command in ["cs-session list", "cs-session show ca5d", "cs-session --help", "cs-project overview -q"] {
        let output = sandbox.sh(&format!("{command} >/dev/full"));
        assert_eq!(status(&output), DISK, "{command}");
        assert!(stderr(&output).contains("cannot write the output: No space left"), "{command}");
    }
    for command in ["cs-session list", "cs-session show ca5d", "cs-session --help", "cs-project overview -q"] {
        let output = sandbox.sh(&format!("{{ sleep 0.05; {command}; echo $? >code; }} | true; cat code"));
        assert_eq!((stdout(&output), stderr(&output)), ("0\n".into(), String::new()), "{command} and a closed pipe");
    }
}

#[test]
fn where_there_is_no_home() {
    let sandbox = Sandbox::new().without("CS_HOME").without("HOME").without("CLAUDE_CONFIG_DIR");
    let output = sandbox.cs("cs-session", &["list"]);
    check_refusal(&output, "cs-session", INVALID, "set CS_HOME to the data directory", "no home");
    let sandbox = Sandbox::new().with("CS_HOME", "/dev/null/nowhere");
    let output = sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "x"]);
    check_refusal(&output, "cs-session", DISK, "/dev/null/nowhere", "no folder");
}

#[test]
fn nothing_ever_exits_with_two() {
    let sandbox = furnished();
    let words = ["list", "show", "update", "ca5d", "--status", "parked", "-", "--", "--help", "-q", "\u{1}stdin", "é"];
    let mut commands: Vec<Vec<&str>> = words.iter().map(|word| vec![*word]).collect();
    for first in words {
        commands.extend(words.iter().map(|second| vec![first, second]));
        commands.extend(words.iter().map(|second| vec![first, second, "--json", "-V"]));
    }
    for program in ["cs-session", "cs-task", "cs-project"] {
        for args in &commands {
            let output = sandbox.feed(program, args, "{\"session_id\":");
            let code = status(&output);
            assert!([0, NOT, USAGE, INVALID].contains(&code), "{program} {args:?}: {code}");
        }
    }
    for program in ["cs-hook", "cs-heartbeat"] {
        for input in ["", "{", "[]", "null", "{}", "\0", "{\"session_id\":7}", "{\"hook_event_name\":\"Stop\"}"] {
            for args in [&[][..], &["--help"], &["--nonsense", "x"]] {
                let output = sandbox.feed(program, args, input);
                assert_eq!((status(&output), stdout(&output)), (0, String::new()), "{program} {args:?} <{input}");
            }
        }
    }
    for script in ["cs-session list >&-", "cs-session show - <&-", "cs-session list 2>&- --nonsense"] {
        assert_ne!(status(&sandbox.sh(script)), 2, "{script}");
    }
}
