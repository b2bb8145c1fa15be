//! Owns a text of a conversation as a page shows it: its bound, and which of its lines keep their columns.
//! Must stay true: nothing of a shown text is left out, also not the signs around code.

use serde::Serialize;

/// A text.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    pub text: String,
    /// Its pieces, if some of it keeps its columns: whether this one does, and its lines.
    pub pieces: Vec<(bool, String)>,
    /// Number of characters that are left out.
    pub more: usize,
}

impl Text {
    /// A text of at most about `most` characters: nothing is left out to save a few.
    pub fn of(text: &str, most: usize) -> Self {
        let is_short = text.chars().count() <= most + most / 20;
        let end = if is_short { text.len() } else { text.char_indices().nth(most).map_or(text.len(), |(at, _)| at) };
        let (shown, left) = text.split_at(end);
        Text { pieces: pieces(shown), more: left.chars().count(), text: shown.to_string() }
    }
}

/// The pieces of a text: fenced code and tables keep their columns. None if there is neither.
fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut fence = None;
    for line in text.lines() {
        let begin = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| begin.starts_with(mark));
        let is_kept = fence.is_some() || mark.is_some() || begin.starts_with('|');
        fence = match (fence, mark) {
            (None, mark) => mark,
            // What stands behind a fence names a language, so this one begins a block inside the block.
            (Some(open), Some(mark)) if open == mark && begin.trim_end().chars().all(|c| mark.starts_with(c)) => None,
            (open, _) => open,
        };
        match pieces.last_mut().filter(|(kept, _)| *kept == is_kept) {
            Some((_, lines)) => {
                lines.push('\n');
                lines.push_str(line);
            }
            None => pieces.push((is_kept, line.to_string())),
        }
    }
    if pieces.iter().any(|(kept, _)| *kept) { pieces } else { Vec::new() }
}

/// JSON with one field a line, in the order in which it is written.
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let (mut depth, mut in_text, mut is_escaped, mut last) = (0usize, false, false, ' ');
    for c in json.chars() {
        if in_text {
            out.push(c);
            (in_text, is_escaped) = (c != '"' || is_escaped, c == '\\' && !is_escaped);
            last = c;
            continue;
        }
        if c.is_whitespace() {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        depth = depth.saturating_sub(usize::from(closes));
        let is_empty = closes && matches!(last, '{' | '[');
        if (matches!(last, '{' | '[' | ',') || closes) && !is_empty && last != ' ' {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
        out.push(c);
        if c == ':' {
            out.push(' ');
        }
        depth += usize::from(matches!(c, '{' | '['));
        in_text = c == '"';
        last = c;
    }
    out
}

/// A tool's answer without the sequences that set colours.
pub fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'));
        match rest.strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => {
                out.push_str("\u{1b}[");
                out.push_str(piece);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_tables_keep_their_columns_and_no_sign_is_lost() {
        let text = "See `a`:\n\n```rust\nfn a() {}\n\n| no table\n```\nand\n| a | b |\n|---|---|\n\nend";
        let pieces = Text::of(text, 1000).pieces;
        let shown: Vec<(bool, &str)> = pieces.iter().map(|(kept, text)| (*kept, text.as_str())).collect();
        let code = "```rust\nfn a() {}\n\n| no table\n```";
        let table = "| a | b |\n|---|---|";
        assert_eq!(shown, [(false, "See `a`:\n"), (true, code), (false, "and"), (true, table), (false, "\nend")]);
        assert_eq!(pieces.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n"), text);
        assert_eq!(Text::of("plain `code`\ntext", 1000).pieces, []);
        assert_eq!(Text::of("```\nnever closed", 1000).pieces.len(), 1);
    }

    #[test]
    fn a_few_characters_are_not_left_out() {
        let text = "x".repeat(105);
        assert_eq!((Text::of(&text, 100).text.len(), Text::of(&text, 100).more), (105, 0));
        let text = "é".repeat(106);
        assert_eq!((Text::of(&text, 100).text.chars().count(), Text::of(&text, 100).more), (100, 6));
    }

    #[test]
    fn fields_stay_in_their_order() {
        let json = r#"{"b":"x {,\\\"y:","a":[1,{"c":null}],"e":{},"l":[]}"#;
        let wanted = "{\n  \"b\": \"x {,\\\\\\\"y:\",\n  \"a\": [\n    1,\n    {\n      \"c\": null\n    }\n  ],\n  \"e\": {},\n  \"l\": []\n}";
        assert_eq!(indented(json), wanted);
        assert_eq!(indented("\"a\""), "\"a\"");
    }

    #[test]
    fn only_colours_are_taken_out_of_an_answer() {
        assert_eq!(without_colours("\u{1b}[1m\u{1b}[38;5;2mok\u{1b}[0m \u{1b}[2Kx \u{1b}[m"), "ok \u{1b}[2Kx ");
    }
}
