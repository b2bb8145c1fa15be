//! Owns the format: its little language, and how a line is made to fit. Pure.
//! Must stay true: any text is a format; the line never is wider than asked for, and blank only if the
//! format is.

use crate::style::{Style, paint};
use cs_cli::sanitize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Value(String),
    /// Left out when a value in it is missing.
    Group(Vec<Part>),
}

/// A piece of the line.
type Piece = (String, Style);

/// Understands a format. A bracket that is never closed ends with the text; one that was never opened,
/// and a brace without a name, are text.
pub fn parse(format: &str) -> Vec<Part> {
    let mut open: Vec<Vec<Part>> = vec![Vec::new()];
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => rest.next().into_iter().for_each(|c| text(&mut open, c)),
            '[' => open.push(Vec::new()),
            ']' if open.len() > 1 => close(&mut open),
            '{' => match rest.as_str().split_once('}') {
                Some((name, after)) if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => {
                    add(&mut open, Part::Value(name.to_string()));
                    rest = after.chars();
                }
                _ => text(&mut open, c),
            },
            c => text(&mut open, c),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().unwrap_or_default()
}

fn add(open: &mut [Vec<Part>], part: Part) {
    if let Some(parts) = open.last_mut() {
        parts.push(part);
    }
}

fn text(open: &mut [Vec<Part>], c: char) {
    match open.last_mut().and_then(|parts| parts.last_mut()) {
        Some(Part::Text(text)) => text.push(c),
        _ => add(open, Part::Text(c.to_string())),
    }
}

fn close(open: &mut Vec<Vec<Part>>) {
    if let Some(parts) = open.pop() {
        add(open, Part::Group(parts));
    }
}

/// The line: at most `width` columns. Groups go from the end until it fits; then it is cut.
/// `value` gives a placeholder's value: `None` for a name that does not exist, an empty text for one
/// without a value now.
pub fn fit(format: &[Part], value: &dyn Fn(&str) -> Option<Piece>, width: usize) -> String {
    let mut parts: Vec<&Part> = format.iter().collect();
    loop {
        let pieces: Vec<Piece> = parts.iter().flat_map(|part| rendered(part, value).unwrap_or_default()).collect();
        let columns: usize = pieces.iter().map(|(text, _)| text.width()).sum();
        if columns <= width {
            return pieces.iter().map(|(text, style)| paint(text, *style)).collect();
        }
        match parts.iter().rposition(|part| matches!(part, Part::Group(_))) {
            Some(last) => drop(parts.remove(last)),
            None => return cut(&pieces, width),
        }
    }
}

/// `None` when a value in the group is missing.
fn rendered(part: &Part, value: &dyn Fn(&str) -> Option<Piece>) -> Option<Vec<Piece>> {
    match part {
        Part::Text(text) => Some(vec![(sanitize(text), Style::Plain)]),
        Part::Value(name) => match value(name) {
            Some((text, _)) if text.is_empty() => None,
            Some((text, style)) => Some(vec![(sanitize(&text), style)]),
            // A name that is misspelt shows itself.
            None => Some(vec![(format!("{{{name}}}"), Style::Plain)]),
        },
        Part::Group(parts) => {
            let inner = |part: &Part| match part {
                Part::Group(_) => Some(rendered(part, value).unwrap_or_default()),
                other => rendered(other, value),
            };
            let pieces: Option<Vec<Vec<Piece>>> = parts.iter().map(inner).collect();
            pieces.map(|pieces| pieces.into_iter().flatten().collect())
        }
    }
}

fn cut(pieces: &[Piece], width: usize) -> String {
    let mut room = width.saturating_sub(1);
    let mut line = String::new();
    for (text, style) in pieces {
        let mut kept = String::new();
        for c in text.chars() {
            let columns = c.width().unwrap_or(0);
            if columns > room {
                return if width == 0 { line } else { format!("{line}{}…", paint(&kept, *style)) };
            }
            room -= columns;
            kept.push(c);
        }
        line.push_str(&paint(&kept, *style));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Option<Piece> {
        let text = match name {
            "a" => "alpha",
            "wide" => "日本語",
            "hostile" => "x\u{1b}[2J\ny",
            "none" => "",
            _ => return None,
        };
        Some((text.to_string(), Style::Plain))
    }

    fn line(format: &str, width: usize) -> String {
        fit(&parse(format), &value, width)
    }

    #[test]
    fn groups_without_a_value_are_left_out() {
        assert_eq!(line("{a}[ ({none})][ · {a}]", 80), "alpha · alpha");
        assert_eq!(line("[{a}[ {none}]!]", 80), "alpha!");
        assert_eq!(line("{none}x", 80), "x");
    }

    #[test]
    fn odd_formats_are_text() {
        assert_eq!(line("{b} {} {A} { ] \\[x\\] \\{a\\} [open", 80), "{b} {} {A} { ] [x] {a} open");
        assert_eq!(line("", 80), "");
        assert_eq!(line("\\", 80), "");
    }

    #[test]
    fn lines_fit() {
        assert_eq!(line("{a}[ one][ two]", 13), "alpha one two");
        assert_eq!(line("{a}[ one][ two]", 12), "alpha one");
        assert_eq!(line("{a}[ one][ two]", 4), "alp…");
        assert_eq!(line("{wide}{a}", 4), "日…");
        for width in 0..30 {
            assert!(line("{wide}{a}[ {a}]{wide}", width).width() <= width);
        }
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(line("{hostile}", 80), "x\u{fffd}[2J y");
    }
}
