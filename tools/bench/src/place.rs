//! Owns where calls are measured: stores of sessions, and homes with transcripts of any number; and which calls each has.

use std::path::Path;

use cs_tests::Sandbox;
use cs_tests::corpus::{self, Shape};

use super::measure::Bench;
use super::scenario::{self, PLAIN, Scenario};

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A store of this many sessions.
    Sessions(usize),
    /// A store of this many sessions, for the calls to which their number means nothing.
    Alone(usize),
    /// A store of ten times as many sessions, of which so many are stale.
    Stale(usize),
    /// This many conversations' transcripts.
    Transcripts(usize),
}

/// Where programs of the system are.
const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin";
/// How many messages a transcript has.
const MESSAGES: usize = 8;

impl Place {
    /// How many there are, and of what.
    pub fn size(self) -> (usize, &'static str) {
        match self {
            Place::Sessions(count) | Place::Alone(count) => (count, "sessions"),
            Place::Stale(count) => (count, "stale"),
            Place::Transcripts(count) => (count, "transcripts"),
        }
    }

    /// Makes the place, for the programs in this folder, or for those of the workspace.
    pub fn bench(self, programs: Option<&Path>) -> Bench {
        let sandbox = match programs {
            Some(folder) => Sandbox::bare().with("PATH", format!("{}:{SYSTEM}", folder.display())),
            None => Sandbox::new(),
        };
        match self {
            Place::Sessions(count) | Place::Alone(count) => Bench::with(count, 0, sandbox),
            Place::Stale(count) => Bench::with(10 * count, count, sandbox),
            Place::Transcripts(sessions) => {
                let shape = Shape { sessions, messages: MESSAGES, ..Shape::default() };
                corpus::write(&sandbox.home().join(".claude"), &shape);
                Bench::with(10, 0, sandbox)
            }
        }
    }

    /// The calls that are measured there.
    pub fn scenarios(self, bench: &Bench) -> Vec<Scenario> {
        match self {
            Place::Sessions(_) => bench.scenarios().into_iter().filter(Scenario::reads_store).collect(),
            // The plain status line is what those with limits are compared with.
            Place::Alone(_) => {
                bench.scenarios().into_iter().filter(|call| !call.reads_store() || call.name == PLAIN).collect()
            }
            Place::Stale(_) => vec![scenario::cleanup(&bench.store)],
            Place::Transcripts(_) => scenario::usage(&bench.store, &bench.sandbox.home()),
        }
    }

    /// Whether system calls and instructions of a call can be counted there in time: under valgrind everything takes
    /// fifty times as long.
    pub fn can_count(self, scenario: &Scenario, instructions: bool) -> bool {
        match self {
            // What changes one session reads few files in a store of any size, which is what the counts are to show.
            Place::Sessions(count) => {
                scenario.is_hook() || !scenario.changes.is_empty() || count <= if instructions { 1000 } else { 10_000 }
            }
            // Before it was one batch, it took minutes under strace.
            Place::Stale(_) => false,
            Place::Alone(_) => true,
            Place::Transcripts(count) => !instructions || count <= 1000,
        }
    }
}
