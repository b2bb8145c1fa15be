//! Owns the cached contents of the store, which all answers share: each file is read once and again when it changes.
//! Usage (`usage`, `spending`) is counted by `cs-usage` and only read here.
//! Must stay true: changes are detected by the stamps of a few directories, because every writer renames a new file into
//! its directory; unchanged files are not read again.

pub mod agents;
mod archive;
mod caches;
pub mod calls;
pub mod commands;
pub mod conversations;
mod diagnosis;
mod files;
pub mod found;
pub mod history;
mod index_rows;
mod keeper;
pub mod limits;
pub mod listing;
pub mod machines;
pub mod project;
mod records;
pub mod reviewed;
mod search;
pub mod seen;
pub mod session;
pub mod spending;
mod unlisted;
pub mod usage;
mod verdicts;
mod watch;

pub use caches::Caches;
pub use index_rows::IndexRow;
pub use keeper::Snapshot;
