//! Replays what real clients sent to their hooks, with the real programs.
//!
//! Owns the routing (as in hooks.json), the folders (`/home/dev/repo` becomes a git repository of the test) and the
//! clock (each event comes at its recorded time after [`START`]). [`check_store`] checks what holds after any replay;
//! all other expectations are in the tests.

pub mod check;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use agents::typed::typed;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Running, Sandbox, entries, run, status, stderr, stdout};

pub use check::{check_store, files};
pub use record::whole;

/// The instant at which every replay begins.
pub const START: &str = "2026-11-21T10:00:00Z";

/// The folders below `/home/dev` of the recordings; each becomes a repository in the sandbox's HOME.
const PLACES: [&str; 2] = ["repo", "project"];

/// [`Recording::shuffled`] reorders events within this many milliseconds.
const WINDOW: u64 = 50;

/// The program that hooks.json calls for an event; `None` for events that it does not register.
pub fn program(event: &str) -> Option<&'static str> {
    match event {
        "Stop" | "StopFailure" | "Interrupt" => Some("cs-heartbeat"),
        "SessionStart" | "UserPromptSubmit" | "Notification" | "PermissionRequest" | "PostToolUse"
        | "PostToolUseFailure" | "PostModelRequest" | "PreCompact" | "SessionEnd" => Some("cs-hook"),
        "PreToolUse" | "SubagentStart" | "SubagentStop" => Some("cs-audit"),
        _ => None,
    }
}

/// One line of a recording.
#[derive(Clone, Debug)]
pub struct Event {
    /// The line's number in the file, from 0.
    pub line: usize,
    /// Milliseconds since the first event.
    pub at: u64,
    /// The payload exactly as the client sent it.
    text: String,
    /// The same, parsed.
    pub payload: Value,
}

impl Event {
    /// `hook_event_name`; empty for calls of Codex's notify program.
    pub fn name(&self) -> &str {
        self.field("hook_event_name")
    }

    /// A string of the payload; empty if there is none.
    pub fn field(&self, key: &str) -> &str {
        self.payload[key].as_str().unwrap_or_default()
    }

    /// Whether a person typed this prompt into the conversation.
    pub fn is_own_prompt(&self) -> bool {
        self.name() == "UserPromptSubmit" && self.payload["agent_id"].is_null() && typed(self.field("prompt")).is_some()
    }
}

/// A recorded session: events in the order of arrival.
#[derive(Clone, Debug)]
pub struct Recording {
    /// For example `claude-code/print-tour`.
    pub name: String,
    pub events: Vec<Event>,
}

impl Recording {
    /// Reads `tests/fixtures/<agent>/sequences/<name>.jsonl`; the name is `<agent>/<name>`.
    pub fn load(name: &str) -> Recording {
        let (agent, file) = name.split_once('/').expect("a recording is called agent/name");
        let path = fixtures().join(agent).join("sequences").join(format!("{file}.jsonl"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Recording { name: name.to_owned(), events: lines.enumerate().map(|(n, line)| event(n, line)).collect() }
    }

    /// The names of all recordings.
    pub fn all() -> Vec<String> {
        let of = |agent: &str| {
            let files = entries(&fixtures().join(agent).join("sequences")).into_iter();
            let stem = |path: PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.map(move |path| format!("{agent}/{}", stem(path))).collect::<Vec<_>>()
        };
        [of("claude-code"), of("codex")].concat()
    }

    /// The recording from a line onwards, as if the hooks had been installed then.
    pub fn from_line(&self, line: usize) -> Recording {
        let events = self.events.iter().filter(|event| event.line >= line).cloned().collect();
        Recording { name: format!("{} from line {line}", self.name), events }
    }

    /// The same recording with neighbouring events reordered. Each keeps its time: a program that started first may be
    /// the last to take a lock. The same seed gives the same order. A Codex request keeps its position, because Codex
    /// waits for the hooks of earlier events before it sends one.
    pub fn shuffled(&self, seed: u64) -> Recording {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut events = self.events.clone();
        let window = |event: &Event| (event.at + seed * 13) / WINDOW;
        let is_request = |event: &Event| event.field("hook_event_name") == "PostModelRequest";
        for chunk in events.chunk_by_mut(|a, b| window(a) == window(b) && !is_request(a) && !is_request(b)) {
            for n in (1..chunk.len()).rev() {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                chunk.swap(n, (random % (n as u64 + 1)) as usize);
            }
        }
        Recording { name: format!("{} shuffled with {seed}", self.name), events }
    }

    /// The client that sent these events.
    pub fn client(&self) -> Client {
        match self.name.split_once('/') {
            Some(("codex", _)) => Client::Codex,
            Some((_, name)) if name.contains("2.1.197") => Client::OldPrint,
            Some((_, name)) if name.starts_with("print") || name.starts_with("setup") => Client::Print,
            _ => Client::Interactive,
        }
    }
}

/// `tests/fixtures`.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn event(line: usize, text: &str) -> Event {
    let parts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).expect("a line is an object");
    let seconds: f64 = parts["t"].get().parse().expect("t is a number");
    let text = parts["payload"].get().to_owned();
    let payload = serde_json::from_str(&text).expect("a payload is JSON");
    Event { line, at: (seconds * 1000.0).round() as u64, text, payload }
}

/// Which client calls the hooks; they differ in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code in a terminal.
    Interactive,
    /// `claude -p`.
    Print,
    /// `claude -p` of versions that do not report whether a person is present.
    OldPrint,
    /// Codex, which gives its hooks nothing but the payload.
    Codex,
}

impl Client {
    /// Variables of the recorded environments that describe the conversation.
    fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Client::Interactive => &[("CLAUDE_CODE_ENTRYPOINT", "cli"), ("CLAUDE_CODE_SESSION_ATTENDED", "1")],
            Client::Print => &[("CLAUDE_CODE_ENTRYPOINT", "sdk-cli"), ("CLAUDE_CODE_SESSION_ATTENDED", "0")],
            Client::OldPrint => &[("CLAUDE_CODE_ENTRYPOINT", "sdk-cli")],
            Client::Codex => &[],
        }
    }
}

/// Whether an event is sent once, or twice simultaneously (registered by the plugin and in the settings).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Once,
    Twice,
}

/// A sandbox with the repositories and a running client.
pub struct Stage {
    pub sandbox: Sandbox,
    client: Option<Running>,
}

impl Stage {
    /// Creates repositories with one commit on `main`, and a process that stands in for the client.
    #[allow(clippy::new_without_default)] // it starts processes
    pub fn new() -> Stage {
        let sandbox = Sandbox::new();
        for place in PLACES {
            let made = sandbox.sh(&format!(
                "git init -q ~/{place} && git -C ~/{place} commit -q --allow-empty -m first && mkdir ~/{place}/sub"
            ));
            assert_eq!((status(&made), stderr(&made)), (0, String::new()));
        }
        let mut stage = Stage { sandbox, client: None };
        stage.start_client();
        stage
    }

    /// Starts a process that stands in for the client.
    pub fn start_client(&mut self) {
        self.client = Some(self.sandbox.start("sleep", &["600"]));
    }

    /// The repository that stands for `/home/dev/<place>`.
    pub fn repository(&self, place: &str) -> PathBuf {
        self.sandbox.home().join(place)
    }

    /// The client's process id; 0 if it was killed.
    pub fn client(&self) -> u32 {
        self.client.as_ref().map_or(0, Running::pid)
    }

    /// Kills the client with SIGKILL, so that it sends no further event.
    pub fn kill_client(&mut self) {
        self.client = None;
    }

    /// A recorded text with the recording's folders replaced by the sandbox's.
    pub fn placed(&self, text: &str) -> String {
        PLACES.iter().fold(text.to_owned(), |text, place| {
            text.replace(&format!("/home/dev/{place}"), &self.repository(place).to_string_lossy())
        })
    }

    /// A command as the client starts it: `at` milliseconds after [`START`], in its directory and environment.
    pub fn command(&self, program: &str, at: u64, client: Client) -> Command {
        let mut command = self.sandbox.command(program);
        command.env("CS_NOW", instant(at)).envs(client.variables().iter().copied());
        if client == Client::Codex {
            command.current_dir(self.repository("project"));
        } else {
            let repository = self.repository("repo");
            command.env("CLAUDE_PID", self.client().to_string()).env("CLAUDE_PROJECT_DIR", &repository);
            command.current_dir(repository);
        }
        command
    }

    /// Sends one event, if its kind is registered, and returns the outputs of the programs.
    pub fn send(&self, event: &Event, client: Client, delivery: Delivery) -> Vec<Output> {
        // The log of tools has tests of its own: a hash of it in a record would differ in each replay.
        let program = program(event.name()).filter(|program| *program != "cs-audit");
        let Some(program) = program else { return Vec::new() };
        let input = self.placed(&event.text);
        let once = || run(self.command(program, event.at, client), &input);
        match delivery {
            Delivery::Once => vec![once()],
            Delivery::Twice => thread::scope(|scope| {
                let other = scope.spawn(once);
                vec![once(), other.join().expect("a run does not panic")]
            }),
        }
    }

    /// Plays a recording to its end; calls `after` for each event that was sent, once its hooks have ended. Panics if a
    /// program fails or prints anything except the context for a new conversation.
    pub fn play(&self, recording: &Recording, delivery: Delivery, mut after: impl FnMut(&Stage, &Event)) {
        let client = recording.client();
        for event in &recording.events {
            let answers = self.send(event, client, delivery);
            for answer in &answers {
                let place = format!("{}, line {} ({})", recording.name, event.line, event.name());
                assert_eq!((status(answer), stderr(answer)), (0, String::new()), "{place}");
                let tells = event.name() == "SessionStart" && stdout(answer).starts_with("claude-sessions:\n");
                assert!(tells || stdout(answer).is_empty(), "{place}: {}", stdout(answer));
            }
            if !answers.is_empty() {
                after(self, event);
            }
        }
    }

    /// The live file of a conversation.
    pub fn live(&self, uuid: &str) -> Option<Value> {
        let path = format!("live/{uuid}.json");
        self.sandbox.data().join(&path).exists().then(|| self.sandbox.json(&path))
    }

    /// The only record of a conversation; panics if there are several.
    pub fn record_of(&self, uuid: &str) -> Option<Value> {
        let mut records = self.sandbox.records();
        records.retain(|record| record["claude_session_id"] == uuid);
        assert!(records.len() <= 1, "several records of {uuid}: {records:#?}");
        records.pop()
    }

    /// All records without what differs between two replays of a recording: session ids, instants and the sandbox's
    /// folder. Ordered by conversation, then by start.
    pub fn comparable(&self) -> Vec<Value> {
        let mut records = self.sandbox.records();
        records.sort_by_key(|record| (record["claude_session_id"].to_string(), record["started_at"].to_string()));
        let home = self.sandbox.home().to_string_lossy().into_owned();
        let neutral = |record: &Value| record.to_string().replace(&home, "/home/dev");
        let parsed = |record: &Value| serde_json::from_str(&neutral(record)).expect("still JSON");
        records.iter().map(parsed).map(without_instants).collect()
    }
}

fn without_instants(mut record: Value) -> Value {
    const VARYING: [&str; 7] =
        ["session_id", "started_at", "last_heartbeat", "ended_at", "timestamp", "added_at", "updated_at"];
    let strip = |value: &mut Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|key, _| !VARYING.contains(&key.as_str()));
        }
    };
    for list in ["events", "tasks"] {
        record[list].as_array_mut().into_iter().flatten().for_each(strip);
    }
    strip(&mut record);
    record
}

/// The instant `at` milliseconds after [`START`], as CS_NOW expects it.
pub fn instant(at: u64) -> String {
    let (seconds, hours) = (at / 1000, 10 + at / 3_600_000);
    assert!(hours < 24, "replays end on the day they began");
    format!("2026-11-21T{hours:02}:{:02}:{:02}.{:03}Z", seconds / 60 % 60, seconds % 60, at % 1000)
}
