//! Conversations of all agents: which there are, where their logs are (the client's own, or a kept copy), and reading
//! them as [`agents::part::Part`]s. Everything that shows or searches conversations uses this package.
//! Must stay true: nothing is written; a log that cannot be read is reported, never left out silently. Never here:
//! what a line means (`agents`), the copies on disk (`kept`), layout for people.

mod about;
mod catalog;
mod cursor;
mod filter;
mod find;
mod heading;
mod history;
mod issues;
mod kin;
mod read;
mod relatives;
pub mod search;
mod sessions;
mod wish;

pub use about::About;
pub use catalog::{Catalog, Conversation, Log, MAIN, Place};
pub use cursor::{Cursor, Step};
pub use filter::Filter;
pub use find::find;
pub use heading::{Ends, Heading, write_end};
pub use history::Left;
pub use read::read;
pub use sessions::{SessionNames, Sessions};
pub use wish::{Summary, Wish};

#[cfg(test)]
mod tests;
