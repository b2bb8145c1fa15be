//! The format on disk: every older version is read and kept, a data directory of the Python tool works unchanged, and
//! that tool can read what we write. The samples are the contract; FORMAT.md shows one of them.

use std::fs;
use std::path::Path;

use cs_tests::{Sandbox, can_run, has, run, status, stderr, stdout, workspace};
use serde_json::{Map, Value, json};

const OLD: [&str; 3] = ["v1", "v2", "v3"];

/// The text of `tests/samples/<name>.json`.
fn sample_text(name: &str) -> String {
    let path = workspace().join(format!("tests/samples/{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn sample(name: &str) -> Value {
    serde_json::from_str(&sample_text(name)).expect("a sample is JSON")
}

fn id(record: &Value) -> String {
    record["session_id"].as_str().expect("a record has an id").to_owned()
}

/// Runs a program that must succeed; returns its output.
fn ok(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {args:?}");
    stdout(&output)
}

/// Writes a file of the data directory.
fn put(sandbox: &Sandbox, file: &str, text: &str) {
    let path = sandbox.data().join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(path, text).expect("it can be written");
}

/// A data directory with the records of these samples and nothing else.
fn with_records(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in names {
        put(&sandbox, &format!("sessions/{}.json", id(&sample(name))), &sample_text(name));
    }
    sandbox
}

/// A record in version 4: fields that older versions lack are empty.
fn migrated(mut record: Value) -> Value {
    let fields = record.as_object_mut().expect("an object");
    fields.entry("tasks").or_insert_with(|| json!([]));
    fields.entry("worktree_root").or_insert(Value::Null);
    fields.entry("claude_session_id").or_insert(Value::Null);
    fields.insert("schema_version".into(), json!(4));
    record
}

#[test]
fn each_sample_has_the_version_in_its_name() {
    let lacks = |name: &str, field: &str| sample(name).get(field).is_none();
    assert!(lacks("v1", "schema_version") && lacks("v1", "tasks") && lacks("v1", "worktree_root"));
    assert!(!lacks("v2", "tasks") && lacks("v2", "worktree_root"));
    assert!(!lacks("v3", "worktree_root") && lacks("v3", "claude_session_id"));
    assert!(!lacks("v4", "claude_session_id"));
}

#[test]
fn records_of_every_version_are_shown_and_listed() {
    for name in ["v1", "v2", "v3", "v4"] {
        let sandbox = with_records(&[name]);
        let sample = sample(name);
        let mut shown: Value =
            serde_json::from_str(&ok(&sandbox, "cs-session", &["show", &id(&sample)])).expect("JSON");
        let added = ["state", "state_reason"].map(|field| shown.as_object_mut().and_then(|o| o.remove(field)));
        assert!(added.iter().all(Option::is_some));
        assert_eq!(shown, migrated(sample.clone()), "{name}");
        assert_eq!(ok(&sandbox, "cs-session", &["list", "-q"]).trim(), id(&sample));
        let path = sandbox.data().join(format!("sessions/{}.json", id(&sample)));
        assert_eq!(fs::read_to_string(path).expect("it is there"), sample_text(name), "readers write nothing");
    }
}

#[test]
fn an_update_keeps_everything_and_writes_version_four() {
    for name in ["v1", "v2", "v3", "v4"] {
        let sandbox = with_records(&[name]);
        let id = id(&sample(name));
        ok(&sandbox, "cs-session", &["update", &id, "--branch", "other", "-q"]);
        ok(&sandbox, "cs-session", &["event", &id, "--message", "one more", "-q"]);
        let mut expected = migrated(sample(name));
        expected["git_branch"] = json!("other");
        let event = json!({"timestamp": "2026-11-21T10:00:00.000000+00:00", "message": "one more"});
        expected["events"].as_array_mut().expect("a list").push(event);
        if expected["status"] == "active" {
            expected["last_heartbeat"] = json!("2026-11-21T10:00:00.000000+00:00");
        }
        assert_eq!(sandbox.record(&id), expected, "{name}");
    }
}

#[test]
fn null_lists_and_missing_fields_read_as_empty() {
    let sandbox = Sandbox::new();
    let bare = json!({"session_id": "sess_20260101T0000_0001", "project_slug": "api", "status": "active",
        "intent": "bare", "started_at": "2026-01-01T00:00:00", "last_heartbeat": null, "git_branch": null,
        "events": null, "commits": null, "decisions": null, "open_questions": null, "next_steps": null,
        "files_changed": null, "tasks": null});
    put(&sandbox, "sessions/sess_20260101T0000_0001.json", &bare.to_string());
    ok(&sandbox, "cs-session", &["event", "0001", "--message", "one", "-q"]);
    let record = sandbox.record("sess_20260101T0000_0001");
    assert_eq!((&record["tasks"], &record["schema_version"]), (&json!([]), &json!(4)));
    assert_eq!(record["started_at"], "2026-01-01T00:00:00", "existing settings keep their format");
    assert!(ok(&sandbox, "cs-session", &["list", "--since", "2025-12-31", "-q"]).contains("0001"));
}

/// A data directory as the Python tool writes it.
fn python_home() -> Sandbox {
    let sandbox = with_records(&OLD);
    put(&sandbox, "config.json", &sample_text("config"));
    put(&sandbox, "projects/api.json", &sample_text("project"));
    put(&sandbox, "sessions/_index.json", &sample_text("index-python"));
    put(&sandbox, &format!("sessions/{}.lock", id(&sample("v3"))), "");
    sandbox
}

#[test]
fn a_data_directory_of_the_python_tool_works_unchanged() {
    let sandbox = python_home();
    let ids: Vec<String> = OLD.iter().rev().map(|name| id(&sample(name))).collect();
    assert_eq!(ok(&sandbox, "cs-session", &["list", "-q"]).lines().collect::<Vec<_>>(), ids, "newest first");
    assert_eq!(ok(&sandbox, "cs-session", &["list", "--project", "api", "--status", "parked", "-q"]).trim(), ids[1]);
    let none = sandbox.cs("cs-session", &["list", "--project", "api-2"]);
    assert_eq!(status(&none), 1, "the index's layout does not matter to a filter");
    let counts = |slug: &str| {
        let shown = ok(&sandbox, "cs-project", &["show", slug]);
        serde_json::from_str::<Value>(&shown).expect("JSON")["counts"].clone()
    };
    assert_eq!(counts("api"), json!({"active": 1, "parked": 1, "completed": 1}));
    assert_eq!(
        counts("api-2"),
        json!({"active": 0, "parked": 0, "completed": 0}),
        "those of another project do not count"
    );
    let overview = ok(&sandbox, "cs-project", &["overview", "--project", "api-2"]);
    assert!(!overview.contains("sess_"), "{overview}");
    ok(&sandbox, "cs-session", &["complete", &ids[0], "--outcome", "it is dark", "-q"]);
    let project = sandbox.json("projects/api.json");
    assert_eq!((&project["current_phase"], &project["total_sessions"]), (&json!("Beta"), &json!(3)));
    assert_eq!(project["roadmap_summary"], sample("project")["roadmap_summary"]);
    assert_eq!(sandbox.json("config.json"), sample("config"), "there was no reason to write it");
    let mut index = sample("index-python");
    index[&ids[0]]["status"] = json!("completed");
    index[&ids[0]]["ended_at"] = json!("2026-11-21T10:00:00.000000+00:00");
    assert_eq!(sandbox.json("sessions/_index.json"), index);
    assert_eq!(ok(&sandbox, "cs-session", &["list", "-q"]).lines().count(), 3);
}

#[test]
fn settings_have_exactly_the_six_documented_keys() {
    let six = ["dashboard_port", "stale_threshold_hours", "archive_after_days", "notifications_enabled"];
    let six: Vec<&str> = six.into_iter().chain(["parked_notify_hours", "notify_cooldown_hours"]).collect();
    let sorted = |object: &Map<String, Value>| object.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let sandbox = Sandbox::new();
    ok(&sandbox, "cs-project", &["register", "--name", "new", "-q"]);
    let settings = sandbox.json("config.json")["settings"].clone();
    let keys = sorted(settings.as_object().expect("an object"));
    assert_eq!(keys, six.iter().map(|key| key.to_string()).collect());
    let sandbox = python_home();
    ok(&sandbox, "cs-project", &["register", "--name", "new", "-q"]);
    let (before, after) = (sample("config"), sandbox.json("config.json"));
    assert_eq!(after["settings"], before["settings"], "36 does not become 36.0");
    assert_eq!(after["projects"]["api-2"], before["projects"]["api-2"]);
}

/// Reads a data directory as strictly as the Python tool's dataclasses do.
const READER: &str = r#"
import glob, json, os, sys
home = sys.argv[1]
def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
def exactly(path, found, keys):
    assert set(found) == set(keys.split()), (path, sorted(set(found) ^ set(keys.split())))
SESSION = """session_id project_slug status intent roadmap_ref started_at last_heartbeat ended_at outcome parked_reason
    current_activity awaiting_action events git_branch worktree_root claude_session_id files_changed commits decisions
    open_questions next_steps tasks schema_version"""
INDEX = "project_slug status intent started_at ended_at last_heartbeat"
PROJECT = """project_slug current_phase roadmap_summary active_sessions parked_sessions total_sessions last_activity
    recent_commits open_questions updated_at"""
SETTINGS = """dashboard_port stale_threshold_hours archive_after_days notifications_enabled parked_notify_hours
    notify_cooldown_hours"""
count = 0
for path in glob.glob(os.path.join(home, "sessions", "sess_*.json")):
    record = load(path)
    missing = set(SESSION.split()) - set(record)
    assert not missing, (path, missing)
    assert record["status"] in ("active", "completed", "parked") and record["schema_version"] == 4, path
    for event in record["events"]:
        exactly(path, event, "timestamp message")
    for commit in record["commits"]:
        exactly(path, commit, "sha message")
    for task in record["tasks"]:
        assert task["status"] in ("pending", "in_progress", "completed", "skipped"), path
        assert {"id", "subject", "added_at", "updated_at"} <= set(task), path
    count += 1
index = load(os.path.join(home, "sessions", "_index.json"))
for id, entry in index.items():
    exactly(id, entry, INDEX)
assert len(index) == count, (len(index), count)
for path in glob.glob(os.path.join(home, "projects", "*.json")):
    state = load(path)
    exactly(path, state, PROJECT)
    exactly(path, state["roadmap_summary"], "completed in_progress next_up")
    for commit in state["recent_commits"]:
        exactly(path, commit, "sha message")
config = load(os.path.join(home, "config.json"))
exactly("settings", config["settings"], SETTINGS)
for slug, project in config["projects"].items():
    exactly(slug, project, "name path registered_at")
print(count, "sessions")
"#;

#[test]
fn the_python_tool_can_read_what_we_write() {
    if !has(can_run("python3", &["--version"], "python3")) {
        return;
    }
    let sandbox = with_records(&["v4"]);
    let uuid = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
    let work = sandbox.work();
    ok(&sandbox, "cs-project", &["register", "--name", "api", "-q"]);
    ok(&sandbox, "cs-session", &["event", "ca5d", "--message", "ü", "-q"]);
    ok(&sandbox, "cs-session", &["resume", "ca5d", "-q"]);
    for (program, event, more) in [
        ("cs-hook", "SessionStart", r#","source":"startup""#),
        ("cs-hook", "UserPromptSubmit", r#","prompt":"fix login""#),
        (
            "cs-hook",
            "PostToolUse",
            r#","tool_name":"TodoWrite","tool_input":{"todos":[{"content":"a","status":"pending"}]}"#,
        ),
        ("cs-heartbeat", "Stop", ""),
        ("cs-hook", "SessionEnd", r#","reason":"other""#),
    ] {
        let payload = format!(r#"{{"session_id":"{uuid}","cwd":{work:?},"hook_event_name":"{event}"{more}}}"#);
        assert_eq!(status(&sandbox.hook(program, &payload)), 0);
    }
    let commits = r#"[{"sha": "abcd", "message": "x"}]"#;
    let claude = format!("claude:{uuid}");
    ok(&sandbox, "cs-session", &["complete", &claude, "--outcome", "o", "--commits", commits, "--file", "f", "-q"]);
    ok(&sandbox, "cs-session", &["question", &claude, "--text", "why?", "-q"]);
    ok(&sandbox, "cs-project", &["update", "api", "--current-phase", "x", "--completed", "y", "--next-up", "z", "-q"]);
    let script = sandbox.root().join("reader.py");
    fs::write(&script, READER).expect("it can be written");
    let mut python = sandbox.command("python3");
    python.arg(script).arg(sandbox.data());
    let output = run(python, "");
    assert_eq!((stdout(&output), stderr(&output)), ("3 sessions\n".into(), String::new()));
}

/// The text of the first `json` block.
fn first_json_block(markdown: &str) -> Option<String> {
    let mut lines = markdown.lines().skip_while(|line| line.trim() != "```json").skip(1);
    let mut closed = false;
    let block: Vec<&str> = lines
        .by_ref()
        .take_while(|line| {
            closed = line.trim() == "```";
            !closed
        })
        .collect();
    closed.then(|| block.join("\n"))
}

#[test]
fn the_example_in_format_md_is_the_sample_of_version_four() {
    let path = Path::new("core/FORMAT.md");
    let text = fs::read_to_string(workspace().join(path))
        .unwrap_or_else(|e| panic!("{}: {e}: this page describes the format and must exist", path.display()));
    let block = first_json_block(&text).unwrap_or_else(|| panic!("{}: there is no ```json block", path.display()));
    let example: Value = serde_json::from_str(&block)
        .unwrap_or_else(|e| panic!("{}: the first ```json block is not valid JSON ({e}):\n{block}", path.display()));
    assert_eq!(example, sample("v4"), "{}: the first ```json block is not tests/samples/v4.json", path.display());
}
