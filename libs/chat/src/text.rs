//! Owns texts as Telegram counts them. A message has at most 4,096 UTF-16 code units (Bot API, `sendMessage`: "1-4096
//! characters after entities parsing"; a character outside of the basic plane counts twice), a topic's name 128, and what
//! a button gives back 64 bytes. No markup is ever used, so every character is itself.

/// The most units of one message.
pub const UNITS: usize = 4096;
/// The most units of an answer that is sent by itself.
pub const MOST_SHOWN: usize = 3500;
/// The most units in the name of a topic.
const TOPIC: usize = 128;
/// The most units on a button, so that it fits a phone.
const BUTTON: usize = 40;

/// Number of UTF-16 code units.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The beginning of a text of at most `most` units, with `…` at its end if something is missing.
pub fn cut(text: &str, most: usize) -> String {
    if units(text) <= most {
        return text.to_string();
    }
    let mut kept = text.get(..fitting(text, most.saturating_sub(1))).unwrap_or_default().trim_end().to_string();
    kept.push('…');
    kept
}

/// A text in pieces of at most `most` units, none of them blank: cut at the end of a line if there is one in the last
/// half, else at a blank, else between characters.
pub fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let end = fitting(rest, most.max(2));
        let (mut piece, mut after) = rest.split_at(end);
        if let Some(next) = after.strip_prefix(['\n', ' ']) {
            after = next;
        } else if !after.is_empty() {
            let half = piece.len() / 2;
            let at = |sign: char| piece.rfind(sign).filter(|at| *at >= half);
            if let Some(at) = at('\n').or_else(|| at(' ')) {
                (piece, after) = (piece.get(..at).unwrap_or(piece), rest.get(at + 1..).unwrap_or(after));
            }
        }
        if !piece.trim().is_empty() {
            pieces.push(piece.to_string());
        }
        rest = after;
    }
    pieces
}

/// A text as the name of a topic: one line, never empty.
pub fn topic_name(text: &str) -> String {
    line(text, TOPIC)
}

/// A text as it stands on a button: one line, never empty.
pub fn button(text: &str) -> String {
    line(text, BUTTON)
}

fn line(text: &str, most: usize) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => "-".to_string(),
        false => cut(&words.join(" "), most),
    }
}

/// How many bytes of a text have at most so many units, at the end of a character.
fn fitting(text: &str, most: usize) -> usize {
    let mut count = 0;
    for (at, c) in text.char_indices() {
        count += c.len_utf16();
        if count > most {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_outside_of_the_basic_plane_count_twice() {
        let text = "🦀".repeat(3000);
        assert_eq!(units(&text), 6000);
        let parts = pieces(&text, UNITS);
        assert_eq!(parts.iter().map(|part| units(part)).collect::<Vec<_>>(), [4096, 1904]);
        assert_eq!(parts.concat(), text);
        assert_eq!(units(&cut(&text, 10)), 9, "no half of a character");
        assert_eq!(cut("short", 10), "short");
    }

    #[test]
    fn a_text_is_cut_where_a_line_ends() {
        let text = format!("{}\n{}", "a".repeat(8), "b".repeat(8));
        assert_eq!(pieces(&text, 10), ["aaaaaaaa", "bbbbbbbb"]);
        assert_eq!(pieces("word after word", 10), ["word after", "word"]);
        assert_eq!(pieces("  \n ", 10), [""; 0]);
        let long = "x".repeat(25);
        assert_eq!(pieces(&long, 10).concat(), long);
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!(topic_name("a\nb\tc\u{7}"), "a b c");
        assert_eq!(topic_name(" \n"), "-");
        assert_eq!(units(&topic_name(&"é".repeat(200))), 128);
        assert_eq!(units(&button(&"é".repeat(200))), 40);
    }
}
