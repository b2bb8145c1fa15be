//! Checkouts that real git makes, and folders that only look like one.

use super::*;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A fresh directory without symlinks in its path, removed at the end.
pub struct Fresh(pub PathBuf);

impl Fresh {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temp = fs::canonicalize(std::env::temp_dir()).unwrap();
        let path = temp.join(format!("git-rs-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Fresh(path)
    }

    /// A repository with one commit on `trunk`.
    pub fn repository(&self, name: &str) -> PathBuf {
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

pub fn git(dir: &Path, args: &[&str]) -> String {
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
    let git_dir = git_dir(worktree).unwrap();
    Some(Checkout { worktree_root: worktree.into(), main_root: main.into(), branch, git_dir })
}

#[test]
fn a_main_work_tree_is_found_from_its_top_and_from_below() {
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
fn a_branch_without_a_commit_is_named() {
    let fresh = Fresh::new();
    git(&fresh.0, &["init", "-q", "-b", "empty", "new"]);
    let new = fresh.0.join("new");
    assert_eq!(find(&new), checkout(&new, &new, Some("empty")));
}

#[test]
fn a_detached_head_gives_the_commit() {
    let fresh = Fresh::new();
    let main = fresh.repository("main");
    git(&main, &["checkout", "-q", "--detach"]);
    let commit = git(&main, &["rev-parse", "HEAD"]);
    assert_eq!(find(&main), checkout(&main, &main, Some(&commit[..7])));
}

#[test]
fn a_linked_work_tree_names_the_main_one() {
    let fresh = Fresh::new();
    let main = fresh.repository("main");
    git(&main, &["worktree", "add", "-q", "-b", "side", "../linked tree"]);
    let linked = fresh.0.join("linked tree");
    fs::create_dir(linked.join("sub")).unwrap();
    assert_eq!(find(&linked.join("sub")), checkout(&linked, &main, Some("side")));
    // As with `worktree.useRelativePaths`.
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
fn a_work_tree_of_a_bare_repository_names_its_folder() {
    let fresh = Fresh::new();
    let main = fresh.repository("main");
    for (bare, tree, project) in [("project.git", "one", "project.git"), ("two/.bare", "two/work", "two")] {
        let (bare, tree) = (fresh.0.join(bare), fresh.0.join(tree));
        git(&main, &["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        git(&bare, &["worktree", "add", "-q", "-b", "side", tree.to_str().unwrap()]);
        assert_eq!(find(&tree), checkout(&tree, &fresh.0.join(project), Some("side")));
        assert_eq!(find(&bare), None);
    }
    // A bare repository that is named `.git` belongs to the directory around it.
    let hub = fresh.0.join("hub");
    git(&main, &["clone", "-q", "--bare", ".", hub.join(".git").to_str().unwrap()]);
    git(&hub.join(".git"), &["worktree", "add", "-q", "-b", "side", "../tree"]);
    assert_eq!(find(&hub.join("tree")), checkout(&hub.join("tree"), &hub, Some("side")));
}

#[test]
fn a_submodule_is_its_own_main_root() {
    let fresh = Fresh::new();
    let library = fresh.repository("library");
    let main = fresh.repository("main");
    git(&main, &["submodule", "--quiet", "add", library.to_str().unwrap(), "vendor/library"]);
    let module = main.join("vendor/library");
    assert!(fs::read_to_string(module.join(".git")).unwrap().contains(".."));
    assert_eq!(find(&module), checkout(&module, &module, Some("trunk")));
    assert_eq!(find(&main.join("vendor")), checkout(&main, &main, Some("trunk")));
    git(&module, &["worktree", "add", "-q", "-b", "side", "../../../side"]);
    assert_eq!(find(&fresh.0.join("side")), checkout(&fresh.0.join("side"), &module, Some("side")));
}

#[test]
fn an_invalid_git_directory_is_skipped() {
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
fn symlinks_and_fifos_are_not_read() {
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
    // After a symbolic link, `..` is the parent of the link's target.
    let link = fresh.0.join("link");
    std::os::unix::fs::symlink(&below, &link).unwrap();
    assert_eq!(find(&link.join("..")), expected);
    assert_eq!(find(&link), expected);
}

#[test]
fn a_folder_has_one_path_however_it_is_reached() {
    let fresh = Fresh::new();
    let main = fresh.repository("disk/main");
    let link = fresh.0.join("link");
    std::os::unix::fs::symlink(fresh.0.join("disk"), &link).unwrap();
    std::os::unix::fs::symlink("main", fresh.0.join("disk/again")).unwrap();
    for name in ["link/main", "link/again", "disk/again", "link/again/gone/for/good", "link/gone/../main"] {
        assert_eq!(find(&fresh.0.join(name)), checkout(&main, &main, Some("trunk")), "{name}");
    }
    assert_eq!(checkout_at(&link.join("main")), checkout(&main, &main, Some("trunk")));
    // A work tree that was added through the link, and one whose repository was moved away behind a link.
    git(&link.join("main"), &["worktree", "add", "-q", "-b", "side", link.join("side").to_str().unwrap()]);
    let side = fresh.0.join("disk/side");
    assert_eq!(find(&link.join("side")), checkout(&side, &main, Some("side")));
    fs::rename(fresh.0.join("disk/main"), fresh.0.join("disk/moved")).unwrap();
    std::os::unix::fs::symlink("moved", &main).unwrap();
    assert_eq!(find(&side).unwrap().main_root, fresh.0.join("disk/moved"));
    // A path of another system is not resolved against the current directory, which is a repository here.
    assert!(find(Path::new("src")).is_some());
    for path in ["C:\\Users\\ada\\shop", "C:/Users/ada/shop", "\\\\wsl$\\Debian\\home"] {
        assert_eq!(find(Path::new(path)), None, "{path}");
    }
}

#[test]
fn unusual_heads_have_a_branch_or_none() {
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

#[test]
fn a_folder_around_a_bare_repository_is_its_project() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    for folder in [".bare/worktrees/fix", "fix"] {
        std::fs::create_dir_all(top.join(folder)).unwrap();
    }
    for (file, text) in [
        (".git", "gitdir: ./.bare\n".to_string()),
        (".bare/HEAD", "ref: refs/heads/main\n".into()),
        (".bare/worktrees/fix/HEAD", "ref: refs/heads/fix\n".into()),
        (".bare/worktrees/fix/commondir", "../..\n".into()),
        ("fix/.git", format!("gitdir: {}/.bare/worktrees/fix\n", top.display())),
    ] {
        std::fs::write(top.join(file), text).unwrap();
    }
    for place in [&top, &top.join("fix")] {
        assert_eq!(find(place).unwrap().main_root, top, "{}", place.display());
    }
    std::fs::write(top.join(".git"), "gitdir: ./elsewhere\n").unwrap();
    assert_eq!(find(&top.join("fix")).unwrap().main_root, top.join(".bare"), "the folder is another's");
}
