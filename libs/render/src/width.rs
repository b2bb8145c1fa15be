//! Owns how wide a text is on a terminal, and how it is cut and wrapped to a width. Must stay true: the result is never
//! wider than its room; a character that consists of several code points (an accent, an emoji with a joiner) is never
//! divided.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of a terminal that the text fills.
pub fn width_of(text: &str) -> usize {
    text.width()
}

/// At most `room` columns of the text, with `…` at the end if something was cut.
pub fn cut_to_width(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_string();
    }
    // The mark can change the width of what is before it.
    let marked = |left: usize| format!("{}…", text.get(..longest(text, left)).unwrap_or_default().trim_end());
    (0..room).rev().map(marked).find(|kept| kept.width() <= room).unwrap_or_default()
}

/// At most `room` columns of the end of the text, with `…` before it if something was cut: for paths.
pub fn cut_start_to_width(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_string();
    }
    let mut rest = text;
    while rest.width() >= room.max(1) {
        rest = rest.get(first_character(rest)..).unwrap_or_default();
    }
    if room == 0 { String::new() } else { format!("…{rest}") }
}

/// The text in lines of at most `room` columns. Lines end between words; a word that is longer than a line is divided.
/// Always at least one line.
pub fn wrap_to_width(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let needed = line.width() + usize::from(!line.is_empty()) + word.width();
        if !line.is_empty() && needed > room {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let mut rest = word;
        while line.width() + rest.width() > room {
            // A character that is wider than the room is kept whole.
            let at = longest(rest, room).max(first_character(rest));
            let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            if tail.is_empty() {
                break;
            }
            lines.push(head.to_string());
            rest = tail;
        }
        line.push_str(rest);
    }
    lines.push(line);
    lines
}

/// A line broken as [`wrap_to_width`] does, with the indentation that it begins with on each of its pieces.
pub fn wrap_indented(line: &str, room: usize) -> Vec<String> {
    let text = line.trim_start_matches(' ');
    let indent = (line.len() - text.len()).min(room / 2);
    wrap_to_width(text, room - indent).into_iter().map(|piece| format!("{}{piece}", " ".repeat(indent))).collect()
}

/// The length in bytes of the longest beginning that is not wider than `room` and ends between two characters.
fn longest(text: &str, room: usize) -> usize {
    let mut end = 0;
    let mut width = 0;
    let mut ends = Vec::new();
    while let Some(rest) = text.get(end..).filter(|rest| !rest.is_empty()) {
        let length = first_character(rest);
        width += rest.get(..length).unwrap_or_default().width();
        if width > room {
            break;
        }
        end += length;
        ends.push(end);
    }
    // The width of a text can differ from the sum of the widths of its characters.
    while text.get(..end).unwrap_or_default().width() > room {
        ends.pop();
        end = ends.last().copied().unwrap_or_default();
    }
    end
}

/// The length in bytes of the first character with everything that belongs to it.
fn first_character(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return 0 };
    let (mut before, mut flags) = (first, usize::from(is_flag_letter(first)));
    for (at, c) in chars {
        flags += usize::from(is_flag_letter(c));
        let is_second_letter = is_flag_letter(c) && is_flag_letter(before) && flags == 2;
        let belongs = before == JOINER || c.width() == Some(0) || is_skin_tone(c) || is_second_letter;
        if !belongs {
            return at;
        }
        before = c;
    }
    text.len()
}

const JOINER: char = '\u{200d}';

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// Two of them are a flag.
fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut_to_width("日本語です", 6), "日本…");
        assert_eq!(cut_to_width("日本語です", 10), "日本語です");
        assert_eq!(cut_to_width("fix the login page", 9), "fix the…");
        assert_eq!(cut_to_width("a👨‍👩‍👧b👨‍👩‍👧c", 5), "a👨‍👩‍👧b…");
        assert_eq!(cut_to_width("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut_to_width("🇩🇪🇫🇷🇮🇹", 4), "🇩🇪…");
        assert_eq!((cut_to_width("ab", 1), cut_to_width("ab", 0)), ("…".into(), String::new()));
    }

    #[test]
    fn the_end_of_a_path_stays() {
        assert_eq!(cut_start_to_width("/home/you/src/api", 8), "…src/api");
        assert_eq!(cut_start_to_width("/home/you/日本語", 6), "…本語");
        assert_eq!(cut_start_to_width("/a", 2), "/a");
        assert_eq!((cut_start_to_width("/abc", 1), cut_start_to_width("/abc", 0)), ("…".into(), String::new()));
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap_to_width("fix the login page", 9), ["fix the", "login", "page"]);
        assert_eq!(wrap_to_width("a 日本語です b", 6), ["a", "日本語", "です b"]);
        assert_eq!(wrap_to_width("", 9), [""]);
        assert_eq!(wrap_to_width("a  b", 9), ["a  b"]);
        assert_eq!(wrap_indented("    if a: b", 9), ["    if a:", "    b"]);
        for room in 2..40 {
            let text = "see https://example.org/a/very/long/address 👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧 e\u{301} 日本語 end";
            let lines = wrap_to_width(text, room);
            assert!(lines.iter().all(|line| line.width() <= room), "{room}: {lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
