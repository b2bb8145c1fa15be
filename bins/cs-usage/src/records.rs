//! Owns finding the records that share a conversation.

use cli::{Context, Outcome};
use cs_core::clock;
use cs_core::record::Session;
use usage::shares::{Began, Records};

/// Returns the records of each conversation, including archived ones, and passes each record to `each`. Damaged ones are
/// skipped; `cs-session list` reports them.
pub fn records(context: &Context, mut each: impl FnMut(Session)) -> Outcome<Records> {
    let store = &context.store;
    let mut records = Records::new();
    for dir in [store.home.sessions(), store.home.archive()] {
        for id in store.ids(&dir)? {
            let Ok(session) = store.session(&id) else { continue };
            if let Some(uuid) = session.claude_session_id.clone() {
                // A record without a valid start comes last.
                let at = clock::parse(&session.started_at).map_or(i64::MAX, |at| at.timestamp_millis());
                records.entry(uuid).or_default().push(Began { at, session_id: session.session_id.clone() });
                each(session);
            }
        }
    }
    for several in records.values_mut() {
        several.sort();
        // A record that is being archived is in both folders.
        several.dedup();
    }
    Ok(records)
}
