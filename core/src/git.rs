//! Finds out which git checkout a directory belongs to, by reading files only.
//!
//! Owns the knowledge of git's layout that this takes: `.git` as a directory or
//! as a file with `gitdir: PATH`, `commondir` in a linked work tree, `HEAD`. The
//! source is gitrepository-layout(5).
//!
//! What must stay true: git is never run, nothing is written, no more than 4 KiB
//! of a file are read, and only regular files are opened (a FIFO would block).
//! A directory without a repository costs one system call per ancestor.
//!
//! Deliberately absent: the environment (`GIT_DIR` and its kin), `core.worktree`,
//! the configuration, and the search for a bare repository around the directory
//! itself: without a work tree there is no checkout.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// No file read here is longer in a sane repository; a path ends at 4096 bytes.
const READ_LIMIT: u64 = 4096;

/// Where a directory stands in git's eyes. Paths are absolute, without `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the work tree that holds the directory.
    pub worktree_root: PathBuf,
    /// What all work trees of the repository share: the top of the main work
    /// tree, or the repository itself when it is bare. A submodule is a
    /// repository of its own and names its own work tree.
    pub main_root: PathBuf,
    /// The branch; with a detached HEAD the first 7 hexadecimal digits of the
    /// commit; `None` when HEAD cannot be read or understood.
    pub branch: Option<String>,
}

/// The checkout that holds `dir`, or `None` outside of any. A `.git` that is no
/// repository is passed over, and the search goes on above it.
#[must_use]
pub fn find(dir: &Path) -> Option<Checkout> {
    let dir = resolve(&std::path::absolute(dir).ok()?);
    dir.ancestors().find_map(checkout_at)
}

fn checkout_at(root: &Path) -> Option<Checkout> {
    let git_dir = git_dir(root)?;
    let head = git_dir.join("HEAD");
    if !fs::metadata(&head).ok()?.is_file() {
        return None;
    }
    Some(Checkout {
        worktree_root: root.to_path_buf(),
        main_root: main_root(root, &git_dir),
        branch: read_start(&head).and_then(|text| branch(&text)),
    })
}

/// The directory with this work tree's own HEAD.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let entry = root.join(".git");
    let kind = fs::metadata(&entry).ok()?;
    if kind.is_dir() {
        return Some(entry);
    }
    let text = kind.is_file().then(|| read_start(&entry)).flatten()?;
    let target = path_in(text.strip_prefix(b"gitdir: ")?)?;
    Some(resolve(&root.join(target)))
}

/// `git_dir` is `root/.git` unless the work tree is linked, a submodule, or has
/// its repository elsewhere; only a linked one has `commondir`.
fn main_root(root: &Path, git_dir: &Path) -> PathBuf {
    if git_dir.parent() == Some(root) {
        return root.to_path_buf();
    }
    let file = git_dir.join("commondir");
    let text = if file.is_file() { read_start(&file) } else { None };
    let Some(target) = text.as_deref().and_then(path_in) else {
        return root.to_path_buf();
    };
    // Lexically: git writes the path of a linked work tree without symlinks.
    let common = normalise(&git_dir.join(target));
    match common.parent() {
        Some(parent) if common.file_name() == Some(OsStr::new(".git")) => parent.to_path_buf(),
        _ => common,
    }
}

fn branch(head: &[u8]) -> Option<String> {
    let head = head.split(|&byte| byte == b'\n').next()?.trim_ascii();
    let name = match head.strip_prefix(b"ref:") {
        Some(name) => name.trim_ascii_start().strip_prefix(b"refs/heads/")?,
        None if is_commit(head) => head.get(..7)?,
        None => return None,
    };
    let name = String::from_utf8_lossy(name);
    // With reftable, HEAD is a stub that says `.invalid`. Control characters
    // are not allowed in a branch name, and must not reach a terminal.
    let sane = !name.is_empty() && name != ".invalid" && !name.contains(char::is_control);
    sane.then(|| name.into_owned())
}

/// SHA-1 or SHA-256.
fn is_commit(text: &[u8]) -> bool {
    matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}

/// The path that a file of git's holds; it may have blanks at its ends.
fn path_in(text: &[u8]) -> Option<&Path> {
    let last = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'))?;
    Some(Path::new(OsStr::from_bytes(text.get(..=last)?)))
}

/// The caller has seen that it is a regular file.
fn read_start(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(READ_LIMIT).read_to_end(&mut text).ok()?;
    Some(text)
}

/// The path without `..`. Behind a symlink `..` is not the lexical parent, so
/// that the file system is asked; but only then.
fn resolve(path: &Path) -> PathBuf {
    let climbs = path.components().any(|part| part == Component::ParentDir);
    let asked = if climbs { fs::canonicalize(path).ok() } else { None };
    asked.unwrap_or_else(|| normalise(path))
}

fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // At the root this does nothing, which is what `/..` means.
            Component::ParentDir => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A fresh directory without symlinks in its path, removed at the end.
    struct Fresh(PathBuf);

    impl Fresh {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let temp = fs::canonicalize(std::env::temp_dir()).unwrap();
            let path = temp.join(format!("git-rs-{}-{count}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Fresh(path)
        }

        /// A repository with one commit on `trunk`.
        fn repository(&self, name: &str) -> PathBuf {
            let path = self.0.join(name);
            git(&self.0, &["init", "-q", "-b", "trunk", name]);
            git(&path, &["commit", "-q", "--allow-empty", "-m", "first"]);
            path
        }
    }

    impl Drop for Fresh {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn git(dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
        let output = command
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn checkout(worktree: &Path, main: &Path, branch: Option<&str>) -> Option<Checkout> {
        let branch = branch.map(str::to_owned);
        Some(Checkout { worktree_root: worktree.into(), main_root: main.into(), branch })
    }

    #[test]
    fn main_work_tree_from_its_top_and_from_below() {
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        fs::create_dir_all(main.join("a/b")).unwrap();
        let expected = checkout(&main, &main, Some("trunk"));
        assert_eq!(find(&main), expected);
        assert_eq!(find(&main.join("a/b")), expected);
        assert_eq!(find(&main.join("a/./b/../../.git/hooks")), expected);
        assert_eq!(find(&main.join("gone/for/good")), expected);
        git(&main, &["checkout", "-q", "-b", "topic/ünï"]);
        assert_eq!(find(&main), checkout(&main, &main, Some("topic/ünï")));
    }

    #[test]
    fn branch_without_a_commit() {
        let fresh = Fresh::new();
        git(&fresh.0, &["init", "-q", "-b", "empty", "new"]);
        let new = fresh.0.join("new");
        assert_eq!(find(&new), checkout(&new, &new, Some("empty")));
    }

    #[test]
    fn detached_head_gives_the_commit() {
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        git(&main, &["checkout", "-q", "--detach"]);
        let commit = git(&main, &["rev-parse", "HEAD"]);
        assert_eq!(find(&main), checkout(&main, &main, Some(&commit[..7])));
    }

    #[test]
    fn linked_work_tree_names_the_main_one() {
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        git(&main, &["worktree", "add", "-q", "-b", "side", "../linked tree"]);
        let linked = fresh.0.join("linked tree");
        fs::create_dir(linked.join("sub")).unwrap();
        assert_eq!(find(&linked.join("sub")), checkout(&linked, &main, Some("side")));
        // As `worktree.useRelativePaths` has it.
        let absolute = fs::read_to_string(linked.join(".git")).unwrap();
        let relative = absolute.replace(main.to_str().unwrap(), "../main");
        assert!(relative.starts_with("gitdir: ../main/"));
        fs::write(linked.join(".git"), relative).unwrap();
        assert_eq!(find(&linked), checkout(&linked, &main, Some("side")));
        git(&main, &["worktree", "add", "-q", "-b", "inner", ".claude/worktrees/x"]);
        let inner = main.join(".claude/worktrees/x");
        assert_eq!(find(&inner), checkout(&inner, &main, Some("inner")));
    }

    #[test]
    fn work_tree_of_a_bare_repository() {
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        for (bare, tree) in [("project.git", "one"), ("two/.bare", "two/work")] {
            let (bare, tree) = (fresh.0.join(bare), fresh.0.join(tree));
            git(&main, &["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
            git(&bare, &["worktree", "add", "-q", "-b", "side", tree.to_str().unwrap()]);
            assert_eq!(find(&tree), checkout(&tree, &bare, Some("side")));
            assert_eq!(find(&bare), None);
        }
        // A bare repository that is named `.git` belongs to the directory around it.
        let hub = fresh.0.join("hub");
        git(&main, &["clone", "-q", "--bare", ".", hub.join(".git").to_str().unwrap()]);
        git(&hub.join(".git"), &["worktree", "add", "-q", "-b", "side", "../tree"]);
        assert_eq!(find(&hub.join("tree")), checkout(&hub.join("tree"), &hub, Some("side")));
    }

    #[test]
    fn submodule_is_its_own_main() {
        let fresh = Fresh::new();
        let library = fresh.repository("library");
        let main = fresh.repository("main");
        git(&main, &["submodule", "--quiet", "add", library.to_str().unwrap(), "vendor/library"]);
        let module = main.join("vendor/library");
        assert!(fs::read_to_string(module.join(".git")).unwrap().contains(".."));
        assert_eq!(find(&module), checkout(&module, &module, Some("trunk")));
        assert_eq!(find(&main.join("vendor")), checkout(&main, &main, Some("trunk")));
    }

    #[test]
    fn what_is_no_repository_is_passed_over() {
        let fresh = Fresh::new();
        assert_eq!(find(&fresh.0), None);
        let main = fresh.repository("main");
        let expected = checkout(&main, &main, Some("trunk"));
        let below = main.join("below");
        fs::create_dir_all(below.join(".git")).unwrap();
        assert_eq!(find(&below), expected);
        fs::create_dir(below.join(".git/HEAD")).unwrap();
        assert_eq!(find(&below), expected);
        fs::remove_dir_all(below.join(".git")).unwrap();
        for text in ["", "gitdir: ", "gitdir: gone\n", "nonsense", "gitdir: \0", "\u{0}\n\n"] {
            fs::write(below.join(".git"), text).unwrap();
            assert_eq!(find(&below), expected, "with {text:?}");
        }
        fs::write(below.join(".git"), "x".repeat(1 << 20)).unwrap();
        assert_eq!(find(&below), expected);
    }

    #[test]
    fn symlinks_and_fifos_do_no_harm() {
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        let expected = checkout(&main, &main, Some("trunk"));
        let below = main.join("below");
        fs::create_dir(&below).unwrap();
        std::os::unix::fs::symlink(".git", below.join(".git")).unwrap();
        assert_eq!(find(&below), expected);
        fs::remove_file(below.join(".git")).unwrap();
        let fifo = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        fifo(&below.join(".git"));
        assert_eq!(find(&below), expected);
        fs::remove_file(below.join(".git")).unwrap();
        fs::create_dir(below.join(".git")).unwrap();
        fifo(&below.join(".git/HEAD"));
        assert_eq!(find(&below), expected);
        // Behind a symlink `..` leads to where the link points.
        let link = fresh.0.join("link");
        std::os::unix::fs::symlink(&below, &link).unwrap();
        assert_eq!(find(&link.join("..")), expected);
        assert_eq!(find(&link), None);
    }

    #[test]
    fn branch_of_odd_heads() {
        let sha256 = "0123456789abcdef".repeat(4);
        let cases = [
            ("ref: refs/heads/a/b\n", Some("a/b")),
            ("ref:refs/heads/a\r\nmore", Some("a")),
            (sha256.as_str(), Some("0123456")),
            ("ref: refs/heads/.invalid\n", None),
            ("ref: refs/heads/\n", None),
            ("ref: refs/remotes/o/x", None),
            ("ref: refs/heads/\u{1b}[2J", None),
            ("0123456", None),
            ("", None),
            ("\n", None),
        ];
        for (head, expected) in cases {
            assert_eq!(branch(head.as_bytes()).as_deref(), expected, "of {head:?}");
        }
        let fresh = Fresh::new();
        let main = fresh.repository("main");
        fs::write(main.join(".git/HEAD"), "nonsense").unwrap();
        assert_eq!(find(&main), checkout(&main, &main, None));
    }
}
