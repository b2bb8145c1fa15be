//! Owns the commits of a session, and the other repositories in which its conversation works. Must stay true: a commit
//! is recorded once, however many digits of its name are reported.

use super::*;

/// The beginning of the event of a commit in another repository.
const ALSO_COMMITTED: &str = "also committed ";

/// Adds a commit that was made at `at`, unless the session has one with the same first seven digits.
pub fn commit(session: &mut Session, sha: &str, message: &str, at: Instant) -> Result<()> {
    let sha = validate::sha(sha)?;
    let message = validate::cut(message, validate::COMMIT_MESSAGE);
    if has_commit(session, &sha) {
        return Ok(());
    }
    if session.commits.len() >= validate::COMMITS {
        return Err(Error::Refused(format!(
            "{} already has {} commits, which is the limit",
            session.session_id,
            validate::COMMITS
        )));
    }
    timeline::add_moment(session, timeline::COMMIT, &sha, at);
    session.commits.push(Commit { sha, message, unknown: Unknown::new() });
    Ok(())
}

/// Whether the session has a commit with the same first seven digits.
pub fn has_commit(session: &Session, sha: &str) -> bool {
    session.commits.iter().any(|known| is_same_commit(&known.sha, sha))
}

fn is_same_commit(one: &str, other: &str) -> bool {
    let short = |sha: &str| sha.chars().take(7).collect::<String>().to_ascii_lowercase();
    short(one) == short(other)
}

/// Adds a commit that was made by amending `old`, and removes `old`, which is no longer in any branch.
pub fn amended_commit(session: &mut Session, old: &str, sha: &str, message: &str, at: Instant) -> Result<()> {
    let Some(place) = session.commits.iter().position(|known| is_same_commit(&known.sha, old)) else {
        return commit(session, sha, message, at);
    };
    if has_commit(session, sha) {
        session.commits.remove(place);
    } else if let Some(known) = session.commits.get_mut(place) {
        known.sha = validate::sha(sha)?;
        known.message = validate::cut(message, validate::COMMIT_MESSAGE);
        let sha = known.sha.clone();
        timeline::add_moment(session, timeline::COMMIT, &sha, at);
    }
    Ok(())
}

/// Records that the session also works in another repository, given by the root of its work tree. Adds an event the
/// first time.
pub fn also_in(session: &mut Session, worktree_root: &str, now: Instant) {
    let is_own = session.worktree_root.as_deref() == Some(worktree_root);
    let is_known = session.also_in.iter().any(|known| known == worktree_root);
    if !is_own && !is_known && session.also_in.len() < validate::PLACES {
        session.also_in.push(worktree_root.to_string());
        remember(session, &format!("{}{worktree_root}", timeline::ALSO_IN), now);
    }
    beat(session, now);
}

/// Records a commit in another repository, once, as an event. It is not added to the session's commits.
pub fn also_committed(session: &mut Session, sha: &str, worktree_root: &str, subject: &str, now: Instant) {
    also_in(session, worktree_root, now);
    if !has_also_committed(session, sha) {
        remember(session, &format!("{}{worktree_root}: {subject}", also_commits(sha)), now);
    }
}

/// Whether this commit in another repository was recorded.
pub fn has_also_committed(session: &Session, sha: &str) -> bool {
    let begin = also_commits(sha);
    session.events.iter().any(|event| event.message.starts_with(&begin))
}

fn also_commits(sha: &str) -> String {
    format!("{ALSO_COMMITTED}{} in ", sha.get(..7).unwrap_or(sha))
}

/// A commit that a session made, as its record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCommit<'a> {
    /// 4 to 40 hexadecimal digits.
    pub sha: &'a str,
    /// Its subject, masked and cut as in the record.
    pub message: &'a str,
    /// The work tree of another repository; `None` if it is in the session's own.
    pub elsewhere: Option<&'a str>,
    /// When it was made, and when those were made that it amended; empty if the record does not say it.
    pub times: Vec<Instant>,
}

/// All commits that a session made, also those in other repositories.
pub fn recorded_commits(session: &Session) -> Vec<RecordedCommit<'_>> {
    let moments = || session.history.iter().filter(|moment| moment.kind == timeline::COMMIT);
    let is_amended = |sha: &str| !has_commit(session, sha);
    let times = |sha: &str| {
        let fits = moments().filter(|moment| is_same_commit(&moment.text, sha) || is_amended(&moment.text));
        fits.filter_map(|moment| clock::parse(&moment.at)).collect()
    };
    let own = session.commits.iter().map(|commit| {
        let (sha, message) = (commit.sha.as_str(), commit.message.as_str());
        RecordedCommit { sha, message, elsewhere: None, times: times(sha) }
    });
    let other = session.events.iter().filter_map(|event| {
        let (sha, rest) = event.message.strip_prefix(ALSO_COMMITTED)?.split_once(" in ")?;
        let roots = session.also_in.iter().filter_map(|root| Some((root, rest.strip_prefix(root.as_str())?)));
        let (root, message) = roots.max_by_key(|(root, _)| root.len())?;
        let times = clock::parse(&event.timestamp).into_iter().collect();
        Some(RecordedCommit { sha, message: message.strip_prefix(": ")?, elsewhere: Some(root), times })
    });
    own.chain(other).collect()
}
