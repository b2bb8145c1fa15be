//! Owns how the value of `--psql` becomes words, as a shell does it: words between blanks, quotes of both kinds, and
//! backslashes. No shell is started, so nothing else has a meaning: `$`, `*`, `;` and `~` are ordinary characters.

use cs_core::error::{Error, Result};

/// The words of a text.
pub fn words(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    // A word may be empty, if it was written with quotes.
    let mut word: Option<String> = None;
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => quoted(&mut signs, word.get_or_insert_default())?,
            '"' => double_quoted(&mut signs, word.get_or_insert_default())?,
            '\\' => {
                let next = signs.next().ok_or_else(|| Error::Invalid("a backslash is the last character".into()))?;
                word.get_or_insert_default().push(next);
            }
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    Ok(words)
}

/// All is meant as it is written, to the next quote.
fn quoted(signs: &mut impl Iterator<Item = char>, word: &mut String) -> Result<()> {
    for sign in signs {
        match sign {
            '\'' => return Ok(()),
            sign => word.push(sign),
        }
    }
    Err(open('\''))
}

/// A backslash is one, unless a quote, a backslash, `$` or a backtick follows.
fn double_quoted(signs: &mut impl Iterator<Item = char>, word: &mut String) -> Result<()> {
    while let Some(sign) = signs.next() {
        match sign {
            '"' => return Ok(()),
            '\\' => match signs.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
                None => break,
            },
            sign => word.push(sign),
        }
    }
    Err(open('"'))
}

fn open(quote: char) -> Error {
    Error::Invalid(format!("a quote ({quote}) is not closed"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::words;

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, expected) in [
            ("", &[][..]),
            ("  ", &[]),
            ("service=team", &["service=team"]),
            ("-h db  -U\tanna\n", &["-h", "db", "-U", "anna"]),
            ("'service=team user=a b'", &["service=team user=a b"]),
            (r#"-d "dbname=a \"b\" \\ \x $1""#, &["-d", r#"dbname=a "b" \ \x $1"#]),
            (r"a\ b \'c\' ''", &["a b", "'c'", ""]),
            (r#"a'b'"c"d"#, &["abcd"]),
            (r"'\' $HOME ; * ~", &[r"\", "$HOME", ";", "*", "~"]),
        ] {
            assert_eq!(words(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_told() {
        for text in ["'a", "\"a", "\"a\\", "a\\", "\"a\\\""] {
            assert!(words(text).is_err(), "{text}");
        }
    }
}
