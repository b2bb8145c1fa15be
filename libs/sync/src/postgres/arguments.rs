//! Owns the arguments with which `psql` is started. Must stay true: none of them is a password, because everybody on the
//! machine sees the arguments of a program that runs; a connection string is one argument, because `psql` would take its
//! second word for the name of a user. Pure.

use crate::words::words;
use cs_core::error::{Error, Result};

/// Options whose value looks like a word of a connection string.
const WITH_VALUE: [&str; 5] = ["-v", "--set", "--variable", "-P", "--pset"];

/// The words of the arguments; a mistake if one of them has a password. A connection string is one word. Everything else is
/// split as a shell does it.
pub fn words_of(arguments: &str) -> Result<Vec<String>> {
    let words = match connection_string(arguments) {
        Some(word) => vec![word],
        None => joined(words(arguments)?),
    };
    match words.iter().any(|word| has_password(word)) {
        false => Ok(words),
        true => Err(Error::Invalid(
            "the arguments of psql have a password, which everybody on this machine could see; put it into ~/.pgpass, or \
             use a service (~/.pg_service.conf)"
                .into(),
        )),
    }
}

/// All of the arguments as one, if they are a connection string and no options: libpq splits it, with quotes of its own.
fn connection_string(arguments: &str) -> Option<String> {
    let text = arguments.trim();
    let has_options = words(text).is_ok_and(|words| words.iter().any(|word| word.starts_with('-')));
    (begins_with_keyword(text) && !has_options).then(|| format!("--dbname={text}"))
}

/// Whether a text begins as a setting of a connection string does: a keyword of libpq, and `=`.
fn begins_with_keyword(text: &str) -> bool {
    let is_sign = |c: u8| c.is_ascii_lowercase() || c == b'_';
    let is_keyword = |keyword: &str| !keyword.is_empty() && keyword.bytes().all(is_sign);
    text.split_once('=').is_some_and(|(keyword, _)| is_keyword(keyword.trim_end()))
}

/// The words, of which those of a connection string that stand side by side are one.
fn joined(words: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (mut was_setting, mut is_value) = (false, false);
    for word in words {
        let is_setting = !is_value && begins_with_keyword(&word);
        is_value = WITH_VALUE.contains(&word.as_str());
        match all.last_mut().filter(|_| was_setting && is_setting) {
            Some(last) => *last = format!("{last} {word}"),
            None => all.push(word),
        }
        was_setting = is_setting;
    }
    all
}

/// Whether a word has a password: `password=x`, in a list or a URI, or `ada:x@` in a URI.
fn has_password(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let mut after = lower.split("password").skip(1);
    let is_named = after.any(|rest| rest.trim_start().starts_with('='));
    let person = word.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()?.split_once('@'));
    is_named || person.is_some_and(|(person, _)| person.contains(':')) || redact::mask(word) != word
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_one_argument_and_options_are_split() {
        for (arguments, expected) in [
            ("service=team", &["--dbname=service=team"][..]),
            ("dbname=x host=y", &["--dbname=dbname=x host=y"]),
            ("  dbname = x  host='a b' ", &["--dbname=dbname = x  host='a b'"]),
            (r"user='it\'s me' dbname=x", &[r"--dbname=user='it\'s me' dbname=x"]),
            ("postgresql://ada@db:5432/x?sslmode=require", &["postgresql://ada@db:5432/x?sslmode=require"]),
            ("-h db -p 5432 -U ada -d 'my sessions'", &["-h", "db", "-p", "5432", "-U", "ada", "-d", "my sessions"]),
            ("'service=team user=a b'", &["service=team user=a b"]),
            ("\"dbname=x\" \"host=y\" 'user=ada'", &["dbname=x host=y user=ada"]),
            ("-d dbname=x host=y", &["-d", "dbname=x host=y"]),
            ("dbname=x host=y -v a=b", &["dbname=x host=y", "-v", "a=b"]),
            ("dbname=x keepalives_idle=5 -v a=b", &["dbname=x keepalives_idle=5", "-v", "a=b"]),
            ("-v a=b service=team", &["-v", "a=b", "service=team"]),
            ("sessions ada", &["sessions", "ada"]),
            ("", &[]),
        ] {
            assert_eq!(words_of(arguments).unwrap(), expected, "{arguments}");
        }
        assert!(words_of("-d 'x").is_err(), "a quote is not closed");
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for arguments in [
            "postgresql://ada:hunter2@db/sessions",
            "postgres://ada:hunter2@db",
            "-d 'postgresql://db/sessions?user=ada&password=hunter2'",
            "host=db password=hunter2",
            "'host=db password=hunter2'",
            "\"host=db PassWord = 'hunter2'\"",
            "host=db\\ sslpassword=hunter2",
            "-v PGPASSWORD=hunter2",
        ] {
            let refused = words_of(arguments).map_err(|error| error.to_string());
            let told = refused.as_ref().err().map_or("", String::as_str);
            assert!(told.contains("~/.pgpass") && told.contains("service") && !told.contains("hunter2"), "{arguments}");
        }
        for arguments in [
            "service=team",
            "-h db -p 5432 -U ada -d sessions",
            "'service=team user=ada passfile=/home/ada/.pgpass connect_timeout=3'",
            "postgresql://ada@db:5432/sessions?sslmode=verify-full",
            "postgresql://[::1]:5432/sessions",
            "--password -d password",
        ] {
            assert!(words_of(arguments).is_ok(), "{arguments}");
        }
    }
}
