//! Owns the test that a file has the tables of the version that is needed.

use std::path::Path;

/// Stops `sqlite3` with a hint unless the tables have this version.
pub fn check(version: u32) -> String {
    let text = include_str!("../../sql/sqlite-check.sql");
    text.lines()
        .filter(|line| !line.starts_with("--"))
        .fold(String::new(), |text, line| text + &line.replace("VERSION", &version.to_string()) + "\n")
}

/// What every text begins with: it stops at the first mistake, waits for others, and holds the lock.
pub const BEGIN: &str = ".bail on\n.timeout 5000\nbegin immediate;\n";

/// The words for a file that has no tables.
pub fn is_missing(complaint: &str) -> bool {
    complaint.contains("its tables are missing")
}

/// How to make the tables of a file.
pub fn hint(file: &Path) -> String {
    format!("(umask 077; cs-sync schema sqlite | sqlite3 {})", file.display())
}
