//! Owns which conversations made the commits of a range. Pure but for reading records and the files of checkouts.
//!
//! Must stay true: a commit is never attributed by a guess. It is a conversation's if its record names it; or if the
//! record has a commit of the same repository with the same message and author time, which is not itself in the history
//! (it was rebased or picked); or if the commit's message names the recorded one, or repeats its subject on a line
//! (squashed). What could be several conversations' is none's. Never here: starting git.

mod matching;

use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::git::logged::LoggedCommit;
use cs_core::git::{self, Checkout, identity};
use cs_core::record::Session;
use cs_core::session;
use cs_core::store::Store;
use std::collections::HashSet;
use std::path::Path;

/// How a commit is known to be a conversation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The record has its name.
    Name,
    /// The record has one with the same message and author time: rebased, amended or picked later.
    Rewritten,
    /// Its message says that it was picked from a recorded one.
    Picked,
    /// Its message names a recorded one, or has its subject as a line.
    Squashed,
}

impl How {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            How::Name => "recorded",
            How::Rewritten => "rewritten",
            How::Picked => "picked",
            How::Squashed => "squashed",
        }
    }
}

/// A commit of the range that a conversation made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedCommit {
    /// Its full name.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// How that is known.
    pub how: How,
    /// The name in the record.
    pub recorded: String,
}

/// The commits of the range that were made in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The conversation; `None` if the session's record names none.
    pub conversation: Option<String>,
    /// The session.
    pub session_id: String,
    /// Its commits, in the order of the range.
    pub commits: Vec<MatchedCommit>,
}

/// The commits of a range, by the sessions that made them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commits {
    /// The range, as it was named.
    pub range: String,
    /// The sessions, in the order of their first commit.
    pub sessions: Vec<Committed>,
    /// Commits that no session is known to have made.
    pub unmatched: Vec<LoggedCommit>,
    /// Number of records that could not be read, so that their commits may be among those.
    pub unread: usize,
}

impl Commits {
    /// The commits of a conversation, in the order of the range.
    pub fn of<'a>(&'a self, uuid: &'a str) -> impl Iterator<Item = &'a MatchedCommit> {
        let is_its = |one: &&Committed| one.conversation.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(uuid));
        let mut seen = HashSet::new();
        self.sessions
            .iter()
            .filter(is_its)
            .flat_map(|one| &one.commits)
            .filter(move |one| seen.insert(one.sha.as_str()))
    }

    /// Number of commits in the range; one that is several sessions' counts for each.
    pub fn count(&self) -> usize {
        self.sessions.iter().map(|one| one.commits.len()).sum::<usize>() + self.unmatched.len()
    }

    /// The commits that are of none of these conversations.
    pub fn unmatched_but<'c>(&'c self, shown: &HashSet<&str>) -> Vec<Unmatched<'c>> {
        let is_unseen = |one: &&Committed| one.conversation.as_deref().is_none_or(|uuid| !shown.contains(uuid));
        let of_sessions = self.sessions.iter().filter(is_unseen).flat_map(|one| {
            let session_id = Some(one.session_id.as_str());
            let of = |commit: &'c MatchedCommit| (commit.sha.as_str(), commit.subject.as_str());
            one.commits.iter().map(of).map(move |(sha, subject)| Unmatched {
                sha,
                authored_at: None,
                subject,
                session_id,
            })
        });
        let of_nobody = self.unmatched.iter().map(|commit| Unmatched {
            sha: &commit.sha,
            authored_at: commit.authored_at,
            subject: &commit.subject,
            session_id: None,
        });
        of_sessions.chain(of_nobody).collect()
    }
}

/// A commit of the range that is of no conversation that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmatched<'c> {
    /// Its full name.
    pub sha: &'c str,
    /// When it was authored, if it is nobody's.
    pub authored_at: Option<Instant>,
    /// Its subject.
    pub subject: &'c str,
    /// The session that made it, whose conversation is not known, or has no log any more.
    pub session_id: Option<&'c str>,
}

/// What the repository knows about a recorded commit.
pub struct Repository<'a> {
    /// Where the range was asked for.
    pub checkout: &'a Checkout,
    /// When a commit was authored; `None` if the repository does not have it any more.
    pub authored_at: &'a dyn Fn(&str) -> Option<Instant>,
    /// Whether a commit is an end of the range, or before one.
    pub is_in_history: &'a dyn Fn(&str) -> bool,
}

/// A commit as a session's record has it.
struct Recorded {
    conversation: Option<String>,
    session_id: String,
    sha: String,
    message: String,
    times: Vec<Instant>,
    /// Whether it was made in the repository of the range.
    is_of_repository: bool,
}

impl Recorded {
    /// The conversation, or the session if it has none.
    fn owner(&self) -> &str {
        self.conversation.as_deref().unwrap_or(&self.session_id)
    }
}

/// Finds the sessions, archived ones too, that made the commits of a range, which is given with the oldest first.
pub fn find(store: &Store, range: &[LoggedCommit], repository: &Repository) -> Result<Commits> {
    let (mut recorded, mut unread) = (Vec::new(), 0);
    for dir in [store.home.archive(), store.home.sessions()] {
        for id in store.ids(&dir)? {
            match store.session(&id) {
                Ok(record) => recorded.extend(commits_of(store, &record, repository.checkout)),
                Err(_) => unread += 1,
            }
        }
    }
    let found = matching::matches(range, &recorded, repository);
    Ok(Commits { unread, ..collect(range, &recorded, &found) })
}

fn commits_of(store: &Store, record: &Session, checkout: &Checkout) -> Vec<Recorded> {
    let commits = session::recorded_commits(record);
    let is_own = !commits.is_empty() && is_same_repository(store, record, checkout);
    let recorded = |commit: session::RecordedCommit| Recorded {
        conversation: record.claude_session_id.as_ref().map(|uuid| uuid.to_ascii_lowercase()),
        session_id: record.session_id.clone(),
        sha: commit.sha.to_ascii_lowercase(),
        message: commit.message.to_string(),
        times: commit.times,
        is_of_repository: commit.elsewhere.map_or(is_own, |root| is_work_tree(root, checkout)),
    };
    commits.into_iter().map(recorded).collect()
}

/// Whether the session's repository is that of the checkout, or another clone of it.
fn is_same_repository(store: &Store, record: &Session, checkout: &Checkout) -> bool {
    let Some(root) = record.worktree_root.as_deref() else { return false };
    store.is_own(record, checkout) || is_work_tree(root, checkout)
}

fn is_work_tree(root: &str, checkout: &Checkout) -> bool {
    let Some(own) = git::checkout_at(Path::new(root)) else { return false };
    own.main_root == checkout.main_root || identity::of(&own).is_some_and(|own| identity::of(checkout) == Some(own))
}

fn collect(range: &[LoggedCommit], recorded: &[Recorded], found: &[matching::Match]) -> Commits {
    let mut all = Commits::default();
    for (n, commit) in range.iter().enumerate() {
        let of_commit: Vec<&matching::Match> = found.iter().filter(|found| found.commit == n).collect();
        if of_commit.is_empty() {
            all.unmatched.push(commit.clone());
        }
        for (one, how) in of_commit.iter().filter_map(|found| Some((recorded.get(found.recorded)?, found.how))) {
            let (sha, subject) = (commit.sha.clone(), commit.subject.clone());
            let matched = MatchedCommit { sha, subject, how, recorded: one.sha.clone() };
            match all.sessions.iter_mut().find(|known| known.session_id == one.session_id) {
                // A commit that two recorded ones were squashed into is one.
                Some(known) if known.commits.last().is_some_and(|last| last.sha == matched.sha) => {}
                Some(known) => known.commits.push(matched),
                None => all.sessions.push(Committed {
                    conversation: one.conversation.clone(),
                    session_id: one.session_id.clone(),
                    commits: vec![matched],
                }),
            }
        }
    }
    all
}
