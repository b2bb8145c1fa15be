//! SQLite as a target: its tables, the text of a push, and pushes and pulls through `sqlite3`, which is started here and
//! nowhere else. Deliberately absent: the mode `wal`. It would stay in the file, put two more files beside it, so that a
//! copy of the one is not all, and does not work on drives of other computers.

mod check;
pub mod own;
mod pull;
mod schema;
mod script;
mod session;
mod shell;
mod text;

pub use pull::pull;
pub use schema::schema;
pub use script::Script;
pub use session::Session;

use std::path::PathBuf;

/// A file, and what it takes to reach it.
#[derive(Clone, Debug)]
pub struct Database {
    /// The program `sqlite3`, as a path.
    pub program: PathBuf,
    /// The file.
    pub file: PathBuf,
}
