//! Owns how one thing is shown to people in many lines: a title, fields with labels, sections with items. Must stay true:
//! a line fits the terminal and ends between words; what follows of a value stands below its beginning. In a pipe,
//! nothing is wrapped.

use crate::failure::Outcome;
use crate::out::{Out, sanitize};
use crate::terminal;
use render::{Paint, Style, width_of, wrap_to_width};

/// A block of lines.
#[derive(Debug, Default)]
pub struct Block {
    lines: Vec<Line>,
}

#[derive(Debug, Default)]
struct Line {
    /// What stands before the text, and how far its next lines are indented.
    head: String,
    text: String,
    style: Style,
    /// How many bytes at the beginning of the text have the style; `None`: all.
    styled: Option<usize>,
}

/// A narrower column of text begins below its label instead of beside it.
const NARROWEST: usize = 16;
/// How far it is indented there.
const INDENT: &str = "      ";

impl Block {
    /// A block with a title.
    pub fn new(title: &str) -> Self {
        Block { lines: vec![Line { text: sanitize(title), style: Style::Strong, ..Line::default() }] }
    }

    /// A value with its label, unless the value is empty.
    pub fn field(&mut self, name: &str, value: &str) {
        self.marked_field(name, "", Style::Plain, value);
    }

    /// The same with a mark in a style at the beginning of the value.
    pub fn marked_field(&mut self, name: &str, mark: &str, style: Style, value: &str) {
        let (mark, text) = (sanitize(mark), sanitize(&format!("{mark}{value}")));
        if !text.is_empty() {
            // As wide as the longest label.
            let head = format!("  {name:<12} ");
            self.lines.push(Line { head, text, style, styled: Some(mark.len()) });
        }
    }

    /// A section with its items, each with what stands before it; nothing if there are none.
    pub fn section(&mut self, title: &str, items: impl IntoIterator<Item = (String, String)>) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            self.lines.push(Line { head: format!("  {title}"), ..Line::default() });
        }
        items.for_each(|(mark, text)| self.item(&mark, &text));
    }

    /// An item of a section.
    pub fn item(&mut self, mark: &str, text: &str) {
        self.lines.push(Line { head: format!("    {}", sanitize(mark)), text: sanitize(text), ..Line::default() });
    }

    /// Prints the block.
    pub fn print(&self, out: &mut Out) -> Outcome<()> {
        let lines = self.lines(terminal::width(), out.paint);
        lines.iter().try_for_each(|line| out.line(line))
    }

    fn lines(&self, room: Option<usize>, paint: Paint) -> Vec<String> {
        self.lines.iter().flat_map(|line| line.lay_out(room, paint)).collect()
    }
}

impl Line {
    fn lay_out(&self, room: Option<usize>, paint: Paint) -> Vec<String> {
        let head = width_of(&self.head);
        let beside = room.map(|room| room.saturating_sub(head));
        let text = width_of(&self.text);
        let is_below = beside.is_some_and(|left| head > 0 && left < NARROWEST && text > left);
        let (indent, left) = match room {
            Some(room) if is_below => (INDENT.to_string(), Some(room - INDENT.len())),
            _ => (" ".repeat(head), beside),
        };
        let parts = left.map_or_else(|| vec![self.text.clone()], |left| wrap_to_width(&self.text, left));
        let mut lines = Vec::new();
        let mut before = paint.paint(&self.head, Style::Dim);
        if is_below {
            lines.push(paint.paint(self.head.trim_end(), Style::Dim));
            before.clone_from(&indent);
        }
        for (n, part) in parts.iter().enumerate() {
            let (styled, plain) = match self.styled {
                None => (part.as_str(), ""),
                Some(_) if n > 0 => ("", part.as_str()),
                Some(bytes) => part.split_at_checked(bytes).unwrap_or(("", part)),
            };
            lines.push(format!("{before}{}{plain}", paint.paint(styled, self.style)).trim_end().to_string());
            before.clone_from(&indent);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let mut block = Block::new("fix the login page of the shop");
        block.marked_field("state", "waiting", Style::Asking, " (permission for Bash)");
        block.field("said", "");
        block.section("timeline", [("2026-11-21 10:00  ".to_string(), "found the 日本語 cause".to_string())]);
        block.section("files", []);
        block
    }

    #[test]
    fn a_pipe_gets_one_line_for_each_value() {
        let lines = block().lines(None, Paint::Plain);
        let state = "  state        waiting (permission for Bash)";
        let event = "    2026-11-21 10:00  found the 日本語 cause";
        assert_eq!(lines, ["fix the login page of the shop", state, "  timeline", event]);
    }

    #[test]
    fn lines_end_between_words_and_go_on_below_the_value() {
        let lines = block().lines(Some(40), Paint::Plain);
        let expected = [
            "fix the login page of the shop",
            "  state        waiting (permission for",
            "               Bash)",
            "  timeline",
            "    2026-11-21 10:00  found the 日本語",
            "                      cause",
        ];
        assert_eq!(lines, expected);
        assert_eq!(
            block().lines(Some(24), Paint::Plain)[6..],
            ["  timeline", "    2026-11-21 10:00", "      found the 日本語", "      cause"]
        );
        for room in 20..100 {
            let lines = block().lines(Some(room), Paint::Plain);
            assert!(lines.iter().all(|line| width_of(line) <= room), "{room}: {lines:#?}");
        }
    }

    #[test]
    fn only_the_mark_has_the_style() {
        let lines = block().lines(Some(80), Paint::Colour);
        assert_eq!(lines[1], "\u{1b}[2m  state        \u{1b}[0m\u{1b}[30;43mwaiting\u{1b}[0m (permission for Bash)");
    }
}
