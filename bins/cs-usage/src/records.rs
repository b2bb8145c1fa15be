//! Owns reading which records share a conversation.

use cli::{Context, Outcome};
use cs_core::clock;
use cs_core::record::Session;
use usage::shares::{Began, Records};

/// The records of each conversation, archived ones too; `each` gets every one of them. Damaged ones are left out;
/// `cs-session list` names them.
pub fn records(context: &Context, mut each: impl FnMut(Session)) -> Outcome<Records> {
    let store = &context.store;
    let mut records = Records::new();
    for dir in [store.home.sessions(), store.home.archive()] {
        for id in store.ids(&dir)? {
            let Ok(session) = store.session(&id) else { continue };
            if let Some(uuid) = session.claude_session_id.clone() {
                // A record whose start is not a time has never begun.
                let at = clock::parse(&session.started_at).map_or(i64::MAX, |at| at.timestamp_millis());
                records.entry(uuid).or_default().push(Began { at, session_id: session.session_id.clone() });
                each(session);
            }
        }
    }
    for several in records.values_mut() {
        several.sort();
        // One that is being archived lies in both folders.
        several.dedup();
    }
    Ok(records)
}
