//! What was recorded, as rows that several machines can share: in a database, which `psql` or `sqlite3` reach, or in a
//! folder that other programs carry. Deliberately absent: a driver of a database, a network, and anything that a program
//! prints for people.
//!
//! Everything that is shared is a *source*: a list of rows that one machine owns, such as a thread of a conversation or a
//! session's record. A *target* holds, for each source, how many rows it has and their digest; so nothing that it has is
//! sent again. What happens to a target is a sequence of [`Op`]s, the same for every kind of target.

pub mod also;
pub mod columns;
mod decide;
mod digest;
mod exposure;
pub mod folder;
mod forgotten;
mod held;
pub mod label;
mod last;
mod machine;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod memory;
mod op;
mod own;
mod packed;
pub mod postgres;
mod program;
mod pulled;
mod redactions;
mod row;
mod ruled;
mod scan;
mod seen;
mod settings;
mod source;
mod sources;
pub mod sqlite;
mod unkept;
mod unmarked;
mod unsent;
mod versions;
mod visibility;
mod words;

pub use digest::Digest;
pub use exposure::{Amount, Amounts, Exposure, Turn};
pub use folder::Folder;
pub use forgotten::{Forgotten, forget};
pub use held::{Held, Known};
pub use last::Last;
pub use machine::Machine;
pub use op::{Op, Sink};
pub use own::{OwnMachine, THIS};
pub use program::Program;
pub use pulled::{EachRow, Pulled, Theirs};
pub use redactions::Redactions;
pub use row::{Row, Table};
pub use ruled::go_without;
pub use scan::{Scanned, scan};
pub use seen::Seen;
pub use settings::{Place, Settings};
pub use source::{Kind, Source};
pub use sources::{Request, Sources};
pub use unmarked::Marked;
pub use unsent::{Left, Unsent};
pub use versions::{Step, VERSION, steps};
pub use visibility::Visibility;
pub use words::words;
