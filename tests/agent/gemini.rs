//! Owns what lines of a third agent's logs mean: a made-up one, by which the recipe for an agent is tried.

use crate::entry::{Entry, Kind, Response, Thread};
use crate::tokens::{Class, Tokens};
use crate::{lenient, typed};
use cs_core::repair;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is known of the lines before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    conversation: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    at: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    cwd: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    text: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::count")]
    input: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    output: u64,
}

impl State {
    /// The entries of a line; `None` if it cannot be understood.
    pub(crate) fn entries<'a>(&mut self, line: &'a [u8], room: &'a mut Vec<u8>) -> Option<Vec<Entry<'a>>> {
        let line: Line = repair::decode(line, room).ok()?;
        let kind = match line.kind.as_deref() {
            Some("session") => {
                self.conversation = line.id.as_deref().unwrap_or_default().to_string();
                Some(Kind::Context { cwd: line.cwd, is_copy: false })
            }
            Some("user") => {
                let typed = typed::typed(line.text.as_deref().unwrap_or_default());
                typed.map(|typed| Kind::Prompt(Cow::Owned(typed.text.into_owned())))
            }
            Some("model") => Some(Kind::Response(Response {
                message: line.id.clone().unwrap_or_default(),
                part: None,
                is_named: true,
                request: None,
                reference: None,
                model: line.model.unwrap_or_default(),
                class: Class::default(),
                lines: 1,
                searches: 0,
                tokens: Tokens { input: line.input, output: line.output, ..Tokens::default() },
                cost_pico_usd: 0,
            })),
            _ => None,
        };
        let (at, thread) = (line.at.as_deref().and_then(lenient::millis), Thread::Main);
        let (id, conversation) = (line.id, Cow::Owned(self.conversation.clone()));
        Some(kind.into_iter().map(|kind| Entry { at, id: id.clone(), conversation: conversation.clone(), thread, kind }).collect())
    }
}
