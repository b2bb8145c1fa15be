//! Owns what the statements in an SQL text begin with, and whether a `DELETE` or `UPDATE` spares a row.

use crate::words::Words;

/// Statements that change every row unless a condition excludes some.
const WIDE: [&str; 2] = ["delete from", "update"];

/// Whether a statement of the text begins with one of the phrases. `*` in a phrase stands for any words.
pub fn has(text: &str, phrases: &Words) -> bool {
    // A client gets many statements at once, or in many arguments: the phrases are split into words only here.
    let phrases: Vec<Phrase> = phrases.iter().map(Phrase::of).collect();
    statements(text).iter().any(|statement| phrases.iter().any(|phrase| phrase.begins(statement)))
}

/// The words of a phrase.
struct Phrase<'p> {
    start: Vec<&'p str>,
    /// What follows after any words.
    later: Vec<&'p str>,
    /// Whether a condition may exclude rows.
    is_wide: bool,
}

impl<'p> Phrase<'p> {
    fn of(phrase: &'p str) -> Self {
        let (start, later) = phrase.split_once(" * ").unwrap_or((phrase, ""));
        let words = |text: &'p str| text.split_whitespace().collect();
        Phrase { start: words(start), later: words(later), is_wide: WIDE.contains(&phrase) }
    }

    fn begins(&self, statement: &[String]) -> bool {
        let is_it = !self.start.is_empty() && are(statement, &self.start);
        let Some(rest) = statement.get(self.start.len()..).filter(|_| is_it) else { return false };
        let is_later = self.later.is_empty() || rest.windows(self.later.len()).any(|words| are(words, &self.later));
        is_later && (!self.is_wide || !spares(statement))
    }
}

/// Whether these words come first.
fn are(words: &[String], wanted: &[&str]) -> bool {
    words.len() >= wanted.len() && words.iter().zip(wanted).all(|(word, wanted)| word.eq_ignore_ascii_case(wanted))
}

/// Whether the condition of a statement can exclude a row: it names something that is not a constant.
fn spares(statement: &[String]) -> bool {
    let is_where = |word: &String| word.eq_ignore_ascii_case("where");
    let Some(at) = statement.iter().position(is_where) else {
        return statement.iter().any(|word| word.eq_ignore_ascii_case("limit"));
    };
    let is_constant = |word: &String| {
        let word = word.to_ascii_lowercase();
        word.chars().all(|c| !c.is_alphabetic()) || matches!(word.as_str(), "true" | "or" | "and" | "not" | "false")
    };
    let names: Vec<&String> = statement.iter().skip(at + 1).filter(|word| !is_constant(word)).collect();
    // A column is always equal to itself.
    !matches!(names.as_slice(), [] | [_, _]) || matches!(names.as_slice(), [one, other] if one != other)
}

/// The words of each statement: texts are `''`, comments are left out.
fn statements(text: &str) -> Vec<Vec<String>> {
    let mut statements = vec![Vec::new()];
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    let end = |word: &mut String, statements: &mut Vec<Vec<String>>| {
        if let (false, Some(last)) = (word.is_empty(), statements.last_mut()) {
            last.push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('-', Some('-')) | ('#', _) => {
                while chars.next_if(|c| *c != '\n').is_some() {}
                end(&mut word, &mut statements);
            }
            ('/', Some('*')) => {
                let mut last = ' ';
                chars.next();
                for c in chars.by_ref() {
                    if (last, c) == ('*', '/') {
                        break;
                    }
                    last = c;
                }
                end(&mut word, &mut statements);
            }
            ('"', _) => {
                word.push('"');
                word.extend(chars.by_ref().take_while(|c| *c != '"').map(|c| if c == ' ' { '_' } else { c }));
            }
            ('\'', _) => {
                while chars.next_if(|c| *c != '\'').is_some() {}
                chars.next();
                word.push_str("''");
            }
            (';', _) => {
                end(&mut word, &mut statements);
                // Empty ones need no place.
                if statements.last().is_some_and(|last| !last.is_empty()) {
                    statements.push(Vec::new());
                }
            }
            (c, _) if c.is_alphanumeric() || matches!(c, '_' | '.' | '`' | '$') => word.push(c),
            _ => end(&mut word, &mut statements),
        }
    }
    end(&mut word, &mut statements);
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_one(text: &str, phrase: &'static str) -> bool {
        has(text, &Words::phrases(phrase))
    }

    #[test]
    fn many_statements_are_read() {
        for filler in [";", "x;", "$$;", "x;--\n", "delete from x where a = 1;"] {
            let text = filler.repeat(65_536 / filler.len());
            assert!(!has_one(&text, "delete from"), "{filler}");
            assert!(has_one(&format!("{text}delete from x"), "delete from"), "{filler}");
        }
    }

    #[test]
    fn statements_are_recognized_by_their_beginning() {
        for (text, phrase) in [
            ("drop table users", "drop table"),
            ("BEGIN;\n  DROP\n TABLE x; COMMIT", "drop table"),
            ("/* x */ drop -- y\n table z", "drop table"),
            ("delete from users", "delete from"),
            ("delete from users where 1=1", "delete from"),
            ("DELETE FROM users WHERE true or 'a' = 'a'", "delete from"),
            ("update users set a = 'where x'", "update"),
            ("delete from users where id = id", "delete from"),
            ("alter table users drop column name", "alter table * drop column"),
            ("drop table \"my; table\"", "drop table"),
        ] {
            assert!(has_one(text, phrase), "{text}");
        }
        for (text, phrase) in [
            ("select 'drop table x'", "drop table"),
            ("select 1; -- drop table x", "drop table"),
            ("insert into log values ('; drop table x')", "drop table"),
            ("select drop_table from x", "drop table"),
            ("delete from users where id = 3", "delete from"),
            ("delete from users limit 1", "delete from"),
            ("update users set a = 1 where id = 3", "update"),
            ("update users set a = 1 where a = b", "update"),
            ("delete from users where \"id\" = 3", "delete from"),
            ("alter table users add column name text", "alter table * drop column"),
            ("insert into log values (\"x; drop table y\")", "drop table"),
        ] {
            assert!(!has_one(text, phrase), "{text}");
        }
    }
}
