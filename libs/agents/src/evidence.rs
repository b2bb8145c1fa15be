//! Owns the evidence on a running conversation that does not come from hooks: its process, the client's registry, and
//! the end of the last turn in its log.
//! Must stay true: the registry is found next to the conversation's log, not through the environment, so that several
//! accounts may share a data directory; at most the last [`TAIL`] bytes of a log are read, and never by hooks.

use crate::agent::Agent;
use crate::{payload, title, typed};
use cs_core::clock::{self, Instant};
use cs_core::live::Live;
use cs_core::naming::Title;
use cs_core::process::{self, Condition, Process};
use cs_core::state::{Client, Logged, LoggedEnd};
use cs_core::validate::FILE_BYTES;
use cs_core::witness::Witness;
use cs_core::{open, repair};
use serde::Deserialize;
use serde_json::Value;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Maximum number of bytes that are read at the end of a log.
const TAIL: u64 = 64 * 1024;
/// Beginnings of texts about commands of the client itself, such as `/model`.
const COMMANDS: [&str; 3] = ["<command-name>", "<local-command-", "<bash-"];

/// Evidence from the agents' own files; see [`Witness`].
pub const WITNESS: Witness = Witness { client, logged: logged_end, left_for, given_name };

/// The conversation to which a Codex in a terminal switched (`/new` reports no end). Its app server runs several
/// conversations at once and never leaves one for another.
fn left_for<'a>(live: &Live, process: &Process, lives: &'a [Live]) -> Option<&'a str> {
    let goes_on = |other: &&Live| {
        other.process().as_ref() == Some(process)
            && Agent::of(other) == Agent::Codex
            && other.claude_session_id != live.claude_session_id
            && other.started_at >= live.last_event_at
    };
    let other = lives.iter().filter(|_| Agent::of(live) == Agent::Codex).find(goes_on)?;
    let words = process::arguments(process.pid)?;
    let is_server = words.iter().any(|word| word.ends_with("-server"));
    (!is_server).then_some(other.claude_session_id.as_str())
}

/// `~/.claude/sessions/<pid>.json` (internal to Claude Code; 2.1.332): `sessionId`, `procStart`, `status`,
/// `waitingFor`, `statusUpdatedAt`; `name` with `nameSource`, which is `user` if a person gave it (`/rename`). Older
/// clients (2.1.139) write only `updatedAt`, and no `procStart`. A field of another type is ignored.
pub(crate) struct Registry(pub(crate) Value);

impl Registry {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Whether the entry is of this process. Only Linux has the start time in our form; elsewhere the caller checks.
    pub(crate) fn is_of(&self, process: &Process) -> bool {
        let told = self.text("procStart").filter(|_| cfg!(target_os = "linux"));
        told.is_none_or(|started| started == process.started)
    }

    fn time(&self, name: &str) -> Option<Instant> {
        let told = self.0.get(name)?;
        clock::from_millis(told.as_i64().or_else(|| told.as_f64().map(|millis| millis as i64))?)
    }
}

/// The name that a person gave to a running conversation (`/rename`). Codex does not report it to hooks.
fn given_name(live: &Live) -> Option<Title> {
    let agent = Agent::of(live);
    let name = match agent {
        Agent::Claude => registered_name(live),
        Agent::Codex => renamed(live),
    };
    title::renamed(agent, &name?)
}

fn registered_name(live: &Live) -> Option<String> {
    let process = live.process().filter(|process| process::condition(process) == Condition::Runs)?;
    let registry = registry(live, &process)?;
    registry.text("name").filter(|_| registry.text("nameSource") == Some("user")).map(str::to_string)
}

/// A line of Codex's list of names, which only grows (`session_index.jsonl`, 0.171).
#[derive(Deserialize)]
struct Named {
    id: String,
    thread_name: String,
}

/// The present name of a Codex conversation, from a person or from Codex itself (see [`cs_core::naming`]).
fn renamed(live: &Live) -> Option<String> {
    let sessions = Path::new(live.transcript_path.as_deref()?).ancestors().find(|path| path.ends_with("sessions"))?;
    let bytes = tail(&sessions.parent()?.join("session_index.jsonl"))?;
    let named = |line: &[u8]| repair::decode::<Named>(line, &mut Vec::new()).ok();
    let is_its = |named: &Named| named.id.eq_ignore_ascii_case(&live.claude_session_id);
    bytes.rsplit(|byte| *byte == b'\n').filter_map(named).find(is_its).map(|named| named.thread_name)
}

fn client(live: &Live, process: &Process) -> Option<Client> {
    let registry = registry(live, process)?;
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let told = |name: &str| registry.0.get(name).filter(|value| !value.is_null()).map(word);
    let updated_at = registry.time("statusUpdatedAt").or_else(|| registry.time("updatedAt"));
    Some(Client { status: told("status")?, waiting_for: told("waitingFor"), updated_at })
}

/// The folder of the registry that has an entry for this conversation's process; `None` for agents without one.
pub fn registry_folder(live: &Live) -> Option<PathBuf> {
    Some(account(live).filter(|_| Agent::of(live) == Agent::Claude)?.join("sessions"))
}

/// The client's registry entry for this process, if it names this conversation.
fn registry(live: &Live, process: &Process) -> Option<Registry> {
    let path = account(live)?.join("sessions").join(format!("{}.json", process.pid));
    let registry = Registry(repair::decode(&open::foreign_bytes(&path, FILE_BYTES).ok()?, &mut Vec::new()).ok()?);
    let is_its = registry.text("sessionId").is_some_and(|id| id.eq_ignore_ascii_case(&live.claude_session_id));
    (is_its && registry.is_of(process)).then_some(registry)
}

/// The client's own folder: the `…` in the path of its log, `…/projects/<project>/<uuid>.jsonl`.
fn account(live: &Live) -> Option<PathBuf> {
    let projects = live.transcript_path.as_deref().and_then(|path| Path::new(path).parent()?.parent());
    match projects.filter(|folder| folder.file_name().is_some_and(|name| name == "projects")) {
        Some(projects) => projects.parent().map(Path::to_path_buf),
        None => Agent::Claude.home(),
    }
}

/// How the last turn ended according to the log; `None` if it still runs, or if that is unknown.
fn logged_end(live: &Live) -> Option<Logged> {
    logged(Path::new(live.transcript_path.as_deref()?), Agent::of(live))
}

fn logged(path: &Path, agent: Agent) -> Option<Logged> {
    let bytes = tail(path)?;
    let of_line = match agent {
        Agent::Claude => of_claude,
        Agent::Codex => of_codex,
    };
    bytes.rsplit(|byte| *byte == b'\n').find_map(|line| of_line(&repair::decode(line, &mut Vec::new()).ok()?))?
}

/// The last lines, the first of which may be cut off.
fn tail(path: &Path) -> Option<Vec<u8>> {
    long_tail(path, TAIL)
}

/// The same, at most `most` bytes.
pub(crate) fn long_tail(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut file = open::foreign(path).ok()?;
    let length = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::Start(length.saturating_sub(most))).ok()?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn at(line: &Value) -> Option<Instant> {
    clock::parse(line.get("timestamp")?.as_str()?)
}

/// The end of a turn in a line of Claude Code's log: an interrupt, or `Some(None)` if the turn continues. `None` for
/// lines about menus and other commands of the client.
fn of_claude(line: &Value) -> Option<Option<Logged>> {
    let kind = line.get("type")?.as_str()?;
    let is_aside = line.get("isSidechain").and_then(Value::as_bool) == Some(true);
    if is_aside || !matches!(kind, "user" | "assistant") {
        return None;
    }
    let content = line.get("message").and_then(|message| message.get("content"));
    let first = content.and_then(|content| content.as_str().or_else(|| content.get(0)?.get("text")?.as_str()));
    if first.is_some_and(|text| COMMANDS.iter().any(|mark| text.starts_with(mark))) {
        return None;
    }
    let is_interrupt = kind == "user" && first.is_some_and(|text| text.starts_with(typed::INTERRUPTED));
    Some(at(line).filter(|_| is_interrupt).map(|at| Logged { end: LoggedEnd::Interrupted, at }))
}

/// The begin or end of a turn in a line of a rollout (0.171).
fn of_codex(line: &Value) -> Option<Option<Logged>> {
    let payload = line.get("payload").filter(|_| line.get("type").is_some_and(|kind| kind == "event_msg"))?;
    let end = match payload.get("type")?.as_str()? {
        "task_started" | "turn_started" => LoggedEnd::Runs,
        "turn_aborted" => LoggedEnd::Interrupted,
        "task_complete" | "turn_complete" => match payload.get("error").filter(|error| !error.is_null()) {
            Some(error) => LoggedEnd::Failed(payload::failure(&error.to_string())),
            None => LoggedEnd::Finished,
        },
        _ => return None,
    };
    Some(at(line).map(|at| Logged { end, at }))
}

#[cfg(test)]
mod tests;
