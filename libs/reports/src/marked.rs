//! Owns how foreign text stands in the Markdown of a report: escaped, but for placeholders, which stay as they are, so that
//! `cs-redact check` and people recognize them. Pure. Must stay true: what is not escaped is no markup.

use render::{escape_markdown_cell, escape_markdown_line, escape_markdown_text};

/// The longest name of a rule in a placeholder, and the number of digits after it.
const NAME: usize = 64;
const DIGITS: usize = 10;
/// What is shown without digits.
const WORDS: [&str; 2] = ["masked", "withheld"];

/// Text of any number of lines; each after the first begins with `indent`.
pub fn text(text: &str, indent: &str) -> String {
    with_placeholders(&escape_markdown_text(text, indent))
}

/// Text on one line.
pub fn line(text: &str) -> String {
    with_placeholders(&escape_markdown_line(text))
}

/// Text in a table.
pub fn cell(text: &str) -> String {
    with_placeholders(&escape_markdown_cell(text))
}

/// The escaped text with its placeholders as they were. In brackets that nothing follows which would make them a link, they
/// are text, because no report defines references.
fn with_placeholders(escaped: &str) -> String {
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once("\\[") {
        out.push_str(before);
        match after
            .split_once("\\]")
            .filter(|(inner, next)| is_placeholder(inner) && !next.starts_with(['(', '[', ':', '\\']))
        {
            Some((inner, next)) => {
                out.push_str(&format!("[{inner}]"));
                rest = next;
            }
            None => {
                out.push_str("\\[");
                rest = after;
            }
        }
    }
    out + rest
}

fn is_placeholder(inner: &str) -> bool {
    let is_name = |name: &str| {
        name.len() <= NAME
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    let is_hex =
        |digits: &str| digits.len() == DIGITS && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    WORDS.contains(&inner) || inner.split_once(':').is_some_and(|(name, digits)| is_name(name) && is_hex(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_stay_as_they_are() {
        let same = ["a [github-pat:7f3a91c2aa] b", "[masked]", "token=[my_rule.2:0123456789], [withheld]"];
        same.into_iter().for_each(|text| assert_eq!(line(text), text));
        assert_eq!(line("[a:0123456789](http://x)"), "\\[a:0123456789\\](http://x)");
        assert_eq!(line("[a:0123456789][b]"), "\\[a:0123456789\\]\\[b\\]");
        assert_eq!(line("[a:0123456789]: x"), "\\[a:0123456789\\]: x");
        assert_eq!(line("[x] [^1] [A:0123] [_a:0123456789]"), "\\[x\\] \\[\\^1\\] \\[A:0123\\] \\[\\_a:0123456789\\]");
    }
}
