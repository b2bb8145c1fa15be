//! Owns counting only what has changed since an answer was stored: `usage/cache/answer-<folders>.sources` says which
//! logs and summaries it was counted from, and what they have in common. Must stay true: the answer is that of counting
//! everything. Logs and summaries with a message, a prompt, the time of a prompt or a conversation in common are one
//! family, directly or through others; how one is counted depends on nothing outside its family.

use crate::answer::{Answer, Question, hash};
use crate::book;
use crate::cache::{self, Read};
use crate::facts::Facts;
use crate::pack::mix;
use crate::sources::Sources;
use crate::summary::{Counted, Listed, load_wanted};
use agents::Agent;
use agents::logs::Log;
use cs_core::Error;
use cs_core::id::fnv1a;
use cs_core::paths::Home;
use std::collections::BTreeSet;

fn of_session(agent: Agent, id: &str) -> u64 {
    mix(agent as u64, fnv1a(id.as_bytes()))
}
fn of_message(message: u64) -> u64 {
    mix(1 << 32, message)
}
fn of_prompt(id: u64) -> u64 {
    mix(2 << 32, id)
}
fn of_time(at: i64) -> u64 {
    mix(3 << 32, at as u64)
}

/// All by which the counting of a log may depend on others.
fn links_of_log<'a>(log: &'a Log, facts: &'a Facts) -> impl Iterator<Item = u64> + 'a {
    let sessions = facts.named_sessions().into_iter().map(|name| of_session(log.agent, facts.name(name)));
    let prompts = facts.prompts.iter().flat_map(|prompt| [of_prompt(prompt.id), of_time(prompt.at)]);
    sessions.chain(prompts).chain(facts.calls.iter().map(|call| of_message(call.message)))
}

/// The same for a summary.
fn links_of_summary(of: &Counted) -> impl Iterator<Item = u64> + '_ {
    let times = of.prompts().iter().copied().map(of_time);
    times.chain(of.keys().map(of_message)).chain([of_session(of.agent(), of.session())])
}

/// What was counted, for an answer.
#[derive(Debug, Default)]
pub struct Recount {
    /// The answer. Its limits are those of the last one.
    pub answer: Answer,
    /// The logs that were read for it, and those that could not be.
    pub read: Read,
    /// Of summaries that cannot be parsed.
    pub damaged: Vec<Error>,
    sources: Sources,
}

impl Recount {
    /// Stores the answer, for the next time.
    pub fn store(&self, question: &Question) {
        question.store(&self.answer, &self.sources);
    }
}

/// A log or a summary that there is.
struct Found {
    hash: u64,
    /// The family that it had.
    family: Option<u32>,
    is_taken: bool,
}

impl Found {
    /// Whether it is new, or in an open family, and was not taken before.
    fn take(&mut self, open: &BTreeSet<u32>) -> bool {
        let is_due = !self.is_taken && self.family.is_none_or(|family| open.contains(&family));
        self.is_taken |= is_due;
        is_due
    }
}

impl Question {
    /// Counts what has changed since the last answer; all, if there is none. `only` says which summaries count with
    /// these logs.
    pub fn count(
        &self,
        home: &Home,
        logs: &[Log],
        listed: &[Listed],
        only: impl FnOnce(Vec<Counted>, &[(Log, Facts)]) -> Vec<Counted>,
    ) -> Recount {
        let (mut answer, mut sources) = self.last(home).unwrap_or_default();
        let mut is_there = vec![false; sources.all.len()];
        let mut found = |hash: u64| {
            let place = sources.all.binary_search_by_key(&hash, |source| source.hash).ok();
            place.and_then(|place| is_there.get_mut(place)).into_iter().for_each(|there| *there = true);
            let family = place.and_then(|place| sources.all.get(place)).map(|source| source.family);
            Found { hash, family, is_taken: false }
        };
        let mut of_logs: Vec<Found> = logs.iter().map(|log| found(hash(0, log))).collect();
        let mut of_summaries: Vec<Found> = listed.iter().map(|listed| found(listed.hash())).collect();
        // Those that are gone, or are no longer what they were.
        let gone = sources.all.iter().zip(is_there).filter(|(_, is_there)| !is_there);
        let mut open: BTreeSet<u32> = gone.map(|(source, _)| source.family).collect();
        let (mut read, mut summaries, mut damaged, mut new) =
            (Read::default(), Vec::new(), Vec::new(), Sources::default());
        loop {
            let due = logs.iter().zip(&mut of_logs).filter_map(|(log, found)| found.take(&open).then(|| log.clone()));
            let due: Vec<Log> = due.collect();
            let wanted: Vec<bool> = of_summaries.iter_mut().map(|found| found.take(&open)).collect();
            if due.is_empty() && !wanted.contains(&true) {
                break;
            }
            let more = cache::read(home, due);
            let (loaded, errors) = load_wanted(home, listed, |n| wanted.get(n) == Some(&true));
            let from = new.links.len();
            more.logs.iter().for_each(|(log, of)| new.push(hash(0, log), of.broken, links_of_log(log, of)));
            for (n, summary) in loaded {
                let hash = of_summaries.get(n).map_or(0, |found| found.hash);
                new.push(hash, 0, links_of_summary(&summary));
                summaries.push(summary);
            }
            let links = new.links.get(from..).unwrap_or_default();
            open.extend(links.iter().filter_map(|link| sources.family_with(*link)));
            read.logs.extend(more.logs);
            read.unreadable.extend(more.unreadable);
            damaged.extend(errors);
        }
        read.logs.sort_by(|(a, _), (b, _)| (a.born, &a.path).cmp(&(b.born, &b.path)));
        let book = book::build(&read.logs, only(summaries, &read.logs), |_, _, _| {});
        let old = answer.book.sessions.len();
        answer.book.append(book);
        answer.book = answer.book.sorted(|n, of| {
            let family = || sources.family_with(of_session(of.agent, &of.id));
            n >= old || family().is_some_and(|family| !open.contains(&family))
        });
        sources.replace(&open, new);
        answer.broken = sources.all.iter().map(|source| source.broken).sum();
        Recount { answer, read, damaged, sources }
    }
}

#[cfg(test)]
mod tests;
