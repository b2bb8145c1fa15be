//! Owns the ways in which a program can fail, and their exit codes, the same for all programs:
//! 0 done, 1 no, 64 usage, 65 invalid input or corrupt record, 74 disk, 75 lock busy.

use cs_core::Error;

/// Why a program ends without completing its work.
#[derive(Debug)]
pub enum Failure {
    /// An error in the store.
    Core(Error),
    /// The command line is wrong; the second text is a hint.
    Usage(String, Option<String>),
    /// Nothing matched.
    Nothing(String),
    /// Nothing has this name, or there is nothing at all; the second text is a hint.
    Advised(String, String),
    /// It did not happen in time, or happens too often; it may be tried again later. The second text is a hint.
    Later(String, Option<String>),
    /// An error that was printed already; only the exit code is left.
    Reported(u8),
    /// The reader of our output is gone, which is not an error of ours.
    ClosedPipe,
    /// Output could not be written.
    Output(std::io::Error),
}

/// The exit codes of all programs, for their manual pages.
pub const EXIT_CODES: [(u8, &str); 6] = [
    (0, "done"),
    (1, "no: not found, nothing matched, or not possible in this state"),
    (64, "the command line is wrong"),
    (65, "an id, a text or a time cannot be used, or a file breaks a rule of the format"),
    (74, "a disk error"),
    (75, "another program holds the lock, or it did not happen in time; try again"),
];

/// Result of a program's work.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Core(error) => code_of(error),
            Failure::Nothing(_) | Failure::Advised(..) => 1,
            Failure::Output(_) => 74,
            Failure::Usage(..) => 64,
            Failure::Later(..) => 75,
            Failure::Reported(code) => *code,
            Failure::ClosedPipe => 0,
        }
    }

    /// The message to print: the error, and a hint.
    pub fn message(&self) -> Option<(String, Option<String>)> {
        match self {
            Failure::Core(error) => Some((error.to_string(), error.hint())),
            Failure::Usage(text, hint) | Failure::Later(text, hint) => Some((text.clone(), hint.clone())),
            Failure::Nothing(text) => Some((text.clone(), None)),
            Failure::Advised(text, hint) => Some((text.clone(), Some(hint.clone()))),
            Failure::Output(error) => Some((format!("cannot write the output: {error}"), None)),
            Failure::Reported(_) | Failure::ClosedPipe => None,
        }
    }
}

/// The exit code for an error in the store.
pub fn code_of(error: &Error) -> u8 {
    match error {
        Error::Missing(_) | Error::Refused(_) | Error::Newer { .. } => 1,
        Error::Invalid(_) | Error::Corrupt { .. } => 65,
        Error::Io { .. } => 74,
        Error::Busy(_) | Error::Limited(_) | Error::Contended { .. } => 75,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Core(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Output(error),
        }
    }
}
