//! Hooks under adverse conditions: invalid input, damaged files, held locks, two of everything. Whatever happens, a
//! hook exits with 0, prints nothing and loses nothing.

#[path = "hooks/caches.rs"]
mod caches;
#[path = "hooks/commits.rs"]
mod commits;
#[path = "hooks/context.rs"]
mod context;
#[path = "hooks/damage.rs"]
mod damage;
#[path = "hooks/elsewhere.rs"]
mod elsewhere;
#[path = "hooks/forms.rs"]
mod forms;
#[path = "hooks/input.rs"]
mod input;
#[path = "hooks/late.rs"]
mod late;
#[path = "hooks/life.rs"]
mod life;
#[path = "hooks/locks.rs"]
mod locks;
#[path = "hooks/place.rs"]
mod place;
#[path = "hooks/privacy.rs"]
mod privacy;
#[path = "hooks/repair.rs"]
mod repair;
#[path = "hooks/seated.rs"]
mod seated;
#[path = "hooks/size_limit.rs"]
mod size_limit;
#[path = "hooks/told.rs"]
mod told;
#[path = "hooks/track.rs"]
mod track;
#[path = "hooks/vouch.rs"]
mod vouch;
#[path = "hooks/words.rs"]
mod words;

use std::collections::BTreeMap;
use std::fs::{self, create_dir_all};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use cs_tests::replay::{self, Client, Stage, files};
use cs_tests::{Held, run, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER: &str = "aaaaaaaa-0000-4000-8000-000000000002";

/// Clients stop a hook after five seconds.
const TIMEOUT: Duration = Duration::from_millis(4800);

/// A payload with the common fields of all events, and `more`.
fn payload(stage: &Stage, uuid: &str, event: &str, more: Value) -> Value {
    let mut payload = json!({
        "session_id": uuid, "cwd": stage.repository("repo"), "hook_event_name": event,
        "transcript_path": format!("/home/dev/.claude/projects/-home-dev-repo/{uuid}.jsonl"),
    });
    for (field, value) in more.as_object().expect("more is an object") {
        payload[field] = value.clone();
    }
    payload
}

/// Sends an event `at` seconds after the start and returns the program's output. The stage's client has the
/// conversation [`UUID`], and others only after it switched to them: a client has one at a time.
fn send(stage: &Stage, at: u64, payload: &Value) -> Output {
    let event = payload["hook_event_name"].as_str().expect("an event has a name");
    let program = replay::program(event).expect("the event is registered");
    let mut command = stage.command(program, at * 1000, Client::Interactive);
    if payload["session_id"] != UUID && payload["source"] != "clear" {
        command.env_remove("CLAUDE_PID");
    }
    run(command, &payload.to_string())
}

/// Sends an event to which the program must print nothing.
fn send_silently(stage: &Stage, at: u64, uuid: &str, event: &str, more: Value) {
    check_quiet(&send(stage, at, &payload(stage, uuid, event, more)), event);
}

fn start(stage: &Stage, at: u64, uuid: &str, source: &str) {
    send_silently(stage, at, uuid, "SessionStart", json!({"source": source}));
}

fn prompt(stage: &Stage, at: u64, uuid: &str, text: &str) {
    send_silently(stage, at, uuid, "UserPromptSubmit", json!({"prompt": text, "prompt_id": format!("prompt-{at}")}));
}

/// Runs a script in the repository, with git's clock `at` seconds after the start, and returns its output. The client's
/// Bash call is reported separately, with [`bash`].
fn in_repository(stage: &Stage, at: u64, script: &str) -> String {
    let mut command = stage.sandbox.command("sh");
    command.args(["-c", script]).current_dir(stage.repository("repo"));
    command.env("GIT_COMMITTER_DATE", replay::instant(at * 1000)).env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", "protocol.file.allow").env("GIT_CONFIG_VALUE_0", "always");
    let output = run(command, "");
    assert_eq!(status(&output), 0, "{script}: {}", stderr(&output));
    stdout(&output)
}

fn bash(command: &str, stdout: &str) -> Value {
    json!({"tool_name": "Bash", "tool_input": {"command": command}, "tool_response": {"stdout": stdout}})
}

/// Runs a command and reports it to the hook.
fn run_bash(stage: &Stage, at: u64, command: &str) {
    let output = in_repository(stage, at, command);
    send_silently(stage, at + 1, UUID, "PostToolUse", bash(command, &output));
}

fn create_task(stage: &Stage, at: u64, uuid: &str, key: &str, subject: &str) {
    let task =
        json!({"tool_name": "TaskCreate", "tool_input": {"subject": subject}, "tool_response": {"task": {"id": key}}});
    send_silently(stage, at, uuid, "PostToolUse", task);
}

fn end(stage: &Stage, at: u64, uuid: &str) {
    send_silently(stage, at, uuid, "SessionEnd", json!({"reason": "other"}));
}

/// Sends every kind of event of a conversation with a session, the end last.
fn every_event(stage: &Stage, at: u64, uuid: &str) {
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}});
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}, "tool_response": {}});
    prompt(stage, at, uuid, "and now?");
    send_silently(stage, at, uuid, "PermissionRequest", bash.clone());
    send_silently(
        stage,
        at,
        uuid,
        "Notification",
        json!({"message": "hello?", "notification_type": "permission_prompt"}),
    );
    send_silently(stage, at, uuid, "PostToolUse", bash);
    send_silently(stage, at, uuid, "PostToolUse", edit);
    create_task(stage, at, uuid, "7", "a new task");
    send_silently(stage, at, uuid, "PreCompact", json!({"trigger": "auto"}));
    send_silently(stage, at, uuid, "Stop", json!({"last_assistant_message": "So."}));
    start(stage, at, uuid, "compact");
    end(stage, at, uuid);
}

/// A stage with a session: the conversation [`UUID`] with one prompt, one minute after the start.
fn stage() -> Stage {
    let stage = Stage::new();
    start(&stage, 0, UUID, "startup");
    prompt(&stage, 60, UUID, "do it");
    assert_eq!(stage.sandbox.records().len(), 1);
    stage
}

#[track_caller]
fn check_quiet(output: &Output, place: &str) {
    assert_eq!((status(output), stdout(output), stderr(output)), (0, String::new(), String::new()), "{place}");
}

/// Every file of the data directory with its bytes, without logs.
fn contents(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    let data = stage.sandbox.data();
    let mut paths = files(&data);
    paths.retain(|path| !path.starts_with(data.join("logs")));
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).collect()
}

/// The hooks' log of problems.
fn log(stage: &Stage) -> String {
    fs::read_to_string(stage.sandbox.data().join("logs/hook.log")).unwrap_or_default()
}

/// Takes a lock, in a folder that need not exist yet.
fn hold(path: &Path) -> Held {
    create_dir_all(path.parent().expect("a lock is in a folder")).expect("can be created");
    Held::take(path)
}

/// Does the work that hooks leave to the hourly job.
fn run_hourly_job(stage: &Stage, at: u64) {
    let mut command = stage.command("cs-cleanup", at * 1000, Client::Interactive);
    command.arg("all");
    let output = run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
}

/// The path of the only record.
fn record_path(stage: &Stage) -> PathBuf {
    let records = stage.sandbox.records();
    assert_eq!(records.len(), 1, "{records:#?}");
    let id = records[0]["session_id"].as_str().expect("a record has an id");
    stage.sandbox.data().join(format!("sessions/{id}.json"))
}

fn live_path(stage: &Stage, uuid: &str) -> PathBuf {
    stage.sandbox.data().join(format!("live/{uuid}.json"))
}

/// Changes a JSON file as another program would, keeping unknown fields.
fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(path).unwrap_or_else(|_| "{}".into());
    let mut value = serde_json::from_str(&text).expect("the file is JSON");
    change(&mut value);
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder can be created");
    fs::write(path, serde_json::to_string_pretty(&value).expect("JSON can be written")).expect("can be written");
}

/// Writes our own settings.
fn write_settings(stage: &Stage, hooks: Value) {
    edit(&stage.sandbox.data().join("config.json"), |config| config["hooks"] = hooks);
}
