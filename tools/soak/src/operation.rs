//! The operations that change files, one of each kind, for a [`Scene`]. A new command is a new line in one of the
//! lists.
//!
//! Each operation writes several fields, so that a half-changed record can be detected.

use std::fs;
use std::process::{Command, Output};

use cs_tests::Held;
use serde_json::{Value, json};

use super::scene::{ENDED, LATER, SILENT, Scene, UNHEARD, WAITING, WORKING, YESTERDAY, payload, remove, uuid};

/// One call of one program on the scene.
#[derive(Clone, Debug)]
pub struct Operation {
    pub name: &'static str,
    program: String,
    words: Vec<String>,
    input: String,
    variables: Vec<(&'static str, String)>,
    /// Prepares the scene.
    prepare: Option<fn(&Scene)>,
    /// A lock in the data directory that another program holds meanwhile.
    held: Option<String>,
    /// Whether it creates or reopens a session and then changes it: two steps, each of which is atomic.
    pub in_steps: bool,
    /// The operations that come next, whatever happened to this one.
    pub rest: Vec<Operation>,
}

impl Operation {
    /// A command of a person.
    pub fn of_person(name: &'static str, words: &[&str]) -> Operation {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let variables = vec![("CS_NOW", LATER.to_owned())];
        let (program, words) = (words[0].clone(), [&words[1..], &["-q".to_owned()]].concat());
        Operation {
            name,
            program,
            words,
            input: String::new(),
            variables,
            prepare: None,
            held: None,
            in_steps: false,
            rest: Vec::new(),
        }
    }

    /// A change to a session that no other operation touches.
    pub fn of_bystander(scene: &Scene) -> Operation {
        Operation::of_person("event", &["cs-session", "event", &scene.bystander, "--message", "token"])
    }

    /// An event of a conversation of the scene.
    pub fn of_hook(scene: &Scene, name: &'static str, n: u32, event: &str, more: Value) -> Operation {
        let program = cs_tests::replay::program(event).expect("it is registered");
        Operation::of_client(name, program, payload(&scene.sandbox.work(), n, event, more))
    }

    /// Adds an environment variable.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Operation {
        self.variables.push((name, value.into()));
        self
    }

    /// Adds a preparation of the scene.
    pub fn after(mut self, prepare: fn(&Scene)) -> Operation {
        self.prepare = Some(prepare);
        self
    }

    /// Marks the operation as two steps, each of which is atomic.
    pub fn in_steps(mut self) -> Operation {
        self.in_steps = true;
        self
    }

    /// Renames the operation.
    pub fn called(mut self, name: &'static str) -> Operation {
        self.name = name;
        self
    }

    /// Lets another program hold a lock of the data directory meanwhile.
    pub fn while_held(mut self, lock: String) -> Operation {
        self.held = Some(lock);
        self
    }

    /// Takes the lock that another program is to hold; it is held as long as the returned value lives.
    pub fn hold(&self, scene: &Scene) -> Option<Held> {
        Some(Held::take(&scene.sandbox.data().join(self.held.as_ref()?)))
    }

    /// Adds the operations that come next, whatever happens to this one.
    pub fn then(mut self, rest: Vec<Operation>) -> Operation {
        self.rest = rest;
        self
    }

    /// A program without arguments that reads `input`.
    pub fn of_client(name: &'static str, program: &str, input: String) -> Operation {
        Operation { words: Vec::new(), input, ..Operation::of_person(name, &[program]) }
    }

    /// Whether Claude Code calls the program, and not a person.
    pub fn is_hook(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether a person, or a timer in their place, calls the program, which then prints what it did.
    pub fn is_of_a_person(&self) -> bool {
        !self.is_hook() && !["cs-heartbeat", "cs-notify"].contains(&self.program.as_str())
    }

    /// Whether it does what work it can and leaves the rest to the next run, so that success promises nothing.
    pub fn is_a_sweep(&self) -> bool {
        self.program == "cs-cleanup"
    }

    /// Whether exit code 0 means that everything is done.
    pub fn promises(&self) -> bool {
        !self.is_hook() && !self.is_a_sweep()
    }

    /// The conversation that sends the event, if it ends with the operations that follow.
    pub fn ending(&self) -> Option<String> {
        self.rest.last().filter(|last| last.input.contains("\"SessionEnd\""))?;
        let payload: Value = serde_json::from_str(&self.input).ok()?;
        payload["session_id"].as_str().map(str::to_owned)
    }

    /// The first event of the conversation after it is resumed in a new client, if it continues.
    pub fn resumed(&self, scene: &Scene) -> Option<Operation> {
        let payload: Value = serde_json::from_str(&self.input).ok()?;
        let is_event = payload["hook_event_name"].is_string() && !self.rest.is_empty();
        let mut payload = json!({"session_id": payload["session_id"], "cwd": scene.sandbox.work()});
        payload["hook_event_name"] = "SessionStart".into();
        payload["source"] = "resume".into();
        is_event.then(|| Operation::of_client("SessionStart, resumed", "cs-hook", payload.to_string()))
    }

    /// Resets the scene and prepares it for this operation.
    pub fn set(&self, scene: &Scene) {
        scene.reset();
        if let Some(prepare) = self.prepare {
            prepare(scene);
        }
    }

    /// The command and its input.
    pub fn command(&self, scene: &Scene) -> (Command, &str) {
        let mut command = scene.sandbox.command(&self.program);
        command.args(&self.words).envs(self.variables.iter().cloned());
        (command, &self.input)
    }

    /// Runs it undisturbed.
    pub fn run(&self, scene: &Scene) -> Output {
        let (command, input) = self.command(scene);
        cs_tests::run(command, input)
    }
}

fn data_is_gone(scene: &Scene) {
    remove(&scene.sandbox.data());
}

fn index_is_gone(scene: &Scene) {
    fs::remove_file(scene.sandbox.data().join("sessions/_index.json")).expect("it is there");
}

/// A program changed the bystander and was killed before it could write the index.
fn index_is_pending(scene: &Scene) {
    let sessions = scene.sandbox.data().join("sessions");
    let path = sessions.join(format!("{}.json", scene.bystander));
    let text = fs::read_to_string(&path).expect("it is there").replace("\"look on\"", "\"looked on\"");
    fs::write(path, text).expect("it can be written");
    fs::write(sessions.join("_index.pending"), &scene.bystander).expect("it can be written");
}

/// A program changed the bystander but could not lock the index.
fn index_is_stale(scene: &Scene) {
    index_is_pending(scene);
    let sessions = scene.sandbox.data().join("sessions");
    fs::rename(sessions.join("_index.pending"), sessions.join("_index.stale")).expect("it is there");
}

/// A person has completed the session of a running conversation.
fn session_is_completed(scene: &Scene) {
    let output = scene.sandbox.cs("cs-session", &["complete", &scene.working, "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// A person has parked the session of a running conversation.
fn session_is_parked(scene: &Scene) {
    let output = scene.sandbox.cs("cs-session", &["park", &scene.working, "--reason", "lunch", "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// A person has resumed the session of an ended conversation.
fn session_is_resumed(scene: &Scene) {
    let output = scene.sandbox.cs("cs-session", &["resume", &scene.ended, "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// The client has ended a conversation to continue it in the background.
fn conversation_moves(scene: &Scene) {
    let end = Operation::of_hook(scene, "its end", WORKING, "SessionEnd", json!({"reason": "prompt_input_exit"}));
    assert!(end.run(scene).status.success());
}

/// A person has deleted a session.
fn session_is_deleted(scene: &Scene) {
    let output = scene.sandbox.cs("cs-session", &["delete", &scene.parked, "--yes", "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// A person has registered another project and said something about it.
fn project_is_registered(scene: &Scene) {
    for words in [&["register", "--path", ".."][..], &["update", "home", "--current-phase", "token"]] {
        assert_eq!(scene.sandbox.cs("cs-project", words).status.code(), Some(0), "{words:?}");
    }
}

fn session_is_archived(scene: &Scene) {
    let output = scene.sandbox.cs("cs-cleanup", &["archive", &scene.old, "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// The index as the Python tool writes it.
fn index_is_foreign(scene: &Scene) {
    let path = scene.sandbox.data().join("sessions/_index.json");
    let index: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
    fs::write(path, format!("{index:#}")).expect("it can be written");
}

/// All operations.
pub fn all(scene: &Scene) -> Vec<Operation> {
    let mut all = [sessions(scene), others(scene), conversations(scene), ends(scene)].concat();
    if cs_tests::programs().join("cs-cleanup").exists() {
        all.extend(cleanups());
    }
    all.extend(deletions(scene));
    all.extend(claims(scene));
    all
}

/// Commands of people on sessions.
fn sessions(scene: &Scene) -> Vec<Operation> {
    let (id, parked) = (scene.by_hand.as_str(), scene.parked.as_str());
    let new = ["cs-session", "create", "--project", "work", "--intent", "token", "--roadmap-ref", "token"];
    let person = Operation::of_person;
    let update = ["cs-session", "update", id, "--intent", "token", "--activity", "token", "--branch", "token"];
    vec![
        person("create", &new),
        person("create, for a conversation", &[&new[..], &["--claude-session", &uuid(SILENT)]].concat()),
        person("create, in a new project", &["cs-session", "create", "--intent", "token", "--branch", "token"])
            .after(|scene| fs::write(scene.sandbox.data().join("config.json"), "{}\n").expect("it can be written")),
        person("create, the very first", &new).after(data_is_gone),
        person("create, the index is gone", &new).after(index_is_gone),
        person("create, the index misses one", &new).after(index_is_pending),
        person("create, the index is stale", &new).after(index_is_stale),
        person("create, the index is foreign", &new).after(index_is_foreign),
        person("update", &update),
        person("update, a day back", &update).with("CS_NOW", YESTERDAY),
        person("event", &["cs-session", "event", id, "--message", "token"]),
        person("decision", &["cs-session", "decision", id, "--text", "token"]),
        person("question", &["cs-session", "question", id, "--text", "token"]),
        person("commit", &["cs-session", "commit", id, "--sha", "abcdef1", "--message", "token"]),
        person("request-action", &["cs-session", "request-action", &scene.working, "--reason", "token"]),
        person("clear-action", &["cs-session", "clear-action", &scene.working]),
        person("heartbeat by hand", &["cs-session", "heartbeat", id]),
        person("park", &["cs-session", "park", id, "--reason", "token", "--next-step", "token"]),
        person("complete", &["cs-session", "complete", id, "--outcome", "token", "--next-step", "token"]),
        person("resume", &["cs-session", "resume", parked, "--intent", "token"]),
        person("resume, in a conversation", &["cs-session", "resume", parked, "--intent", "token"])
            .with("CLAUDE_CODE_SESSION_ID", uuid(WORKING)),
    ]
}

/// Commands of people on tasks and projects.
fn others(scene: &Scene) -> Vec<Operation> {
    let id = scene.by_hand.as_str();
    let person = Operation::of_person;
    let roadmap = ["--current-phase", "token", "--completed", "token", "--in-progress", "token", "--next-up", "token"];
    vec![
        person("task add", &["cs-task", "add", id, "--subject", "token", "--subject", "token too"]),
        person("task update", &["cs-task", "update", id, "--task", "t", "--status", "completed", "--subject", "token"]),
        person("project register", &["cs-project", "register", "--path", "..", "--name", "token"]),
        person("project rename", &["cs-project", "register", "--name", "token"]),
        person("project update", &[&["cs-project", "update", "work"], &roadmap[..]].concat()),
    ]
}

/// Commands of people that delete sessions and bring them back.
fn deletions(scene: &Scene) -> Vec<Operation> {
    let (person, parked) = (Operation::of_person, scene.parked.as_str());
    vec![
        person("delete", &["cs-session", "delete", parked, "--yes"]),
        person("delete, of an ended conversation", &["cs-session", "delete", &scene.ended, "--yes"]),
        person("delete, the conversation runs", &["cs-session", "delete", &scene.working, "--yes", "--force"])
            .then(rest(scene, WORKING)),
        person("delete, for good", &["cs-session", "delete", parked, "--yes", "--forget"]),
        person("delete, for good, what was deleted", &["cs-session", "delete", parked, "--yes", "--forget"])
            .after(session_is_deleted),
        person("delete, what is archived", &["cs-session", "delete", &scene.old, "--yes"]).after(session_is_archived),
        person("project remove", &["cs-project", "remove", "home", "--yes"]).after(project_is_registered),
        person("project hide", &["cs-project", "hide", "work"]),
        person("restore", &["cs-session", "restore", parked]).after(session_is_deleted),
    ]
}

/// Somebody claimed a path.
fn path_is_claimed(scene: &Scene) {
    let output = scene.sandbox.cs("cs-lease", &["acquire", "claimed", "--for", "7d", "-q"]);
    assert_eq!(output.status.code(), Some(0));
}

/// Somebody claimed a path and ended.
fn owner_is_gone(scene: &Scene) {
    assert_eq!(scene.sandbox.sh("cs-lease acquire claimed --for 7d -q; exit").status.code(), Some(0));
}

/// Claims on paths and tasks.
fn claims(scene: &Scene) -> Vec<Operation> {
    let person = Operation::of_person;
    let acquire = ["cs-lease", "acquire", "claimed", "also", "--reason", "token"];
    vec![
        person("lease acquire, the first", &acquire),
        person("lease acquire", &acquire).after(path_is_claimed),
        person("lease acquire, the owner is gone", &acquire).after(owner_is_gone),
        person("lease renew", &["cs-lease", "renew", "--for", "2h"]).after(path_is_claimed),
        person("lease release", &["cs-lease", "release", "--all"]).after(path_is_claimed),
        person("task next", &["cs-task", "next", &scene.by_hand, "--claim"]),
    ]
}

fn prompt(scene: &Scene, name: &'static str, n: u32, text: &str) -> Operation {
    Operation::of_hook(scene, name, n, "UserPromptSubmit", json!({"prompt": text, "prompt_id": text}))
}

/// The operations after the first prompt of a conversation: there must be one session, and it ends.
fn rest(scene: &Scene, n: u32) -> Vec<Operation> {
    let end = Operation::of_hook(scene, "its end", n, "SessionEnd", json!({"reason": "other"}));
    vec![prompt(scene, "its next prompt", n, "the next prompt"), end]
}

/// Events of running conversations.
fn conversations(scene: &Scene) -> Vec<Operation> {
    let hook = |name, n, event: &str, more| Operation::of_hook(scene, name, n, event, more);
    let edit = json!({"tool_name": "Edit", "tool_use_id": "u2", "tool_input": {"file_path": "/token.rs"}});
    let todos =
        json!({"todos": [{"content": "token", "status": "pending"}, {"content": "too", "status": "completed"}]});
    let end = |n| vec![hook("its end", n, "SessionEnd", json!({"reason": "other"}))];
    vec![
        hook("SessionStart", UNHEARD, "SessionStart", json!({"source": "startup"})).then(rest(scene, UNHEARD)),
        hook("SessionStart, resumed", ENDED, "SessionStart", json!({"source": "resume"})).then(rest(scene, ENDED)),
        hook("SessionStart, resumed, as its session", ENDED, "SessionStart", json!({"source": "resume"}))
            .after(session_is_resumed)
            .in_steps()
            .then(rest(scene, ENDED)),
        prompt(scene, "first prompt", SILENT, "token").then(rest(scene, SILENT)),
        prompt(scene, "first prompt, then the end", SILENT, "token").then(end(SILENT)),
        prompt(scene, "first prompt, unheard of", UNHEARD, "token").then(rest(scene, UNHEARD)),
        prompt(scene, "first prompt, the very first", SILENT, "token").after(data_is_gone).then(rest(scene, SILENT)),
        prompt(scene, "first prompt, the last session is closed", WORKING, "token")
            .after(session_is_completed)
            .then(rest(scene, WORKING)),
        prompt(scene, "next prompt, the session is parked", WORKING, "token")
            .after(session_is_parked)
            .in_steps()
            .then(rest(scene, WORKING)),
        prompt(scene, "next prompt, the session was resumed", ENDED, "token")
            .after(session_is_resumed)
            .in_steps()
            .then(rest(scene, ENDED)),
        hook("SessionStart, in the background", UNHEARD, "SessionStart", json!({"source": "fork"}))
            .with("CLAUDE_JOB_DIR", "/nowhere/jobs/1")
            .after(conversation_moves)
            .then(end(UNHEARD)),
        hook("PostToolUse, no prompt was reported", SILENT, "PostToolUse", edit.clone()).in_steps().then(end(SILENT)),
        hook("Stop, no prompt was reported", SILENT, "Stop", json!({"last_assistant_message": "token"}))
            .then(end(SILENT)),
        prompt(scene, "next prompt", WORKING, "token").then(rest(scene, WORKING)),
        prompt(scene, "next prompt, a day back", WORKING, "token").with("CS_NOW", YESTERDAY),
        hook("PermissionRequest", WORKING, "PermissionRequest", edit.clone()),
        hook("Notification", WORKING, "Notification", json!({"message": "token"})),
        hook("PostToolUse, Edit", WORKING, "PostToolUse", edit),
        hook("PostToolUse, TodoWrite", WORKING, "PostToolUse", json!({"tool_name": "TodoWrite", "tool_input": todos})),
        hook("PostToolUse, allowed", WAITING, "PostToolUse", json!({"tool_name": "Bash", "tool_use_id": "u1"})),
        hook("PreCompact", WORKING, "PreCompact", json!({"trigger": "manual"})),
        hook("Stop", WAITING, "Stop", json!({"last_assistant_message": "token"})),
        hook("Stop, heartbeat due", WORKING, "Stop", json!({"last_assistant_message": "token"})),
        hook("Stop, a day back", WORKING, "Stop", json!({})).with("CS_NOW", YESTERDAY),
        hook("Stop, unheard of", UNHEARD, "Stop", json!({})).then(rest(scene, UNHEARD)),
    ]
}

/// Events that end conversations.
fn ends(scene: &Scene) -> Vec<Operation> {
    let end = |name, n| Operation::of_hook(scene, name, n, "SessionEnd", json!({"reason": "other"}));
    vec![
        end("SessionEnd, parks", WORKING),
        end("SessionEnd, completes", WAITING),
        end("SessionEnd, nothing asked", SILENT),
        end("SessionEnd, the index is gone", WORKING).after(index_is_gone),
    ]
}

/// Cleanup operations.
fn cleanups() -> Vec<Operation> {
    let person = Operation::of_person;
    vec![
        person("cleanup index", &["cs-cleanup", "index"]),
        person("cleanup index, it is stale", &["cs-cleanup", "index"]).after(index_is_stale),
        person("archive", &["cs-cleanup", "archive"]),
        person("stale", &["cs-cleanup", "stale"]),
        person("locks", &["cs-cleanup", "locks"]),
        person("all", &["cs-cleanup", "all"]),
    ]
}
