//! Conversations: each worker has a few, and each of their hooks is one operation.

use cs_tests::Sandbox;
use serde_json::{Value, json};

use super::super::random::Random;
use super::PROJECTS;
use super::action::Action;
use super::claim::Change;

/// A conversation and its progress.
#[derive(Clone, Debug)]
pub struct Talk {
    uuid: String,
    project: &'static str,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Started,
    Going,
    Ended,
}

impl Talk {
    /// Creates a conversation that has not begun.
    pub fn new(random: &mut Random) -> Talk {
        let (high, low) = (random.number(), random.number());
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high & 0xffff,
            low >> 52,
            high & 0xfff,
            low & 0xffff_ffff_ffff
        );
        let project = random.pick(&PROJECTS).copied().unwrap_or("red");
        Talk { uuid, project, stage: Stage::New }
    }

    /// The next event of its client; the conversation continues whether the event is recorded or not.
    pub fn next(&mut self, token: &str, random: &mut Random, sandbox: &Sandbox) -> Action {
        let (event, more, change) = match self.stage {
            Stage::New => self.start("startup"),
            Stage::Started => self.prompt(token),
            Stage::Going if random.chance(1, 12) => self.end(),
            Stage::Going => self.next_event(token, random),
            Stage::Ended if random.chance(1, 3) => self.start("resume"),
            Stage::Ended => {
                *self = Talk::new(random);
                self.start("startup")
            }
        };
        self.action(event, more, change, token, sandbox)
    }

    fn start(&mut self, source: &str) -> (&'static str, Value, Change) {
        self.stage = Stage::Started;
        ("SessionStart", json!({"source": source}), Change::Nothing)
    }

    fn prompt(&mut self, token: &str) -> (&'static str, Value, Change) {
        self.stage = Stage::Going;
        ("UserPromptSubmit", json!({"prompt": token, "prompt_id": token}), Change::Prompt)
    }

    fn end(&mut self) -> (&'static str, Value, Change) {
        self.stage = Stage::Ended;
        ("SessionEnd", json!({"reason": "other"}), Change::Nothing)
    }

    fn next_event(&mut self, token: &str, random: &mut Random) -> (&'static str, Value, Change) {
        let tool = |name: &str, input: Value| json!({"tool_name": name, "tool_use_id": token, "tool_input": input});
        match random.below(9) {
            0 | 1 => self.prompt(token),
            2 => ("PermissionRequest", tool("Bash", json!({"command": token})), Change::Nothing),
            3 => ("Notification", json!({"message": token, "notification_type": "agent_needs_input"}), Change::Nothing),
            4 | 5 => ("PostToolUse", tool("Edit", json!({"file_path": format!("/{token}")})), Change::File),
            6 => {
                let todos = json!({"todos": [{"content": token, "status": "pending"}]});
                ("PostToolUse", tool("TodoWrite", todos), Change::Nothing)
            }
            7 => ("PreCompact", json!({"trigger": "auto"}), Change::Nothing),
            _ => ("Stop", json!({"last_assistant_message": token}), Change::Nothing),
        }
    }

    fn action(&self, event: &'static str, more: Value, change: Change, token: &str, sandbox: &Sandbox) -> Action {
        let cwd = sandbox.home().join(self.project);
        let mut payload = json!({"session_id": self.uuid, "cwd": cwd, "hook_event_name": event});
        if let (Some(fields), Some(more)) = (payload.as_object_mut(), more.as_object()) {
            fields.extend(more.clone());
        }
        let program = cs_tests::replay::program(event).expect("it is registered");
        let (of, token) = (self.uuid.clone(), token.to_owned());
        Action { name: event, program, words: Vec::new(), input: payload.to_string(), change, of, token }
    }
}
