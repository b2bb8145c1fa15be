//! Owns how a person names a repository: by a directory in one of its clones, by its address in any spelling, or by its
//! first commit; and the hint that a project's folder may have been moved.

use crate::{Failure, Outcome, quote_word};
use cs_core::clock::{self, Instant};
use cs_core::config::{Config, Registration};
use cs_core::git::{self, identity};
use cs_core::index;
use cs_core::store::Store;
use std::path::Path;

/// The identity of the named repository; see [`identity`].
pub fn named(text: &str) -> Outcome<String> {
    let dir = Path::new(text);
    let is_bare = dir.join("HEAD").is_file();
    if dir.is_dir() {
        let checkout = git::find(dir);
        let known = checkout.as_ref().and_then(identity::of).filter(|_| !is_bare).or_else(|| identity::at(dir));
        let known =
            known.or_else(|| identity::address(text, std::env::current_dir().ok().as_deref()).filter(|_| is_bare));
        let why = if checkout.is_some() {
            "has no remote origin or upstream, and its log does not begin with a first commit"
        } else {
            "is not a git repository"
        };
        return known
            .ok_or_else(|| Failure::Usage(format!("{text:?} {why}; name an address, or another directory"), None));
    }
    if text.starts_with(identity::FIRST_COMMIT) {
        return Ok(text.to_string());
    }
    // A misspelt directory is not an address.
    let is_remote = text.contains('/') && !text.starts_with(['/', '.', '~']);
    let url = if text.contains(':') { text.to_string() } else { format!("https://{text}") };
    let address = is_remote.then(|| identity::address(&url, None)).flatten();
    address.ok_or_else(|| {
        let example = "github.com/owner/name";
        Failure::Usage(
            format!("{text:?} is neither a directory nor the address of a repository, such as {example}"),
            None,
        )
    })
}

/// Projects whose folder is gone while another project has the same repository, registered later: perhaps they were
/// moved there. Of several candidates the latest is taken. A candidate that was registered before the last session
/// began in the missing folder is another clone.
pub fn moves(store: &Store, config: &Config) -> Vec<String> {
    let is_gone = |project: &Registration| !project.path.is_empty() && !Path::new(&project.path).exists();
    let gone = config.projects.iter().filter(|(_, project)| is_gone(project));
    let hint = |(slug, project): (&String, &Registration)| {
        let repo = project.repo.as_ref()?;
        let begun = last_begun(store, slug);
        let is_later = |other: &Registration| {
            clock::parse(&other.registered_at) >= clock::parse(&project.registered_at).max(begun)
        };
        let is_same = |other: &&Registration| {
            !is_gone(other) && is_later(other) && identity::is_known_as(Path::new(&other.path), repo)
        };
        let new = &config.projects.values().filter(is_same).max_by_key(|other| &other.registered_at)?.path;
        let old = &project.path;
        let moved = format!("if it was moved: cs-project move {slug} {}", quote_word(new));
        Some(format!("{old} is gone, and {new} is the same repository; {moved}"))
    };
    gone.filter_map(hint).collect()
}

/// When the last session of a project began.
fn last_begun(store: &Store, slug: &str) -> Option<Instant> {
    let index = store.index().ok()?;
    let entries = index.entries(index::of_project(slug));
    entries.iter().filter_map(|(_, entry)| clock::parse(&entry.started_at)).max()
}
