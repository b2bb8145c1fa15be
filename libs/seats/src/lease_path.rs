//! Owns which path of a project a text names: relative to the top of its work tree, with links resolved. Must stay true:
//! no path leads out of the project, neither by `..` nor through a link; a path need not exist, and then its deepest
//! existing directory decides. Nothing is written.

use crate::lease::{Claim, PATHS, WHOLE};
use cs_core::config::Config;
use cs_core::error::{Error, Result};
use cs_core::git::{self, Checkout};
use cs_core::store::project_root;
use cs_core::validate;
use std::path::{Component, Path, PathBuf};

/// Which work trees of a project are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trees {
    /// All of them.
    All,
    /// Only the one in which the caller works.
    Here,
}

/// Where a caller works.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The folder that all work trees of the project share.
    pub project_root: PathBuf,
    /// The top of this work tree.
    pub worktree_root: PathBuf,
    /// The current directory.
    here: PathBuf,
}

impl Scope {
    /// The project that contains a directory. Outside a repository it is the deepest registered one, else the directory.
    pub fn of(dir: &Path, config: &Config) -> Result<Self> {
        let here = git::real(dir).ok_or_else(|| Error::Invalid(format!("{} is not a directory", dir.display())))?;
        if let Some(Checkout { worktree_root, main_root, .. }) = git::find(&here) {
            return Ok(Scope { project_root: main_root, worktree_root, here });
        }
        let is_registered =
            |dir: &&Path| dir.to_str().is_some_and(|dir| config.projects.values().any(|it| it.path == dir));
        let root = here.ancestors().find(is_registered).map(Path::to_path_buf);
        let root = root.unwrap_or_else(|| project_root(&here.to_string_lossy(), None).into());
        Ok(Scope { project_root: root.clone(), worktree_root: root, here })
    }

    /// The claim on paths as they were typed, which is not shared.
    pub fn claim(&self, paths: &[String], trees: Trees) -> Result<Claim> {
        if paths.is_empty() || paths.len() > PATHS {
            return Err(Error::Invalid(format!("{} paths are given; a lease has 1 to {PATHS}", paths.len())));
        }
        let mut found = Vec::new();
        for path in paths {
            let path = self.path(path, trees)?;
            if !found.contains(&path) {
                found.push(path);
            }
        }
        let worktree_root = (trees == Trees::Here).then(|| self.worktree_root.to_string_lossy().into_owned());
        Ok(Claim { paths: found, shared: false, worktree_root })
    }

    /// The path that a text names.
    pub fn path(&self, text: &str, trees: Trees) -> Result<String> {
        let typed = Path::new(text);
        if text.is_empty() || text.contains(char::is_control) || text.chars().count() > validate::PATH {
            return Err(Error::Invalid(format!("{text:?} is not a path of at most {} characters", validate::PATH)));
        }
        if typed.components().any(|part| part == Component::ParentDir) {
            return Err(Error::Invalid(format!("{text:?} contains ..; name it from a directory above it")));
        }
        let real = resolve(&self.here.join(typed))?;
        let inside = self.inside(&real, trees).ok_or_else(|| {
            let what = if trees == Trees::Here { "this work tree" } else { "the project" };
            Error::Invalid(format!("{text:?} is outside of {what} ({})", self.worktree_root.display()))
        })?;
        match inside.to_str() {
            Some("") => Ok(WHOLE.to_string()),
            Some(inside) if inside.chars().count() <= validate::PATH => Ok(inside.to_string()),
            _ => Err(Error::Invalid(format!("{text:?} is not valid UTF-8, or too long"))),
        }
    }

    /// The path relative to the top of the work tree that contains it, if that belongs to the project.
    fn inside(&self, real: &Path, trees: Trees) -> Option<PathBuf> {
        let is_of_project = |found: &Checkout| found.main_root == self.project_root;
        let other = || {
            let dir = real.ancestors().find(|dir| dir.is_dir())?;
            git::find(dir).filter(is_of_project).map(|found| found.worktree_root)
        };
        let here = real.strip_prefix(&self.worktree_root).ok();
        // A work tree may lie within another one.
        match other().filter(|root| *root != self.worktree_root) {
            Some(_) if trees == Trees::Here => None,
            Some(root) => real.strip_prefix(root).ok(),
            None => here,
        }
        .map(Path::to_path_buf)
    }
}

/// The path with all links resolved; what does not exist yet is added to the deepest directory that does.
fn resolve(path: &Path) -> Result<PathBuf> {
    for above in path.ancestors() {
        match above.canonicalize() {
            Ok(real) => {
                let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
                return Ok(real.components().chain(rest.components()).collect());
            }
            Err(error) if above.symlink_metadata().is_ok() => {
                let what = if above.is_symlink() { "is a link that leads nowhere" } else { "cannot be looked into" };
                return Err(Error::Invalid(format!("{} {what}: {error}", above.display())));
            }
            Err(_) => {}
        }
    }
    Err(Error::Invalid(format!("{} cannot be found", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A main work tree, a linked one in it, and a folder outside.
    fn trees() -> (tempfile::TempDir, Scope, Scope) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let (main, other) = (root.join("main"), root.join("main/trees/fix"));
        let git_dir = main.join(".git/worktrees/fix");
        for made in [&main.join("src"), &other, &git_dir, &root.join("outside")] {
            fs::create_dir_all(made).unwrap();
        }
        fs::write(main.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(git_dir.join("HEAD"), "ref: refs/heads/fix\n").unwrap();
        fs::write(git_dir.join("commondir"), "../..\n").unwrap();
        fs::write(other.join(".git"), format!("gitdir: {}\n", git_dir.display())).unwrap();
        let scope = |at: &Path| Scope::of(at, &Config::default()).unwrap();
        let both = (scope(&main), scope(&other));
        (dir, both.0, both.1)
    }

    #[test]
    fn a_path_is_the_same_from_every_directory_and_work_tree() {
        let (_dir, main, other) = trees();
        assert_eq!((&main.project_root, &other.project_root), (&main.worktree_root, &main.worktree_root));
        let within = Scope { here: main.here.join("src"), ..main.clone() };
        let absolute = main.here.join("src/a.rs").display().to_string();
        let linked = other.here.join("src/a.rs").display().to_string();
        assert_eq!(within.path("a.rs", Trees::All).unwrap(), "src/a.rs");
        for text in ["src/a.rs", "./src//a.rs", &absolute, &linked] {
            assert_eq!(main.path(text, Trees::All).unwrap(), "src/a.rs", "{text}");
        }
        assert_eq!(other.path(&absolute, Trees::All).unwrap(), "src/a.rs");
        assert_eq!(
            (main.path(".", Trees::All).unwrap(), within.path(".", Trees::All).unwrap()),
            (".".into(), "src".into())
        );
        assert!(
            main.path("src", Trees::Here).is_ok() && other.path(&absolute, Trees::Here).is_err(),
            "another work tree"
        );
        let claim = main.claim(&["src".into(), "./src".into()], Trees::Here).unwrap();
        assert_eq!(
            (claim.paths, claim.worktree_root),
            (vec!["src".to_string()], main.here.to_str().map(str::to_string))
        );
    }

    #[test]
    fn no_path_leads_out() {
        let (dir, main, _) = trees();
        let outside = dir.path().canonicalize().unwrap().join("outside");
        symlink(&outside, main.here.join("out")).unwrap();
        symlink("src", main.here.join("alias")).unwrap();
        symlink(outside.join("new"), main.here.join("nowhere")).unwrap();
        symlink("loop", main.here.join("loop")).unwrap();
        fs::write(main.here.join("file"), "").unwrap();
        let absolute = outside.display().to_string();
        let long = "x/".repeat(3000);
        let bad = [
            "..",
            "src/../../x",
            "out",
            "out/deep/new",
            &absolute,
            "/",
            "nowhere",
            "nowhere/x",
            "loop",
            "",
            "a\nb",
            &long,
        ];
        for text in bad {
            assert!(matches!(main.path(text, Trees::All), Err(Error::Invalid(_))), "{text:?}");
        }
        assert_eq!(main.path("alias/new/deep", Trees::All).unwrap(), "src/new/deep", "one name for one path");
        assert_eq!(main.path("file", Trees::All).unwrap(), "file");
        assert!(main.claim(&[], Trees::All).is_err());
    }
}
