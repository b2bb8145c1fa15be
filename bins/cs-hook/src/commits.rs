//! The commits that a command made. Git is not asked: a repository's configuration could make it run
//! anything, and nothing may start a process here. See [`cs_core::git::made`] for what is read instead.

use cs_core::change::NewCommit;
use cs_core::git::command::{self, Commits};
use cs_core::git::made::{self, Call, Made};
use cs_core::id::SessionId;
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::session;
use std::path::Path;

/// What is known of the conversation before its record is read.
#[derive(Debug, Default)]
pub struct Place {
    worktree_root: Option<String>,
    /// Where HEAD was before the call.
    mark: Option<String>,
}

impl Place {
    /// The place of a conversation. Its mark is of use if it was set before the turn of this call began.
    pub fn of(live: &Live, intake: &Intake) -> Place {
        let turn = &intake.payload.prompt_id;
        let is_of_turn = turn.is_none() || *turn == live.prompt_id;
        Place { worktree_root: live.worktree_root.clone(), mark: live.head_mark.clone().filter(|_| is_of_turn) }
    }
}

/// Whether the call has a command that makes commits.
pub fn may_be_made(intake: &Intake) -> bool {
    line(intake).is_some_and(|line| command::commits(line).is_some())
}

fn line(intake: &Intake) -> Option<&str> {
    let payload = &intake.payload;
    payload.input.command.as_deref().filter(|_| payload.tool_name.as_deref() == Some("Bash"))
}

/// The commits of a call of Bash that the session does not have yet. A call that failed counts too: what
/// follows a commit may fail.
pub fn made(intake: &Intake, id: &SessionId, place: &Place) -> Vec<NewCommit> {
    match line(intake).and_then(|line| Some((line, command::commits(line)?))) {
        Some((line, commits)) => found(intake, line, &commits, place, intake.store.session(id).ok().as_ref()),
        None => Vec::new(),
    }
}

fn found(intake: &Intake, line: &str, commits: &Commits, place: &Place, record: Option<&Session>) -> Vec<NewCommit> {
    let payload = &intake.payload;
    let root = place.worktree_root.as_deref().or(record.and_then(|record| record.worktree_root.as_deref()));
    let Some(root) = root else { return Vec::new() };
    let call = Call {
        line,
        output: payload.response.output.as_deref().or(payload.error.as_deref()).unwrap_or_default(),
        cwd: Path::new(payload.cwd.as_deref().unwrap_or(root)),
        told_at: intake.now.timestamp(),
        lasted: i64::try_from(payload.duration_ms.unwrap_or(0).div_ceil(1000)).unwrap_or(i64::MAX),
        mark: place.mark.as_deref(),
    };
    let is_known = |sha: &str| record.is_some_and(|record| session::has_commit(record, sha));
    let found = made::made(Path::new(root), &call, commits, is_known).into_iter();
    found.map(|made: Made| NewCommit { sha: made.sha, message: made.subject, replaces: made.replaces }).collect()
}
