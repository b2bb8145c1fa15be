//! Owns which recorded commit is which commit of a range. Pure but for what the repository is asked.

use super::{How, Recorded, Repository};
use cs_core::clock::Instant;
use cs_core::git::logged::LoggedCommit;
use cs_core::validate;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A name with fewer digits may be another repository's.
const NAME: usize = 7;
/// A call that commits is recorded when it ends: how many seconds the commit may be older than that.
const EARLIER: i64 = 15 * 60;
/// How many seconds it may be younger, because clocks are rounded.
const LATER: i64 = 60;
/// What `git cherry-pick -x` writes before a name.
const PICKED: &str = "(cherry picked from commit ";
/// What `git merge --squash` writes before a name.
const SQUASHED: &str = "commit ";

/// A recorded commit that is, or became a part of, a commit of the range; both by their position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    pub commit: usize,
    pub recorded: usize,
    pub how: How,
}

/// What is looked up in a range.
struct Range<'a> {
    commits: &'a [LoggedCommit],
    /// By the first digits of the name.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// By the subject as a record has it.
    by_subject: HashMap<String, Vec<usize>>,
    /// By the other lines of the message as a record has a subject.
    by_line: HashMap<String, Vec<usize>>,
    /// Names in messages, and the word that they follow.
    mentions: Vec<(&'a str, How, usize)>,
}

/// All matches, in the order of the range.
pub fn matches(commits: &[LoggedCommit], recorded: &[Recorded], repository: &Repository) -> Vec<Match> {
    let range = Range::of(commits);
    let mut found: Vec<Match> = Vec::new();
    let mut rest = Vec::new();
    for (n, one) in recorded.iter().enumerate() {
        match range.named(one) {
            Some(commit) => found.push(Match { commit, recorded: n, how: How::Name }),
            None => rest.push((n, one)),
        }
    }
    let named: BTreeSet<usize> = found.iter().map(|found| found.commit).collect();
    let mut likely = Vec::new();
    for (n, one) in rest.into_iter().filter(|(_, one)| one.is_of_repository) {
        let mentioned = range.mentioned(one);
        if mentioned.is_empty() {
            let became = range.became(one, &named, repository);
            likely.extend(became.into_iter().map(|(commit, how)| Match { commit, recorded: n, how }));
        }
        found.extend(mentioned.into_iter().map(|(commit, how)| Match { commit, recorded: n, how }));
    }
    found.extend(of_one_owner(likely, recorded));
    found.sort_unstable();
    found
}

/// Without those that could be of several conversations.
fn of_one_owner(likely: Vec<Match>, recorded: &[Recorded]) -> Vec<Match> {
    let key = |found: &Match| {
        let one = recorded.get(found.recorded)?;
        Some(((found.commit, one.message.as_str()), one.owner()))
    };
    let mut owners: BTreeMap<(usize, &str), BTreeSet<&str>> = BTreeMap::new();
    for (of, owner) in likely.iter().filter_map(key) {
        owners.entry(of).or_default().insert(owner);
    }
    let is_clear = |found: &Match| key(found).is_some_and(|(of, _)| owners.get(&of).is_some_and(|all| all.len() == 1));
    likely.into_iter().filter(is_clear).collect()
}

impl<'a> Range<'a> {
    fn of(commits: &'a [LoggedCommit]) -> Range<'a> {
        let (by_name, by_subject, by_line) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut range = Range { commits, by_name, by_subject, by_line, mentions: Vec::new() };
        for (n, commit) in commits.iter().enumerate() {
            range.by_name.entry(commit.sha.get(..4).unwrap_or_default()).or_default().push(n);
            if commit.is_merge() {
                continue;
            }
            range.by_subject.entry(as_recorded(&commit.subject)).or_default().push(n);
            let lines: BTreeSet<String> = later_lines(&commit.message).map(as_recorded).collect();
            lines.into_iter().for_each(|line| range.by_line.entry(line).or_default().push(n));
            range.mentions.extend(mentions(&commit.message).map(|(name, how)| (name, how, n)));
        }
        range
    }

    /// The one commit whose name begins like the recorded one.
    fn named(&self, one: &Recorded) -> Option<usize> {
        let is_enough = one.sha.len() >= NAME || one.is_of_repository;
        let near = self.by_name.get(one.sha.get(..4)?).filter(|_| is_enough)?;
        let is_it = |n: &&usize| self.commits.get(**n).is_some_and(|commit| commit.sha.starts_with(&one.sha));
        only(near.iter().filter(is_it).copied())
    }

    /// The commits whose message names the recorded one.
    fn mentioned(&self, one: &Recorded) -> BTreeMap<usize, How> {
        let is_same = |name: &str| one.sha.len() >= NAME && (name.starts_with(&one.sha) || one.sha.starts_with(name));
        self.mentions.iter().filter(|(name, ..)| is_same(name)).map(|(_, how, n)| (*n, *how)).collect()
    }

    /// What a recorded commit became that is not in the history itself.
    fn became(&self, one: &Recorded, named: &BTreeSet<usize>, repository: &Repository) -> Option<(usize, How)> {
        let same = self.by_subject.get(&one.message).map_or(&[][..], Vec::as_slice);
        let lines = self.by_line.get(&one.message).map_or(&[][..], Vec::as_slice);
        let is_nothing = one.message.is_empty() || same.is_empty() && lines.is_empty();
        if is_nothing || (repository.is_in_history)(&one.sha) {
            return None;
        }
        let original = (repository.authored_at)(&one.sha);
        let is_in_time = |n: &usize| {
            let authored = self.commits.get(*n).and_then(|commit| commit.authored_at);
            authored.is_some_and(|at| original.map_or_else(|| is_near(at, &one.times), |original| original == at))
        };
        let rewritten = only(same.iter().copied().filter(|n| !named.contains(n) && is_in_time(n)));
        let is_after = |n: &usize| {
            let committed = self.commits.get(*n).and_then(|commit| commit.committed_at);
            committed.is_some_and(|at| one.times.iter().any(|time| time.timestamp() <= at.timestamp() + LATER))
        };
        let squashed = || only(lines.iter().copied().filter(is_after)).map(|n| (n, How::Squashed));
        rewritten.map(|n| (n, How::Rewritten)).or_else(squashed)
    }
}

/// Whether a commit authored then may be the one that was recorded at one of these times.
fn is_near(authored: Instant, times: &[Instant]) -> bool {
    let authored = authored.timestamp();
    times.iter().map(Instant::timestamp).any(|at| (at - EARLIER..=at + LATER).contains(&authored))
}

/// The only one; `None` if there are none or several.
fn only(mut all: impl Iterator<Item = usize>) -> Option<usize> {
    all.next().filter(|_| all.next().is_none())
}

/// A subject as a record has it.
fn as_recorded(subject: &str) -> String {
    validate::cut(subject, validate::COMMIT_MESSAGE)
}

/// The lines of a message after its first one, without bullets.
fn later_lines(message: &str) -> impl Iterator<Item = &str> {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1);
    lines.map(|line| line.trim_start_matches(['*', '-']).trim_start()).filter(|line| !line.is_empty())
}

/// The names of commits that a message says it was made from.
fn mentions(message: &str) -> impl Iterator<Item = (&str, How)> {
    message.lines().filter_map(|line| {
        let picked = line.trim().strip_prefix(PICKED).and_then(|rest| rest.strip_suffix(')'));
        let squashed = || Some((line.strip_prefix(SQUASHED)?, How::Squashed));
        let (name, how) = picked.map(|name| (name, How::Picked)).or_else(squashed)?;
        let is_name = (NAME..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_name.then_some((name, how))
    })
}
