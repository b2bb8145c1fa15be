//! Owns by what the lines of one call are found: the conversation and the call's id; without an id, what the call is.

mod scan;

use crate::entry::{Input, Kind};
use cs_core::id::fnv1a;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The parts of a line by which calls are found, which is a small part of the line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facts<'a> {
    /// When it happened.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// What it reports; `None` for a word of a newer version.
    #[serde(deserialize_with = "kind")]
    pub kind: Option<Kind>,
    /// The conversation.
    #[serde(borrow)]
    pub claude_session_id: Option<Cow<'a, str>>,
    /// The subagent.
    #[serde(borrow)]
    pub agent_id: Option<Cow<'a, str>>,
    /// The call.
    #[serde(borrow)]
    pub tool_use_id: Option<Cow<'a, str>>,
    /// The tool.
    #[serde(borrow)]
    pub tool: Option<Cow<'a, str>>,
    /// The project.
    #[serde(borrow)]
    pub project: Option<Cow<'a, str>>,
    /// What the call was called with: an [`Input`].
    #[serde(borrow)]
    pub input: Option<&'a RawValue>,
    /// What the rules said.
    #[serde(borrow)]
    pub verdicts: Vec<Word<'a>>,
    /// What the guard did.
    #[serde(borrow)]
    pub decision: Option<Cow<'a, str>>,
    /// Whether the call succeeded.
    pub ok: Option<bool>,
    /// Whether a person stopped it.
    pub interrupted: bool,
}

/// The word of a verdict.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word<'a> {
    /// The word.
    #[serde(borrow)]
    pub verdict: Cow<'a, str>,
}

fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Kind>, D::Error> {
    Ok(scan::kind(&Cow::<str>::deserialize(from)?))
}

/// By what the lines of a call are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Of everything that the lines share.
    pub hash: u64,
    /// Whether the call has an id, so that no other call has the same key.
    pub is_unique: bool,
}

impl Key {
    /// The key of a line.
    pub fn of<'k>(
        conversation: Option<&'k str>,
        call: Option<&'k str>,
        agent: Option<&'k str>,
        tool: Option<&'k str>,
        input: Option<&'k Input>,
    ) -> Self {
        let text = |text: Option<&'k str>| text.unwrap_or_default();
        let (command, path) = input.map(|input| (input.command.as_deref(), input.path.as_deref())).unwrap_or_default();
        let parts = match call {
            Some(call) => [text(conversation), call, "", "", ""],
            None => [text(conversation), text(agent), text(tool), text(command), text(path)],
        };
        let bytes = parts.iter().flat_map(|part| part.as_bytes().iter().chain(b"\0"));
        Key { hash: fnv1a(bytes), is_unique: call.is_some() }
    }
}

impl<'a> Facts<'a> {
    /// The facts of a line; `None` if it is damaged.
    pub fn of(line: &'a [u8]) -> Option<Self> {
        scan::scan(line).or_else(|| serde_json::from_slice(line).ok())
    }

    /// The key of the line.
    pub fn key(&self) -> Key {
        let (conversation, call) = (self.claude_session_id.as_deref(), self.tool_use_id.as_deref());
        let input = self.input.filter(|_| call.is_none()).and_then(|json| serde_json::from_str(json.get()).ok());
        Key::of(conversation, call, self.agent_id.as_deref(), self.tool.as_deref(), input.as_ref())
    }
}
