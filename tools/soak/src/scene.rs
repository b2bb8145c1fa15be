//! A data directory with something of every kind in it, which can be reset.
//!
//! Owns the initial contents, and [`truth`]: what must never be lost from a data directory.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use cs_tests::replay::check::records;
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};

/// When the scene is created. Operations run at [`LATER`].
const BEGIN: &str = "2026-11-21T10:00:00Z";
/// An hour later: heartbeats are due, and no event is a duplicate.
pub const LATER: &str = "2026-11-21T11:00:00Z";
/// The day before: the clock was set back.
pub const YESTERDAY: &str = "2026-11-20T11:00:00Z";
/// Long ago, so that what ended then may be archived.
const LONG_AGO: &str = "2026-08-01T10:00:00Z";

/// The conversation `n` of the scene.
pub fn uuid(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

/// Conversations: one that works on a session with an open task, one that waits for a permission, one that has ended,
/// one without a prompt yet, one without any event.
pub const WORKING: u32 = 1;
pub const WAITING: u32 = 2;
pub const ENDED: u32 = 3;
pub const SILENT: u32 = 4;
pub const UNHEARD: u32 = 5;

/// The furnished directory and a copy of it.
pub struct Scene {
    pub sandbox: Sandbox,
    /// Ids of sessions: of the conversations above, then of people.
    pub working: String,
    pub ended: String,
    pub by_hand: String,
    pub parked: String,
    pub old: String,
    /// A session that only the next program touches.
    pub bystander: String,
    copy: PathBuf,
}

impl Scene {
    /// Furnishes a new directory.
    #[allow(clippy::new_without_default)] // it runs programs: not what anyone expects of a default
    pub fn new() -> Scene {
        Scene::on(Sandbox::new())
    }

    /// A copy of the data directory as it was furnished.
    pub fn furnished(&self) -> &Path {
        &self.copy
    }

    /// Furnishes a fresh sandbox.
    pub fn on(sandbox: Sandbox) -> Scene {
        let create = |intent: &str, n: u32, more: &[&str]| {
            let args = ["create", "--project", "work", "--intent", intent, "--claude-session", &uuid(n), "-q"];
            ok(&sandbox, LONG_AGO, &[&["cs-session"], &args[..], more].concat()).trim().to_owned()
        };
        ok(&sandbox, BEGIN, &["cs-project", "register", "-q"]);
        ok(
            &sandbox,
            BEGIN,
            &["cs-project", "update", "work", "--current-phase", "no token", "--next-up", "no token", "-q"],
        );
        let (old, bystander) = (create("long ago", 16, &[]), create("look on", 17, &[]));
        let (by_hand, parked) = (create("by hand", 18, &["--roadmap-ref", "v1"]), create("put aside", 19, &[]));
        ok(&sandbox, LONG_AGO, &["cs-session", "complete", &old, "--outcome", "done", "-q"]);
        ok(&sandbox, BEGIN, &["cs-task", "add", &by_hand, "--subject", "the first", "-q"]);
        ok(&sandbox, BEGIN, &["cs-session", "question", &parked, "--text", "which one?", "-q"]);
        ok(&sandbox, BEGIN, &["cs-task", "add", &parked, "--subject", "left over", "-q"]);
        ok(&sandbox, BEGIN, &["cs-session", "park", &parked, "--reason", "later", "--next-step", "go on", "-q"]);
        converse(&sandbox);
        let of = |n: u32| ok(&sandbox, BEGIN, &["cs-session", "show", &format!("claude:{}", uuid(n)), "-q"]);
        let (working, ended) = (of(WORKING).trim().to_owned(), of(ENDED).trim().to_owned());
        ok(&sandbox, BEGIN, &["cs-task", "add", &working, "--subject", "open", "-q"]);
        let records = [&by_hand, &parked, &working].map(|id| format!("sessions/{id}.json"));
        let files = records.iter().map(String::as_str).chain(["config.json", "projects/work.json"]);
        files.for_each(|file| add_foreign(&sandbox.data().join(file)));
        let copy = sandbox.root().join("copy");
        copy_folder(&sandbox.data(), &copy);
        Scene { sandbox, working, ended, by_hand, parked, old, bystander, copy }
    }

    /// Resets the directory.
    pub fn reset(&self) {
        remove(&self.sandbox.data());
        copy_folder(&self.copy, &self.sandbox.data());
    }
}

/// Adds unknown fields at every level, which must be kept.
fn add_foreign(path: &Path) {
    let text = fs::read_to_string(path).expect("it is there");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    for place in ["/events/0", "/tasks/0"] {
        if let Some(fields) = value.pointer_mut(place).and_then(Value::as_object_mut) {
            fields.insert("of_others".into(), json!({"n": 1.5}));
        }
    }
    value["of_others"] = json!({"list": [1, {"a": null}]});
    fs::write(path, format!("{value:#}\n")).expect("it can be written");
}

fn ok(sandbox: &Sandbox, now: &str, words: &[&str]) -> String {
    let mut command = sandbox.command(words[0]);
    command.args(&words[1..]).env("CS_NOW", now);
    let output = cs_tests::run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{words:?}");
    stdout(&output)
}

/// Sends the events of the scene's conversations.
fn converse(sandbox: &Sandbox) {
    let tell = |n: u32, event: &str, more: Value| {
        let program = cs_tests::replay::program(event).expect("it is registered");
        let output = sandbox.hook(program, &payload(&sandbox.work(), n, event, more));
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
    };
    for n in [WORKING, WAITING, ENDED, SILENT] {
        tell(n, "SessionStart", json!({"source": "startup"}));
    }
    for n in [WORKING, WAITING, ENDED] {
        tell(n, "UserPromptSubmit", json!({"prompt": format!("prompt of {n}"), "prompt_id": format!("p{n}")}));
    }
    tell(WORKING, "Stop", json!({"last_assistant_message": "so far"}));
    tell(
        WAITING,
        "PermissionRequest",
        json!({"tool_name": "Bash", "tool_use_id": "u1", "tool_input": {"command": "ls"}}),
    );
    tell(ENDED, "Stop", json!({"last_assistant_message": "all done"}));
    tell(ENDED, "SessionEnd", json!({"reason": "other"}));
}

/// The payload that a client sends to a hook.
pub fn payload(cwd: &Path, n: u32, event: &str, more: Value) -> String {
    let mut payload = json!({"session_id": uuid(n), "cwd": cwd, "hook_event_name": event});
    if let (Some(fields), Some(more)) = (payload.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    payload.to_string()
}

/// The data that must never be lost, by file: the records, what people set for projects, and the list of projects.
/// Random ids are replaced, so that two runs can be compared.
pub fn truth(data: &Path, known: &[String]) -> Value {
    let json = |path: PathBuf| fs::read_to_string(path).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let said = |path: &PathBuf| {
        let slug = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
        let state = json(path.clone())?;
        let facts = json!([state["current_phase"], state["roadmap_summary"]]);
        // Without these fields the file only has counts and may be lost.
        facts.to_string().contains("token").then_some((slug, facts))
    };
    let projects = fs::read_dir(data.join("projects")).into_iter().flatten().flatten().map(|entry| entry.path());
    let projects: Value = projects.filter_map(|path| said(&path)).collect();
    let config = json(data.join("config.json")).unwrap_or_default();
    let parts = json!({
        "sessions": records(&data.join("sessions")),
        "archive": records(&data.join("sessions/archive")),
        "projects": projects,
        "leases": leases(&data.join("leases")),
        "config": config["projects"],
        "settings": [config["settings"], config["hooks"]],
    });
    neutral(parts, known)
}

/// The leases of each project, without their ids, which are random, and their owners.
fn leases(folder: &Path) -> Value {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: &PathBuf| serde_json::from_str::<Value>(&fs::read_to_string(path).ok()?).ok();
    let neutral = |path: PathBuf| {
        let mut file = read(&path).unwrap_or_else(|| panic!("{}: not JSON", path.display()));
        for lease in file["leases"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            lease.retain(|name, _| !["id", "owner"].contains(&name.as_str()));
        }
        (file["project_slug"].as_str().expect("a text").to_owned(), file)
    };
    files.map(neutral).collect()
}

/// New sessions are called `new`, `new2` …; tasks have no ids.
fn neutral(mut parts: Value, known: &[String]) -> Value {
    let mut fresh: Vec<String> = Vec::new();
    for place in ["sessions", "archive"] {
        let records = parts[place].as_object_mut().into_iter().flatten();
        for (id, record) in records {
            fresh.extend((!known.contains(id)).then(|| id.clone()));
            for task in record["tasks"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                task.remove("id");
            }
        }
    }
    let mut text = parts.to_string();
    for (n, id) in fresh.iter().enumerate() {
        text = text.replace(id, &format!("new{}", n + 1));
    }
    serde_json::from_str(&text).expect("still JSON")
}

/// Removes a folder with its contents, if it exists.
pub fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}: {error}", folder.display());
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).expect("it can be created");
    for entry in fs::read_dir(from).expect("it is there").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy_folder(&path, &to),
            false => _ = fs::copy(&path, &to).expect("it can be copied"),
        }
    }
}
