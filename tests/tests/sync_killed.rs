//! `cs-sync push --into` that is killed anywhere, and what the next run makes of that; a folder that is written anew; as many
//! machines as there are, with few open files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cs_tests::{Sandbox, can_run, has, status, stderr, stdout, strace};
use serde_json::{Value, json};

const TALK: &str = "ca5d0d10-1111-4222-8333-123456789abc";
const OTHER: &str = "beef0d10-1111-4222-8333-123456789abc";
/// The calls before each of which the program is killed.
const CALLS: [&str; 8] = ["write", "fsync", "fdatasync", "syncfs", "rename", "renameat2", "unlink", "mkdir"];
/// What is only there while the source is another one.
const PASSING: &str = "bygone";

fn said(uuid: &str, texts: &[&str]) -> String {
    let line = |(n, text): (usize, &&str)| {
        let message = json!({"role": "user", "content": text});
        let line = json!({"type": "user", "uuid": format!("{uuid}-{n}"), "sessionId": uuid, "cwd": "/w/api",
            "timestamp": format!("2026-11-20T10:00:{n:02}.000Z"), "message": message});
        format!("{line}\n")
    };
    texts.iter().enumerate().map(line).collect()
}

fn log(sandbox: &Sandbox, uuid: &str) -> PathBuf {
    sandbox.home().join(".claude/projects/-w-api").join(format!("{uuid}.jsonl"))
}

#[track_caller]
fn ok(output: &Output) -> String {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    stdout(output)
}

/// Two conversations with logs, and two sessions.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(log(&sandbox, TALK).parent().unwrap()).unwrap();
    fs::write(log(&sandbox, TALK), said(TALK, &["fix the login page", "sooner", "thanks"])).unwrap();
    fs::write(log(&sandbox, OTHER), said(OTHER, &["another plan"])).unwrap();
    for (uuid, intent) in [(TALK, "mend the sooner page"), (OTHER, "plan")] {
        let args = ["create", "--project", "api", "--intent", intent, "--claude-session", uuid, "-q"];
        ok(&sandbox.cs("cs-session", &args));
    }
    sandbox
}

/// Each file with another one beside it, in which one word is another one of the same length.
fn others(sandbox: &Sandbox) -> Vec<PathBuf> {
    let records = fs::read_dir(sandbox.data().join("sessions")).unwrap().map(|entry| entry.unwrap().path());
    let files = records.filter(|path| path.to_string_lossy().contains("/sess_")).chain([log(sandbox, TALK)]);
    let files: Vec<PathBuf> = files.filter(|path| fs::read_to_string(path).unwrap().contains("sooner")).collect();
    assert_eq!(files.len(), 2, "a record and a log: {files:?}");
    for file in &files {
        let text = fs::read_to_string(file).unwrap().replace("sooner", PASSING);
        fs::write(beside(file), text).unwrap();
    }
    files
}

fn beside(file: &Path) -> PathBuf {
    file.with_extension("other")
}

/// Puts the other files in the place of these, and these beside them: the same files, so that their stamps stay.
fn swap(files: &[PathBuf]) {
    for file in files {
        let passing = file.with_extension("passing");
        fs::rename(file, &passing).unwrap();
        fs::rename(beside(file), file).unwrap();
        fs::rename(passing, beside(file)).unwrap();
    }
}

fn push(sandbox: &Sandbox, dir: &Path, more: &[&str]) -> Value {
    let text = ok(&sandbox.cs("cs-sync", &[&["push", "--json", "--into", dir.to_str().unwrap()], more].concat()));
    serde_json::from_str(&text).unwrap()
}

/// All files of a folder, but those of which a run makes others each time.
fn files(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => drop(files.insert(path.clone(), String::from_utf8(fs::read(path).unwrap()).unwrap())),
        }
    }
    files
}

/// The rows of a folder, by source and number: the last word counts.
fn rows(dir: &Path) -> BTreeMap<(String, u64), Value> {
    let mut rows = BTreeMap::new();
    for line in files(dir).values().flat_map(|text| text.lines()) {
        let Ok(mut line) = serde_json::from_str::<Value>(line) else { continue };
        let Some(source) = line["source"].as_str().map(str::to_owned) else { continue };
        if let Some(cut) = line["cut"].as_u64() {
            rows.retain(|(one, seq), _| *one != source || *seq < cut);
        } else if let Some(seq) = line["seq"].as_u64() {
            line["seq"].take();
            rows.insert((source, seq), line);
        }
    }
    rows
}

#[test]
fn a_source_that_is_as_it_was_again_is_sent_again_after_a_kill() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = furnished();
    let (dir, anew) = (sandbox.home().join("shared"), sandbox.home().join("anew"));
    push(&sandbox, &dir, &[]);
    push(&sandbox, &anew, &[]);
    let wanted = rows(&anew);
    assert_eq!(rows(&dir), wanted);
    let changed = others(&sandbox);
    let (input, trace) = (sandbox.root().join("input"), sandbox.root().join("strace"));
    fs::write(&input, "").unwrap();
    let mut kills = 0;
    for call in CALLS {
        for when in 1.. {
            swap(&changed);
            let mut command: Command = sandbox.command("cs-sync");
            command.args(["push", "--into", dir.to_str().unwrap()]);
            let options = ["-e", &format!("trace={call}"), "-e", &format!("inject={call}:signal=KILL:when={when}")];
            let (output, _) = strace::run(&command, &input, &options, &trace);
            let is_killed = !output.status.success();
            swap(&changed);
            push(&sandbox, &dir, &[]);
            assert_eq!(rows(&dir), wanted, "killed before {call} {when}: {is_killed}");
            let left: Vec<PathBuf> =
                files(&dir).into_iter().filter(|(_, text)| text.contains(PASSING)).map(|(path, _)| path).collect();
            assert!(
                left.is_empty(),
                "killed before {call} {when}, and in the files is still what was replaced: {left:?}"
            );
            assert_eq!(push(&sandbox, &dir, &[])["changes"], 0, "{call} {when}");
            match is_killed {
                true => kills += 1,
                false => break,
            }
        }
    }
    println!("{kills} kills");
    assert!(kills > 20, "{kills}");
}

#[test]
fn full_writes_a_folder_anew() {
    let sandbox = furnished();
    let dir = sandbox.home().join("shared");
    push(&sandbox, &dir, &[]);
    let before = files(&dir);
    let shared = before.keys().find(|path| path.ends_with("record.jsonl")).unwrap().clone();
    let held = shared.with_file_name("held.jsonl");
    // What another program left in the files, and lines that no longer count.
    for path in [&shared, &held] {
        fs::write(path, format!("nothing\n{}", before[path].repeat(2))).unwrap();
    }
    fs::write(shared.with_file_name(".rows"), "torn").unwrap();
    assert!(push(&sandbox, &dir, &["--full"])["changes"].as_u64().unwrap() > 0);
    let after = files(&dir);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<String>>();
    let mut wanted = lines(&before[&shared]);
    wanted.retain(|line| !line.contains("\"cut\""));
    assert_eq!((lines(&after[&shared]), after[&shared].lines().count()), (wanted, 2));
    let sources: Vec<Value> = after[&held].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: std::collections::BTreeSet<&str> = sources.iter().map(|one| one["source"].as_str().unwrap()).collect();
    assert_eq!(names.len(), sources.len(), "a line for each source");
    assert_eq!(push(&sandbox, &dir, &[])["changes"], 0);
    let talk = |all: &BTreeMap<PathBuf, String>| {
        all.iter()
            .filter(|(path, _)| path.to_string_lossy().contains("/talk/"))
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(talk(&after), talk(&before));
}

#[test]
fn many_machines_are_pulled_with_few_open_files() {
    if !has(can_run("sqlite3", &["--version"], "sqlite3")) {
        return;
    }
    let sandbox = furnished();
    ok(&sandbox.sh("cs-sync schema sqlite | sqlite3 ~/all.db"));
    let push = |n: usize| {
        let machine = json!({"id": format!("{n:016x}"), "label": format!("number {n}")});
        fs::write(sandbox.data().join("machine.json"), machine.to_string()).unwrap();
        ok(&sandbox.sh("cs-sync push --sqlite ~/all.db -q"));
    };
    (0..50).for_each(push);
    let pull = || ok(&sandbox.sh("ulimit -n 64; cs-sync pull --json --sqlite ~/all.db --into ~/team"));
    let changes = |text: &str| -> Vec<u64> {
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["changes"].as_u64().unwrap()).collect()
    };
    let first = changes(&pull());
    assert!(first.len() == 50 && first.iter().all(|count| *count > 0), "{first:?}");
    assert_eq!(changes(&pull()), [0; 50]);
    let team = sandbox.home().join("team");
    let of = |n: usize| rows(&team.join(format!("{n:016x}")));
    assert!(of(0).len() > 5 && of(0) == of(49));
    // Something new of one of them, and a folder that another program changes meanwhile is left to the next pull.
    fs::write(log(&sandbox, OTHER), said(OTHER, &["another plan", "and more"])).unwrap();
    push(7);
    let third = changes(&pull());
    assert_eq!((third.iter().filter(|count| **count > 0).count(), third[7] > 0), (1, true), "{third:?}");
    assert_eq!(of(7).len(), of(8).len() + 1);
}
