//! The commits that a command made. Git is never started: a repository's configuration could make it run anything, and
//! hooks must not start processes. See [`cs_core::git::made`] for what is read instead.

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

/// The work tree of a conversation, as its file names it, and a mark of its HEAD.
#[derive(Debug, Default)]
pub struct WorkTree {
    root: Option<String>,
    /// The mark of HEAD from before the turn of the call.
    head_mark: Option<String>,
}

impl WorkTree {
    /// Reads both from the conversation's file. Its mark of HEAD is used only if it was taken in the same turn
    /// as this call.
    pub fn of(live: &Live, hook: &HookCall) -> WorkTree {
        let turn = &hook.payload.prompt_id;
        let is_of_turn = turn.is_none() || *turn == live.prompt_id;
        WorkTree { root: live.worktree_root.clone(), head_mark: live.head_mark.clone().filter(|_| is_of_turn) }
    }
}

/// Whether the call has a command that makes commits.
pub fn may_commit(hook: &HookCall) -> bool {
    command_line(hook).is_some_and(|line| command::commits(line).is_some())
}

fn command_line(hook: &HookCall) -> Option<&str> {
    let payload = &hook.payload;
    payload.input.command.as_deref().filter(|_| payload.tool_name.as_deref() == Some("Bash"))
}

/// Finds the commits of a call of Bash that the session does not have yet. A failed call counts too, because a command
/// after the commit may have failed.
pub fn find_made(hook: &HookCall, id: &SessionId, own_tree: &WorkTree) -> Vec<NewCommit> {
    let Some((line, commits)) = parse_commits(hook) else { return Vec::new() };
    let record = hook.store.session(id).ok();
    let root = own_tree.root.clone().or_else(|| record.as_ref()?.worktree_root.clone());
    root.map_or_else(Vec::new, |root| find_new(hook, line, &commits, own_tree, Path::new(&root), record.as_ref()))
}

/// Finds the commits that a call made in other repositories, grouped by work tree: the one that the shell was in
/// afterwards, and those that the command names. Commits of a submodule are the session's `own`.
pub fn find_made_elsewhere(
    hook: &HookCall,
    id: &SessionId,
    own_tree: &WorkTree,
    own: &[NewCommit],
) -> Vec<(PathBuf, Vec<NewCommit>)> {
    let Some((line, commits)) = parse_commits(hook) else { return Vec::new() };
    let Ok(record) = hook.store.session(id) else { return Vec::new() };
    let cwd = Path::new(hook.payload.cwd.as_deref().unwrap_or_default());
    let bases = [Some(cwd), record.worktree_root.as_deref().map(Path::new)];
    let named = commits.dirs.iter().flat_map(|dir| bases.into_iter().flatten().map(move |base| base.join(dir)));
    let places = named.chain([cwd.to_path_buf()]).filter_map(|dir| git::find(&dir));
    let others: BTreeSet<PathBuf> =
        places.filter(|found| !hook.store.is_own(&record, found)).map(|found| found.worktree_root).collect();
    let find_in = |root: PathBuf| {
        let mut commits = find_new(hook, line, &commits, own_tree, &root, Some(&record));
        commits.retain(|commit| own.iter().all(|known| known.sha != commit.sha));
        (root, commits)
    };
    others.into_iter().map(find_in).collect()
}

fn parse_commits(hook: &HookCall) -> Option<(&str, Commits)> {
    command_line(hook).and_then(|line| Some((line, command::commits(line)?)))
}

fn find_new(
    hook: &HookCall,
    line: &str,
    commits: &Commits,
    own_tree: &WorkTree,
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
        mark: own_tree.head_mark.as_deref(),
    };
    let is_known = |sha: &str| {
        record.is_some_and(|record| session::has_commit(record, sha) || session::has_also_committed(record, sha))
    };
    let found = made::find_made(root, &call, commits, is_known).into_iter();
    found.map(|made: Made| NewCommit { sha: made.sha, message: made.subject, replaces: made.replaces }).collect()
}
