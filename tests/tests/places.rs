//! Paths in the data directory and in the clients' folders that are not what they should be: pipes, devices and
//! links where a file or a directory belongs. No program waits for them, and none reads or writes through a link.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use cs_tests::{Sandbox, run, status, stderr, workspace};
use serde_json::json;

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const DAY: &str = "2026-11-21";
/// The exit code of `timeout` after a kill.
const HUNG: i32 = 124;

/// A data directory with one session whose conversation runs, has a task and reported figures.
fn furnished() -> (Sandbox, String) {
    let sandbox = Sandbox::new().with("CLAUDE_PID", std::process::id().to_string());
    let work = sandbox.work();
    let transcript = sandbox.home().join(format!(".claude/projects/-work/{UUID}.jsonl"));
    fs::create_dir_all(transcript.parent().expect("it has one")).expect("it can be created");
    fs::write(&transcript, "{}\n").expect("it can be written");
    for (event, more) in
        [("SessionStart", json!({"source": "startup"})), ("UserPromptSubmit", json!({"prompt": "fix it"}))]
    {
        let mut payload =
            json!({"session_id": UUID, "hook_event_name": event, "cwd": work, "transcript_path": transcript});
        payload.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        sandbox.hook("cs-hook", &payload.to_string());
    }
    let id = sandbox.records()[0]["session_id"].as_str().expect("it has an id").to_owned();
    assert_eq!(status(&sandbox.cs("cs-task", &["add", &id, "--subject", "write tests", "-q"])), 0);
    assert_eq!(status(&sandbox.hook("cs-statusline", &figures())), 0);
    (sandbox, id)
}

fn figures() -> String {
    json!({"session_id": UUID, "cost": {"total_cost_usd": 1.0}, "context_window": {"used_percentage": 40}}).to_string()
}

/// Every command that reads, with its input.
fn calls(id: &str) -> Vec<(Vec<&str>, String)> {
    let hook = |event: &str, more: serde_json::Value| {
        let mut payload = json!({"session_id": UUID, "hook_event_name": event, "cwd": "/"});
        payload.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        payload.to_string()
    };
    let silent = |words: &[&'static str]| (words.to_vec(), String::new());
    let of = |words: &[&'static str], more: &'static [&'static str]| {
        words.iter().copied().chain([id]).chain(more.iter().copied()).collect::<Vec<_>>()
    };
    vec![
        (vec!["cs-hook"], hook("SessionStart", json!({"source": "resume"}))),
        (vec!["cs-hook"], hook("UserPromptSubmit", json!({"prompt": "go on"}))),
        (vec!["cs-heartbeat"], hook("Stop", json!({}))),
        silent(&["cs-heartbeat"]),
        (vec!["cs-statusline"], figures()),
        silent(&["cs-session", "list", "--include-archived"]),
        (of(&["cs-session", "show"], &[]), String::new()),
        silent(&["cs-session", "occupants"]),
        (of(&["cs-session", "event"], &["--message", "x"]), String::new()),
        silent(&["cs-project", "show", "work"]),
        silent(&["cs-project", "overview"]),
        (of(&["cs-task", "list"], &[]), String::new()),
        (of(&["cs-export"], &[]), String::new()),
        silent(&["cs-notify", "--dry-run"]),
        silent(&["cs-usage", "daily"]),
        silent(&["cs-usage", "keep"]),
        silent(&["cs-cleanup", "check"]),
        silent(&["cs-cleanup", "all"]),
        (vec!["cs-hook"], hook("SessionEnd", json!({"reason": "other"}))),
    ]
}

/// Runs a program that must end by itself soon.
#[track_caller]
fn ends(sandbox: &Sandbox, words: &[&str], input: &str, what: &str) -> Output {
    let mut command = sandbox.command("timeout");
    command.args(["10"]).args(words);
    let output = run(command, input);
    assert_ne!(status(&output), HUNG, "{words:?} hung: {what}");
    assert!(
        (0..=75).contains(&status(&output)) && ![2, 64].contains(&status(&output)),
        "{words:?}: {what}: {output:?}"
    );
    output
}

/// The files that FORMAT.md names, with `<id>` and other placeholders filled in.
fn named_files(id: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace().join("core/FORMAT.md")).expect("it is there");
    let section = text.split("\n## Files\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let cells = section.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let places =
        [("<id>", id), ("<slug>", "work"), ("<uuid>", UUID), ("<day>", DAY), ("<part>", "00"), ("<job>", "cleanup")];
    let filled = |name: String| places.iter().fold(name, |name, (place, text)| name.replace(place, text));
    names.filter(|name| !name.contains("<folder>") && !name.contains('*')).map(filled).collect()
}

/// Replaces a path by a pipe without a writer.
fn pipe_at(path: &Path) {
    let _ = fs::remove_file(path);
    fs::create_dir_all(path.parent().expect("it has one")).expect("it can be created");
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()), "{}", path.display());
}

#[test]
fn no_program_waits_for_a_pipe_in_the_data_directory() {
    let (_, id) = furnished();
    let files = named_files(&id);
    assert!(files.len() > 25 && files.contains(&"logs/hook.log".to_string()), "{files:?}");
    for file in files {
        let (sandbox, id) = furnished();
        let path = sandbox.data().join(&file);
        for (words, input) in calls(&id) {
            // Some replace it by a file. Hooks want to log their problems.
            pipe_at(&path);
            pipe_at(&sandbox.data().join("logs/hook.log"));
            ends(&sandbox, &words, &input, &file);
        }
    }
}

#[test]
fn no_program_waits_for_a_pipe_in_a_clients_folders() {
    let (sandbox, id) = furnished();
    for file in [
        ".claude/settings.json",
        ".claude/stats-cache.json",
        ".claude/plugins/installed_plugins.json",
        ".claude/plugins/known_marketplaces.json",
        ".codex/hooks.json",
        ".codex/config.toml",
        &format!(".claude/sessions/{}.json", std::process::id()),
        &format!(".claude/projects/-work/{UUID}.jsonl"),
        ".codex/sessions/2026/11/21/rollout-2026-11-21T10-00-00-1efc27bb-f68f-47d0-bb52-fc872cee82d8.jsonl",
        "work/.git",
    ] {
        let path = sandbox.home().join(file);
        pipe_at(&path);
        for (words, input) in calls(&id) {
            ends(&sandbox, &words, &input.replace("\"cwd\":\"/\"", &format!("\"cwd\":{:?}", sandbox.work())), file);
        }
        fs::remove_file(&path).expect("it is there");
    }
}

/// The directories of the data directory, by FORMAT.md.
const DIRECTORIES: [&str; 11] = [
    "sessions",
    "sessions/archive",
    "projects",
    "context",
    "live",
    "ended",
    "statusline",
    "usage",
    "usage/cache",
    "logs",
    "spool",
];

#[test]
fn a_link_in_place_of_a_directory_is_neither_read_nor_written_through() {
    for name in DIRECTORIES {
        let (sandbox, id) = furnished();
        let (dir, outside) = (sandbox.data().join(name), sandbox.root().join("outside"));
        let _ = fs::create_dir_all(&dir);
        fs::rename(&dir, &outside).expect("it can be moved");
        symlink(&outside, &dir).expect("it can be created");
        let before = tree(&outside);
        let mut reported = String::new();
        for (words, input) in calls(&id) {
            reported += &stderr(&ends(&sandbox, &words, &input, name));
            assert_eq!(tree(&outside), before, "{words:?} wrote through {name}");
        }
        let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default();
        let is_told =
            [reported, log].iter().any(|text| text.contains("it is a symbolic link, which is never followed"));
        // Caches, which are not missed, and directories that were empty.
        let is_silent = ["context", "statusline", "usage/cache", "logs", "spool"].contains(&name);
        assert!(is_told || is_silent, "no reason given for ignoring {name}");
        if ["sessions", "live"].contains(&name) {
            assert_eq!(status(&sandbox.cs("cs-project", &["overview"])), 65, "{name}");
        }
    }
}

#[test]
fn the_data_directory_itself_may_be_a_link() {
    let (sandbox, id) = furnished();
    let elsewhere = sandbox.root().join("elsewhere");
    fs::rename(sandbox.data(), &elsewhere).expect("it can be moved");
    symlink(&elsewhere, sandbox.data()).expect("it can be created");
    for suffix in ["", "/", "/."] {
        let name = format!("{}{suffix}", sandbox.data().display());
        let show = |words: &[&str]| {
            let mut command = sandbox.command(words[0]);
            command.args(&words[1..]).env("CS_HOME", &name);
            run(command, "")
        };
        let output = show(&["cs-session", "event", &id, "--message", &name]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "CS_HOME={name}");
        assert_eq!(status(&show(&["cs-cleanup", "check"])), 0);
    }
    let events = sandbox.record(&id)["events"].as_array().map(Vec::len);
    assert_eq!(events, Some(3));
    assert!(sandbox.data().is_symlink());
}

/// The paths and contents of a directory.
fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it is a directory").flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    found.push((entry.path().display().to_string(), fs::read(entry.path()).expect("it can be read")));
                }
            }
        }
    }
    found.sort();
    found
}
