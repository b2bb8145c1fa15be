//! Thousands of random operations of all programs by eight simultaneous workers over one data directory, some of them
//! killed at a random moment; then every acknowledged change must be there.
//!
//! The same seed gives each worker the same plan, but not the same timing.

mod action;
mod claim;
mod ledger;
mod reader;
mod talk;
mod work;

use std::time::Duration;

use cs_tests::Sandbox;

use super::report::Tally;

pub use work::epoch;

/// How many programs run at once.
pub const WORKERS: u64 = 8;

/// Short names of the projects of a storm.
const PROJECTS: [&str; 3] = ["red", "green", "blue"];

/// The length of a storm and how often it kills.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// The number of operations of all workers in one data directory.
    pub operations: u64,
    /// The percentage of operations that are killed.
    pub kills: u64,
}

/// The result of a storm.
#[derive(Debug, Default)]
pub struct Outcome {
    pub tally: Tally,
    /// The number of verified acknowledged changes.
    pub acknowledged: u64,
    /// The number of commands that reported a busy lock.
    pub busy: u64,
    /// The number of lines in `logs/hook.log`.
    pub hook_trouble: u64,
    /// The longest time of an operation that was not killed.
    pub longest: Duration,
}

impl Outcome {
    /// Adds the results of another storm.
    pub fn add(&mut self, other: Outcome) {
        self.tally.add(other.tally);
        self.acknowledged += other.acknowledged;
        self.busy += other.busy;
        self.hook_trouble += other.hook_trouble;
        self.longest = self.longest.max(other.longest);
    }
}

/// A data directory with the projects of a storm, and the real clock.
fn place() -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    for slug in PROJECTS {
        let folder = sandbox.home().join(slug);
        std::fs::create_dir(&folder).expect("a fresh folder can be written");
        let folder = folder.to_string_lossy();
        let output = sandbox.cs("cs-project", &["register", "--path", &folder, "-q"]);
        assert_eq!(output.status.code(), Some(0), "{}", cs_tests::stderr(&output));
    }
    sandbox
}
