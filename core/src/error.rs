//! Owns the one error type of the suite. Variants are chosen by what the caller can do about them; each names the path
//! or id and the operation. Deliberately absent: exit codes and printing, which belong to the programs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// An error between a program and the files.
#[derive(Debug)]
pub enum Error {
    /// Nothing matches: an unknown id, an empty result. The user has to name something else.
    Missing(String),
    /// The rules of sessions forbid the change (already completed, ambiguous id). Nothing was written.
    Refused(String),
    /// The input breaks a rule of the format (empty, too long, malformed). Nothing was written.
    Invalid(String),
    /// A file on disk cannot be parsed. It is not changed.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The fault, in words for people.
        reason: String,
    },
    /// The record was written by a newer version; it may be read, but never written.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its `schema_version`.
        version: u64,
    },
    /// Another process holds the lock; trying again later helps.
    Busy(PathBuf),
    /// So much is not allowed at once. Nothing was written; trying again later helps.
    Limited(String),
    /// Another program writes a file that belongs to both; nothing was lost. Trying again later helps.
    Contended {
        /// The file.
        path: PathBuf,
        /// The copy of what the other program wrote, if one was made.
        kept: Option<PathBuf>,
    },
    /// An error of the operating system.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operation, such as `read`.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

/// Result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An operating system error with the path and what was being done to it ("read", "write" …).
    pub fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Error::Io { path: path.to_path_buf(), doing, source }
    }

    /// A file that cannot be parsed, with the reason.
    pub fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Error::Corrupt { path: path.to_path_buf(), reason: reason.into() }
    }

    /// What was read, or `None` if it cannot be read; an error that says nothing about the file stays one, because it
    /// must not be taken for an answer.
    pub fn lasting<T>(read: Result<T>) -> Result<Option<T>> {
        match read {
            Err(error) if error.is_passing() => Err(error),
            other => Ok(other.ok()),
        }
    }

    /// The file that cannot be parsed, and the reason.
    pub fn as_corrupt(&self) -> Option<(&Path, &str)> {
        match self {
            Error::Corrupt { path, reason } => Some((path, reason)),
            _ => None,
        }
    }

    /// Whether the system, or the disk, only failed this time: it says nothing about the file.
    pub fn is_passing(&self) -> bool {
        const CODES: [i32; 4] = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EIO];
        matches!(self, Error::Io { source, .. } if source.raw_os_error().is_some_and(|code| CODES.contains(&code)))
    }

    /// A hint for the user, if one sentence is enough.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Corrupt { path, .. } if forbids(path) => {
                let text = "the file was not changed; repair it: without it, what it forbids would be allowed";
                Some(format!("{text}: {}", path.display()))
            }
            Error::Corrupt { path, .. } => {
                Some(format!("the file was not changed; inspect it or move it away: {}", path.display()))
            }
            Error::Newer { .. } => Some("update claude-sessions to change this record".into()),
            Error::Contended { .. } => Some("try again when the program that writes it has finished".into()),
            Error::Busy(_) => Some("another program holds the lock; try again".into()),
            _ => None,
        }
    }
}

/// Whether a file says what must not be done, sent or shown: settings, rules, marks, what was forgotten, and the key by which
/// marks know their texts. To move it away would allow that.
fn forbids(path: &Path) -> bool {
    let name = |path: Option<&Path>| path.and_then(|path| path.file_name()?.to_str().map(str::to_string));
    let is_known =
        |name: String| ["config.json", "redact.toml", "redact.key", "forgotten.jsonl"].contains(&name.as_str());
    name(Some(path)).is_some_and(is_known) || name(path.parent()).as_deref() == Some("marks")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing(what) | Error::Refused(what) | Error::Invalid(what) | Error::Limited(what) => {
                f.write_str(what)
            }
            Error::Corrupt { path, reason } => write!(f, "cannot understand {}: {reason}", path.display()),
            Error::Newer { path, version } => {
                write!(f, "{} has schema_version {version}, newer than this program writes", path.display())
            }
            Error::Contended { path, kept: None } => {
                write!(f, "{} was changed by another program at the same time; its changes were kept", path.display())
            }
            Error::Contended { path, kept: Some(kept) } => {
                let (path, kept) = (path.display(), kept.display());
                write!(f, "{path} was changed by other programs at the same time; one of their versions is in {kept}")
            }
            Error::Busy(path) => write!(f, "lock is busy: {}", path.display()),
            Error::Io { path, doing, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_move_away_what_forbids_something() {
        let hint = |path: &str| Error::corrupt(Path::new(path), "x").hint().unwrap();
        for path in ["/d/config.json", "/d/redact.toml", "/d/marks/5e1f.jsonl", "/d/sync/forgotten.jsonl"] {
            assert!(hint(path).contains("repair it") && hint(path).ends_with(path), "{path}");
        }
        assert!(hint("/d/sessions/marks.json").contains("move it away"));
    }

    #[test]
    fn what_cannot_be_read_only_now_is_no_answer() {
        let read = |code: i32| {
            Error::lasting(Err::<u8, _>(Error::io(Path::new("a"), "read", io::Error::from_raw_os_error(code))))
        };
        assert!(read(libc::EIO).is_err() && read(libc::EMFILE).is_err());
        assert!(read(libc::EACCES).unwrap().is_none() && read(libc::ELOOP).unwrap().is_none());
        assert_eq!(Error::lasting(Ok(1)).unwrap(), Some(1));
    }
}
