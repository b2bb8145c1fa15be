//! Owns how clients name directories: their own work trees, and Windows paths, which a client there sends to hooks in
//! WSL. Must stay true: a path of another system is never resolved against the current directory.
//! The source for `/mnt/c` and `\\wsl.localhost` is "Working across Windows and Linux file systems" in the WSL
//! documentation.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Where Claude Code creates its own work trees, relative to the main one of the repository.
const WORKTREES: &str = "/.claude/worktrees/";

/// The main work tree if `dir` is in a work tree that the client created; else `dir` itself.
pub fn without_worktree(dir: &str) -> &str {
    slashed(dir).find(WORKTREES).and_then(|at| dir.get(..at)).unwrap_or(dir)
}

/// The last component of a path of any system.
pub fn base_name(dir: &str) -> &str {
    let dir = dir.trim_end_matches(['/', '\\']);
    let slashed = slashed(dir);
    slashed.rfind('/').and_then(|at| dir.get(at + 1..)).unwrap_or(dir)
}

/// The path with slashes only, byte for byte. Only a Windows path is changed, because a Unix name may contain a
/// backslash.
fn slashed(dir: &str) -> Cow<'_, str> {
    if is_of_windows(dir) { Cow::Owned(dir.replace('\\', "/")) } else { Cow::Borrowed(dir) }
}

/// Whether this is `C:\…`, `C:/…` or `\\host\…`.
pub fn is_of_windows(dir: &str) -> bool {
    let is_drive = matches!(dir.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    is_drive || dir.starts_with(r"\\")
}

/// The same directory as a path of this system; `None` if it is not accessible here.
pub fn here(dir: &Path) -> Option<PathBuf> {
    let Some(text) = dir.to_str().filter(|text| is_of_windows(text)) else { return Some(dir.to_path_buf()) };
    Some(in_wsl(text)?).filter(|here| here.is_dir())
}

fn in_wsl(dir: &str) -> Option<PathBuf> {
    let dir = slashed(dir);
    if let Some((drive, rest)) = dir.split_once(":/") {
        return Some(Path::new("/mnt").join(drive.to_ascii_lowercase()).join(rest));
    }
    let mut parts = dir.strip_prefix("//")?.splitn(3, '/');
    let host = parts.next()?;
    let is_wsl = ["wsl$", "wsl.localhost"].iter().any(|name| host.eq_ignore_ascii_case(name));
    // The name of the distribution comes between.
    is_wsl.then(|| parts.nth(1)).flatten().map(|rest| Path::new("/").join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_work_tree_belongs_to_its_project() {
        for (dir, project) in [
            ("/src/shop/.claude/worktrees/fix", "/src/shop"),
            ("/src/shop/.claude/worktrees/fix/a", "/src/shop"),
            (r"C:\src\shop\.claude\worktrees\fix", r"C:\src\shop"),
            (r"C:\src\shop/.claude/worktrees/fix", r"C:\src\shop"),
            (r"\\wsl$\D\src\shop\.claude\worktrees\fix", r"\\wsl$\D\src\shop"),
            ("/src/shop/.claude", "/src/shop/.claude"),
            (r"/src/a\.claude\worktrees\b", r"/src/a\.claude\worktrees\b"),
        ] {
            assert_eq!(without_worktree(dir), project);
        }
    }

    #[test]
    fn a_windows_path_is_found_in_wsl() {
        let cases = [
            (r"C:\Users\ada\shop", Some("/mnt/c/Users/ada/shop")),
            ("d:/shop", Some("/mnt/d/shop")),
            (r"\\wsl.localhost\Ubuntu\home\ada", Some("/home/ada")),
            (r"\\WSL$\Ubuntu\home", Some("/home")),
            (r"\\server\share\home", None),
            (r"\\wsl$\Ubuntu", None),
        ];
        for (dir, path) in cases {
            assert_eq!(in_wsl(dir).as_deref(), path.map(Path::new), "{dir}");
        }
        assert_eq!(here(Path::new(r"C:\no\such\place")), None);
        assert_eq!(here(Path::new("/no/such")), Some("/no/such".into()));
    }

    #[test]
    fn the_last_component_is_the_name() {
        let names = [(r"C:\a\shop", "shop"), (r"C:\a\shop\", "shop"), ("/a/shop/", "shop"), (r"/a/b\c", r"b\c")];
        names.iter().for_each(|(dir, name)| assert_eq!(base_name(dir), *name));
    }
}
