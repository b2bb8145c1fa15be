//! Makes each system call of each operation fail, one at a time, and checks the result every time.
//!
//! Only calls on files of the data directory fail, as with a full, broken or read-only disk, or a full table of open
//! files.

use std::path::PathBuf;
use std::process::Output;

use cs_tests::{stderr, stdout};

use super::call::{Call, Kind};
use super::operation::Operation;
use super::report::Tally;
use super::scene::Scene;
use super::trace::{self, Act};
use super::verdict::{Expected, faults};

/// A way to fail: the error, its name, and the calls that can return it.
struct Failure(i32, &'static str, &'static [Kind]);

const FAILURES: [Failure; 7] = [
    Failure(libc::ENOSPC, "ENOSPC", &[Kind::Create, Kind::Write, Kind::Sync, Kind::Rename, Kind::Link, Kind::MakeDir]),
    Failure(libc::EDQUOT, "EDQUOT", &[Kind::Create, Kind::Write, Kind::Rename, Kind::Link, Kind::MakeDir]),
    Failure(libc::EIO, "EIO", &[Kind::Sync, Kind::Write, Kind::Rename, Kind::Link, Kind::Unlink, Kind::Close]),
    Failure(libc::EIO, "EIO, reading", &[Kind::Open, Kind::Read, Kind::Stat, Kind::StatOpened, Kind::List, Kind::Lock]),
    Failure(libc::EMFILE, "EMFILE", &[Kind::Open, Kind::Create]),
    Failure(libc::EROFS, "EROFS", &[Kind::Create, Kind::Rename, Kind::Link, Kind::Unlink, Kind::MakeDir]),
    Failure(
        libc::EACCES,
        "EACCES",
        &[Kind::Open, Kind::Create, Kind::Rename, Kind::Link, Kind::Unlink, Kind::MakeDir, Kind::Stat],
    ),
];

/// How long calls keep failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spell {
    Once,
    FromThenOn,
}

/// Makes each call fail in each way, once and permanently; tries every `stride`th of these cases, starting with
/// `first`.
pub fn everywhere(scene: &Scene, operation: &Operation, (first, stride): (usize, usize), tally: &mut Tally) {
    let expected = Expected::of(scene, operation);
    let calls = calls(scene, operation);
    let ways = FAILURES.iter().flat_map(|failure| [Spell::Once, Spell::FromThenOn].map(|spell| (failure, spell)));
    // Rights that are missing do not come back at the next call. A hook takes what it may not read for missing, on purpose.
    let ways = ways.filter(|(failure, spell)| failure.0 != libc::EACCES || *spell == Spell::FromThenOn);
    let cases = ways.flat_map(|(failure, spell)| {
        let count = calls.iter().filter(|kind| failure.2.contains(kind)).count();
        (0..count).map(move |n| (failure, spell, n))
    });
    for (failure, spell, n) in cases.skip(first).step_by(stride) {
        operation.set(scene);
        let (command, input) = operation.command(scene);
        let (data, is_hook) = (scene.sandbox.data(), operation.is_hook());
        let mut trap = Trap { failure, spell, left: n, data, is_hook, hit: String::new() };
        let output = trace::run(command, input, |call| trap.before(call));
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        let reported = operation.promises() && output.status.code() == Some(0);
        let mut found = answer(operation, &output);
        found.extend(faults(scene, operation, &expected, reported));
        let place = format!("{} {spell:?} at {n}, {}, answered {:?}", failure.1, trap.hit, output.status.code());
        tally.tried(operation.name, !trap.hit.is_empty(), &place, found);
    }
}

/// The calls on files of the data directory that the operation makes when nothing fails.
fn calls(scene: &Scene, operation: &Operation) -> Vec<Kind> {
    operation.set(scene);
    let (command, input) = operation.command(scene);
    let (data, mut kinds) = (scene.sandbox.data(), Vec::new());
    let output = trace::run(command, input, |call| {
        kinds.extend(call.path().filter(|path| path.starts_with(&data)).map(|_| call.kind()));
        Act::Go
    });
    output.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
    kinds
}

/// Decides which calls fail.
struct Trap<'a> {
    failure: &'a Failure,
    spell: Spell,
    /// How many more calls of the kind succeed.
    left: usize,
    data: PathBuf,
    is_hook: bool,
    /// The first call that failed.
    hit: String,
}

impl Trap<'_> {
    fn before(&mut self, call: &Call) -> Act {
        let over = self.spell == Spell::Once && !self.hit.is_empty();
        if over || !self.failure.2.contains(&call.kind()) {
            return Act::Go;
        }
        let Some(path) = call.path().filter(|path| path.starts_with(&self.data)) else { return Act::Go };
        // Closing a directory does not involve the disk, and a close that fails releases a lock, but one that is not made
        // does not. And if the settings cannot be read, hooks store no prompt on purpose, since the user may have disabled
        // that.
        let is_lock = path.extension().is_some_and(|extension| extension == "lock");
        let closes = call.kind() == Kind::Close && (is_lock || path.is_dir());
        if closes || self.is_hook && path == self.data.join("config.json") {
            return Act::Go;
        }
        if self.left > 0 {
            self.left -= 1;
            return Act::Go;
        }
        if self.hit.is_empty() {
            self.hit = format!("{:?} {}", call.kind(), path.strip_prefix(&self.data).unwrap_or(&path).display());
        }
        Act::Fail(self.failure.0)
    }
}

/// The faults in the program's answer: commands must report the failure, hooks must stay silent.
fn answer(operation: &Operation, output: &Output) -> Vec<String> {
    let (said, reported, code) = (stdout(output), stderr(output), output.status.code());
    let fine = match code {
        Some(0) if operation.is_hook() => reported.is_empty(),
        Some(0) => reported.is_empty() && !said.is_empty() || operation.is_a_sweep(),
        Some(74) => !operation.is_hook() && reported.starts_with("cs-") && reported.contains(": error: "),
        _ => false,
    };
    if fine { Vec::new() } else { vec![format!("answered {code:?}, said {said:?}, told {reported:?}")] }
}
