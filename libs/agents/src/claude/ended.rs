//! Owns what a line of Claude Code's transcript says about the end of a tool call, besides the tool's answer.
//! Facts (2.1.329, 2.1.332): a refused call has `toolDenialKind`; `user-rejected` also stands for a call that a person
//! stopped with Esc while it ran, and `toolDenialBeforeRun` or the `permissionDecision` tell the two apart.

use crate::entry::{CallEnd, Change};
use crate::lenient;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What older clients (2.1.197) tell the agent about a call that was refused.
const REFUSED: [&str; 4] = [
    "The user doesn't want to proceed with this tool use.",
    "Claude requested permissions to ",
    "Permission to use ",
    "Permission for this action ",
];

/// The fields of a line about the end of its call.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Ending<'a> {
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

#[derive(Clone, Debug, Default, Deserialize)]
struct Decision<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    decision: Option<Cow<'a, str>>,
}

/// The client's own form of the answer.
#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::string", rename = "agentId")]
    agent_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::objects", rename = "structuredPatch")]
    hunks: Vec<Hunk>,
    #[serde(default, deserialize_with = "lenient::string", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Hunk {
    #[serde(default)]
    lines: Vec<String>,
}

impl Ending<'_> {
    /// How the call ended. `text` is what the agent was told.
    pub(super) fn end(&self, is_error: bool, text: &str) -> CallEnd {
        let is_before = self.before_run == Some(true);
        let is_refused = self.decision.as_ref().and_then(|by| by.decision.as_deref()) == Some("reject");
        match self.denial.as_deref() {
            _ if !is_error => CallEnd::Done,
            Some(_) if self.after_run == Some(true) => CallEnd::Failed,
            Some("user-rejected" | "cancelled") if is_before || is_refused => CallEnd::Denied,
            Some("user-rejected" | "cancelled" | "interrupted") => CallEnd::Interrupted,
            Some(_) => CallEnd::Denied,
            None if REFUSED.iter().any(|words| text.starts_with(words)) => CallEnd::Denied,
            None => CallEnd::Failed,
        }
    }

    /// What the call changed in a file, and the subagent that it started.
    pub(super) fn made(&self) -> (Option<Change>, Option<Cow<'static, str>>) {
        let answer = self.result.filter(|result| result.get().starts_with('{'));
        let answer: Answer = answer.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default();
        let lines = || answer.hunks.iter().flat_map(|hunk| &hunk.lines);
        let count = |mark: char| lines().filter(|line| line.starts_with(mark)).count() as u64;
        let change = match answer.kind.as_deref() {
            // A new file has no hunks.
            Some("create") => answer.content.as_deref().map(|text| (text.lines().count() as u64, 0)),
            _ => (!answer.hunks.is_empty()).then(|| (count('+'), count('-'))),
        };
        let change = change.map(|(added, removed)| Change { files: 1, added, removed });
        (change, answer.agent_id.map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(fields: &str, text: &str) -> CallEnd {
        let ending: Ending = serde_json::from_str(fields).unwrap();
        ending.end(true, text)
    }

    #[test]
    fn a_refused_call_is_told_from_a_stopped_and_a_failed_one() {
        let rejected = "The user doesn't want to proceed with this tool use. The tool use was rejected";
        assert_eq!(end(r#"{"toolDenialKind":"user-rejected","toolDenialBeforeRun":true}"#, rejected), CallEnd::Denied);
        assert_eq!(end(r#"{"toolDenialKind":"user-rejected"}"#, rejected), CallEnd::Interrupted);
        let by = r#"{"toolDenialKind":"user-rejected","permissionDecision":{"decision":"reject","source":"config"}}"#;
        assert_eq!(end(by, rejected), CallEnd::Denied);
        let allowed = r#"{"toolDenialKind":"user-rejected","permissionDecision":{"decision":"accept"}}"#;
        assert_eq!(end(allowed, rejected), CallEnd::Interrupted);
        for kind in ["permission-rule", "automode-blocked", "automode-unavailable"] {
            assert_eq!(end(&format!(r#"{{"toolDenialKind":"{kind}"}}"#), "no"), CallEnd::Denied, "{kind}");
        }
        assert_eq!(end(r#"{"toolDenialKind":"permission-rule","toolDenialAfterRun":true}"#, "no"), CallEnd::Failed);
        assert_eq!(end(r#"{"toolDenialKind":"interrupted"}"#, "x"), CallEnd::Interrupted);
        assert_eq!(end("{}", rejected), CallEnd::Denied, "2.1.197");
        assert_eq!(end(r#"{"toolDenialKind":[],"permissionDecision":"x"}"#, "Exit code 3"), CallEnd::Failed);
        assert_eq!(Ending::default().end(false, rejected), CallEnd::Done);
    }

    #[test]
    fn changed_lines_are_counted() {
        let of = |json: &str| {
            let text = format!(r#"{{"toolUseResult":{json}}}"#);
            serde_json::from_str::<Ending>(&text).unwrap().made()
        };
        let edit = r#"{"structuredPatch":[{"lines":[" one","-two","+TWO","+three"]},{"lines":["-x"]}]}"#;
        assert_eq!(of(edit).0, Some(Change { files: 1, added: 2, removed: 2 }));
        let new = r#"{"type":"create","content":"one\ntwo\n","structuredPatch":[]}"#;
        assert_eq!(of(new).0, Some(Change { files: 1, added: 2, removed: 0 }));
        assert_eq!(of(r#"{"agentId":"a1","content":[{}]}"#), (None, Some(Cow::Borrowed("a1"))));
        assert_eq!(of("\"Error\""), (None, None));
        assert_eq!(of(r#"{"structuredPatch":[{"lines":[7]}]}"#).0, None);
    }
}
