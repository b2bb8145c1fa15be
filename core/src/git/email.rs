//! Owns the address that git puts into commits, `user.email`: that of the repository, else the user's, else the system's.
//! The sources are git-config(1), "FILES" and "ENVIRONMENT".
//!
//! Deliberately absent: `include.path` and `includeIf`, and the address that git makes up if there is none.

use super::{common_dir, config};
use std::path::{Path, PathBuf};

/// The configuration key.
const EMAIL: config::Key = config::Key { section: "user", of: "", name: "email" };
/// The configuration of all users.
const SYSTEM: &str = "/etc/gitconfig";

/// The address for commits in a folder; `variable` is how the environment is read.
#[must_use]
pub fn at(folder: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let own = || {
        let git_dir = super::find(folder)?.git_dir;
        config::value(&common_dir(&git_dir).unwrap_or(git_dir), &EMAIL)
    };
    own().or_else(|| files(variable).iter().find_map(|file| config::value_of_file(file, &EMAIL)))
}

/// The files of the user and of the system: the first one that has the value counts.
fn files(variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut files = match set("GIT_CONFIG_GLOBAL") {
        Some(global) => vec![PathBuf::from(global)],
        None => {
            let home = set("HOME").map(PathBuf::from);
            let xdg = set("XDG_CONFIG_HOME").map(PathBuf::from).or(home.as_ref().map(|home| home.join(".config")));
            home.map(|home| home.join(".gitconfig")).into_iter().chain(xdg.map(|xdg| xdg.join("git/config"))).collect()
        }
    };
    if set("GIT_CONFIG_NOSYSTEM").is_none() {
        files.push(set("GIT_CONFIG_SYSTEM").map_or_else(|| PathBuf::from(SYSTEM), PathBuf::from));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_repositorys_address_wins_then_the_users() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let repository = dir.path().join("repo");
        fs::create_dir_all(home.join(".config/git")).unwrap();
        fs::create_dir_all(repository.join(".git")).unwrap();
        fs::write(repository.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let of = |folder: &Path| {
            at(folder, &|name| match name {
                "HOME" => Some(home.to_string_lossy().into_owned()),
                "GIT_CONFIG_NOSYSTEM" => Some("1".into()),
                _ => None,
            })
        };
        assert_eq!(of(&repository), None);
        fs::write(home.join(".config/git/config"), "[user]\n\temail = xdg@example.org\n").unwrap();
        assert_eq!(of(&repository).as_deref(), Some("xdg@example.org"));
        fs::write(home.join("dot"), "[user]\nname = x\nemail = \"me@example.org\" ; mine\n").unwrap();
        std::os::unix::fs::symlink("dot", home.join(".gitconfig")).unwrap();
        assert_eq!(of(&repository).as_deref(), Some("me@example.org"));
        fs::write(repository.join(".git/config"), "[core]\nbare = false\n[user]\nemail = work@example.org\n").unwrap();
        assert_eq!(of(&repository).as_deref(), Some("work@example.org"));
        assert_eq!(of(&home).as_deref(), Some("me@example.org"));
    }
}
