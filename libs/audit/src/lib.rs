//! The log of what tools did: one line a fact, each with a hash over itself and the line before it, so
//! that a change to a part of the log shows.
//!
//! Must stay true: a line is written whole or its tear shows; what is in the log never changes; the log
//! contains no contents of files and no answers of tools, and secrets in commands are masked. It is
//! evidence against changes to parts: the same user can write a whole new log.
//!
//! Deliberately absent: which calls are dangerous (`rules`), and what agents report (`agents`).

mod call;
mod day;
mod ends;
mod entry;
mod every;
mod filter;
mod fold;
pub mod guard;
mod head;
mod index;
mod judged;
mod key;
mod lines;
mod log;
mod meta;
mod named;
mod note;
pub mod observed;
mod pending;
mod prune;
mod read;
mod report;
mod settings;
mod subagent;
mod tally;
mod told;
mod transcript;
mod verify;
mod work;

pub use call::{Call, Outcome, Subagent, Sums};
pub use chain::{Link, START, digest};
pub use entry::{Base, Bytes, Entry, Input, Kind, Leased, Said, Sent};
pub use every::{days, each_line};
pub use filter::{Filter, Share};
pub use head::Head;
pub use judged::judge;
pub use log::{DAY_BYTES, Log};
pub use named::named_by_records;
pub use note::{By, note_lease, note_message};
pub use prune::{drop_day, old_days};
pub use read::{Step, begins_at, calls, days_without_index, each_call, each_step, logged_ids, make_index, removed_at};
pub use report::{CallReport, LARGE, Large, Named, Outside, Section, report};
pub use settings::Settings;
pub use subagent::subagents;
pub use tally::Tally;
pub use told::{Told, ToldCall};
pub use transcript::{Transcripts, from_transcripts};
pub use verify::{FINDINGS, Finding, Verified, verify, verify_with};
pub use work::{NAMED, Work, worst};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
