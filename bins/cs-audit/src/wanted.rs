//! Owns what the words of the command line mean for a question to the log: conversations, verdicts, ids.

use cli::{Context, Failure, Outcome, found, words};
use cs_core::id::Uuid;
use cs_core::store::Selector;
use cs_core::who;

/// The value of `--verdict`.
pub fn parse_verdict(word: &str) -> Result<rules::Kind, String> {
    words::choose(word, "a verdict", &rules::Kind::ALL.map(|kind| (kind.word(), kind)))
}

/// The value of `--limit`.
pub fn parse_limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of calls"))
}

/// The conversations of these sessions: a session's id, its start or end, or the id of a conversation, which needs no
/// record.
pub fn conversations(context: &Context, names: &[String]) -> Outcome<Vec<String>> {
    names.iter().map(|name| conversation(context, name)).collect()
}

fn conversation(context: &Context, name: &str) -> Outcome<String> {
    if let Ok(uuid) = Uuid::parse(who::conversation(name).unwrap_or(name)) {
        return Ok(uuid.to_string());
    }
    let id = context.store.find(&Selector::parse(name)?)?;
    let session = context.store.session(&id)?;
    let missing = || Failure::Nothing(format!("{} has no conversation, so it called no tool", session.session_id));
    session.claude_session_id.clone().ok_or_else(missing)
}

/// Fails if no project has this short name.
pub fn check_project(context: &Context, slug: Option<&str>) -> Outcome<()> {
    let is_unknown = |slug: &&str| !found::slugs(&context.store).contains(*slug);
    slug.filter(is_unknown).map_or(Ok(()), |slug| Err(found::no_project(&context.store, slug)))
}

/// The part of a path that is searched for.
pub fn part_of_path(text: &str) -> String {
    text.strip_prefix("./").unwrap_or(text).to_string()
}
