//! The files of git that are read: `.git`, `HEAD`, `commondir`, HEAD's reflog, a commit; and the command line that is
//! reported to have made it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cs_core::git::made::{self, Call};
use cs_core::git::{self, command, head, object};
use cs_core::shell;
use tempfile::TempDir;

use super::parts;
use crate::Target;

pub const TARGET: Target = Target { name: "git", check, words: WORDS, seeds, most: 5 << 10, runs: 40_000 };

/// The commit whose object is written.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// When the call that made it was reported.
const NOW: i64 = 1_795_255_270;

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
    "0000000000000000000000000000000000000000",
    " A <a@b> 1795255270 +0000\t",
    "commit: ",
    "commit (amend): ",
    "commit 200\0",
    "tree ",
    "parent ",
    "committer ",
    "\n\n",
    "\u{78}\u{1}",
    "git commit",
    "git -C a commit",
    "$(",
    "`",
    "${",
    "<<'E'\n",
    "\nE\n",
    "bash -c '",
    "case x in ",
    "for x in y; do ",
    "env timeout 5 ",
    "[main 0123456] ",
];

fn seeds() -> Vec<Vec<u8>> {
    let inputs: [&[u8]; 8] = [
        b"gitdir: ../main/.git/worktrees/x\n\xffref: refs/heads/topic\n\xff../..\n",
        b"\xffref: refs/heads/main\n\xff",
        b"gitdir: ../main/.git/worktrees/x\xff0123456789abcdef0123456789abcdef01234567\xff/elsewhere/.git",
        b"gitdir: .\xffref: refs/heads/.invalid",
        b"nonsense\xffnonsense",
        b"\xffref: refs/heads/main\xff\xff0000000000000000000000000000000000000000 0123456789abcdef0123456789abcdef01234567 A <a@b> 1795255270 +0000\tcommit: Made\n\xffcommit 167\0tree 0123456789abcdef0123456789abcdef01234567\nparent fedcba9876543210fedcba9876543210fedcba98\nauthor A <a@b> 1795255270 +0000\ncommitter A <a@b> 1795255270 +0000\n\nMade\n\xffgit commit -m Made\xff[main 0123456] Made",
        b"\xff0123456789abcdef0123456789abcdef01234567\xff\xff\xffcommit 1\0\xfffor i in 1; do bash -c 'cd x; git -C y commit -m \"$(cat <<E\na\nE\n)\"'; done\xff",
        b"\xffref: refs/heads/.invalid\xff\xff\xff\x78\x9c\x03\xffX=1 env timeout 5 git commit\xff[main 01234567] x",
    ];
    inputs.iter().map(|input| input.to_vec()).collect()
}

/// A folder in memory if possible, since it is written a million times.
fn place() -> &'static Path {
    static PLACE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder can be created");
        let path = folder.path().canonicalize().expect("it was just created");
        for part in ["tree/sub", "main/.git/worktrees/x", "own/.git/logs", "own/.git/objects/01"] {
            fs::create_dir_all(path.join(part)).expect("a fresh folder can be written");
        }
        (folder, path)
    });
    path
}

fn check(bytes: &[u8]) {
    let (parts, place) = (parts(bytes), place());
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let put = |file: &str, bytes: &[u8]| fs::write(place.join(file), bytes).expect("our folder can be written");
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
    line(&String::from_utf8_lossy(part(5)));
    if parts.len() > 3 {
        put("own/.git/logs/HEAD", part(3));
        if part(3).is_empty() {
            fs::remove_file(place.join("own/.git/logs/HEAD")).expect("it was just written");
        }
        put(&format!("own/.git/objects/01/{}", &COMMIT[2..]), &zlib(part(4)));
        commits(&place.join("own"), &String::from_utf8_lossy(part(5)), &String::from_utf8_lossy(part(6)));
    }
}

/// Panics unless a command line gives a bounded result: unlimited words would make a short line a long one.
fn line(line: &str) {
    // An unfinished expansion at the end may be longer than what it stands for.
    let longest = 3 * line.len() + "$(…)".len();
    let commands = shell::parse(line).commands;
    let words: usize = commands.iter().flat_map(|command| &command.words).map(|word| word.text.len()).sum();
    assert!(words <= longest, "{words} bytes of words from {}", line.len());
    let runs = shell::runs(line).runs;
    let words: usize = runs.iter().flat_map(|run| &run.words).map(|word| word.text.len()).sum();
    // What a here-document expands to is read at each level, up to a limit that does not depend on the line.
    let most = (shell::DEPTH + 1) * longest.max(2 * shell::LONGEST);
    assert!(words <= most, "{words} bytes of words of programs from {}", line.len());
    if let Some(found) = command::commits(line) {
        assert!(line.contains("commit") && found.most != Some(0) && found.dirs.len() <= 8, "{found:?}");
    }
}

/// The file of an object: the bytes as they are if they look like one, else stored in one.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(&[0x78]) {
        return bytes.to_vec();
    }
    let size = u16::try_from(bytes.len()).expect("inputs are short");
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    let sum = (high << 16 | low).to_be_bytes();
    [&[0x78, 1, 1], &size.to_le_bytes()[..], &(!size).to_le_bytes(), bytes, &sum].concat()
}

fn commits(root: &Path, line: &str, output: &str) {
    let git_dir = root.join(".git");
    let name = |sha: &str| matches!(sha.len(), 40 | 64) && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(head::commit(&git_dir, &git_dir).is_none_or(|sha| name(&sha)));
    if let Some(commit) = object::commit(&git_dir, COMMIT) {
        assert!(!commit.subject.contains('\n') && commit.parents.iter().all(|sha| name(sha)), "{commit:?}");
    }
    let commits = command::Commits { most: None, dirs: std::iter::once("../tree/sub".into()).collect() };
    let (line, lasted) = (if line.is_empty() { "git commit" } else { line }, 0);
    for mark in [None, Some(""), Some("7:9"), Some(COMMIT)] {
        let call = Call { line, output, cwd: root, told_at: NOW, lasted, mark };
        let found = made::find_made(root, &call, &commits, |_| false);
        assert!(found.len() <= 500 && found.iter().all(|made| name(&made.sha)), "{found:?}");
        let some = made::find_made(root, &call, &command::Commits { most: Some(1), ..commits.clone() }, |_| false);
        assert!(some.len() <= 1 && some.iter().all(|made| found.contains(made)), "{some:?} of {found:?}");
        assert!(made::find_made(root, &call, &commits, |_| true).is_empty());
    }
}
