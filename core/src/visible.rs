//! Owns making invisible characters visible: every character that controls a terminal, changes the writing direction or
//! hides text becomes a visible sign. Line ends and tabs stay.

/// The text with LF as its only line end and with signs in place of invisible characters: `␛` and
/// the like for the old control characters, `⟨U+202E⟩` for the others.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' => shown.push(c),
            '\u{7f}' => shown.push('\u{2421}'),
            c if u32::from(c) < 0x20 => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            c if is_hidden(c) => shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// [`visible`] on one line: line ends and tabs become spaces.
pub fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// C1 controls, marks and isolates of the bidirectional algorithm, separators that some readers
/// take for line ends, the byte order mark, noncharacters, and the invisible tag characters.
/// Joiners stay: scripts and emoji need them.
pub fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(visible("a\0\u{1b}[31m\u{7f}\r\nb\rc\td"), "a␀␛[31m␡\nb␍c\td");
        assert_eq!(visible("x\u{202e}y\u{2066}\u{9b}\u{feff}"), "x⟨U+202E⟩y⟨U+2066⟩⟨U+009B⟩⟨U+FEFF⟩");
        assert_eq!(visible("👩\u{200d}💻 é 日本"), "👩\u{200d}💻 é 日本");
        assert_eq!(one_line("a\nb\tc"), "a b c");
    }
}
