//! Owns what is told when `psql` fails. Pure.

use crate::program::Program;
use cs_core::error::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};

/// Stands before what the statements and functions of this project say themselves, whatever language the server speaks.
const OURS: &str = "cs: ";

/// What the message after the real one says, when the connection is lost; these are words of `psql`, always English.
const LOST: [&str; 3] =
    ["connection to server was lost", "server closed the connection", "connection has been closed unexpectedly"];

/// The code of a lock that was not free in time (`lock_not_available`), the same in every language.
const LOCKED: &str = "55P03";

/// In complaints about the arguments, which quote pieces of them.
const OF_ARGUMENTS: [&str; 6] = [
    "connection info string",
    " URI",
    "percent-encoded",
    "connection option",
    "query parameter",
    "could not translate",
];

/// The error for what `psql` said on its standard error: the last complaint, after which it ended, and the hint to it.
/// Warnings may stand before it.
pub fn of(said: &str) -> Error {
    let lines: Vec<&str> = said.lines().collect();
    let is_failure = |line: &&str| line.starts_with("psql:<stdin>:") || line.starts_with("psql: error: ");
    let is_lost = |line: &str| LOST.iter().any(|words| line.contains(words));
    let at = lines.iter().rposition(|line| is_failure(line) && !is_lost(line));
    let at = at.or_else(|| lines.iter().rposition(is_failure));
    let at = at.or_else(|| lines.iter().position(|line| !line.trim().is_empty()));
    let Some((first, rest)) = at.and_then(|at| lines.get(at..)?.split_first()) else {
        return failure("it ended before the work was done".into());
    };
    let (code, message) = coded(without_place(first));
    let message = told(message);
    let rest = rest.iter().take_while(|line| !line.starts_with("psql:"));
    let hint = rest.filter_map(|line| line.strip_prefix("HINT:")).map(|hint| redact::mask(hint.trim())).next();
    let (is_ours, message) = match message.split_once(OURS) {
        Some((before, rest)) if !before.trim_end().contains(' ') => (true, rest),
        _ => (false, message.as_str()),
    };
    let told = match hint {
        Some(hint) => format!("{message}; {hint}"),
        None => message.to_string(),
    };
    match is_ours {
        true => match message.strip_prefix("busy: ") {
            Some(who) => Error::Busy(PathBuf::from(who)),
            None => Error::Refused(told),
        },
        false if code == Some(LOCKED) => {
            Error::Busy(PathBuf::from("a table of the database, which somebody has locked"))
        }
        false if message.contains("password") => failure(format!("{told}; psql takes it from ~/.pgpass or PGPASSFILE")),
        false => failure(told),
    }
}

/// A message without what may be a password: one that is recognized, or a piece of the arguments.
fn told(message: &str) -> String {
    let message = match OF_ARGUMENTS.iter().any(|words| message.contains(words)) {
        true => without_pieces(message),
        false => message.to_string(),
    };
    redact::mask(&message).into_owned()
}

/// A message without what it quotes, signs such as `"="` excepted. A piece may have quotes itself, so it ends at the last.
fn without_pieces(message: &str) -> String {
    let (mut kept, mut rest) = (String::new(), message);
    while let Some((before, after)) = rest.split_once('"') {
        kept.push_str(before);
        match (
            ["=", ":", "/", "]"].into_iter().find(|sign| after.starts_with(&format!("{sign}\""))),
            after.rsplit_once('"'),
        ) {
            (Some(sign), _) => {
                kept.push_str(&format!("\"{sign}\""));
                rest = after.get(sign.len() + 1..).unwrap_or_default();
            }
            (None, end) => {
                kept.push_str("\"…\"");
                rest = end.map_or("", |(_, rest)| rest);
            }
        }
    }
    kept + rest
}

/// The error for a `psql` that cannot be started.
pub fn of_start(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Program::Psql.missing(),
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

/// The code of a message, such as `42P01`, and the message without it and without the word before it, such as `ERROR:  `, in
/// any language.
fn coded(message: &str) -> (Option<&str>, &str) {
    let is_word = |word: &str| word.chars().all(|c| c.is_alphabetic() && !c.is_lowercase());
    let is_code = |word: &str| word.len() == 5 && word.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    let rest =
        message.split_once(": ").filter(|(word, _)| is_word(word)).map_or(message, |(_, rest)| rest.trim_start());
    match rest.split_once(": ").filter(|(word, _)| is_code(word)) {
        Some((code, rest)) => (Some(code), rest),
        None => (None, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complaint_is_told_with_its_hint() {
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
            (
                "WARNING:  database \"x\" has a collation version mismatch\nDETAIL:  d\nHINT:  Rebuild all objects\n\
                 psql: warning: extra command-line argument \"x\" ignored\n\
                 psql:<stdin>:9: ERROR:  cs: nobody may\nDETAIL:  d\nHINT:  ask ada\nCONTEXT:  y\n",
                "nobody may; ask ada",
            ),
            (
                "psql:<stdin>:9: WARNING:  x\nHINT:  rebuild\npsql:<stdin>:9: ERROR:  permission denied\n",
                "cannot use psql: permission denied",
            ),
            (
                "psql:<stdin>:9: FATAL:  terminating connection\npsql:<stdin>:9: server closed the connection unexpectedly\n\
                 \tThis probably means\npsql:<stdin>:9: error: connection to server was lost\n",
                "cannot use psql: terminating connection",
            ),
            (
                "psql:<stdin>:9: error: connection to server was lost\n",
                "cannot use psql: error: connection to server was lost",
            ),
            ("something else\nmore\n", "cannot use psql: something else"),
            ("\n", "cannot use psql: it ended before the work was done"),
        ] {
            assert_eq!(of(said).to_string(), told);
        }
        let busy = of("psql:<stdin>:9: ERROR:  P0001: cs: busy: ada, process 9\nLOCATION:  x");
        assert!(matches!(&busy, Error::Busy(_)) && busy.to_string().contains("ada, process 9"), "{busy}");
        let locked = "psql:<stdin>:9: FEHLER:  55P03: storniere Anfrage wegen Zeitüberschreitung\nCONTEXT: x";
        assert!(matches!(of(locked), Error::Busy(_)));
        let named = of("psql:<stdin>:9: ERROR:  42501: permission denied for view incoming\nLOCATION:  y");
        assert_eq!(named.to_string(), "cannot use psql: permission denied for view incoming");
        assert!(matches!(of("psql:<stdin>:9: ERROR:  cs: x"), Error::Refused(_)));
    }

    #[test]
    fn pieces_of_the_arguments_are_not_repeated() {
        for (said, told) in [
            (
                "psql: error: invalid percent-encoded token: \"s3cr%zzet\"",
                "cannot use psql: invalid percent-encoded token: \"…\"",
            ),
            (
                "psql: error: missing \"=\" after \"cr\"et\" in connection info string",
                "cannot use psql: missing \"=\" after \"…\" in connection info string",
            ),
            (
                "psql: error: invalid integer value \"s3cret\" for connection option \"port\"",
                "cannot use psql: invalid integer value \"…\"",
            ),
            (
                "psql: error: unexpected character \"c\" at position 9 in URI (expected \":\" or \"/\"): \"s3cret\"",
                "cannot use psql: unexpected character \"…\"",
            ),
        ] {
            assert_eq!(of(said).to_string(), told);
        }
        let masked = of("psql:<stdin>:9: ERROR:  x postgresql://ada:hunter2@db/x\nHINT:  password=hunter2").to_string();
        assert!(masked.contains("ada") && !masked.contains("hunter2"), "{masked}");
    }
}
