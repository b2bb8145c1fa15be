//! Owns how a table for people is laid out: titles in capitals, numbers to the right, and what happens when the room is
//! too narrow. Columns without any value are hidden. The least worthy columns go first, then columns shrink; what a
//! table is about (the main column) keeps half of the room as long as anything else can go, and columns that are kept
//! whole are never cut.
//! Must stay true: a line is never wider than its room. Pure; the caller sanitizes the cells first. Escape codes are
//! added when the widths are final.

mod cell;
mod column;
mod widths;

pub use cell::TableCell;
pub use column::Column;

use crate::style::{Paint, Style};
use widths::{GAP, Want, fit};

/// A table before it is laid out.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<TableCell>>,
    folds_below: usize,
}

/// A table as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The titles, then the rows.
    pub lines: Vec<String>,
    /// The titles of columns that have values, but no room.
    pub dropped: Vec<String>,
}

/// The width to which a column of texts may shrink.
const FLOOR: usize = 10;
/// How far the second line of a row is indented.
const INDENT: usize = 2;

impl Table {
    /// A table without rows.
    pub fn new(columns: Vec<Column>) -> Self {
        Table { columns, rows: Vec::new(), folds_below: 0 }
    }

    /// A table of texts. Only columns with a space or a slash in a text are cut if necessary, and the last one.
    pub fn of_texts(titles: &[&str], rows: &[Vec<String>]) -> Self {
        let all = |column: usize, is: fn(&String) -> bool| rows.iter().filter_map(|row| row.get(column)).all(is);
        let is_word = |column: usize| all(column, |cell| !cell.contains([' ', '/']));
        let is_path = |column: usize| all(column, |cell| cell.is_empty() || cell.starts_with('/'));
        let column = |(n, title): (usize, &&str)| {
            let column = match n + 1 == titles.len() {
                true => Column::main(title),
                false if is_word(n) => Column::text(title),
                false => Column::text(title).shrinks(FLOOR),
            };
            if is_path(n) { column.of_paths() } else { column }
        };
        let mut table = Table::new(titles.iter().enumerate().map(column).collect());
        rows.iter().for_each(|row| table.push(row.iter().cloned().map(TableCell::from).collect()));
        table
    }

    /// In a room that is narrower than this, the main column gets a line of its own below the others.
    pub fn folds_below(self, room: usize) -> Self {
        Table { folds_below: room, ..self }
    }

    /// Adds a row, with a cell for each column.
    pub fn push(&mut self, row: Vec<TableCell>) {
        self.rows.push(row);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same table with only its first rows.
    pub fn first(&self, rows: usize) -> Self {
        let first = self.rows.iter().take(rows).cloned().collect();
        Table { columns: self.columns.clone(), rows: first, folds_below: self.folds_below }
    }

    /// Applies a function to the text of every cell.
    pub fn map_text(mut self, change: impl Fn(&str) -> String) -> Self {
        self.rows.iter_mut().flatten().for_each(|cell| cell.map_text(&change));
        self
    }

    /// The table in a room of so many columns.
    pub fn lay_out(&self, room: Option<usize>, paint: Paint) -> Layout {
        let wants: Vec<Want> = (0..self.columns.len()).map(|column| self.want(column)).collect();
        let Some(room) = room else { return self.lines(&wants.iter().map(Want::natural).collect::<Vec<_>>(), paint) };
        let main = self.columns.iter().position(|column| column.is_main);
        match main.filter(|_| room < self.folds_below) {
            Some(main) => self.folded(main, wants, room, paint),
            None => match fit(&wants, room) {
                Some(widths) => self.lines(&widths, paint),
                None => self.blocks(room, paint),
            },
        }
    }

    fn want(&self, column: usize) -> Want {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(TableCell::width);
        self.columns.get(column).map(|of| of.want(cells.max().unwrap_or(0))).unwrap_or_default()
    }

    /// One line for each row, with these widths; columns without a width are left out.
    fn lines(&self, widths: &[Option<usize>], paint: Paint) -> Layout {
        let titles: Vec<TableCell> = self.columns.iter().map(Column::heading).collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        let lines = rows.map(|row| self.line(row, widths, paint)).collect();
        Layout { lines, dropped: self.dropped(|column| widths.get(column).is_some_and(Option::is_some)) }
    }

    fn line(&self, row: &[TableCell], widths: &[Option<usize>], paint: Paint) -> String {
        let mut line = String::new();
        let shown = self.columns.iter().zip(row).zip(widths).filter_map(|(cell, width)| Some((cell, (*width)?)));
        for (n, ((column, cell), width)) in shown.enumerate() {
            line.push_str(if n > 0 { GAP } else { "" });
            line.push_str(&cell.in_width(width, column, paint));
        }
        line.trim_end().to_string()
    }

    /// Two lines for each row: the second is the main column. If it is never cut, it may need more.
    fn folded(&self, main: usize, mut wants: Vec<Want>, room: usize, paint: Paint) -> Layout {
        if let Some(want) = wants.get_mut(main) {
            *want = Want::default();
        }
        let Some(widths) = fit(&wants, room) else { return self.blocks(room, paint) };
        let mut layout = self.lines(&widths, paint);
        layout.dropped = self.dropped(|column| column == main || widths.get(column).is_some_and(Option::is_some));
        let mut firsts = std::mem::take(&mut layout.lines).into_iter();
        layout.lines.extend(firsts.next());
        for (first, row) in firsts.zip(&self.rows) {
            layout.lines.push(first);
            let cells = self.columns.iter().zip(row).filter(|(column, cell)| column.is_main && cell.width() > 0);
            let below = cells.flat_map(|(column, cell)| cell.alone(room - INDENT, column, paint));
            layout.lines.extend(below.map(|text| format!("{}{text}", " ".repeat(INDENT))));
        }
        layout
    }

    /// A block for each row, when not even the columns that are always shown fit side by side.
    fn blocks(&self, room: usize, paint: Paint) -> Layout {
        let is_shown = |column: &Column| column.is_main || column.is_kept();
        let mut lines = Vec::new();
        for row in &self.rows {
            let cells = self.columns.iter().zip(row).filter(|(column, cell)| is_shown(column) && cell.width() > 0);
            for (n, (column, cell)) in cells.enumerate() {
                let indent = if n > 0 { INDENT } else { 0 };
                let title = (n > 0).then_some(column.title.as_str());
                let parts = cell.in_block(title, column, room - indent);
                let painted = parts.iter().map(|part| paint.paint(part, cell.style()));
                lines.extend(painted.map(|part| format!("{}{part}", " ".repeat(indent))));
            }
        }
        Layout { lines, dropped: self.dropped(|column| self.columns.get(column).is_some_and(is_shown)) }
    }

    /// The titles of columns with values that are not shown.
    fn dropped(&self, is_shown: impl Fn(usize) -> bool) -> Vec<String> {
        let has_value = |column: &usize| self.rows.iter().any(|row| row.get(*column).is_some_and(|c| c.width() > 0));
        let hidden = (0..self.columns.len()).filter(|column| !is_shown(*column)).filter(has_value);
        hidden.filter_map(|column| self.columns.get(column)).map(|column| column.title.clone()).collect()
    }
}

impl Column {
    /// The cell above the column.
    fn heading(&self) -> TableCell {
        TableCell::styled(self.title.to_uppercase(), Style::Dim)
    }
}

#[cfg(test)]
mod tests;
