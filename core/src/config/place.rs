//! Owns of which project a folder is that somebody works in. Must stay true: one folder is one project, by whichever
//! name it was registered; where a project lay before it was moved may be another's now.

use super::{Config, Registration};
use crate::git::{self, identity};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

impl Config {
    /// The project whose main work tree is `root`, a real path.
    pub fn project_of(&self, root: &str) -> Option<&str> {
        let by = |is_it: &dyn Fn(&Registration) -> bool| {
            self.projects.iter().find(|(_, project)| is_it(project)).map(|(slug, _)| slug.as_str())
        };
        by(&|project| project.path == root)
            .or_else(|| {
                let place = identity_of(Path::new(root))?;
                by(&|project| identity_of(Path::new(&project.path)) == Some(place))
            })
            .or_else(|| {
                // A repository that lies apart from its main work tree is that work tree's.
                let root = Path::new(root).join("HEAD").is_file().then_some(Path::new(root))?;
                by(&|project| git::checkout_at(Path::new(&project.path)).is_some_and(|found| found.git_dir == root))
            })
            .or_else(|| by(&|project| lay_at(project, root)))
    }
}

/// What a folder is, whatever its names: one system call, where many projects are asked.
fn identity_of(folder: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(folder).ok().filter(Metadata::is_dir)?;
    Some((meta.dev(), meta.ino()))
}

/// Whether the project was moved away from there, and nothing else lies there now, or it has come back.
fn lay_at(project: &Registration, root: &str) -> bool {
    let root_is_former = project.former_paths.iter().any(|former| former == root);
    let has_come_back = || {
        let is_same = project.repo.as_ref().is_none_or(|known| identity::is_known_as(Path::new(root), known));
        is_same && !Path::new(&project.path).exists()
    };
    root_is_former && (!Path::new(root).exists() || has_come_back())
}
