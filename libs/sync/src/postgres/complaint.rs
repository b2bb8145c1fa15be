//! Owns what is told when `psql` fails. Pure.

use cs_core::error::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};

/// Stands before what the statements and functions of this project say themselves, whatever language the server speaks.
const OURS: &str = "cs: ";

/// The error for what `psql` said on its standard error: its first complaint, and the hint to it.
pub fn of(said: &str) -> Error {
    let Some(message) = said.lines().map(without_place).find(|line| !line.is_empty()) else {
        return failure("it ended before the work was done".into());
    };
    let hint = said.lines().find_map(|line| line.strip_prefix("HINT:")).map(str::trim);
    let (is_ours, message) = match message.split_once(OURS) {
        Some((before, rest)) if !before.trim_end().contains(' ') => (true, rest),
        _ => (false, without_severity(message)),
    };
    let told = match hint {
        Some(hint) => format!("{message}; {hint}"),
        None => message.to_string(),
    };
    match is_ours {
        true if message.starts_with("busy") => Error::Busy(PathBuf::from("another push to the database")),
        true => Error::Refused(told),
        false if message.contains("password") => failure(format!("{told}; psql takes it from ~/.pgpass or PGPASSFILE")),
        false => failure(told),
    }
}

/// The error for a `psql` that cannot be started.
pub fn of_start(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::Missing(
            "psql is not on PATH; it is in the package postgresql-client (Debian) or libpq (Homebrew)".into(),
        ),
        _ => Error::io(Path::new("psql"), "start", error),
    }
}

/// The error for an answer that is not what was asked for.
pub fn of_answer<T>() -> Result<T> {
    Err(failure("it answered in a form that is not known".into()))
}

fn failure(message: String) -> Error {
    Error::io(Path::new("psql"), "use", io::Error::other(message))
}

/// A line without `psql:<stdin>:12: ` or `psql: error: `.
fn without_place(line: &str) -> &str {
    let line = line.strip_prefix("psql: error: ").unwrap_or(line);
    let placed = line.strip_prefix("psql:<stdin>:").and_then(|rest| rest.split_once(": "));
    placed.map_or(line, |(_, rest)| rest).trim()
}

/// A message without the word before it, such as `ERROR:  `, in any language.
fn without_severity(message: &str) -> &str {
    let is_word = |word: &str| word.chars().all(|c| c.is_alphabetic() && !c.is_lowercase());
    message.split_once(": ").filter(|(word, _)| is_word(word)).map_or(message, |(_, rest)| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_complaint_is_told_with_its_hint() {
        for (said, told) in [
            (
                "psql:<stdin>:9: ERROR:  cs: this database has no schema cs\nHINT:  do it\n",
                "this database has no schema cs; do it",
            ),
            ("psql:<stdin>:9: FEHLER:  cs: x\nHINT:  do it\nCONTEXT: y", "x; do it"),
            (
                "psql:<stdin>:9: ERROR:  permission denied for view incoming\n",
                "cannot use psql: permission denied for view incoming",
            ),
            (
                "psql: error: connection to server on socket \"/x/.s.PGSQL.5432\" failed: FATAL:  role \"x\" does not exist\n",
                "cannot use psql: connection to server on socket \"/x/.s.PGSQL.5432\" failed: FATAL:  role \"x\" does not exist",
            ),
            (
                "psql: error: connection to server at \"db\" (::1), port 5432 failed: fe_sendauth: no password supplied",
                "cannot use psql: connection to server at \"db\" (::1), port 5432 failed: fe_sendauth: no password supplied; psql takes it from ~/.pgpass or PGPASSFILE",
            ),
            ("\n", "cannot use psql: it ended before the work was done"),
        ] {
            assert_eq!(of(said).to_string(), told);
        }
        assert!(matches!(of("psql:<stdin>:9: ERROR:  cs: busy"), Error::Busy(_)));
        assert!(matches!(of("psql:<stdin>:9: ERROR:  cs: x"), Error::Refused(_)));
    }
}
