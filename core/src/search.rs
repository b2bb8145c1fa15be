//! Owns which parts of a record are searched: everything that people read there, and nothing else.

use crate::record::Session;

/// Whether anything that people read in the record contains the text, in any case. `text` is in
/// lower case.
pub fn says(session: &Session, text: &str) -> bool {
    let short = [&session.session_id, &session.project_slug, &session.intent, &session.git_branch];
    let optional = [&session.current_activity, &session.outcome, &session.parked_reason, &session.awaiting_action];
    let lists = [&session.decisions, &session.open_questions, &session.next_steps, &session.files_changed];
    let mut texts = short
        .into_iter()
        .chain(optional.into_iter().flatten())
        .chain(lists.into_iter().flatten())
        .chain(session.events.iter().map(|event| &event.message))
        .chain(session.history.iter().map(|moment| &moment.text))
        .chain(session.tasks.iter().map(|task| &task.subject))
        .chain(session.commits.iter().flat_map(|commit| [&commit.sha, &commit.message]));
    texts.any(|field| field.to_lowercase().contains(text))
}
