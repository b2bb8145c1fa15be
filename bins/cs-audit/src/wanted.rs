//! Owns what the words of the command line mean for a question to the log: conversations, verdicts, ids; and that somebody
//! who waits for an answer is told what takes long.

use audit::{Call, Filter, Settings, Share, Step};
use cli::{Context, Failure, Outcome, Progress, found, words};
use cs_core::clock::Instant;
use cs_core::id::Uuid;
use cs_core::store::{Selector, Store};
use cs_core::who;
use cs_core::zone::Zone;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

/// The settings, without a word about what is wrong with them: `cs-setup doctor` tells.
pub fn settings(context: &Context) -> Settings {
    Settings::read(&context.store.config(), &context.store.home.config()).0
}

/// The values of `--verdict`: words of verdicts, and ids of rules that are or were.
pub fn said(context: &Context, values: &[String]) -> Outcome<Vec<String>> {
    let asked: Vec<String> =
        values.iter().flat_map(|value| value.split(',')).map(|word| word.trim().to_string()).collect();
    if asked.is_empty() {
        return Ok(asked);
    }
    let known = known(&settings(context).all_rules());
    match asked.iter().find(|word| !known.contains(*word)) {
        None => Ok(asked),
        Some(word) => {
            let kinds = rules::Kind::ALL.map(rules::Kind::word).join(", ");
            let near = cli::near_words(word, known.iter().map(String::as_str));
            let near = near.first().map(|near| format!("did you mean {near}? "));
            let hint = format!("{}cs-audit rules lists the rules", near.unwrap_or_default());
            Err(Failure::Usage(format!("--verdict: {word:?} is neither a rule nor one of {kinds}"), Some(hint)))
        }
    }
}

/// The words that a verdict may have: its kind, or its rule; what the guard says about leases is one, too.
pub fn known(rules: &rules::Rules) -> BTreeSet<String> {
    let kinds = rules::Kind::ALL.map(rules::Kind::word).into_iter().chain(["lease"]);
    let opaque = rules::OPAQUE.into_iter().map(|reason| reason.id);
    kinds.chain(opaque).map(str::to_string).chain(rules.iter().map(|rule| rule.id.to_string())).collect()
}

/// A word that must be a verdict.
pub fn parse_verdict(word: &str) -> Result<rules::Kind, String> {
    words::choose(word, "a verdict", &rules::Kind::ALL.map(|kind| (kind.word(), kind)))
}

/// The value of `--limit`.
pub fn parse_limit(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is not a number of calls");
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(wrong)
}

/// What is said if the question goes back further than the log: when it begins, and why.
pub fn before_log(context: &Context, filter: &Filter) -> Option<String> {
    let begins_at = audit::begins_at(&context.store).ok().flatten()?;
    let time = |at| render::format_local_minute(at, Zone::system());
    let is_before = filter.range.since.is_none_or(|since| since < begins_at);
    let removed = audit::removed_at(&context.store).ok().flatten();
    let removed = removed.map(|at| format!(" (cs-cleanup removed what was before at {})", time(at)));
    is_before.then(|| format!("the log begins at {}{}", time(begins_at), removed.unwrap_or_default()))
}

/// The parts of conversations that these names mean: a session's id, its start or end, or the id of a conversation, which
/// needs no record.
pub fn shares<'n>(context: &Context, names: impl Iterator<Item = &'n String>) -> Outcome<Vec<Share>> {
    names.map(|name| share(context, name)).collect()
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
