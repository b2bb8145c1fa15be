//! Owns asking git for the commits of a range, and whose they are.

use cli::git::CommitRange;
use cli::{Failure, Outcome};
use cs_core::git;
use cs_core::store::Store;
use reports::{Commits, Repository, find_commits};
use std::path::Path;

/// The sessions that made the commits of a range in the repository around a directory.
pub fn read(store: &Store, dir: &Path, range: &str) -> Outcome<Commits> {
    let checkout =
        git::find(dir).ok_or_else(|| Failure::Usage(format!("{} is not in a git repository", dir.display()), None))?;
    let found = CommitRange::read(&checkout.worktree_root.to_string_lossy(), range)?;
    let repository = Repository {
        checkout: &checkout,
        authored_at: &|sha| found.authored_at(sha),
        is_in_history: &|sha| found.is_in_history(sha),
    };
    Ok(Commits { range: range.to_string(), ..find_commits(store, &found.commits, &repository)? })
}
