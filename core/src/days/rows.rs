//! Owns reading rows of `usage/days.json` quickly, as our programs write them: a status line reads a month of them.
//! Must stay true: what is read is what a parser of JSON reads; a row in another form is left to one.

use super::DayRow;

/// All rows of a text like `[…],[…]`; `None` if one is not in our form.
pub fn read(mut text: &[u8]) -> Option<Vec<DayRow>> {
    let mut rows = Vec::new();
    while !text.is_empty() {
        rows.push(row(&mut text)?);
        // Another row follows a comma.
        match text.split_first() {
            Some((b',', rest)) if !rest.is_empty() => text = rest,
            Some(_) => return None,
            None => {}
        }
    }
    Some(rows)
}

fn row(text: &mut &[u8]) -> Option<DayRow> {
    *text = text.strip_prefix(b"[")?;
    let date = match text.strip_prefix(b"null,") {
        Some(rest) => {
            *text = rest;
            None
        }
        None => Some(word(text)?),
    };
    let (project, model) = (word(text)?, word(text)?);
    let mut count = || number(text, b',')?.parse().ok();
    let kinds = (count()?, count()?, count()?, count()?);
    let cost = match number(text, b',')? {
        "null" => None,
        usd => Some(usd.parse::<f64>().ok().filter(|usd| usd.is_finite())?),
    };
    let unpriced = number(text, b']')?.parse().ok()?;
    Some((date, project, model, kinds.0, kinds.1, kinds.2, kinds.3, cost, unpriced).into())
}

/// A text without escapes, and the comma after it.
fn word(text: &mut &[u8]) -> Option<String> {
    let rest = text.strip_prefix(b"\"")?;
    let (word, rest) = rest.split_at_checked(rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?)?;
    *text = rest.strip_prefix(b"\",")?;
    Some(str::from_utf8(word).ok()?.to_string())
}

/// What stands before the sign `end`, if it may be a number.
fn number<'a>(text: &mut &'a [u8], end: u8) -> Option<&'a str> {
    let (number, rest) = text.split_at_checked(text.iter().position(|byte| matches!(byte, b',' | b']'))?)?;
    *text = rest.strip_prefix(&[end])?;
    // Only forms that JSON has, too: nothing like `+1`, `.5` or `inf`.
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let is_number = digits.first().is_some_and(u8::is_ascii_digit) && digits.last().is_some_and(u8::is_ascii_digit);
    let mut pairs = digits.windows(2);
    let is_odd = |pair: &[u8]| matches!(pair, [b'.', next] if !next.is_ascii_digit());
    let is_padded = matches!(digits, [b'0', next, ..] if next.is_ascii_digit());
    let is_ours = (is_number && !is_padded && !pairs.any(is_odd)) || number == b"null";
    str::from_utf8(number).ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_a_parser_reads_them_or_not_at_all() {
        let parsed = |text: &str| serde_json::from_str::<Vec<DayRow>>(&format!("[{text}]")).ok();
        let ours = r#"[null,"a","m",1,2,3,4,null,10],["2026-11-21","/tmp/ä, [x]","opus",0,2,3,9007199254740993,0.5,0]"#;
        for (text, count) in [(ours, 2), (r#"["2026-11-21","a","m",1,2,3,4,1e-7,0]"#, 1), ("", 0)] {
            assert_eq!(
                (read(text.as_bytes()), read(text.as_bytes()).map(|rows| rows.len())),
                (parsed(text), Some(count))
            );
        }
        for other in [
            r#"["2026-11-21","a\"b","m",1,2,3,4,0.5,0]"#,
            r#" ["2026-11-21","a","m",1,2,3,4,0.5,0]"#,
            r#"["2026-11-21","a","m",1,2,3,4,0.5,0],"#,
            r#"["2026-11-21","a","m",1,2,3,4,0.5]"#,
            r#"["2026-11-21","a","m",1,2,3,4,0.5,0,1]"#,
            r#"["2026-11-21","a","m",-1,2,3,4,0.5,0]"#,
            r#"["2026-11-21","a","m",1,2,3,4,inf,0]"#,
            r#"["2026-11-21","a","m",1,2,3,4,1e999,0]"#,
            r#"["2026-11-21","a","m",1,2,3,4,1.e5,0]"#,
            r#"["2026-11-21","a","m",01,2,3,4,.5,0]"#,
            r#"["2026-11-21","a","m",1,2,3,4,0.5,null]"#,
            r#"["2026-11-21","a"#,
        ] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
        // Whatever one changed byte makes of a row.
        for at in 0..ours.len() {
            for byte in b"\",[]{}\\0+-.enN \n\x00\x80" {
                let mut text = ours.as_bytes().to_vec();
                text[at] = *byte;
                let Some(rows) = read(&text) else { continue };
                let text = String::from_utf8(text).unwrap();
                assert_eq!(Some(rows), parsed(&text), "{text}");
            }
        }
    }
}
