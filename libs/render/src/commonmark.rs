//! Owns how foreign text is escaped in Markdown: a CommonMark reader (with or without GitHub's
//! extensions) shows exactly this text, and no structure.
//! Must stay true: the text is unchanged, except for invisible characters (see [`visible`]) and, if there is
//! room for only one line, line ends. Only what is necessary is escaped: people read this.

use cs_core::visible::{one_line, visible};

/// Text of any number of lines, for a paragraph or a list item. Each line after the first begins with `indent`, which
/// must be the width of the surrounding block. Line ends at both ends are removed.
pub fn escape_markdown_text(text: &str, indent: &str) -> String {
    let shown = visible(text);
    // A backslash at the end of a block would not be a line break.
    let lines: Vec<String> = shown.trim_matches('\n').split('\n').map(escape_inline).collect();
    lines.join(&format!("\\\n{indent}"))
}

/// Text on one line, for a heading or a list item that must stay short.
pub fn escape_markdown_line(text: &str) -> String {
    escape_inline(&one_line(text))
}

/// Text for the cell of a table, where `\|` would have to be escaped twice.
pub fn escape_markdown_cell(text: &str) -> String {
    escape_markdown_line(text).replace("\\|", "&#124;")
}

/// Text as code, outside of tables.
pub fn escape_markdown_code(text: &str) -> String {
    let shown = visible(text).replace('\n', "␊").replace('\t', "␉");
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = shown.chars().all(|c| c == ' ');
    let touches = |c: Option<char>| matches!(c, Some('`' | ' '));
    match shown.as_str() {
        "" => String::new(),
        // A reader strips one space from each end unless all of it is spaces.
        _ if !blank && (touches(shown.chars().next()) || touches(shown.chars().last())) => {
            format!("{fence} {shown} {fence}")
        }
        _ => format!("{fence}{shown}{fence}"),
    }
}

/// One line. Spaces at its ends and tabs are written as references; otherwise a reader drops them.
fn escape_inline(line: &str) -> String {
    let inner = line.trim_matches([' ', '\t']);
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let (before, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let after = rest.get(inner.len()..).unwrap_or_default();
    let mut out = blanks(before);
    let mut previous = None;
    let mut chars = inner.char_indices().peekable();
    let opener = marker_at(inner);
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if c == '\t' {
            out.push_str("&#9;");
        } else if c == '}' && next.is_none() {
            // Some readers take `{#name}` at the end of a heading as attributes, escaped or not.
            out.push_str("&#125;");
        } else {
            if opener == Some(at) || is_active(c, previous, next) {
                out.push('\\');
            }
            out.push(c);
        }
        previous = Some(c);
    }
    out + &blanks(after)
}

fn blanks(text: &str) -> String {
    text.replace(' ', "&#32;").replace('\t', "&#9;")
}

/// The position of the character that must be escaped because the line would otherwise open a block (list, quote,
/// heading underline, definition).
fn marker_at(line: &str) -> Option<usize> {
    match line.chars().next()? {
        '+' | '-' | '=' | '>' | ':' => Some(0),
        '0'..='9' => {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let follows = line.as_bytes().get(digits);
            matches!(follows, Some(b'.' | b')')).then_some(digits)
        }
        _ => None,
    }
}

/// Whether a character could be markup in the middle of a line.
fn is_active(c: char, previous: Option<char>, next: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '$' | '^' => true,
        // Inside a word an underscore is never emphasis.
        '_' => !(is_word(previous) && is_word(next)),
        '&' => is_word(next) || next == Some('#'),
        // Before a heading's text, or closing it.
        '#' => previous.is_none_or(char::is_whitespace),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_markup_is_escaped() {
        assert_eq!(
            escape_markdown_line("Fix snake_case in src/a.rs (C# & co): 50% done!"),
            "Fix snake_case in src/a.rs (C# & co): 50% done!"
        );
        assert_eq!(
            escape_markdown_line("# a #b *c* _d_ [e](f) <g> &amp; | `h`"),
            r"\# a \#b \*c\* \_d\_ \[e\](f) \<g> \&amp; \| \`h\`"
        );
        assert_eq!(escape_markdown_text("1. a\n- b\n  c ", "  "), "1\\. a\\\n  \\- b\\\n  &#32;&#32;c&#32;");
        assert_eq!(escape_markdown_text("\na\n\nb\r\n", ""), "a\\\n\\\nb");
        assert_eq!(escape_markdown_cell("a|b\nc"), "a&#124;b c");
        assert_eq!(escape_markdown_cell(r"\|"), r"\\&#124;");
    }

    #[test]
    fn code_may_contain_backticks() {
        assert_eq!(escape_markdown_code("src/a.rs"), "`src/a.rs`");
        assert_eq!(escape_markdown_code("a``b`"), "``` a``b` ```");
        assert_eq!(escape_markdown_code(" a "), "`  a  `");
        assert_eq!(escape_markdown_code("  "), "`  `");
    }
}
