//! Owns which programs reach databases, and which packages have them. The only place that says so.

use cs_core::error::Error;

/// A program that reaches a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// For PostgreSQL.
    Psql,
    /// For SQLite.
    Sqlite3,
}

impl Program {
    /// Its name on PATH.
    pub fn name(self) -> &'static str {
        match self {
            Program::Psql => "psql",
            Program::Sqlite3 => "sqlite3",
        }
    }

    /// Which packages have it.
    pub fn packages(self) -> &'static str {
        match self {
            Program::Psql => "postgresql-client (Debian), postgresql (Fedora) or libpq (Homebrew)",
            Program::Sqlite3 => "sqlite3 (Debian) or sqlite (Fedora, Homebrew)",
        }
    }

    /// The error if it is not there.
    pub fn missing(self) -> Error {
        Error::Missing(format!("{} is not on PATH; it is in the package {}", self.name(), self.packages()))
    }
}
