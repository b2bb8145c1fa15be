//! How a conversation and its session end and continue: in another window, in the background, after a person parked the
//! session, in the middle of a turn. With events as clients send them, real processes, and the command-line programs.

use std::process::Command;

use cs_tests::replay::{self, Client, Stage, check_store};
use cs_tests::{Running, run, status, stderr, stdout};
use serde_json::{Value, json};

#[path = "continuation/again.rs"]
mod again;
#[path = "continuation/left.rs"]
mod left;
#[path = "continuation/midway.rs"]
mod midway;
#[path = "continuation/process.rs"]
mod process;
#[path = "continuation/unprompted.rs"]
mod unprompted;
#[path = "continuation/windows.rs"]
mod windows;

const UUID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER: &str = "aaaaaaaa-0000-4000-8000-000000000002";

/// Sends events from one window, `at` seconds after the start.
struct Sender<'a> {
    stage: &'a Stage,
    at: u64,
    uuid: &'a str,
    pid: u32,
    variables: Vec<(&'a str, String)>,
}

impl<'a> Sender<'a> {
    fn new(stage: &'a Stage, at: u64, uuid: &'a str) -> Sender<'a> {
        Sender { stage, at, uuid, pid: stage.client(), variables: Vec::new() }
    }

    fn from(mut self, window: &Running) -> Sender<'a> {
        self.pid = window.pid();
        self
    }

    fn with(mut self, name: &'a str, value: &str) -> Sender<'a> {
        self.variables.push((name, value.to_owned()));
        self
    }

    #[track_caller]
    fn event(&self, event: &str, more: Value) {
        let stage = self.stage;
        let mut payload = json!({"session_id": self.uuid, "cwd": stage.repository("repo"), "hook_event_name": event});
        more.as_object().expect("an object").iter().for_each(|(key, value)| payload[key] = value.clone());
        let program = replay::program(event).expect("the event is registered");
        let mut command = stage.command(program, self.at * 1000, Client::Interactive);
        command.env("CLAUDE_PID", self.pid.to_string());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = run(command, &payload.to_string());
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
    }

    fn start(&self, source: &str) {
        self.event("SessionStart", json!({"source": source}));
    }

    fn prompt(&self, text: &str) {
        self.event("UserPromptSubmit", json!({"prompt": text, "prompt_id": format!("p{}", self.at)}));
    }

    fn stop(&self, message: &str) {
        self.event("Stop", json!({"last_assistant_message": message}));
    }

    fn end(&self, reason: &str) {
        self.event("SessionEnd", json!({"reason": reason}));
    }

    fn task(&self, key: &str, subject: &str) {
        let task = json!({"tool_name": "TaskCreate", "tool_input": {"subject": subject}, "tool_response": {"task": {"id": key}}});
        self.event("PostToolUse", task);
    }
}

fn sender<'a>(stage: &'a Stage, at: u64) -> Sender<'a> {
    Sender::new(stage, at, UUID)
}

/// A stage with a conversation of one prompt and its answer.
fn stage() -> Stage {
    let stage = Stage::new();
    sender(&stage, 0).start("startup");
    sender(&stage, 60).prompt("build the login page");
    sender(&stage, 70).stop("answer one");
    stage
}

/// Another window, with its own process.
fn window(stage: &Stage) -> Running {
    stage.sandbox.start("sleep", &["600"])
}

/// Runs a command-line program `at` seconds after the start; returns its output.
#[track_caller]
fn run_command(stage: &Stage, at: u64, words: &[&str]) -> String {
    let mut command: Command = stage.command(words[0], at * 1000, Client::Interactive);
    command.args(&words[1..]).env_remove("CLAUDE_PID");
    let output = run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{words:?}");
    stdout(&output).trim_end().to_owned()
}

/// All records, ordered by id; panics unless the data directory is in order.
fn records(stage: &Stage) -> Vec<Value> {
    check_store(&stage.sandbox);
    stage.sandbox.records()
}

fn id(record: &Value) -> &str {
    record["session_id"].as_str().expect("an id")
}

/// The state that is shown to a person.
fn state(stage: &Stage, at: u64, id: &str) -> String {
    let shown: Value =
        serde_json::from_str(&run_command(stage, at, &["cs-session", "show", id, "--json"])).expect("JSON");
    shown["state"].as_str().expect("a word").to_owned()
}

fn texts(record: &Value, list: &str, field: &str) -> Vec<String> {
    let all = record[list].as_array().expect("a list");
    let text = |item: &Value| if field.is_empty() { item.clone() } else { item[field].clone() };
    all.iter().map(|item| text(item).as_str().expect("a text").to_owned()).collect()
}
