//! Owns the structure of lines in Codex's rollouts, as far as it matters. Must stay true: every field is optional and
//! parsed separately.

use super::counter::Written;
use super::limits::Limits;
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
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) metadata: Option<Metadata>,
}

/// What the client notes about an item of the model.
#[derive(Deserialize)]
pub(super) struct Metadata {
    /// Whether it is the summary of a compaction.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(super) compaction_output: Option<bool>,
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
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) item: Option<Item<'a>>,
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
    /// What a shell of older clients was called with, or a search of the web.
    #[serde(borrow, default)]
    pub(super) action: Option<&'a RawValue>,
    /// Who says a message: `user`, `assistant`, `developer`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) role: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    /// What the agent thought, as a list of blocks.
    #[serde(borrow, default)]
    pub(super) summary: Option<&'a RawValue>,
    /// The same in an event: one block.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "lenient::object",
        rename = "internal_chat_message_metadata_passthrough"
    )]
    pub(super) labels: Option<Labels<'a>>,
    /// Whether a call of the model's is complete.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) status: Option<Cow<'a, str>>,
    /// Why a turn was aborted.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) reason: Option<Cow<'a, str>>,
    /// Why a turn failed.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) error: Option<Fault<'a>>,
    /// What the agent may do without a question.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) approval_policy: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) sandbox_policy: Option<Sandbox<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) cli_version: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) git: Option<Git<'a>>,
    /// A search of the web, and the files that a patch changed, in events of older clients.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) query: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) changes: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) stdout: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) stderr: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(super) success: Option<bool>,
    /// A call of an MCP server in events of older clients, and its answer.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) invocation: Option<Invocation<'a>>,
    #[serde(borrow, default)]
    pub(super) result: Option<&'a RawValue>,
}

/// What the client says about each block of a message (0.169).
#[derive(Deserialize)]
pub(super) struct Labels<'a> {
    #[serde(borrow, default)]
    pub(super) content_item_kinds: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Fault<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) message: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Sandbox<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type", alias = "mode")]
    pub(super) kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Git<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) branch: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Invocation<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) server: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) tool: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'a RawValue>,
}

/// What a shell of older clients was called with.
#[derive(Deserialize)]
pub(super) struct Action<'a> {
    #[serde(borrow, default)]
    pub(super) command: Option<&'a RawValue>,
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

/// What the client says about something that is complete.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow, deserialize_with = "lenient::text", rename = "type")]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) summary_text: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) command: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) cwd: Option<Cow<'a, str>>,
    /// What a command printed, and how it ended.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) aggregated_output: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::number")]
    pub(super) exit_code: Option<f64>,
    /// Files that were changed, by their paths.
    #[serde(borrow)]
    pub(super) changes: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) stdout: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) stderr: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) server: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) tool: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    /// What was searched for in the web.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) query: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) action: Option<&'a RawValue>,
    /// What a subagent is called for.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) prompt: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) receiver_thread_ids: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub(super) agent_thread_id: Option<Cow<'a, str>>,
    /// What happened to a subagent: `started`, `completed`.
    #[serde(borrow, deserialize_with = "lenient::text", rename = "kind")]
    pub(super) activity: Option<Cow<'a, str>>,
}

impl Item<'_> {
    /// The thread of the subagent that was called.
    pub(super) fn receiver(&self) -> Option<String> {
        let ids: Vec<String> = serde_json::from_str(self.receiver_thread_ids?.get()).ok()?;
        ids.into_iter().next()
    }

    /// The text that a person typed, if the item is a prompt.
    pub(super) fn typed(&self) -> Option<String> {
        let content = self.content;
        let is_prompt = self.kind.as_deref() == Some("UserMessage");
        is_prompt
            .then(|| content.map_or_else(|| Some(String::new()), |content| content::typed(content, true)))
            .flatten()
    }
}
