//! Owns finding the project of the folder in which somebody works. Must stay true: one folder is one project, by
//! whichever of its paths it was registered; a former path of a project may belong to another project now.

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
                // A repository apart from its main work tree belongs to the project of that work tree.
                let root = Path::new(root).join("HEAD").is_file().then_some(Path::new(root))?;
                by(&|project| git::checkout_at(Path::new(&project.path)).is_some_and(|found| found.git_dir == root))
            })
            .or_else(|| by(&|project| lay_at(project, root)))
    }

    /// The project of a folder in which a conversation worked, which may be gone; else the folder of its main work tree.
    pub fn project_around(&self, dir: &str) -> Result<String, String> {
        let paths = self.projects.iter().flat_map(|(slug, project)| project.paths().map(move |path| (slug, path)));
        let around = paths.filter(|(_, path)| {
            let rest = (!path.is_empty()).then(|| dir.strip_prefix(path)).flatten();
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
        });
        // The former folder of a moved project may belong to another project now.
        let is_there = |slug: &str, path: &str| self.projects.get(slug).is_some_and(|project| project.path == path);
        if let Some((slug, _)) = around.max_by_key(|(slug, path)| (path.len(), is_there(slug, path))) {
            return Ok(slug.clone());
        }
        // A linked work tree is in another folder, but belongs to the main one.
        let main = git::find(Path::new(dir)).map(|checkout| checkout.main_root.to_string_lossy().into_owned());
        let main = main.unwrap_or_else(|| dir.to_string());
        self.project_of(&main).map(str::to_string).ok_or(main)
    }

    /// Where a folder of a project is now: the project may have been moved since.
    pub fn now_at(&self, slug: &str, folder: &str) -> String {
        let project = self.projects.get(slug).filter(|_| !Path::new(folder).exists());
        let moved = project.and_then(|project| {
            let mut former = project.former_paths.iter();
            let rest = former.find_map(|former| Path::new(folder).strip_prefix(former).ok())?;
            let now = if rest.as_os_str().is_empty() {
                project.path.clone().into()
            } else {
                Path::new(&project.path).join(rest)
            };
            Some(now.to_string_lossy().into_owned())
        });
        moved.unwrap_or_else(|| folder.to_string())
    }
}

/// The device and inode of a folder, the same for all its paths. One system call, because many projects are compared.
fn identity_of(folder: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(folder).ok().filter(Metadata::is_dir)?;
    Some((meta.dev(), meta.ino()))
}

/// Whether the project was moved away from `root` and nothing else is there now, or the project has come back.
fn lay_at(project: &Registration, root: &str) -> bool {
    let root_is_former = project.former_paths.iter().any(|former| former == root);
    let has_come_back = || {
        let is_same = project.repo.as_ref().is_none_or(|known| identity::is_known_as(Path::new(root), known));
        is_same && !Path::new(&project.path).exists()
    };
    root_is_former && (!Path::new(root).exists() || has_come_back())
}
