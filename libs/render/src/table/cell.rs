//! Owns a cell of a table: its text, an addition that matters more than the text when both do not fit, and its look.

use super::column::{Column, Cut, Side};
use crate::style::{Paint, Style};
use crate::width::{cut_to_width, width_of, wrap_to_width};

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableCell {
    text: String,
    style: Style,
    addition: String,
    addition_style: Style,
}

/// An addition that does not fit beside the text gets this part of the room.
const FOR_ADDITION: (usize, usize) = (2, 3);
/// A text that is cut to less than this says nothing.
const LEGIBLE: usize = 8;

impl TableCell {
    /// A text in a style.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        TableCell { text: text.into(), style, ..TableCell::default() }
    }

    /// With an addition at the end, for which a long text makes room. It begins with a space.
    pub fn with(self, addition: impl Into<String>, style: Style) -> Self {
        TableCell { addition: addition.into(), addition_style: style, ..self }
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.text, self.addition)
    }

    /// The look of the text.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn width(&self) -> usize {
        width_of(&self.text()).max(width_of(&self.text) + width_of(&self.addition))
    }

    pub(super) fn map_text(&mut self, change: impl Fn(&str) -> String) {
        self.text = change(&self.text);
        self.addition = change(&self.addition);
    }

    /// The cell with spaces up to this width; what is wider is cut.
    pub(super) fn in_width(&self, width: usize, column: &Column, paint: Paint) -> String {
        let (text, addition) = self.parts(width, column.cut);
        let spaces = " ".repeat(width.saturating_sub(width_of(&text) + width_of(&addition)));
        let painted = self.painted(&text, &addition, paint);
        match column.side {
            Side::Left => painted + &spaces,
            Side::Right => spaces + &painted,
        }
    }

    /// The lines of the cell where it stands alone, in at most this width: one, unless its column is never cut.
    pub(super) fn alone(&self, width: usize, column: &Column, paint: Paint) -> Vec<String> {
        if !column.may_be_cut() && self.width() > width {
            let lines = wrap_to_width(&self.text(), width);
            return lines.iter().map(|line| paint.paint(line, self.style)).collect();
        }
        let (text, addition) = self.parts(width, column.cut);
        vec![self.painted(&text, &addition, paint)]
    }

    /// The lines of the cell where it stands alone, after its title. A text that is never cut gets lines for itself if it
    /// needs them.
    pub(super) fn in_block(&self, title: Option<&str>, column: &Column, room: usize) -> Vec<String> {
        let text = self.text();
        let line = title.map_or_else(|| text.clone(), |title| format!("{title} {text}"));
        match column.may_be_cut() {
            _ if width_of(&line) <= room => vec![line],
            true => vec![column.cut.to_width(&line, room)],
            false => title.map(str::to_string).into_iter().chain(wrap_to_width(&text, room)).collect(),
        }
    }

    fn painted(&self, text: &str, addition: &str, paint: Paint) -> String {
        paint.paint(text, self.style) + &paint.paint(addition, self.addition_style)
    }

    /// What is shown of the text and of the addition.
    fn parts(&self, width: usize, cut: Cut) -> (String, String) {
        let (long, more) = (width_of(&self.text), width_of(&self.addition));
        if long + more <= width {
            return (self.text.clone(), self.addition.clone());
        }
        if more == 0 {
            return (cut.to_width(&self.text, width), String::new());
        }
        let (part, of) = FOR_ADDITION;
        let for_text = width - more.min(width.saturating_sub(long).max(width * part / of));
        let text =
            if for_text.min(long) < LEGIBLE.min(long) { String::new() } else { cut_to_width(&self.text, for_text) };
        let left = width - width_of(&text);
        let addition = if text.is_empty() { self.addition.trim_start_matches([' ', '—']) } else { &self.addition };
        (text, cut_to_width(addition, left))
    }
}

impl From<String> for TableCell {
    fn from(text: String) -> Self {
        TableCell::styled(text, Style::Plain)
    }
}

impl From<&str> for TableCell {
    fn from(text: &str) -> Self {
        TableCell::from(text.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: usize) -> String {
        let cell =
            TableCell::from("fix the login page of the shop").with(" — asks: permission for Bash", Style::Asking);
        cell.alone(width, &Column::main("intent"), Paint::Plain).concat()
    }

    #[test]
    fn a_long_text_makes_room_for_its_addition() {
        assert_eq!(shown(80), "fix the login page of the shop — asks: permission for Bash");
        assert_eq!(shown(40), "fix the login… — asks: permission for B…");
        assert_eq!(shown(24), "fix the… — asks: permis…");
        assert_eq!(shown(16), "asks: permissio…");
    }

    #[test]
    fn colours_do_not_count_as_columns() {
        let cell = TableCell::styled("gone", Style::Wrong);
        assert_eq!(cell.in_width(6, &Column::number("state"), Paint::Colour), "  \u{1b}[31mgone\u{1b}[0m");
    }
}
