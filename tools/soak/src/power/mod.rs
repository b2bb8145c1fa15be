//! Simulates a power failure at any moment, on a disk that keeps only what it promised.
//!
//! A real program runs under strace ([`record`]). Its file changes are repeated on a file system in memory ([`disk`])
//! that knows what is durable. For every moment at which the power may fail, and everything that may be lost then
//! ([`loss`]), [`judge`] checks that everything acknowledged is there, that everything older is undamaged, and that the
//! programs can continue.
//!
//! Whatever may be lost at one moment may also be lost at every later one until the next fsync. So [`Depth::Quick`]
//! checks right before each fsync and after each program. Since [`loss`] lists only a bounded choice of losses,
//! [`Depth::Full`], which checks after every step, sees more of them.

pub mod call;
pub mod disk;
pub mod facts;
pub mod going;
pub mod judge;
pub mod loss;
pub mod programs;
pub mod record;
pub mod report;
pub mod scenario;
pub mod step;
pub mod talks;
pub mod tree;

use std::path::PathBuf;

use cs_tests::Sandbox;

use crate::operation;
use crate::scene::Scene;
use scenario::Scenario;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Before each fsync and after each program; the programs continue from this many of the states.
    Quick(usize),
    /// After each step; the programs continue from every state.
    Full,
}

/// All scenarios. Whole conversations come last.
pub fn scenarios(scene: &Scene) -> Vec<Scenario> {
    let operations = [operation::all(scene), programs::all(scene), talks::busy(scene)].concat();
    let followed = operations.iter().filter(|operation| operation.is_hook() && !operation.rest.is_empty());
    let followed = followed.map(|first| Scenario {
        name: format!("{}, and what follows", first.name),
        operations: [std::slice::from_ref(first), &first.rest[..]].concat(),
    });
    operations.iter().map(Scenario::alone).chain(followed).chain(talks::all(scene)).collect()
}

/// A folder in memory if the system has one, since each fsync on a disk costs time.
pub fn in_memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if Sandbox::can_be_in(&memory) { memory } else { std::env::temp_dir() }
}
