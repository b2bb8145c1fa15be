//! The presentation of a session: its name, the last answer, the timeline, signs of life and costs. With events as
//! clients send them, the registry and the log as clients write them, and the command-line programs.

#[path = "presentation/costs.rs"]
mod costs;
#[path = "presentation/facts.rs"]
mod facts;
#[path = "presentation/names.rs"]
mod names;
#[path = "presentation/said.rs"]
mod said;
#[path = "presentation/signs.rs"]
mod signs;
#[path = "presentation/terminal.rs"]
mod terminal;
#[path = "presentation/titles.rs"]
mod titles;
#[path = "presentation/typed.rs"]
mod typed;

use std::fs;

use cs_tests::http::Served;
use cs_tests::replay::{self, Client, Stage};
use cs_tests::{run, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const SECRET: &str = "ghp_Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4";

/// Sends an event `at` seconds after the start from the process `pid`.
#[track_caller]
fn send_event_from(stage: &Stage, pid: u32, at: u64, event: &str, more: Value) {
    let mut payload = json!({"session_id": UUID, "cwd": stage.repository("repo"), "hook_event_name": event});
    more.as_object().expect("an object").iter().for_each(|(key, value)| payload[key] = value.clone());
    let program = replay::program(event).expect("the event is registered");
    let mut command = stage.command(program, at * 1000, Client::Interactive);
    command.env("CLAUDE_PID", pid.to_string());
    let output = run(command, &payload.to_string());
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
}

#[track_caller]
fn send_event(stage: &Stage, at: u64, event: &str, more: Value) {
    send_event_from(stage, stage.client(), at, event, more);
}

fn prompt(stage: &Stage, at: u64, text: &str) {
    send_event(stage, at, "UserPromptSubmit", json!({"prompt": text, "prompt_id": format!("p{at}")}));
}

fn stop(stage: &Stage, at: u64, message: &str) {
    send_event(stage, at, "Stop", json!({"last_assistant_message": message}));
}

/// A conversation that has begun.
fn begun() -> Stage {
    begun_with(&json!({}))
}

/// The same with these settings.
fn begun_with(settings: &Value) -> Stage {
    let stage = Stage::new();
    fs::create_dir_all(stage.sandbox.data()).expect("the folder can be created");
    fs::write(stage.sandbox.data().join("config.json"), settings.to_string()).expect("it can be written");
    send_event(&stage, 0, "SessionStart", json!({"source": "startup"}));
    stage
}

/// A conversation with one prompt.
fn stage() -> Stage {
    let stage = begun();
    prompt(&stage, 60, "build the login page");
    stage
}

/// Runs a command-line program `at` seconds after the start; returns its output.
#[track_caller]
fn run_command(stage: &Stage, at: u64, words: &[&str]) -> String {
    let mut command = stage.command(words[0], at * 1000, Client::Interactive);
    command.args(&words[1..]);
    let output = run(command, "");
    assert_eq!(status(&output), 0, "{words:?}: {}", stderr(&output));
    stdout(&output)
}

#[track_caller]
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The record on disk, with the hooks' notes.
fn record(stage: &Stage) -> Value {
    stage.record_of(UUID).expect("it is recorded")
}

fn id(stage: &Stage) -> String {
    record(stage)["session_id"].as_str().expect("an id").to_owned()
}

fn served(stage: &Stage, at: u64) -> Served {
    Served::from(stage.command("cs-serve", at * 1000, Client::Interactive))
}

/// Makes a commit in the repository and reports it to the hook.
fn commit(stage: &Stage, at: u64, subject: &str) -> String {
    let when = cs_core::clock::parse(replay::START).expect("a time") + cs_core::clock::TimeDelta::seconds(at as i64);
    let date = when.to_rfc3339();
    let made = stage.sandbox.sh(&format!(
        "cd ~/repo && GIT_COMMITTER_DATE='{date}' GIT_AUTHOR_DATE='{date}' git commit -q --allow-empty -m '{subject}' && git rev-parse HEAD"
    ));
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let sha = stdout(&made).trim().to_owned();
    let output = format!("[main {}] {subject}\n", &sha[..7]);
    let command = json!({"command": format!("git commit -m '{subject}'")});
    send_event(
        stage,
        at + 1,
        "PostToolUse",
        json!({"tool_name": "Bash", "tool_input": command, "tool_response": {"stdout": output}}),
    );
    sha
}
