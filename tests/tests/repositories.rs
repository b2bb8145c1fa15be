//! How repositories and projects are identified: clones belong together, a folder is one project under any of its
//! paths, and a moved project keeps its identity. With real git repositories.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use cs_tests::{Running, Sandbox, run, status, stderr, stdout};
use serde_json::{Value, json};

#[path = "repositories/known.rs"]
mod known;
#[path = "repositories/moved.rs"]
mod moved;
#[path = "repositories/one.rs"]
mod one;

const GIT: &str = "git -c user.name=ada -c user.email=ada@example.org -c protocol.file.allow=always";

/// A sandbox in which each conversation has its own running client.
struct Town {
    sandbox: Sandbox,
    clients: RefCell<BTreeMap<u32, Running>>,
}

impl Deref for Town {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

fn sandbox() -> Town {
    Town { sandbox: Sandbox::new().without("CLAUDE_PROJECT_DIR"), clients: RefCell::default() }
}

#[track_caller]
fn git(sandbox: &Town, dir: &Path, words: &str) -> String {
    let output = sandbox.sh(&format!("cd '{}' && {GIT} {words}", dir.display()));
    assert_eq!(status(&output), 0, "git {words}: {}", stderr(&output));
    stdout(&output).trim().to_owned()
}

/// Creates a repository with a commit, with or without an `origin`.
fn repository(sandbox: &Town, name: &str, origin: Option<&str>) -> PathBuf {
    let path = sandbox.home().join(name);
    fs::create_dir_all(&path).expect("it can be created");
    git(sandbox, &path, "init -q -b main");
    git(sandbox, &path, &format!("commit -q --allow-empty -m 'of {name}'"));
    if let Some(origin) = origin {
        git(sandbox, &path, &format!("remote add origin '{origin}'"));
    }
    path
}

fn uuid(n: u32) -> String {
    format!("{n:08}-0000-4000-8000-000000000000")
}

#[track_caller]
fn send_event(sandbox: &Town, n: u32, cwd: &str, event: &str, more: Value) -> Output {
    let mut payload = json!({"session_id": uuid(n), "hook_event_name": event, "cwd": cwd});
    payload.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    let mut clients = sandbox.clients.borrow_mut();
    let client = clients.entry(n).or_insert_with(|| sandbox.start("sleep", &["600"]));
    let mut command = sandbox.command("cs-hook");
    command.env("CLAUDE_PID", client.pid().to_string());
    let output = run(command, &payload.to_string());
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
    let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default();
    assert_eq!(log, "", "{event}");
    output
}

/// Starts a conversation with a prompt; returns its project.
#[track_caller]
fn prompt(sandbox: &Town, n: u32, cwd: &Path) -> String {
    prompt_at(sandbox, n, &cwd.to_string_lossy())
}

#[track_caller]
fn prompt_at(sandbox: &Town, n: u32, cwd: &str) -> String {
    send_event(sandbox, n, cwd, "SessionStart", json!({"source": "startup"}));
    send_event(
        sandbox,
        n,
        cwd,
        "UserPromptSubmit",
        json!({"prompt": format!("task {n}"), "prompt_id": format!("p{n}")}),
    );
    of(sandbox, n)["project_slug"].as_str().expect("a project").to_owned()
}

/// The record of a conversation.
#[track_caller]
fn of(sandbox: &Town, n: u32) -> Value {
    let found = sandbox.records().into_iter().find(|record| record["claude_session_id"] == json!(uuid(n)));
    found.expect("it is recorded")
}

fn projects(sandbox: &Town) -> Value {
    sandbox.json("config.json")["projects"].clone()
}

/// The known location of a project.
fn place(sandbox: &Town, slug: &str) -> Value {
    sandbox.json("config.json")["places"][slug].clone()
}

/// The conversations that a command lists.
fn listed(sandbox: &Town, words: &[&str]) -> Vec<u64> {
    let full: &[&str] = if words[0] == "list" { &["--full"] } else { &[] };
    let rows = stdout(&sandbox.cs("cs-session", &[words, full].concat()));
    let rows = rows.lines().map(|row| serde_json::from_str::<Value>(row).expect("JSON"));
    let mut found: Vec<u64> =
        rows.map(|row| row["claude_session_id"].as_str().expect("an id")[..8].parse().expect("a number")).collect();
    found.sort();
    found
}
