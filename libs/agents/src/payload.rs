//! Owns the decoding of hook payloads. It is loose: unknown keys and wrong types are ignored; the last of two equal
//! keys wins, as in JSON.parse; nearly valid JSON is repaired; a torn payload yields the values before the tear. Must
//! stay true: a torn value is used only if it is a text for people, never if it is an id, a path or a command, because
//! a part of those would name something else. Facts: recorded payloads of Claude Code 2.1.197 and 2.1.329 and of Codex
//! 0.145 and 0.169.

use crate::agent::Agent;
use crate::event::Event;
use crate::loose::{Fields, Flag, Line, List, Object, Said, Text};
use cs_core::id::{Uuid, fnv1a};
use cs_core::live;
use cs_core::patch::Patch;
use cs_core::repair;
use cs_core::validate;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};

const UUID_LENGTH: usize = "1efc27bb-f68f-47d0-bb52-fc872cee82d8".len();

/// Deepest nesting of a failure in a response that was passed on.
const FAILURES: usize = 6;

/// A hook's payload. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload {
    /// Whether the text could not be read to the end of its object, even after a repair.
    pub is_torn: bool,
    /// The conversation's id, not checked.
    pub session_id: Option<String>,
    /// Absolute path of the agent's log.
    pub transcript_path: Option<String>,
    /// The directory in which the conversation works.
    pub cwd: Option<String>,
    /// `hook_event_name`, such as `Stop`.
    pub event_name: Option<String>,
    /// How the conversation began, such as `startup` or `resume`.
    pub source: Option<String>,
    /// The name that a person gave to the conversation (`/rename`), at a beginning and with a prompt (2.1.332).
    pub title: Option<String>,
    /// The model, as the client names it.
    pub model: Option<String>,
    /// The whole prompt; the text blocks of a list are joined.
    pub prompt: Option<String>,
    /// Claude Code's prompt_id or Codex's turn_id: the same in every event of a turn.
    pub prompt_id: Option<String>,
    /// Whether `prompt_id` is Codex's `turn_id`.
    pub is_codex_turn: bool,
    /// The subagent that the event belongs to; absent for the conversation itself.
    pub agent_id: Option<String>,
    /// The subagent's type, such as `general-purpose`.
    pub agent_type: Option<String>,
    /// Text of a notification.
    pub message: Option<String>,
    /// The client's word for a notification's kind.
    pub notification_type: Option<String>,
    /// The tool that is called.
    pub tool_name: Option<String>,
    /// The call, which its attempt and its result share.
    pub tool_use_id: Option<String>,
    /// Whether a person interrupted the call.
    pub is_interrupt: bool,
    /// The tool's arguments.
    pub input: Input,
    /// The tool's answer.
    pub response: Response,
    /// Why the conversation ended, such as `clear` or `logout`.
    pub reason: Option<String>,
    /// The cause of a compaction: `manual` or `auto`.
    pub trigger: Option<String>,
    /// Why a turn or a tool call failed.
    pub error: Option<String>,
    /// How long a tool call took; older clients and Codex do not report it.
    pub duration_ms: Option<u64>,
    /// The agent's last message.
    pub last_message: Option<String>,
    /// Number of background tasks at the end of a turn; older clients and Codex do not report it.
    pub background_tasks: Option<usize>,
    /// Prompts that the client will send by itself.
    pub crons: Vec<Cron>,
    /// How a request to the model ended (Codex): completed, failed or cancelled.
    pub status: Option<String>,
}

/// A prompt that the client will send by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cron {
    /// Five fields, as in crontab(5).
    pub schedule: String,
    /// The whole prompt.
    pub prompt: String,
}

/// The arguments of a tool call that are used here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// The file that is edited, absolute or relative to `cwd`.
    pub file_path: Option<String>,
    /// The file or folder that is searched or listed.
    pub path: Option<String>,
    /// A shell's command line; of a list of words, the line that means them.
    pub command: Option<String>,
    /// The agent's description of the call.
    pub description: Option<String>,
    /// The first question of a dialog.
    pub question: Option<String>,
    /// Text of a task.
    pub subject: Option<String>,
    /// The task's id in the agent's list.
    pub task_id: Option<String>,
    /// The task's new status, in the agent's words.
    pub status: Option<String>,
    /// Claude Code's `todos`, Codex's `plan`: text and status.
    pub list: Option<Vec<(String, String)>>,
}

/// The parts of a tool's answer that are used here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// Output of a command: Claude Code's `stdout`, or Codex's whole answer.
    pub output: Option<String>,
    /// Whether a command was ended before its end.
    pub is_interrupted: bool,
    /// The task that Claude Code's TaskCreate created.
    pub task: CreatedTask,
    /// The change by Claude Code's TaskUpdate.
    pub change: StatusChange,
}

/// A task that was created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatedTask {
    /// Its id in the agent's list.
    pub id: Option<String>,
}

/// A task's status before a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusChange {
    /// In the agent's words.
    pub from: Option<String>,
}

impl Payload {
    /// By this the programs that are called at the end of a turn recognize that they were called for the same end.
    pub fn stop_mark(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        live::fingerprint(&format!("{} {}", text(&self.prompt_id), text(&self.last_message)))
    }

    /// Decodes the first JSON object in the bytes, as far as it goes.
    pub fn decode(bytes: &[u8]) -> Payload {
        let payload = Payload::of(bytes);
        if !payload.is_torn {
            return payload;
        }
        match repair::repair(bytes) {
            Some(repaired) => Payload::of(&repaired).with_torn_text(&repaired),
            None => payload.with_torn_text(bytes),
        }
    }

    fn of(bytes: &[u8]) -> Payload {
        let mut payload = Payload::default();
        let read = Object(&mut payload).deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        payload.is_torn = read.is_err();
        payload
    }

    /// Adds the torn text at the end of the payload, if it is a text for people.
    fn with_torn_text(mut self, bytes: &[u8]) -> Payload {
        if self.is_torn {
            let closed = Payload::of(&[bytes, b"\"}"].concat());
            if !closed.is_torn {
                self.prompt = closed.prompt;
                self.message = closed.message;
                self.error = closed.error;
                self.last_message = closed.last_message;
            }
        }
        self
    }

    /// The conversation: its id if that is a UUID, else the UUID at the end of its log's name.
    pub fn uuid(&self) -> Option<Uuid> {
        let named = self.session_id.as_deref().and_then(|id| Uuid::parse(id).ok());
        named.or_else(|| {
            let log = self.transcript_path.as_deref()?.strip_suffix(".jsonl")?;
            Uuid::parse(log.get(log.len().checked_sub(UUID_LENGTH)?..)?).ok()
        })
    }

    /// The agent that sent this, if known: only Codex's turns have a turn_id, and the names of its logs are
    /// distinctive.
    pub fn agent(&self) -> Option<Agent> {
        let log = self.transcript_path.as_deref().and_then(|path| path.rsplit('/').next());
        self.is_codex_turn.then_some(Agent::Codex).or_else(|| Agent::of_log(log?))
    }

    /// The event.
    pub fn event(&self) -> Option<Event> {
        self.event_name.as_deref().and_then(Event::named)
    }

    /// A key of this tool call that a permission request and the end of the call share:
    /// requests have no tool_use_id.
    pub fn tool_key(&self) -> Option<String> {
        let tool = self.tool_name.as_deref()?;
        let what = self.input.command.as_deref().or(self.input.file_path.as_deref()).or(self.input.question.as_deref());
        let bytes = tool.as_bytes().iter().chain(b"\0").chain(what.unwrap_or_default().as_bytes());
        Some(format!("{:016x}", fnv1a(bytes)))
    }

    /// The command line, if the tool is a shell. What `apply_patch` calls its command is a patch.
    pub fn command_line(&self) -> Option<&str> {
        self.input.command.as_deref().filter(|_| self.tool_name.as_deref() != Some("apply_patch"))
    }

    /// Files that the tool call names: those that it reads, and those that it changes.
    pub fn files_named(&self) -> Vec<String> {
        let changed = self.files_changed();
        let named = || self.input.file_path.iter().chain(&self.input.path).cloned().collect();
        if changed.is_empty() { named() } else { changed }
    }

    /// Whether the tool call that ended succeeded; `None` if the client does not tell.
    pub fn is_success(&self) -> Option<bool> {
        match self.event()? {
            Event::PostToolUseFailure => Some(false),
            // The answer of Codex's shell is what the command printed, whatever became of it (0.169).
            Event::PostToolUse if self.agent() == Some(Agent::Codex) && self.command_line().is_some() => None,
            Event::PostToolUse => Some(!self.response.is_interrupted),
            _ => None,
        }
    }

    /// Files that the tool call changed.
    pub fn files_changed(&self) -> Vec<String> {
        match self.tool_name.as_deref() {
            Some("Edit" | "MultiEdit" | "Write" | "NotebookEdit") => self.input.file_path.iter().cloned().collect(),
            Some("apply_patch") => patch_files(self.input.command.as_deref().unwrap_or_default()),
            _ => Vec::new(),
        }
    }
}

/// The failure, in words for people. Clients pass on a server's response, a JSON object that contains a `message`.
pub fn failure(told: &str) -> String {
    let mut text = told.trim().to_string();
    for _ in 0..FAILURES {
        let Ok(answer) = Patch::of(text.as_bytes()) else { break };
        let Some(inner) = told_in(&answer) else { break };
        text = inner.trim().to_string();
    }
    text
}

fn told_in(answer: &Patch) -> Option<String> {
    let text = || answer.text("message").or_else(|| answer.text("error"));
    text().or_else(|| answer.value("error").map(str::to_string))
}

/// The files in the headers of a patch in Codex's format, at most as many as a session lists.
fn patch_files(patch: &str) -> Vec<String> {
    const HEADERS: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];
    let named =
        |line: &str| HEADERS.iter().find_map(|header| line.strip_prefix(header)).map(|name| name.trim().to_string());
    patch.lines().filter_map(named).filter(|name| !name.is_empty()).take(validate::FILES).collect()
}

impl Fields for Payload {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "session_id" => self.session_id = text(map)?,
            "transcript_path" => self.transcript_path = text(map)?,
            "cwd" => self.cwd = text(map)?,
            "hook_event_name" => self.event_name = text(map)?,
            "source" => self.source = text(map)?,
            "session_title" => self.title = text(map)?,
            "model" => self.model = text(map)?,
            "prompt" => self.prompt = said(map)?,
            "prompt_id" => self.prompt_id = text(map)?,
            "turn_id" => {
                self.prompt_id = text(map)?;
                self.is_codex_turn = true;
            }
            "agent_id" => self.agent_id = text(map)?.filter(|id| !id.trim().is_empty()),
            "agent_type" => self.agent_type = text(map)?.filter(|kind| !kind.trim().is_empty()),
            "message" => self.message = said(map)?,
            "notification_type" => self.notification_type = text(map)?,
            "tool_name" => self.tool_name = text(map)?,
            "tool_use_id" => self.tool_use_id = text(map)?.filter(|id| !id.trim().is_empty()),
            "is_interrupt" => self.is_interrupt = map.next_value::<Flag>()?.0,
            "tool_input" => map.next_value_seed(Object(&mut self.input))?,
            "tool_response" => map.next_value_seed(Object(&mut self.response))?,
            "reason" => self.reason = text(map)?,
            "trigger" => self.trigger = text(map)?,
            "error" => self.error = said(map)?,
            "duration_ms" => self.duration_ms = text(map)?.and_then(|number| number.parse().ok()),
            "last_assistant_message" => self.last_message = said(map)?,
            "session_crons" => self.crons = map.next_value::<List<Cron>>()?.0,
            "status" => self.status = text(map)?,
            "background_tasks" => self.background_tasks = Some(map.next_value::<List<Item>>()?.0.len()),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    Ok(map.next_value::<Text>()?.0)
}

fn said<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    Ok(map.next_value::<Said>()?.0)
}

impl Fields for Input {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "file_path" | "notebook_path" => self.file_path = text(map)?,
            "path" => self.path = text(map)?,
            "command" => self.command = map.next_value::<Line>()?.0,
            // The name that some tools have for it.
            "cmd" => {
                let line = map.next_value::<Line>()?.0;
                self.command = self.command.take().or(line);
            }
            "description" => self.description = text(map)?,
            "subject" => self.subject = text(map)?,
            "taskId" | "task_id" => self.task_id = text(map)?,
            "status" => self.status = text(map)?,
            "todos" | "plan" => {
                let items = map.next_value::<List<Item>>()?.0;
                self.list = Some(items.into_iter().map(|item| (item.text, item.status)).collect());
            }
            "questions" => self.question = map.next_value::<List<Item>>()?.0.into_iter().next().map(|item| item.text),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Fields for Response {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "stdout" => self.output = text(map)?,
            "interrupted" => self.is_interrupted = map.next_value::<Flag>()?.0,
            "task" => map.next_value_seed(Object(&mut self.task))?,
            "statusChange" => map.next_value_seed(Object(&mut self.change))?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }

    fn bare(&mut self, text: &str) {
        self.output = Some(text.to_string());
    }
}

impl Fields for CreatedTask {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = text(map)?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Fields for StatusChange {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "from" => self.from = text(map)?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Fields for Cron {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "schedule" | "cron" => self.schedule = text(map)?.unwrap_or_default(),
            "prompt" => self.prompt = text(map)?.unwrap_or_default(),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// An element of a list: a to-do, a step of a plan, a question.
#[derive(Default)]
struct Item {
    text: String,
    status: String,
}

impl Fields for Item {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "content" | "step" | "question" => self.text = text(map)?.unwrap_or_default(),
            "status" => self.status = text(map)?.unwrap_or_default(),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
