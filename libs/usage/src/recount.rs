//! Owns counting only what has changed since an answer was stored: `usage/cache/answer-<folders>.sources` says which
//! logs and summaries it was counted from, and what they have in common. Must stay true: the answer is that of counting
//! everything. Logs and summaries with a message, a prompt, the time of a prompt or a conversation in common are one
//! family, directly or through others; how one is counted depends on nothing outside its family.

use crate::answer::{Answer, Question, hash};
use crate::book;
use crate::cache::{self, Read};
use crate::facts::Facts;
use crate::pack::{mix, packed};
use crate::summary::{Counted, Listed, load_wanted};
use agents::Agent;
use agents::logs::Log;
use cs_core::Error;
use cs_core::id::fnv1a;
use cs_core::paths::Home;
use std::collections::BTreeSet;

/// A log or a summary that was counted.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Of what identifies it and its content.
    hash: u64,
    family: u32,
    /// Lines that cannot be parsed.
    broken: u64,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Sorted by their hashes.
    all: Vec<Source>,
    /// What they have in common, sorted: each is a [`HASH`], and the family that has it in the bits below. Two things
    /// with the same hash make one family of two, which costs time but changes no figure.
    links: Vec<u64>,
}

packed!(Source { hash, family, broken });
packed!(Sources { all, links });

/// The bits of a link that are a hash. With 32 of them, some millions of links had so many equal pairs that nearly all
/// families were one.
const HASH: u64 = !0 << 24;
/// The bits of a link that are a family.
const FAMILY: u64 = !HASH;

/// The family of a link.
fn family_of(link: u64) -> u32 {
    (link & FAMILY) as u32
}

impl Sources {
    /// The family that has this in common.
    fn family_with(&self, link: u64) -> Option<u32> {
        let place = self.links.partition_point(|known| *known < link & HASH);
        self.links.get(place).filter(|known| (**known ^ link) & HASH == 0).map(|known| family_of(*known))
    }

    /// Replaces families by what was counted instead. If a link cannot have a number that high, all are one family: the
    /// next change counts everything, and numbers them from the beginning.
    fn replace(&mut self, open: &BTreeSet<u32>, mut with: Sources) {
        self.all.retain(|source| !open.contains(&source.family));
        self.links.retain(|link| !open.contains(&family_of(*link)));
        let first = self.all.iter().map(|source| source.family.saturating_add(1)).max().unwrap_or_default();
        let has_numbers = u64::from(first) + with.all.len() as u64 <= FAMILY + 1;
        if has_numbers {
            with.join(first);
        }
        self.all.extend(with.all);
        self.links.extend(with.links);
        self.all.sort_by_key(|source| source.hash);
        self.links.sort();
        if !has_numbers {
            self.all.iter_mut().for_each(|source| source.family = 0);
            self.links.iter_mut().for_each(|link| *link &= HASH);
            self.links.dedup();
        }
    }

    /// Adds a source with what others may have, too; until [`Sources::join`], a family is the index of its only source.
    fn push(&mut self, hash: u64, broken: u64, links: impl Iterator<Item = u64>) {
        let family = self.all.len() as u32;
        self.all.push(Source { hash, family, broken });
        // Of too many, `replace` makes one family.
        self.links.extend(links.map(|link| link & HASH | u64::from(family) & FAMILY));
    }

    /// Makes families of those that have something in common; the first has this number.
    fn join(&mut self, first: u32) {
        self.links.sort_unstable();
        let mut roots: Vec<u32> = self.all.iter().map(|source| source.family).collect();
        for pair in self.links.windows(2) {
            if let [a, b] = pair
                && (a ^ b) & HASH == 0
            {
                let (a, b) = (root(&mut roots, family_of(*a)), root(&mut roots, family_of(*b)));
                roots.get_mut(a.max(b) as usize).into_iter().for_each(|root| *root = a.min(b));
            }
        }
        let mut family = |n: u32| first.saturating_add(root(&mut roots, n));
        self.all.iter_mut().for_each(|source| source.family = family(source.family));
        self.links.iter_mut().for_each(|link| *link = *link & HASH | u64::from(family(family_of(*link))));
        self.links.dedup();
    }
}

/// The first of those that were joined with this one.
fn root(roots: &mut [u32], mut n: u32) -> u32 {
    while let Some(up) = roots.get(n as usize).copied().filter(|up| *up != n) {
        let next = roots.get(up as usize).copied().unwrap_or(up);
        roots.get_mut(n as usize).into_iter().for_each(|root| *root = next);
        n = next;
    }
    n
}

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
    pub(crate) sources: Sources,
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
