//! Shared by all tests of the programs: the built programs, a fresh home, and transcripts.
//!
//! Nothing here knows what a program does. A test runs the real programs in a [`Sandbox`] and looks at
//! their output and their files; there are no stand-ins for the store.

pub mod called;
pub mod contained;
pub mod corpus;
mod held;
pub mod http;
pub mod machine;
pub mod made;
pub mod parse;
pub mod postgres;
pub mod process;
mod programs;
pub mod pty;
pub mod replay;
pub mod sandbox;
pub mod seat;
pub mod seat_files;
pub mod seating;
pub mod shared;
mod skip;
pub mod strace;
pub mod table;
pub mod telegram;
pub mod tmux;
pub mod transcript;
pub mod trap;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use held::Held;
pub use process::{LIMIT, Running, run};
pub use programs::{program_names, programs, use_programs};
pub use sandbox::Sandbox;
pub use skip::{can_run, has, skip};

/// The workspace's root folder: where README.md, `bins/` and `tests/` are.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// The entries of `folder` in the order of their names, without hidden ones. Panics if there is no such folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = folder.read_dir().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.expect("a folder can be read").path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
    paths.sort();
    paths
}

/// Checks `condition` every five milliseconds until it holds, at least once; returns false after `timeout`.
#[must_use]
pub fn eventually(timeout: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + timeout;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        sleep(Duration::from_millis(5));
    }
}

/// The standard output of a finished program as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The standard error of a finished program as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit status of a finished program; panics if a signal ended it.
pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {}\n{}", output.status, stderr(output)))
}
