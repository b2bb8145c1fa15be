//! What coding agents write down themselves: Claude Code's transcripts and Codex's rollouts, read
//! line by line, counted once, summed up. Must stay true: memory stays bounded whatever a log holds,
//! and a log is only ever read. Never here: printing, arguments, what a hook waits for.

pub mod book;
pub mod cache;
pub mod call;
pub mod days;
pub mod explain;
pub mod facts;
pub mod judge;
mod places;
pub mod prices;
pub mod read;
pub mod report;
pub mod row;
pub mod shares;
pub mod stats;
pub mod sum;
pub mod summary;
