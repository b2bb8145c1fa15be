//! Owns the files in which clients remember what was typed (`history.jsonl`), for conversations whose log is gone.
//! Must stay true: a line is decoded alone, so that the file is read with bounded memory; what a person pasted stands
//! where the client's placeholder stood, as in a log.
//! Deliberately absent: a search for the conversations that are only here (`conversations`).
//! Facts: Claude Code 2.1.329 (`display`, `pastedContents`, `timestamp` in milliseconds, `project`, `sessionId`; older
//! versions have no `sessionId`), Codex 0.169 (`session_id`, `ts` in seconds, `text`). Only what was typed in a terminal
//! is in it, with the client's own commands (`/clear`).

use crate::agent::Agent;
use crate::entry::{Entry, Kind, Understood, Via};
use crate::lenient;
use cs_core::id::Uuid;
use cs_core::repair;
use memchr::memmem;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The file's name in the client's folder.
pub const NAME: &str = "history.jsonl";

/// A prompt that a client remembers.
#[derive(Debug, PartialEq, Eq)]
pub struct Remembered<'a> {
    /// The client's id of the conversation, lower case.
    pub conversation: String,
    /// Milliseconds since the epoch.
    pub at: Option<i64>,
    /// The directory in which the conversation worked, if the client says so.
    pub cwd: Option<Cow<'a, str>>,
    /// What was typed.
    pub text: String,
}

/// A line of either client; their keys differ.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", alias = "session_id", rename = "sessionId")]
    conversation: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", alias = "ts")]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    project: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", alias = "text")]
    display: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object", rename = "pastedContents")]
    pasted: Option<Pasted<'a>>,
}

/// What was pasted, by its number.
#[derive(Deserialize)]
#[serde(transparent)]
struct Pasted<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, Paste<'a>>);

#[derive(Deserialize)]
#[serde(transparent)]
struct Paste<'a>(#[serde(borrow, deserialize_with = "lenient::object")] Option<Content<'a>>);

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    content: Option<Cow<'a, str>>,
}

/// The prompt of a line; `None` if it has no text, or does not say which conversation it belongs to. `room` is for a
/// repair.
pub fn remembered<'a>(line: &'a [u8], room: &'a mut Vec<u8>) -> Option<Remembered<'a>> {
    let line: Line = repair::decode(line, room).ok()?;
    let conversation = Uuid::parse(&line.conversation?.to_ascii_lowercase()).ok()?.as_str().to_string();
    let text = with_pasted(&line.display?, line.pasted);
    let at = line.timestamp.as_deref().and_then(lenient::millis);
    (!text.trim().is_empty()).then_some(Remembered { conversation, at, cwd: line.project, text })
}

/// The conversation that a line names, without decoding it; `None` if that needs decoding. Quotes inside a text are
/// escaped, so the key with its quotes is only found where it is one.
pub fn conversation_in(agent: Agent, line: &[u8]) -> Option<&str> {
    let key: &[u8] = match agent {
        Agent::Claude => b"\"sessionId\":\"",
        _ => b"\"session_id\":\"",
    };
    let start = memmem::rfind(line, key)? + key.len();
    let id = std::str::from_utf8(line.get(start..start + UUID_BYTES)?).ok()?;
    (line.get(start + UUID_BYTES) == Some(&b'"') && Uuid::parse(id).is_ok()).then_some(id)
}

/// The length of a UUID.
const UUID_BYTES: usize = 36;

/// Passes the prompt of a line to `each`, if it belongs to this conversation.
pub(crate) fn line(line: &[u8], conversation: &str, each: &mut dyn FnMut(Entry)) -> Understood {
    let mut room = Vec::new();
    let found = remembered(line, &mut room).filter(|prompt| prompt.conversation == conversation);
    let Some(prompt) = found else { return Understood::AsItIs };
    let text = prompt.text.trim().to_string();
    let via = if text.starts_with('/') { Via::Command } else { Via::Typed };
    let kind = Kind::Prompt(Cow::Owned(text), via);
    let (at, conversation) = (prompt.at, Cow::Borrowed(conversation));
    each(Entry { at, conversation, ..Entry::of_line(kind) });
    Understood::after(&room)
}

/// The text, with what was pasted in place of the client's placeholders (`[Pasted text #1 +3 lines]`). A paste that the
/// client stores elsewhere keeps its placeholder.
fn with_pasted(text: &str, pasted: Option<Pasted>) -> String {
    let mut all = String::new();
    let mut rest = text;
    let pasted = pasted.map(|Pasted(pasted)| pasted).filter(|pasted| !pasted.is_empty());
    while let Some((before, behind)) = pasted.as_ref().and_then(|_| rest.split_once(PLACEHOLDER)) {
        let number = behind.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let content = pasted.as_ref().and_then(|pasted| pasted.get(number)?.0.as_ref()?.content.as_deref());
        all.push_str(before);
        rest = match (content, behind.split_once(']')) {
            (Some(content), Some((_, after))) => {
                all.push_str(content);
                after
            }
            _ => {
                all.push_str(PLACEHOLDER);
                behind
            }
        };
    }
    all + rest
}

/// The start of a placeholder.
const PLACEHOLDER: &str = "[Pasted text #";

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "b6bf4e07-880d-4283-a7ce-d88772d6ae9b";

    fn of(line: &str) -> Option<(String, Option<i64>, String)> {
        remembered(line.as_bytes(), &mut Vec::new()).map(|one| (one.conversation, one.at, one.text))
    }

    #[test]
    fn both_clients_remember_prompts() {
        let claude = format!(
            r#"{{"display":"simple prompt","pastedContents":{{}},"timestamp":1795233409655,"project":"/home/dev/repo","sessionId":"{ID}"}}"#
        );
        assert_eq!(of(&claude), Some((ID.into(), Some(1_795_233_409_655), "simple prompt".into())));
        let codex = format!(r#"{{"session_id":"{}","ts":1795237640,"text":"in the terminal"}}"#, ID.to_uppercase());
        assert_eq!(of(&codex), Some((ID.into(), Some(1_795_237_640_000), "in the terminal".into())));
        assert_eq!(conversation_in(Agent::Claude, claude.as_bytes()), Some(ID));
        assert_eq!(conversation_in(Agent::Codex, claude.as_bytes()), None);
    }

    #[test]
    fn a_line_without_a_conversation_or_a_text_is_nobody_s() {
        for line in [r#"{"display":"x","timestamp":1}"#, r#"{"sessionId":"x","display":"y"}"#, "{", "[]", "7"] {
            assert_eq!(of(line), None, "{line}");
        }
        assert_eq!(of(&format!(r#"{{"sessionId":"{ID}","display":" \n"}}"#)), None);
        assert_eq!(of(&format!(r#"{{"sessionId":"{ID}"}}"#)), None);
    }

    #[test]
    fn an_id_in_a_typed_text_is_not_the_line_s() {
        let typed = format!(r#"{{"display":"\"sessionId\":\"{ID}\"","timestamp":1}}"#);
        assert_eq!(conversation_in(Agent::Claude, typed.as_bytes()), None);
    }

    #[test]
    fn a_paste_stands_where_it_was_pasted() {
        let line = |display: &str, pasted: &str| {
            of(&format!(r#"{{"display":"{display}","pastedContents":{pasted},"sessionId":"{ID}"}}"#)).unwrap().2
        };
        let pasted = r#"{"1":{"id":1,"type":"text","content":"a\nb"},"2":{"id":2,"type":"text","contentHash":"x"}}"#;
        assert_eq!(line("see [Pasted text #1 +2 lines] here", pasted), "see a\nb here");
        assert_eq!(line("[Pasted text #2] [Pasted text #1]", pasted), "[Pasted text #2] a\nb");
        assert_eq!(line("[Pasted text #1", pasted), "[Pasted text #1");
        assert_eq!(line("[Pasted text #1]", "{}"), "[Pasted text #1]");
        assert_eq!(line("[Pasted text #1]", r#"{"1":7}"#), "[Pasted text #1]");
    }
}
