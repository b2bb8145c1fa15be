//! Owns which fields of a record hold texts of people or agents, and masks them on output:
//! older versions and the Python tool did not mask what they wrote. `validate` masks new input.
//! Must stay true: ids, times and names of commits are never changed; the file on disk is not written.
//! Deliberately absent: unknown fields, whose meaning is not known here.

use crate::record::Session;
use std::borrow::Cow;

/// All texts of a record except its paths.
pub fn texts(session: &mut Session) -> impl Iterator<Item = &mut String> {
    let optional = [
        &mut session.outcome,
        &mut session.last_message,
        &mut session.parked_reason,
        &mut session.current_activity,
        &mut session.awaiting_action,
        &mut session.roadmap_ref,
    ];
    let former = session.reopened.iter_mut().flat_map(|former| {
        let ends = [&mut former.outcome, &mut former.parked_reason];
        ends.into_iter().flatten().chain(&mut former.next_steps)
    });
    [&mut session.intent, &mut session.git_branch]
        .into_iter()
        .chain(optional.into_iter().flatten())
        .chain(former)
        .chain(&mut session.decisions)
        .chain(&mut session.open_questions)
        .chain(&mut session.next_steps)
        .chain(session.events.iter_mut().map(|event| &mut event.message))
        .chain(session.history.iter_mut().map(|moment| &mut moment.text))
        .chain(session.commits.iter_mut().map(|commit| &mut commit.message))
        .chain(session.tasks.iter_mut().map(|task| &mut task.subject))
}

/// Masks a record before it is shown or exported.
pub fn session(session: &mut Session) {
    texts(session).for_each(text);
    for path in session.files_changed.iter_mut().chain(&mut session.also_in).chain(&mut session.worktree_root) {
        if let Cow::Owned(masked) = redact::mask_tokens(path) {
            *path = masked;
        }
    }
}

/// Masks one text.
pub fn text(text: &mut String) {
    if let Cow::Owned(masked) = redact::mask(text) {
        *text = masked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Built at run time, so that secret scanners do not report this file.
    fn secret() -> String {
        ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")
    }

    #[test]
    fn every_text_of_an_old_record_is_masked() {
        let sample = include_str!("../../tests/samples/v4.json");
        let mut all: serde_json::Value = serde_json::from_str(sample).unwrap();
        all["reopened"] = serde_json::json!({"at": "", "mark": "", "status": "parked", "outcome": "sent",
            "parked_reason": "lunch", "next_steps": ["ask Anna"]});
        put(&mut all, &secret());
        let mut record: Session = serde_json::from_value(all).unwrap();
        session(&mut record);
        let text = serde_json::to_string(&record).unwrap();
        assert!(text.contains("[masked]") && !text.contains("a1B2c3"), "{text}");
    }

    /// Puts a secret into every text except ids, times and names of commits.
    fn put(value: &mut serde_json::Value, secret: &str) {
        let found = [
            "id",
            "at",
            "mark",
            "sha",
            "status",
            "agent",
            "agent_key",
            "audit_head",
            "ended_by",
            "claimed_by",
            "resumed_from",
            "resumed_as",
        ];
        let is_found = |name: &str| {
            found.contains(&name) || ["_id", "_at", "_slug", "stamp", "heartbeat"].iter().any(|end| name.ends_with(end))
        };
        match value {
            serde_json::Value::Object(fields) => {
                fields.iter_mut().filter(|(name, _)| !is_found(name)).for_each(|(_, value)| put(value, secret));
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| put(item, secret)),
            serde_json::Value::String(text) => *text = format!("{text} {secret}"),
            _ => {}
        }
    }
}
