//! Owns a line of text that is typed: its characters and the place of the cursor. Pure.

use ratatui::crossterm::event::KeyCode;
use render::{cut_start_to_width, width_of};

/// Maximum number of characters that can be typed.
const TYPED: usize = 500;

/// A line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The text before the cursor, and after it.
    before: String,
    after: String,
}

impl Input {
    /// A text with the cursor at its end.
    pub fn new(text: &str) -> Self {
        Input { before: text.to_string(), after: String::new() }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Adds text at the cursor. Line ends become spaces.
    pub fn insert(&mut self, text: &str) {
        let room = TYPED.saturating_sub(self.before.chars().count() + self.after.chars().count());
        let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        self.before.extend(plain.take(room));
    }

    /// Edits the text. False for a key that means nothing here.
    pub fn press(&mut self, code: KeyCode, has_control: bool) -> bool {
        match (code, has_control) {
            (KeyCode::Char(c), false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => drop(self.before.pop()),
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => drop(take_first(&mut self.after)),
            (KeyCode::Left, false) | (KeyCode::Char('b'), true) => {
                let moved = self.before.pop();
                moved.inspect(|c| self.after.insert(0, *c));
            }
            (KeyCode::Right, false) | (KeyCode::Char('f'), true) => self.before.extend(take_first(&mut self.after)),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => {
                *self = Input { before: String::new(), after: self.text() }
            }
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => *self = Input::new(&self.text()),
            (KeyCode::Char('u'), true) => self.before.clear(),
            (KeyCode::Char('k'), true) => self.after.clear(),
            (KeyCode::Char('w'), true) | (KeyCode::Backspace, true) => {
                let kept = self.before.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.before.truncate(kept);
            }
            _ => return false,
        }
        true
    }

    /// The text in `room` columns, the part around the cursor, and how many of its columns are before the cursor.
    pub fn visible(&self, room: usize) -> (String, usize) {
        let before = cut_start_to_width(&self.before, room.saturating_sub(1));
        let at = width_of(&before);
        (render::cut_to_width(&format!("{before}{}", self.after), room), at)
    }
}

fn take_first(text: &mut String) -> Option<char> {
    let first = text.chars().next()?;
    text.remove(0);
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_be_corrected_anywhere() {
        let mut input = Input::new("one two");
        let press = |input: &mut Input, code, control| assert!(input.press(code, control));
        press(&mut input, KeyCode::Left, false);
        press(&mut input, KeyCode::Char('X'), false);
        assert_eq!(input.text(), "one twXo");
        press(&mut input, KeyCode::Char('w'), true);
        assert_eq!(input.text(), "one o");
        press(&mut input, KeyCode::Home, false);
        press(&mut input, KeyCode::Delete, false);
        press(&mut input, KeyCode::Char('e'), true);
        press(&mut input, KeyCode::Backspace, false);
        assert_eq!(input.text(), "ne ");
        input.insert("a\nb\u{1b}[31m");
        assert_eq!(input.text(), "ne a b [31m");
        assert!(!input.press(KeyCode::F(5), false));
        press(&mut input, KeyCode::Char('u'), true);
        input.insert(&"日".repeat(600));
        assert_eq!(input.text().chars().count(), TYPED);
        let (shown, at) = input.visible(20);
        assert!(width_of(&shown) <= 20 && at <= 19, "{shown} {at}");
    }
}
