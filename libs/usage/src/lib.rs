//! Reads the logs of coding agents, Claude Code's transcripts and Codex's rollouts: line by line, counted once, summed
//! up. Must stay true: memory is bounded whatever a log contains, and logs are only read. Never here: printing,
//! arguments, code that a hook waits for.

pub mod answer;
pub mod book;
pub mod cache;
pub mod call;
pub mod days;
pub mod explain;
pub mod facts;
pub mod judge;
pub mod pack;
mod places;
pub mod prices;
pub mod read;
pub mod recount;
pub mod report;
pub mod row;
pub mod shares;
mod sources;
pub mod stats;
pub mod sum;
pub mod summary;
pub mod told;
