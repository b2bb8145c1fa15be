//! The changes that a program makes to files, one step per system call, with paths relative to the watched folder.
//!
//! An unknown call that changes files causes a panic, since a model that overlooks it would promise too much.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use super::call::Call;

/// The calls that strace logs: all that can change the contents of a file system or sync it.
pub const CALLS: &str = "trace=open,openat,openat2,creat,write,pwrite64,pwritev,pwritev2,writev,truncate,ftruncate,\
    fallocate,fsync,fdatasync,sync,syncfs,msync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
    unlinkat,rmdir,mkdir,mkdirat,copy_file_range,sendfile,splice,lseek";

/// A change of files, or a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Opened for writing; created if there was no such file.
    Open {
        path: PathBuf,
        truncates: bool,
        appends: bool,
    },
    /// `at` is the offset in the file; `None` for where the last write ended.
    Write {
        path: PathBuf,
        bytes: Vec<u8>,
        at: Option<u64>,
    },
    /// The next write goes there.
    Seek {
        path: PathBuf,
        to: u64,
    },
    SetLen {
        path: PathBuf,
        len: u64,
    },
    /// Makes a file's bytes or a directory's names durable.
    Sync {
        path: PathBuf,
    },
    /// Makes everything durable.
    SyncAll,
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Exchange {
        one: PathBuf,
        other: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Symlink {
        path: PathBuf,
        target: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    MakeDir {
        path: PathBuf,
    },
}

impl Step {
    /// Whether it waits for the disk; right before that, most can be lost.
    pub fn is_sync(&self) -> bool {
        matches!(self, Step::Sync { .. } | Step::SyncAll)
    }

    /// The affected paths.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Step::Open { path, .. } | Step::Write { path, .. } | Step::Seek { path, .. } => vec![path],
            Step::SetLen { path, .. } | Step::Sync { path } | Step::Remove { path } => vec![path],
            Step::MakeDir { path } | Step::Symlink { path, .. } => vec![path],
            Step::Rename { from, to } | Step::Link { from, to } => vec![from, to],
            Step::Exchange { one, other } => vec![one, other],
            Step::SyncAll => Vec::new(),
        }
    }

    /// The effect below `root` of a call by a program started in `cwd`; `None` if it fails or changes nothing there.
    pub fn of(call: &Call, root: &Path, cwd: &Path) -> Option<Step> {
        let result = call.result?;
        let inside = |path: PathBuf| path.strip_prefix(root).ok().map(Path::to_path_buf);
        let file = |n| call.open_file(n).and_then(inside);
        let named = |dir, n| inside(cwd.join(call.path(dir, n)));
        match call.name.as_str() {
            "open" => open(call, named(None, 0)?, 1),
            "creat" => Some(Step::Open { path: named(None, 0)?, truncates: true, appends: false }),
            "openat" => open(call, named(Some(0), 1)?, 2),
            "write" | "writev" => Some(Step::Write { path: file(0)?, bytes: written(call, result), at: None }),
            "pwrite64" => Some(Step::Write { path: file(0)?, bytes: written(call, result), at: Some(call.number(3)) }),
            "lseek" => Some(Step::Seek { path: file(0)?, to: result as u64 }),
            "truncate" => Some(Step::SetLen { path: named(None, 0)?, len: call.number(1) }),
            "ftruncate" => Some(Step::SetLen { path: file(0)?, len: call.number(1) }),
            "fsync" | "fdatasync" => Some(Step::Sync { path: file(0)? }),
            "sync" | "syncfs" => Some(Step::SyncAll),
            "rename" => rename(call, [named(None, 0), named(None, 1)], None),
            "renameat" => rename(call, [named(Some(0), 1), named(Some(2), 3)], None),
            "renameat2" => rename(call, [named(Some(0), 1), named(Some(2), 3)], Some(4)),
            "link" => Some(Step::Link { from: named(None, 0)?, to: named(None, 1)? }),
            "linkat" => named(Some(2), 3).map(|to| Step::Link { from: named(Some(0), 1).expect("from outside"), to }),
            "symlink" => Some(Step::Symlink { path: named(None, 1)?, target: call.path(None, 0) }),
            "symlinkat" => Some(Step::Symlink { path: named(Some(1), 2)?, target: call.path(None, 0) }),
            "unlink" | "rmdir" => Some(Step::Remove { path: named(None, 0)? }),
            "unlinkat" => Some(Step::Remove { path: named(Some(0), 1)? }),
            "mkdir" => Some(Step::MakeDir { path: named(None, 0)? }),
            "mkdirat" => Some(Step::MakeDir { path: named(Some(0), 1)? }),
            _ if call.arguments.iter().any(|word| is_in(word, root)) => panic!("the model does not know {call:?}"),
            _ => None,
        }
    }
}

/// A step for a file opened for writing; others cannot change.
fn open(call: &Call, path: PathBuf, flags: usize) -> Option<Step> {
    assert!(!call.argument(flags).contains("O_TMPFILE"), "the model does not know O_TMPFILE: {call:?}");
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.has(flags, flag));
    let (truncates, appends) = (call.has(flags, "O_TRUNC"), call.has(flags, "O_APPEND"));
    writes.then_some(Step::Open { path, truncates, appends })
}

fn rename(call: &Call, paths: [Option<PathBuf>; 2], flags: Option<usize>) -> Option<Step> {
    let exchanges = flags.is_some_and(|flags| call.has(flags, "RENAME_EXCHANGE"));
    match paths {
        [Some(one), Some(other)] if exchanges => Some(Step::Exchange { one, other }),
        [Some(from), Some(to)] => Some(Step::Rename { from, to }),
        [None, None] => None,
        _ => panic!("the model does not know renames across its border: {call:?}"),
    }
}

/// The bytes that were actually written.
fn written(call: &Call, count: i64) -> Vec<u8> {
    let mut bytes = call.bytes(1);
    bytes.truncate(usize::try_from(count).unwrap_or_default());
    bytes
}

fn is_in(argument: &str, root: &Path) -> bool {
    let root: String = root.as_os_str().as_encoded_bytes().iter().map(|byte| format!("\\x{byte:02x}")).collect();
    argument.contains(&root)
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Open { path, .. } => write!(f, "open {}", path.display()),
            Step::Write { path, bytes, .. } => write!(f, "write {} bytes to {}", bytes.len(), path.display()),
            Step::Seek { path, to } => write!(f, "seek to {to} in {}", path.display()),
            Step::SetLen { path, len } => write!(f, "set the length of {} to {len}", path.display()),
            Step::Sync { path } => write!(f, "sync {}", path.display()),
            Step::SyncAll => write!(f, "sync everything"),
            Step::Rename { from, to } => write!(f, "rename {} to {}", from.display(), to.display()),
            Step::Exchange { one, other } => write!(f, "exchange {} and {}", one.display(), other.display()),
            Step::Link { from, to } => write!(f, "link {} to {}", from.display(), to.display()),
            Step::Symlink { path, target } => write!(f, "create the link {} to {}", path.display(), target.display()),
            Step::Remove { path } => write!(f, "remove {}", path.display()),
            Step::MakeDir { path } => write!(f, "create the directory {}", path.display()),
        }
    }
}
