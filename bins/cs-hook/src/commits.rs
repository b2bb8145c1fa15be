//! The commits that a command made. Git is not asked: a repository's configuration could make it run
//! anything, and nothing may start a process here. See [`cs_core::git::made`] for what is read instead.

use agents::hook_call::HookCall;
use cs_core::change::NewCommit;
use cs_core::git;
use cs_core::git::command::{self, Commits};
use cs_core::git::made::{self, Call, Made};
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::session;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The facts about the conversation that are known before its record is read.
#[derive(Debug, Default)]
pub struct Place {
    worktree_root: Option<String>,
    /// Where HEAD was before the call.
    mark: Option<String>,
}

impl Place {
    /// The facts of a conversation. Its mark is used only if it was set before the turn of this call began.
    pub fn of(live: &Live, hook: &HookCall) -> Place {
        let turn = &hook.payload.prompt_id;
        let is_of_turn = turn.is_none() || *turn == live.prompt_id;
        Place { worktree_root: live.worktree_root.clone(), mark: live.head_mark.clone().filter(|_| is_of_turn) }
    }
}

/// Whether the call has a command that makes commits.
pub fn may_be_made(hook: &HookCall) -> bool {
    line(hook).is_some_and(|line| command::commits(line).is_some())
}

fn line(hook: &HookCall) -> Option<&str> {
    let payload = &hook.payload;
    payload.input.command.as_deref().filter(|_| payload.tool_name.as_deref() == Some("Bash"))
}

/// The commits of a call of Bash that the session does not have yet. A call that failed counts too: what
/// follows a commit may fail.
pub fn find_made(hook: &HookCall, id: &SessionId, place: &Place) -> Vec<NewCommit> {
    let Some((line, commits)) = committing(hook) else { return Vec::new() };
    let record = hook.store.session(id).ok();
    let root = place.worktree_root.clone().or_else(|| record.as_ref()?.worktree_root.clone());
    root.map_or_else(Vec::new, |root| found(hook, line, &commits, place, Path::new(&root), record.as_ref()))
}

/// The commits that a call made in other repositories, by their work trees: where the shell was left, and in those that
/// the command names. Those of a submodule are the session's `own`.
pub fn find_made_elsewhere(
    hook: &HookCall,
    id: &SessionId,
    place: &Place,
    own: &[NewCommit],
) -> Vec<(PathBuf, Vec<NewCommit>)> {
    let Some((line, commits)) = committing(hook) else { return Vec::new() };
    let Ok(record) = hook.store.session(id) else { return Vec::new() };
    let cwd = Path::new(hook.payload.cwd.as_deref().unwrap_or_default());
    let bases = [Some(cwd), record.worktree_root.as_deref().map(Path::new)];
    let named = commits.dirs.iter().flat_map(|dir| bases.into_iter().flatten().map(move |base| base.join(dir)));
    let places = named.chain([cwd.to_path_buf()]).filter_map(|dir| git::find(&dir));
    let others: BTreeSet<PathBuf> =
        places.filter(|found| !hook.store.is_own(&record, found)).map(|found| found.worktree_root).collect();
    let of = |root: PathBuf| {
        let mut commits = found(hook, line, &commits, place, &root, Some(&record));
        commits.retain(|commit| own.iter().all(|known| known.sha != commit.sha));
        (root, commits)
    };
    others.into_iter().map(of).collect()
}

fn committing(hook: &HookCall) -> Option<(&str, Commits)> {
    line(hook).and_then(|line| Some((line, command::commits(line)?)))
}

fn found(
    hook: &HookCall,
    line: &str,
    commits: &Commits,
    place: &Place,
    root: &Path,
    record: Option<&Session>,
) -> Vec<NewCommit> {
    let payload = &hook.payload;
    let call = Call {
        line,
        output: payload.response.output.as_deref().or(payload.error.as_deref()).unwrap_or_default(),
        cwd: payload.cwd.as_deref().map_or(root, Path::new),
        told_at: hook.now.timestamp(),
        lasted: i64::try_from(payload.duration_ms.unwrap_or(0).div_ceil(1000)).unwrap_or(i64::MAX),
        mark: place.mark.as_deref(),
    };
    let is_known = |sha: &str| {
        record.is_some_and(|record| session::has_commit(record, sha) || session::has_also_committed(record, sha))
    };
    let found = made::made(root, &call, commits, is_known).into_iter();
    found.map(|made: Made| NewCommit { sha: made.sha, message: made.subject, replaces: made.replaces }).collect()
}
