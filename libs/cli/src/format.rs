//! Owns the language of formats for one line (`{name}`, `[groups]`), and making the line fit. Pure.
//! Must stay true: every text is a valid format; the line is never wider than requested, and blank only if the format is.

use crate::out::sanitize;
use render::{Style, width_of};

/// Maximum number of levels of nested groups; a bracket that would open one more is text.
const DEPTH: usize = 32;

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A text as it is.
    Text(String),
    /// The value with this name.
    Value(String),
    /// Left out when a value in it is missing.
    Group(Vec<Part>),
}

/// A piece of the line.
pub type Piece = (String, Style);

/// What a text looks like in its style, on the terminal or in the bar that shows the line.
pub type Painter<'a> = &'a dyn Fn(&str, Style) -> String;

/// Parses a format. A group that is never closed ends with the text; a closing bracket without a group, and a brace
/// without a name, are text.
pub fn parse(format: &str) -> Vec<Part> {
    let mut open: Vec<Vec<Part>> = vec![Vec::new()];
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => rest.next().into_iter().for_each(|c| push_text(&mut open, c)),
            '[' if open.len() < DEPTH => open.push(Vec::new()),
            ']' if open.len() > 1 => close(&mut open),
            '{' => match rest.as_str().split_once('}') {
                Some((name, after)) if !name.is_empty() && name.chars().all(is_of_name) => {
                    add(&mut open, Part::Value(name.to_string()));
                    rest = after.chars();
                }
                _ => push_text(&mut open, c),
            },
            c => push_text(&mut open, c),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().unwrap_or_default()
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':')
}

fn add(open: &mut [Vec<Part>], part: Part) {
    if let Some(parts) = open.last_mut() {
        parts.push(part);
    }
}

fn push_text(open: &mut [Vec<Part>], c: char) {
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

/// Renders the line in at most `width` columns. Groups are dropped from the end until it fits; then it is cut.
/// `value` returns a placeholder's value: `None` for an unknown name, an empty text if there is no value now.
pub fn fit(format: &[Part], value: &dyn Fn(&str) -> Option<Piece>, width: usize, paint: Painter) -> String {
    let piece = |part: &Part| (matches!(part, Part::Group(_)), rendered(part, value).unwrap_or_default());
    let parts: Vec<(bool, Vec<Piece>)> = format.iter().map(piece).collect();
    let groups = parts.iter().filter(|(is_group, _)| *is_group).count();
    // Each dropped group makes the line shorter, so a binary search finds how many fit.
    let (mut most, mut too_many) = (0, groups + 1);
    while too_many - most > 1 {
        let middle = most + (too_many - most) / 2;
        match width_of(&with_groups(&parts, middle).1) <= width {
            true => most = middle,
            false => too_many = middle,
        }
    }
    let (pieces, line) = with_groups(&parts, most);
    match width_of(&line) <= width {
        true => pieces.into_iter().map(|(text, style)| paint(text, *style)).collect(),
        false => cut(&pieces, &line, width, paint),
    }
}

/// The pieces that are left with only the first `most` groups.
fn with_groups(parts: &[(bool, Vec<Piece>)], most: usize) -> (Vec<&Piece>, String) {
    let mut left = most;
    let stays = |(is_group, _): &&(bool, Vec<Piece>)| {
        let stays = !is_group || left > 0;
        left -= usize::from(*is_group && stays);
        stays
    };
    let pieces: Vec<&Piece> = parts.iter().filter(stays).flat_map(|(_, pieces)| pieces).collect();
    let line = pieces.iter().map(|(text, _)| text.as_str()).collect();
    (pieces, line)
}

/// `None` when a value in the group is missing.
fn rendered(part: &Part, value: &dyn Fn(&str) -> Option<Piece>) -> Option<Vec<Piece>> {
    match part {
        Part::Text(text) => Some(vec![(sanitize(text), Style::Plain)]),
        Part::Value(name) => match value(name) {
            Some((text, _)) if text.is_empty() => None,
            Some((text, style)) => Some(vec![(sanitize(&text), style)]),
            // A misspelt name is shown as it is.
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

/// The beginning of the line that fits, and a sign that something was cut.
fn cut(pieces: &[&Piece], line: &str, width: usize, paint: Painter) -> String {
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let mut left = fitting(line, room);
    let mut kept = String::new();
    for (text, style) in pieces {
        let (shown, rest) = text.split_at_checked(left).unwrap_or((text, ""));
        left -= shown.len();
        kept.push_str(&paint(shown, *style));
        if !rest.is_empty() {
            break;
        }
    }
    kept + "…"
}

/// How many bytes of the line fit. A character can change the width of the one before, so only whole texts are measured.
fn fitting(line: &str, room: usize) -> usize {
    let ends: Vec<usize> = line.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let fits = |count: usize| {
        let end = count.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0);
        line.get(..end).filter(|text| width_of(text) <= room).map(str::len)
    };
    let (mut known, mut bytes, mut beyond) = (0, 0, ends.len() + 1);
    while beyond - known > 1 {
        let middle = known + (beyond - known) / 2;
        match fits(middle) {
            Some(length) => (known, bytes) = (middle, length),
            None => beyond = middle,
        }
    }
    bytes
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
        fit(&parse(format), &value, width, &|text, _| text.to_string())
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
        assert!(line(&"[".repeat(100_000), usize::MAX).ends_with("[["), "too deep");
    }

    #[test]
    fn lines_fit() {
        assert_eq!(line("{a}[ one][ two]", 13), "alpha one two");
        assert_eq!(line("{a}[ one][ two]", 12), "alpha one");
        assert_eq!(line("{a}[ one][ two]", 4), "alp…");
        assert_eq!(line("{wide}{a}", 4), "日…");
        assert_eq!(line("\u{2764}\u{fe0f} {a}", 2), "\u{2764}…", "a sign that makes a character wider");
        for width in 0..30 {
            assert!(width_of(&line("{wide}{a}[ {a}]{wide}", width)) <= width);
        }
    }

    #[test]
    fn foreign_text_cannot_control_the_terminal() {
        assert_eq!(line("{hostile}", 80), "x\u{fffd}[2J y");
    }
}
