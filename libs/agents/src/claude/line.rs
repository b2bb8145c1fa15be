//! Owns the structure of a line of Claude Code's transcript. Must stay true: every field is optional and read separately.

use super::ended::Ending;
use super::usage::Usage;
use crate::lenient;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A line; `None` for anything but an object.
#[derive(Deserialize)]
pub(super) struct Record<'a>(#[serde(borrow, deserialize_with = "lenient::object")] pub(super) Option<Line<'a>>);

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isApiErrorMessage")]
    pub(super) is_failure: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "sessionId")]
    pub(super) session: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) cwd: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) uuid: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "requestId")]
    pub(super) request: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "requestRef")]
    pub(super) reference: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isSidechain")]
    pub(super) side: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "agentId")]
    pub(super) agent_id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isMeta")]
    pub(super) meta: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isCompactSummary")]
    pub(super) summary: Option<bool>,
    #[serde(borrow, rename = "forkedFrom")]
    pub(super) forked: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(super) origin: Option<Origin>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "advisorModel")]
    pub(super) advisor: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::number", rename = "costUSD")]
    pub(super) cost: Option<f64>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) message: Option<Message<'a>>,
    #[serde(default, deserialize_with = "lenient::string", rename = "aiTitle")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "lenient::string", rename = "customTitle")]
    pub(super) custom_title: Option<String>,
    /// The line before it; `None` for the first line of a thread.
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "parentUuid")]
    pub(super) parent: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) version: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "gitBranch")]
    pub(super) branch: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "permissionMode")]
    pub(super) mode: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "promptSource")]
    pub(super) prompt_source: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) attachment: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) subtype: Option<Cow<'a, str>>,
    /// What a `system` line says.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) content: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object", rename = "compactMetadata")]
    pub(super) compacted: Option<Compacted<'a>>,
    #[serde(default, deserialize_with = "lenient::objects", rename = "hookInfos")]
    pub(super) hooks: Vec<Hook>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "preventedContinuation")]
    pub(super) is_stopped: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "stopReason")]
    pub(super) stop_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "continuedInSessionId")]
    pub(super) continued_in: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::objects")]
    pub(super) sessions: Vec<Named>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "toolDenialKind")]
    denial: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "toolDenialBeforeRun")]
    before_run: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "toolDenialAfterRun")]
    after_run: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient::object", rename = "permissionDecision")]
    decision: Option<Decision<'a>>,
    #[serde(borrow, default, rename = "toolUseResult")]
    result: Option<&'a RawValue>,
}

impl<'a> Line<'a> {
    /// What the line says about the end of its call.
    pub(super) fn ending(&self) -> Ending<'a> {
        Ending {
            denial: self.denial.clone(),
            is_before_run: self.before_run == Some(true),
            is_after_run: self.after_run == Some(true),
            is_refused: self.decision.as_ref().and_then(|by| by.decision.as_deref()) == Some("reject"),
            result: self.result,
        }
    }

    /// Who wrote a prompt, in the client's word.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_ref().and_then(|origin| origin.kind.as_deref())
    }
}

#[derive(Deserialize)]
struct Decision<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    decision: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Origin {
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub(super) usage: Option<Usage<'a>>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Compacted<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub(super) trigger: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::known_count", rename = "preTokens")]
    pub(super) before: Option<u64>,
    #[serde(default, deserialize_with = "lenient::known_count", rename = "postTokens")]
    pub(super) after: Option<u64>,
}

/// A run of a hook.
#[derive(Deserialize)]
pub(super) struct Hook {
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) command: Option<String>,
    #[serde(default, deserialize_with = "lenient::number", rename = "durationMs")]
    pub(super) milliseconds: Option<f64>,
}

/// A conversation that a line names.
#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "lenient::string", alias = "sessionId")]
    pub(super) id: Option<String>,
}
