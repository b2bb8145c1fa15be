//! Owns whether a checkout belongs to a session's own repository. Must stay true: all work trees of the repository do,
//! by whatever path a folder is reached; if the session's repository is unknown, every checkout counts as its own.

use super::Store;
use crate::git::{self, Checkout};
use crate::record::Session;
use std::path::Path;

impl Store {
    /// Whether a checkout belongs to the repository of the record's work tree, else to the one of its project.
    pub fn is_own(&self, record: &Session, found: &Checkout) -> bool {
        let Some(root) = record.worktree_root.as_deref().map(Path::new) else { return true };
        if root == found.worktree_root {
            return true;
        }
        match git::checkout_at(root) {
            Some(own) => own.main_root == found.main_root,
            // A work tree that is gone, or a directory outside of any repository.
            None => self.config().project_of(&found.main_root.to_string_lossy()) == Some(record.project_slug.as_str()),
        }
    }
}
