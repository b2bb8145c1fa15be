//! Owns the identities of projects' repositories: those of their folders now, else the last known ones. Must stay true:
//! a file that cannot be parsed is left alone, and nothing is written if nothing is new.

use super::Store;
use super::sweep::{Run, SweepAction};
use crate::config::{self, Config, Registration};
use crate::error::Result;
use crate::git::identity;
use std::path::Path;

/// The identity of a project's repository: read from its folder if that exists, else the last known one.
pub fn repo_of(project: &Registration) -> Option<String> {
    identity::at(Path::new(&project.path)).or_else(|| project.repo.clone())
}

/// The projects with this repository: its clones.
pub fn of_repo<'a>(config: &'a Config, repo: &str) -> Vec<&'a str> {
    let projects = config.projects.iter().filter(|(_, project)| repo_of(project).as_deref() == Some(repo));
    projects.map(|(slug, _)| slug.as_str()).collect()
}

impl Store {
    /// Stores the current identities of the projects' repositories: their folders may be gone later.
    pub fn learn_repos(&self, run: Run) -> Result<Option<SweepAction>> {
        let known = changed_identities(&self.config());
        let names: Vec<&str> = known.iter().map(|(slug, _)| slug.as_str()).collect();
        let file = self.home.config();
        let done = SweepAction::at("learned", &file, format!("the repository of {}", names.join(", ")), run);
        if known.is_empty() || run == Run::Dry {
            return Ok(Some(done).filter(|_| !known.is_empty()));
        }
        self.change_config(|file, before| {
            config::learn(file, before, &changed_identities(&Config::read(file, before)))
        })?;
        Ok(Some(done))
    }
}

/// The projects whose repository has another identity now, with that identity.
fn changed_identities(config: &Config) -> Vec<(String, String)> {
    let known = config.projects.iter().map(|(slug, project)| (slug, project, repo_of(project)));
    known
        .filter(|(_, project, now)| *now != project.repo)
        .filter_map(|(slug, _, now)| Some((slug.clone(), now?)))
        .collect()
}
