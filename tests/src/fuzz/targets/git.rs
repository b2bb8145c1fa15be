//! The files of git's that are read: `.git`, `HEAD`, `commondir`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cs_core::git;
use tempfile::TempDir;

use super::parts;
use crate::fuzz::Target;

pub const TARGET: Target = Target { name: "git", check, words: WORDS, seeds, most: 5 << 10 };

const WORDS: &[&str] = &[
    "gitdir: ",
    "ref: ",
    "refs/heads/",
    "../",
    "..",
    "/",
    ".git",
    "\n",
    "\r\n",
    "0123456789abcdef0123456789abcdef01234567",
    "real",
    "worktrees/x",
    "./",
    "\0",
    "main/.git",
];

fn seeds() -> Vec<Vec<u8>> {
    let inputs: [&[u8]; 5] = [
        b"gitdir: ../main/.git/worktrees/x\n\xffref: refs/heads/topic\n\xff../..\n",
        b"\xffref: refs/heads/main\n\xff",
        b"gitdir: ../main/.git/worktrees/x\xff0123456789abcdef0123456789abcdef01234567\xff/elsewhere/.git",
        b"gitdir: .\xffref: refs/heads/.invalid",
        b"nonsense\xffnonsense",
    ];
    inputs.iter().map(|input| input.to_vec()).collect()
}

/// A folder in memory where there is one: it is written a million times.
fn place() -> &'static Path {
    static PLACE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder can be made");
        let path = folder.path().canonicalize().expect("it was just made");
        for part in ["tree/sub", "main/.git/worktrees/x", "own/.git"] {
            fs::create_dir_all(path.join(part)).expect("a fresh folder can be written");
        }
        (folder, path)
    });
    path
}

fn check(bytes: &[u8]) {
    let (parts, place) = (parts(bytes), place());
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let put = |file: &str, bytes: &[u8]| fs::write(place.join(file), bytes).expect("a folder of ours can be written");
    put("tree/.git", part(0));
    put("main/.git/worktrees/x/HEAD", part(1));
    put("main/.git/worktrees/x/commondir", part(2));
    put("main/.git/HEAD", part(1));
    put("own/.git/HEAD", part(1));
    for folder in ["tree/sub", "tree", "own", "main"] {
        let Some(found) = git::find(&place.join(folder)) else { continue };
        let top = folder.split('/').next().unwrap_or_default();
        assert!(found.worktree_root == place.join(top) || !found.worktree_root.starts_with(place), "{found:?}");
        assert!(found.main_root.is_absolute(), "{found:?}");
        assert!(found.main_root.components().all(|part| part != std::path::Component::ParentDir), "{found:?}");
        let branch = found.branch.unwrap_or_default();
        assert!(!branch.contains(char::is_control) && branch.len() <= 4096 * 3, "{branch:?}");
        assert!(folder == "tree" || folder == "tree/sub" || found.main_root == place.join(top));
    }
}
