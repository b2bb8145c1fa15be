//! Owns the arguments with which `psql` is started. Must stay true: none of them is a password, because everybody on the
//! machine sees the arguments of a program that runs. Pure.

use crate::words::words;
use cs_core::error::{Error, Result};

/// The words of the arguments; a mistake if one of them has a password.
pub fn words_of(arguments: &str) -> Result<Vec<String>> {
    let words = words(arguments)?;
    match words.iter().any(|word| has_password(word)) {
        false => Ok(words),
        true => Err(Error::Invalid(
            "the arguments of psql have a password, which everybody on this machine could see; put it into ~/.pgpass, or \
             use a service (~/.pg_service.conf)"
                .into(),
        )),
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for arguments in [
            "postgresql://ada:hunter2@db/sessions",
            "postgres://ada:hunter2@db",
            "-d 'postgresql://db/sessions?user=ada&password=hunter2'",
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
