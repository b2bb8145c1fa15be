//! Owns what is known of the store: read once, kept until it changes, shared by all who answer.
//! Usage (`usage`, `spending`) is counted by `cs-usage` and only read here.
//! Must stay true: whether something changed is found out from a few stamps of directories, because every
//! writer renames a new file into its directory; nothing is read again that has not changed.

mod archive;
mod caches;
mod files;
pub mod history;
mod index_rows;
mod keeper;
pub mod listing;
pub mod project;
mod records;
mod search;
pub mod session;
pub mod spending;
mod stamp;
mod unlisted;
pub mod usage;
mod verdicts;
mod watch;

pub use caches::Caches;
pub use index_rows::IndexRow;
pub use keeper::Snapshot;
