//! Owns what a line of Claude Code's transcript says about the end of a tool call, besides the tool's answer.
//! Facts (2.1.329, 2.1.332): a refused call has `toolDenialKind`; `user-rejected` also stands for a call that a person
//! stopped with Esc while it ran, and `toolDenialBeforeRun` or the `permissionDecision` tell the two apart.

use crate::entry::CallEnd;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What older clients (2.1.197) tell the agent about a call that was refused.
const REFUSED: [&str; 4] = [
    "The user doesn't want to proceed with this tool use.",
    "Claude requested permissions to ",
    "Permission to use ",
    "Permission for this action ",
];

/// What a line says about the end of its call.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending<'a> {
    pub(super) denial: Option<Cow<'a, str>>,
    pub(super) is_before_run: bool,
    pub(super) is_after_run: bool,
    /// Whether a person or a rule said no.
    pub(super) is_refused: bool,
    /// The client's own form of the answer.
    pub(super) result: Option<&'a RawValue>,
}

impl Ending<'_> {
    /// How the call ended. `text` is what the agent was told.
    pub(super) fn end(&self, is_error: bool, text: &str) -> CallEnd {
        match self.denial.as_deref() {
            _ if !is_error => CallEnd::Done,
            Some(_) if self.is_after_run => CallEnd::Failed,
            Some("user-rejected" | "cancelled") if self.is_before_run || self.is_refused => CallEnd::Denied,
            Some("user-rejected" | "cancelled" | "interrupted") => CallEnd::Interrupted,
            Some(_) => CallEnd::Denied,
            None if REFUSED.iter().any(|words| text.starts_with(words)) => CallEnd::Denied,
            None => CallEnd::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    fn end(fields: &str, text: &str) -> CallEnd {
        let line: Line = serde_json::from_str(fields).unwrap();
        line.ending().end(true, text)
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
}
