//! Owns how a person names a repository: by a directory in one of its clones, by its address in any spelling, or by its
//! first commit.

use crate::{Failure, Outcome};
use cs_core::git::{self, identity};
use std::path::Path;

/// By what the named repository is known; see [`identity`].
pub fn named(text: &str) -> Outcome<String> {
    let dir = Path::new(text);
    let is_bare = dir.join("HEAD").is_file();
    if dir.is_dir() && !is_bare {
        let checkout = git::find(dir);
        let known = checkout.as_ref().and_then(identity::of);
        let why = if checkout.is_some() { "has neither an origin nor a commit" } else { "is no git repository" };
        return known
            .ok_or_else(|| Failure::Usage(format!("{text:?} {why}; name an address, or another directory"), None));
    }
    if text.starts_with(identity::FIRST_COMMIT) {
        return Ok(text.to_string());
    }
    // A slip in a directory's name is no address.
    let is_remote = text.contains('/') && !text.starts_with(['/', '.', '~']);
    let here = std::env::current_dir().ok();
    let address = identity::address(text, here.as_deref()).filter(|_| is_remote || is_bare);
    address.ok_or_else(|| {
        let example = "github.com/owner/name";
        Failure::Usage(format!("{text:?} is no directory and no address of a repository, such as {example}"), None)
    })
}
