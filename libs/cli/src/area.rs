//! Owns which conversations work where: in one checkout, in a project with all its work trees, or in all clones of a
//! repository. Deliberately absent: whether they still run.

use crate::failure::Outcome;
use cs_core::config::Config;
use cs_core::git::{self, Checkout, identity};
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::store::of_repo;
use std::path::{Path, PathBuf};

/// The checkouts that the user asks about.
#[derive(Debug)]
pub enum Area {
    /// A checkout, or a directory outside of any.
    Tree {
        /// Its top.
        root: PathBuf,
        /// What git has there.
        checkout: Option<Checkout>,
    },
    /// All clones of a repository, and their projects.
    Clones {
        /// The repository's identity.
        repo: String,
        /// The short names of the projects.
        slugs: Vec<String>,
    },
    /// All work trees of a project.
    Project {
        /// The top of the main one.
        root: PathBuf,
        /// The project's short name, if it is registered.
        slug: Option<String>,
    },
}

impl Area {
    /// The checkout of a directory.
    pub fn checkout(dir: &Path) -> Self {
        let dir = real(dir);
        let checkout = git::find(&dir);
        let root = checkout.as_ref().map_or(dir, |found| found.worktree_root.clone());
        Area::Tree { root, checkout }
    }

    /// All clones of a repository: a directory in one of them, or its address.
    pub fn clones(config: &Config, repo: &str) -> Outcome<Self> {
        let repo = crate::repo::named(repo)?;
        let slugs = of_repo(config, &repo).into_iter().map(str::to_string).collect();
        Ok(Area::Clones { repo, slugs })
    }

    /// The project of a directory.
    pub fn project(config: &Config, dir: &Path) -> Self {
        let dir = real(dir);
        let root = git::find(&dir).map_or(dir, |found| found.main_root);
        let slug = config.project_of(&root.to_string_lossy()).map(str::to_string);
        Area::Project { root, slug }
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        match self {
            Area::Tree { root, .. } | Area::Project { root, .. } => root.display().to_string(),
            Area::Clones { repo, .. } => repo.clone(),
        }
    }

    /// Whether a conversation works there.
    pub fn has(&self, live: &Live) -> bool {
        // The conversation may have changed into another repository, and then works in both.
        let gone_to = || git::find(Path::new(&live.cwd));
        match self {
            Area::Tree { root, checkout } => {
                let tree = live.worktree_root.as_deref().unwrap_or(&live.cwd);
                // Outside of repositories, a place is a folder and everything below it that is in no repository.
                let is_outside = || checkout.is_none() && git::find(Path::new(tree)).is_none();
                let is_below = || Path::new(tree).starts_with(root) && is_outside();
                let inside = Path::new(tree) == root || is_below();
                inside || gone_to().is_some_and(|found| found.worktree_root == *root)
            }
            Area::Clones { repo, slugs } => {
                live.project_slug.as_ref().is_some_and(|slug| slugs.contains(slug))
                    || gone_to().as_ref().and_then(identity::of).as_ref() == Some(repo)
            }
            Area::Project { root, slug } => {
                let is_its = slug.is_some() && live.project_slug == *slug;
                is_its || *root == Path::new(&live.cwd) || gone_to().is_some_and(|found| found.main_root == *root)
            }
        }
    }

    /// Whether a record is of this area. Without a work tree in the record, its project's path decides.
    pub fn has_record(&self, session: &Session, project: Option<&str>) -> bool {
        match (self, &session.worktree_root, project) {
            (Area::Project { slug, .. }, ..) => slug.as_ref() == Some(&session.project_slug),
            (Area::Clones { slugs, .. }, ..) => slugs.contains(&session.project_slug),
            (Area::Tree { root, .. }, ..) if session.also_in.iter().any(|tree| Path::new(tree) == root) => true,
            (Area::Tree { root, .. }, Some(tree), _) => Path::new(tree) == root,
            (Area::Tree { root, checkout }, None, Some(path)) => {
                let is_main = |found: &Checkout| Path::new(path) == found.main_root;
                Path::new(path) == root || checkout.as_ref().is_some_and(is_main)
            }
            (Area::Tree { .. }, None, None) => false,
        }
    }
}

fn real(dir: &Path) -> PathBuf {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    dir.canonicalize().unwrap_or(dir)
}
