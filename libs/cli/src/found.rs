//! Owns what is said when a person finds nothing: near names of projects, and why there is no session at all.

use crate::failure::Failure;
use crate::nearest::near_words;
use crate::programs::sibling;
use crate::refusal::did_you_mean;
use cs_core::store::Store;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// The failure of a list without a session. `project` is the one to which it was restricted.
pub fn no_session(store: &Store, project: Option<&str>) -> Failure {
    let folders = [store.home.sessions(), store.home.archive()];
    if folders.iter().all(|folder| store.ids(folder).is_ok_and(|ids| ids.is_empty())) {
        return Failure::Advised("no session is recorded yet".into(), why_empty());
    }
    match project.filter(|slug| !slugs(store).contains(*slug) && !may_be_archived(store, slug)) {
        Some(slug) => no_project(store, slug),
        None => Failure::Nothing("no session matches".into()),
    }
}

/// The failure for the short name of a project that does not exist.
pub fn no_project(store: &Store, slug: &str) -> Failure {
    unknown_name(format!("no project {slug:?}; cs-project list shows all"), slug, &slugs(store))
}

/// The failure for a name that is none of the known ones: `text`, and the near ones as a hint.
pub fn unknown_name(text: String, name: &str, known: &BTreeSet<String>) -> Failure {
    match did_you_mean(&near_words(name, known.iter().map(String::as_str))) {
        hint if hint.is_empty() => Failure::Nothing(text),
        hint => Failure::Advised(text, hint.trim_end().to_string()),
    }
}

/// The short names of all projects, registered or recorded.
pub fn slugs(store: &Store) -> BTreeSet<String> {
    let mut slugs: BTreeSet<String> = store.config().projects.into_keys().collect();
    if let Ok(index) = store.index() {
        slugs.extend(index.entries(|_: &str| true).into_iter().map(|(_, entry)| entry.project_slug.to_string()));
    }
    slugs
}

/// Archived records that are read to find a project.
const ARCHIVED: usize = 500;

/// Whether an archived session belongs to the project, or too many are archived to know.
fn may_be_archived(store: &Store, slug: &str) -> bool {
    let ids = store.ids(&store.home.archive()).unwrap_or_default();
    let is_of = |id| store.session(id).is_ok_and(|session| session.project_slug == slug);
    ids.len() > ARCHIVED || ids.iter().any(is_of)
}

/// Why nothing is recorded, by the owner of this diagnosis, `cs-setup doctor`: what is wrong, and what repairs it.
pub fn why_empty() -> String {
    diagnosis().unwrap_or_else(|| "cs-setup doctor says what is wrong".into())
}

fn diagnosis() -> Option<String> {
    let mut command = Command::new(sibling("cs-setup")?);
    command.args(["doctor", "--brief"]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (Some(detail), Some(fix)) => Some(format!("{detail}; to repair it: {fix}")),
        (Some(detail), None) => Some(detail.to_string()),
        (None, _) if output.status.success() => {
            Some("the hooks are registered; a session appears with the first prompt of a conversation".into())
        }
        (None, _) => None,
    }
}
