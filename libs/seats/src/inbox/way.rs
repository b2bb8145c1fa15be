//! Owns how far a message has come, `inbox/<agent id>/way/<message id>.jsonl`: a line for each step, written before the
//! message moves. Must stay true: a step counts only in the directory to which it leads, so one after which the program was
//! killed changes nothing; what is torn, lost or damaged means that less is known, never that a message is lost.

use super::Inbox;
use super::folder::Folder;
use crate::message::{Channel, Message, State};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, OwnDir};
use serde::{Deserialize, Serialize};

/// Maximum number of bytes that are read, from the end: hundreds of steps.
const LONGEST: usize = 256 * 1024;

/// A line. A step has a state, and everything that is known about the way up to there.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivered_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claude_session_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acked_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Not a step: the answer with which the message was handed over at that instant was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handed: Option<String>,
}

impl Inbox {
    /// Notes that the client got these messages: their answer was written. A hook that is killed before leaves no note,
    /// so no later event proves that they were read: they come once again.
    pub fn handed_over(&self, messages: &[Message]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let way = self.files.way()?;
        let note = |message: &Message| {
            let line = Line { handed: message.delivered_at.clone(), ..Line::default() };
            append(&way, &message.message_id, &line, Durability::Disposable)
        };
        messages.iter().map(note).fold(Ok(()), Result::and)
    }
}

/// Makes an empty file for a new message. What a message with its number left behind, if somebody removed the message, is
/// not its own way.
pub(super) fn begin(way: &OwnDir, id: &str) -> Result<()> {
    file::remove(&way.path(&name(id)))?;
    way.append(&name(id), b"", Durability::Disposable)
}

/// Notes a step. If that fails, the message must stay where it is.
pub(super) fn note(way: &OwnDir, message: &Message, durability: Durability) -> Result<()> {
    append(way, &message.message_id, &Line::of(message), durability)
}

/// Begins with a line break, so that a torn line spoils only itself.
fn append(way: &OwnDir, id: &str, line: &Line, durability: Durability) -> Result<()> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(b'\n');
    serde_json::to_writer(&mut bytes, line).map_err(|error| Error::corrupt(&way.path(&name(id)), error.to_string()))?;
    let (name, path) = (name(id), way.path(&name(id)));
    let is_ours = || path.symlink_metadata().is_ok_and(|meta| meta.is_file());
    match way.append(&name, &bytes, durability) {
        Err(_) if !is_ours() => {
            file::remove(&path)?;
            way.append(&name, &bytes, durability)
        }
        appended => appended,
    }
}

/// Adds what is known about the way of a message to the directory in which it is.
pub(super) fn add_to(message: &mut Message, folder: Folder, way: &OwnDir) -> Result<()> {
    let bytes = match way.read_at_most(&name(&message.message_id), LONGEST) {
        // Too long: the last steps decide. What is no file of ours says nothing.
        Err(Error::Corrupt { .. }) => file::tail(&way.path(&name(&message.message_id)), LONGEST as u64).ok(),
        bytes => bytes?,
    };
    let bytes = bytes.unwrap_or_default();
    let mut handed = Vec::new();
    let lines = bytes.rsplit(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    for line in lines {
        match line.state {
            Some(state) if Folder::of(state) == folder => {
                line.apply(message);
                break;
            }
            Some(_) => {}
            None => handed.extend(line.handed),
        }
    }
    message.was_handed = message.delivered_at.as_ref().is_some_and(|at| handed.contains(at));
    Ok(())
}

impl Line {
    fn of(message: &Message) -> Self {
        Line {
            state: Some(message.state),
            delivered_at: message.delivered_at.clone(),
            channel: message.channel,
            claude_session_id: message.claude_session_id.clone(),
            turn: message.turn.clone(),
            again: message.again,
            read_at: message.read_at.clone(),
            acked_at: message.acked_at.clone(),
            answer: message.answer.clone(),
            failed_at: message.failed_at.clone(),
            reason: message.reason.clone(),
            handed: None,
        }
    }

    fn apply(self, message: &mut Message) {
        message.delivered_at = self.delivered_at;
        message.channel = self.channel;
        message.claude_session_id = self.claude_session_id;
        message.turn = self.turn;
        message.again = self.again;
        message.read_at = self.read_at;
        message.acked_at = self.acked_at;
        message.answer = self.answer;
        message.failed_at = self.failed_at;
        message.reason = self.reason;
    }
}

/// The name of the file.
pub(super) fn name(id: &str) -> String {
    format!("{id}.jsonl")
}
