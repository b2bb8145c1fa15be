//! Owns what the words of the command line mean for a question to the log: conversations, verdicts, ids; and that somebody
//! who waits for an answer is told what takes long.

use audit::{Call, Filter, Share, Step};
use cli::{Context, Failure, Outcome, Progress, found, words};
use cs_core::clock::Instant;
use cs_core::id::Uuid;
use cs_core::store::{Selector, Store};
use cs_core::who;
use std::ops::ControlFlow;
use std::path::Path;

/// The value of `--verdict`.
pub fn parse_verdict(word: &str) -> Result<rules::Kind, String> {
    words::choose(word, "a verdict", &rules::Kind::ALL.map(|kind| (kind.word(), kind)))
}

/// The value of `--limit`.
pub fn parse_limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of calls"))
}

/// The parts of conversations that these names mean: a session's id, its start or end, or the id of a conversation, which
/// needs no record.
pub fn shares(context: &Context, names: &[String]) -> Outcome<Vec<Share>> {
    names.iter().map(|name| share(context, name)).collect()
}

fn share(context: &Context, name: &str) -> Outcome<Share> {
    if let Ok(uuid) = Uuid::parse(who::conversation(name).unwrap_or(name)) {
        return Ok(Share::whole(uuid.as_str()));
    }
    let id = context.store.find(&Selector::parse(name)?)?;
    let session = context.store.session(&id)?;
    let missing = || Failure::Nothing(format!("{} has no conversation, so it called no tool", session.session_id));
    Share::of(&session, context.now).ok_or_else(missing)
}

/// Fails if no project has this short name.
pub fn check_project(context: &Context, slug: Option<&str>) -> Outcome<()> {
    let is_unknown = |slug: &&str| !found::slugs(&context.store).contains(*slug);
    slug.filter(is_unknown).map_or(Ok(()), |slug| Err(found::no_project(&context.store, slug)))
}

/// Passes the calls that fit to `take`, newest first, until it breaks; a person who waits is told what takes long.
pub fn each_call(
    store: &Store,
    filter: &Filter,
    now: Instant,
    take: &mut dyn FnMut(Call) -> ControlFlow<()>,
) -> cs_core::Result<()> {
    let mut progress = Progress::new(0);
    let done = audit::each_step(store, filter, now, &mut |step| match step {
        Step::Found(call) => {
            progress.clear();
            take(*call)
        }
        Step::Indexing(day) => {
            progress.show(|| indexing(day));
            ControlFlow::Continue(())
        }
    });
    progress.clear();
    done
}

/// The calls that fit, newest first.
pub fn calls(store: &Store, filter: &Filter, now: Instant) -> cs_core::Result<Vec<Call>> {
    let mut found = Vec::new();
    each_call(store, filter, now, &mut |call| {
        found.push(call);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// What a person is told while the index of a day's log is made.
pub fn indexing(day: &Path) -> String {
    format!("reading {}", day.file_stem().unwrap_or_default().to_string_lossy())
}

/// The part of a path that is searched for.
pub fn part_of_path(text: &str) -> String {
    text.strip_prefix("./").unwrap_or(text).to_string()
}
