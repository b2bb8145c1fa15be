//! Owns how a text is taken apart into the words of a command line, as a shell does it, without a shell.

use cs_core::error::{Error, Result};

/// The words between blanks. Quotes keep blanks, a backslash keeps the sign after it (in double quotes only before `"`
/// and `\`); nothing is replaced or run.
pub fn split(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let is_kept = |next: &char| quote.is_none() || matches!(next, '"' | '\\');
        match (sign, quote) {
            ('\\', None | Some('"')) if signs.peek().is_some_and(is_kept) => {
                word.get_or_insert_default().extend(signs.next());
            }
            (sign, Some(open)) if sign == open => quote = None,
            (sign, Some(_)) => word.get_or_insert_default().push(sign),
            ('"' | '\'', None) => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (sign, None) if sign.is_whitespace() => words.extend(word.take()),
            (sign, None) => word.get_or_insert_default().push(sign),
        }
    }
    match quote {
        Some(open) => Err(Error::Invalid(format!("the arguments of psql have an {open} that is not closed"))),
        None => Ok(words.into_iter().chain(word).collect()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, words) in [
            ("", &[] as &[&str]),
            ("service=team", &["service=team"]),
            ("  -h db  -U ada ", &["-h", "db", "-U", "ada"]),
            (r#""host=db user='a b'" -X"#, &["host=db user='a b'", "-X"]),
            (r#"'a b'c "" \$x "q\"\n""#, &["a bc", "", "$x", "q\"\\n"]),
            (r"a\ b '\'", &["a b", r"\"]),
            ("$(id) `id` ; x", &["$(id)", "`id`", ";", "x"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        assert!(split("'a").is_err() && split("\"a").is_err());
    }
}
