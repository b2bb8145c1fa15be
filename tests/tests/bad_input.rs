//! Wrong input is refused with the right exit code and an error that says what to do, and changes nothing.

#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/numbers.rs"]
mod numbers;
#[path = "bad_input/settings.rs"]
mod settings;
#[path = "bad_input/words.rs"]
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use cs_tests::{Sandbox, run, status, stderr, stdout};

const CA5D: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const BEEF: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";
const ACTIVE: &str = "sess_20261121T1000_ca5d";
const PARKED: &str = "sess_20261121T1000_beef";
/// The id of no session.
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

/// Every file, folder and link under `folder` with its contents. Lock files are left out, since they are empty and
/// taking a lock creates one; but each must belong to something.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(listing) = next.read_dir() else { continue };
        for path in listing.map(|entry| entry.expect("a folder can be read").path()) {
            let meta = path.symlink_metadata().expect("nobody else removes files");
            if path.extension().is_some_and(|extension| extension == "lock") {
                let of = path.with_extension("json");
                assert!(
                    meta.len() == 0 && of.symlink_metadata().is_ok(),
                    "{}: a lock without a record",
                    path.display()
                );
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

/// Runs a program that must fail with `code`, mention `word` in one line of error (and perhaps a hint line), print no
/// data and change nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, program: &str, args: &[&str], input: &str, code: i32, word: &str) {
    let before = tree(&sandbox.data());
    let output = sandbox.feed(program, args, input);
    check_refusal(&output, program, code, word, &format!("{program} {args:?} <{input:?}"));
    assert!(tree(&sandbox.data()) == before, "{program} {args:?} changed something");
}

#[track_caller]
fn check_refusal(output: &Output, program: &str, code: i32, word: &str, what: &str) {
    let reported = stderr(output);
    assert_eq!(status(output), code, "{what}: {reported}");
    assert_eq!(stdout(output), "", "{what}");
    let lines: Vec<&str> = reported.lines().collect();
    assert!(lines[0].starts_with(&format!("{program}: error: ")), "{what}: {reported}");
    assert!(lines.len() == 1 || lines[1].starts_with(&format!("{program}: hint: ")), "{what}: {reported}");
    assert!(lines.len() <= 2 && reported.ends_with('\n'), "{what}: {reported}");
    assert!(reported.contains(word), "{what} does not contain {word:?}: {reported}");
}

/// Writes a file of the data directory.
fn put(sandbox: &Sandbox, file: &str, text: impl AsRef<[u8]>) {
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
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has /dev/full")]
fn unwritable_output_is_an_error_and_a_closed_pipe_is_not() {
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
fn a_missing_home_is_reported() {
    let sandbox = Sandbox::new();
    let mut list = sandbox.command("cs-session");
    list.arg("list").env_remove("CS_HOME").env_remove("HOME");
    let output = run(list, "");
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
    for program in ["cs-session", "cs-task", "cs-project", "cs-export", "cs-cleanup", "cs-usage"] {
        for args in &commands {
            let output = sandbox.feed(program, args, "{\"session_id\":");
            let code = status(&output);
            assert!([0, NOT, USAGE, INVALID].contains(&code), "{program} {args:?}: {code}");
        }
    }
    for program in ["cs-hook", "cs-heartbeat"] {
        for input in ["", "{", "[]", "null", "{}", "\0", "{\"session_id\":7}", "{\"hook_event_name\":\"Stop\"}"] {
            for args in [&[][..], &["--nonsense", "x"]] {
                let output = sandbox.feed(program, args, input);
                assert_eq!((status(&output), stdout(&output)), (0, String::new()), "{program} {args:?} <{input}");
            }
            assert_eq!(status(&sandbox.feed(program, &["--help"], input)), 0, "{program} --help <{input}");
        }
    }
    for script in ["cs-session list >&-", "cs-session show - <&-", "cs-session list 2>&- --nonsense"] {
        assert_ne!(status(&sandbox.sh(script)), 2, "{script}");
    }
}
