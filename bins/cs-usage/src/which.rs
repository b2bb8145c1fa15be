//! Owns finding the conversation that an argument names: that of a record, or one with a log but without a record.

use cli::{Context, Failure, Outcome, selectors};
use cs_core::store::Selector;
use cs_core::who;
use usage::book::Book;

/// Returns the ids of the conversations that the arguments name.
pub fn conversations(context: &Context, args: &[String], book: &Book) -> Outcome<Vec<String>> {
    selectors(args)?.iter().map(|name| conversation(context, name, book)).collect()
}

fn conversation(context: &Context, name: &str, book: &Book) -> Outcome<String> {
    let bare = who::conversation(name).unwrap_or(name).to_ascii_lowercase();
    let fits = |id: &str| id == bare || (bare.len() >= 4 && (id.starts_with(&bare) || id.ends_with(&bare)));
    let ids: Vec<&str> = book.sessions.iter().map(|session| session.id.as_str()).collect();
    if let Some(id) = ids.iter().find(|id| **id == bare) {
        return Ok(id.to_string());
    }
    let found = Selector::parse(name).and_then(|selector| context.store.find(&selector));
    match found.and_then(|id| context.store.session(&id)) {
        Ok(session) => session.claude_session_id.ok_or_else(|| {
            Failure::Nothing(format!("{} has no conversation, so no log has its usage", session.session_id))
        }),
        Err(error) => {
            let near: Vec<&str> = ids.into_iter().filter(|id| fits(id)).collect();
            match near.as_slice() {
                [id] => Ok(id.to_string()),
                [] => Err(error.into()),
                several => Err(Failure::Nothing(format!("{name} is ambiguous: it may be {}", several.join(" or ")))),
            }
        }
    }
}
