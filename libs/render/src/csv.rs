//! Owns how a row of comma-separated values is written: RFC 4180, for every program.
//! Must stay true: a text never begins like a formula, because spreadsheets run such a cell. It is prefixed with `'`,
//! which marks it as text. A number stays a number.

use cs_core::visible::visible;

/// The content of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Anything that people or programs wrote.
    Text(String),
    /// A number, a date or a word of ours, which cannot be a formula.
    Plain(String),
    /// An unknown value: never 0.
    Empty,
}

impl Cell {
    /// A number, or an empty cell if it is unknown.
    pub fn number(number: Option<impl ToString>) -> Self {
        number.map_or(Cell::Empty, |number| Cell::Plain(number.to_string()))
    }

    /// A text, or an empty cell.
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    fn format(&self) -> String {
        match self {
            Cell::Text(text) => format_text_cell(text),
            Cell::Plain(text) => text.clone(),
            Cell::Empty => String::new(),
        }
    }
}

/// A row with its line end.
pub fn format_csv_row(cells: &[Cell]) -> String {
    cells.iter().map(Cell::format).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A text as a cell: harmless in spreadsheets, quoted if necessary.
pub fn format_text_cell(text: &str) -> String {
    let mut shown = visible(text);
    if is_formula(&shown) {
        shown.insert(0, '\'');
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '+' | '/');
    if shown.chars().all(is_plain) {
        return shown;
    }
    format!("\"{}\"", shown.replace('"', "\"\""))
}

/// Whether a spreadsheet may take the visible text for a formula. Some skip spaces and invisible characters before it,
/// and some accept wide and small forms of the signs.
fn is_formula(text: &str) -> bool {
    let rest = text.trim_start_matches(is_skipped);
    let skipped = text.strip_suffix(rest).unwrap_or_default();
    skipped.contains('\t') || rest.starts_with(is_sign)
}

/// Invisible characters that [`visible`] does not change.
fn is_skipped(c: char) -> bool {
    let is_invisible =
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    c.is_whitespace() || is_invisible
}

/// `␍` is a carriage return that was made visible.
fn is_sign(c: char) -> bool {
    matches!(
        c,
        '=' | '+'
            | '-'
            | '@'
            | '␍'
            | '＝'
            | '＋'
            | '－'
            | '＠'
            | '﹦'
            | '﹢'
            | '﹣'
            | '﹫'
            | '⁼'
            | '₌'
            | '⁺'
            | '₊'
            | '⁻'
            | '₋'
            | '−'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNS: [&str; 17] =
        ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁼", "⁻", "−"];
    const BEFORE: [&str; 10] = ["", " ", "  ", "\n", "\r\n", "\u{a0}", "\u{3000}", "\u{200d}", "\u{ad}", "\u{85}"];

    #[test]
    fn a_text_is_never_a_formula() {
        for before in BEFORE {
            for sign in SIGNS {
                for after in ["1+1", "SUM(A1)", "cmd|' /C calc'!A0", "", "a,\"b\"\nc"] {
                    let cell = format_text_cell(&format!("{before}{sign}{after}"));
                    // Hidden characters before it have become visible, and are text themselves.
                    let is_text = cell.trim_start_matches('"').starts_with(['\'', '⟨']);
                    assert!(is_text, "{before:?} {sign:?} {after:?}: {cell}");
                }
            }
        }
    }

    #[test]
    fn hidden_marks_are_visible() {
        for hidden in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{1b}', '\0'] {
            let cell = format_text_cell(&format!("{hidden}=1+1"));
            assert!(!cell.contains(hidden) && cell.starts_with(['"', '\'']), "{cell:?}");
        }
    }

    #[test]
    fn harmless_texts_stay_as_they_are() {
        for text in ["", "plain", "x-1", "2026-11-21", "https://a.example/x"] {
            assert_eq!(format_text_cell(text), text);
        }
        assert_eq!(format_text_cell("a,\"b\"\r\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(format_text_cell("a;b c"), "\"a;b c\"");
    }

    #[test]
    fn numbers_stay_numbers() {
        let cells = [Cell::number(Some(-1.5)), Cell::number(None::<u64>), Cell::text("-1.5"), Cell::text("")];
        assert_eq!(format_csv_row(&cells), "-1.5,,\"'-1.5\",\r\n");
    }
}
