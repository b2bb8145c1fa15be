//! Owns how a table for people is laid out: columns of equal width, titles in capitals. Must stay true: a line is never
//! wider than its room. Pure; the caller sanitizes the cells first.

use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The lines of a table: the titles, then the rows. With a `room`, longer lines are cut to that width.
pub fn layout_table(header: &[&str], rows: &[Vec<String>], room: Option<usize>) -> Vec<String> {
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain(header.get(column).map(|title| title.width())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
    let titles: Vec<String> = header.iter().map(|title| title.to_uppercase()).collect();
    std::iter::once(&titles).chain(rows).map(|row| layout_row(row, &widths, room)).collect()
}

/// Aligns these columns to the right, under the ends of their titles, so that numbers can be compared.
pub fn align_right(header: &mut [String], rows: &mut [Vec<String>], columns: Range<usize>) {
    for column in columns {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(header.get(column));
        let width = cells.map(|cell| cell.width()).max().unwrap_or(0);
        for cell in rows.iter_mut().filter_map(|row| row.get_mut(column)).chain(header.get_mut(column)) {
            cell.insert_str(0, &" ".repeat(width.saturating_sub(cell.width())));
        }
    }
}

/// How many columns of a terminal a text takes.
pub fn display_width(text: &str) -> usize {
    text.width()
}

/// A text of exactly `width` columns: shortened with `…`, or filled with spaces, on the left for numbers.
pub fn fit_cell(text: &str, width: usize, is_number: bool) -> String {
    let text = if text.width() > width { shorten_line(text, width) } else { text.to_string() };
    let fill = " ".repeat(width.saturating_sub(text.width()));
    if is_number { fill + &text } else { text + &fill }
}

fn layout_row(row: &[String], widths: &[usize], room: Option<usize>) -> String {
    let mut line = String::new();
    for (n, (cell, width)) in row.iter().zip(widths).enumerate() {
        if n > 0 {
            line.push_str("  ");
        }
        line.push_str(cell);
        if n + 1 < widths.len() {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
        }
    }
    match room {
        Some(room) if line.width() > room => shorten_line(&line, room),
        _ => line.trim_end().to_string(),
    }
}

/// At most `room` columns, the last one `…` if something was cut.
fn shorten_line(text: &str, room: usize) -> String {
    let mut kept = String::new();
    let mut width = 0;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width >= room {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_align() {
        let rows = [vec!["日本".to_string(), "x".to_string()], vec!["abcdef".to_string(), "y".to_string()]];
        assert_eq!(layout_table(&["id", "b"], &rows, None), ["ID      B", "日本    x", "abcdef  y"]);
        assert_eq!(layout_table(&["id"], &[vec!["日本語です".to_string()]], Some(6)), ["ID", "日本…"]);
    }

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let mut header = ["name", "n"].map(str::to_string);
        let mut rows = [["a", "5"], ["b", "120"]].map(|row| row.map(str::to_string).to_vec());
        align_right(&mut header, &mut rows, 1..2);
        let titles = header.each_ref().map(String::as_str);
        assert_eq!(layout_table(&titles, &rows, None), ["NAME    N", "a       5", "b     120"]);
    }
}
