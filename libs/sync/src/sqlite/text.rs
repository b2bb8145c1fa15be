//! Owns how a text is written in SQL for `sqlite3`. Must stay true: whatever it contains, it ends where it ends, and what
//! is read back is the same text.

/// Appends a text between quotes, or null. It must not contain NUL.
pub fn push(sql: &mut String, text: Option<&str>) {
    match text {
        None => sql.push_str("null"),
        // sqlite3 drops a carriage return at the end of a line of its input, also inside of quotes.
        Some(text) if text.contains('\r') => {
            let mark = mark(text);
            sql.push_str("replace(");
            quote(sql, &text.replace('\r', &mark));
            sql.push_str(", ");
            quote(sql, &mark);
            sql.push_str(", char(13))");
        }
        Some(text) => quote(sql, text),
    }
}

/// The text between quotes, for a condition.
pub fn quoted(text: &str) -> String {
    let mut sql = String::new();
    push(&mut sql, Some(text));
    sql
}

fn quote(sql: &mut String, text: &str) {
    sql.push('\'');
    for (number, part) in text.split('\'').enumerate() {
        if number > 0 {
            sql.push_str("''");
        }
        sql.push_str(part);
    }
    sql.push('\'');
}

/// A mark that does not occur in the text, and cannot arise where it is put.
fn mark(text: &str) -> String {
    let mark = |number: u32| format!("\u{1}{number}\u{2}");
    (0..).map(mark).find(|mark| !text.contains(mark.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_are_doubled_and_carriage_returns_written_otherwise() {
        assert_eq!(quoted("it's\n.quit"), "'it''s\n.quit'");
        assert_eq!(quoted("a\r\nb"), "replace('a\u{1}0\u{2}\nb', '\u{1}0\u{2}', char(13))");
        assert_eq!(quoted("\u{1}0\u{2}\r"), "replace('\u{1}0\u{2}\u{1}1\u{2}', '\u{1}1\u{2}', char(13))");
    }
}
