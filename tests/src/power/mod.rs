//! Takes the power away from the programs at any moment, on a disk that keeps only what it promised.
//!
//! A real program runs under strace ([`record`]). Its changes of files are repeated on a file system in memory
//! ([`disk`]) that knows what is durable. For every moment at which the power may fail, and everything that may be
//! lost then ([`loss`]), [`judge`] asks: is what was acknowledged there, is everything older whole, and do the
//! programs go on from there?
//!
//! Between two fsyncs ever more may be lost and never less, so it is enough to look right before each fsync and after
//! each program; [`Depth::Full`] looks after every step.

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

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Before each fsync and after each program; the programs go on from so many of the states.
    Quick(usize),
    /// After each step; the programs go on from every state.
    Full,
}
