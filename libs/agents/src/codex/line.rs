//! Owns the structure of lines in Codex's rollouts, as far as it matters. Must stay true: every field is optional and
//! parsed separately.

use super::counter::Written;
use crate::content;
use crate::lenient;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) payload: Option<Payload<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) session_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) parent_thread_id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) forked_from_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) thread_source: Option<String>,
    pub(super) source: Option<serde_json::Value>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) cwd: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) thread_settings: Option<Settings>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) turn_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) thread_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) response_id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) usage: Option<Written>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) thread_token_usage: Option<Written>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) info: Option<Info>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) rate_limits: Option<Limits>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) item: Option<Item>,
    /// Text of a prompt.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) message: Option<Cow<'a, str>>,
    /// The id of a tool call.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) call_id: Option<Cow<'a, str>>,
    /// A tool's name, and what stands before it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) namespace: Option<Cow<'a, str>>,
    /// A function's arguments: a text that contains JSON.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) arguments: Option<Cow<'a, str>>,
    /// A custom tool's input, such as a patch.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) input: Option<Cow<'a, str>>,
    /// A tool's answer.
    #[serde(borrow, default)]
    pub(super) output: Option<&'a RawValue>,
    /// What a shell of older clients was called with.
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) action: Option<Action>,
}

#[derive(Deserialize)]
pub(super) struct Action {
    #[serde(default)]
    pub(super) command: Option<serde_json::Value>,
}

#[derive(Deserialize)]
pub(super) struct Settings {
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) model: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) service_tier: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Info {
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) total_token_usage: Option<Written>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) last_token_usage: Option<Written>,
}

#[derive(Deserialize)]
pub(super) struct Limits {
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) limit_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Item {
    #[serde(default, deserialize_with = "lenient::string", rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) id: Option<String>,
    #[serde(default)]
    content: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) command: Option<serde_json::Value>,
    /// Files that were changed, by their paths.
    #[serde(default)]
    pub(super) changes: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) server: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) tool: Option<String>,
    /// What a subagent is called for.
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) prompt: Option<String>,
    #[serde(default)]
    pub(super) receiver_thread_ids: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) agent_thread_id: Option<String>,
}

impl Item {
    /// The text that a person typed, if the item is a prompt.
    pub(super) fn typed(&self) -> Option<String> {
        let content = self.content.as_deref();
        let is_prompt = self.kind.as_deref() == Some("UserMessage");
        is_prompt
            .then(|| content.map_or_else(|| Some(String::new()), |content| content::typed(content, true)))
            .flatten()
    }
}
