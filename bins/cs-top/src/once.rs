//! Owns `--once`: one frame as plain lines.

use crate::draw::draw;
use crate::facts::Records;
use crate::frame::{Source, compose, config_for, describe_damage, explain_empty, select};
use crate::view::View;
use cli::{Context, Outcome, terminal};
use cs_core::board;
use cs_core::states::States;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use render::Paint;
use seats::Seating;

/// Width where there is no terminal.
const WIDTH: usize = 80;
/// Maximum number of lines where there is no terminal.
const LINES: usize = 1_000;

/// Prints what the screen would show.
pub fn print(context: &mut Context, mut view: View) -> Outcome<()> {
    let config = config_for(context.config(), &view);
    let states = States::read(&context.store, config.stale_after(), context.now)?;
    let index = context.store.index()?;
    let entries = index.entries(|_| true);
    let board = board::arrange(&states, &config, &entries, board::RECENT);
    let empty = explain_empty(entries.len());
    let trouble = describe_damage(index.damaged().count());
    let seating = Seating::read(&context.store, states.lives(), context.now);
    let source = Source {
        store: &context.store,
        states: &states,
        board: &board,
        seating: &seating,
        empty: &empty,
        trouble: trouble.as_deref(),
    };
    let rows = select(&board, &view, &seating);
    let (width, height) = size(rows.len());
    let screen = compose(&source, &mut Records::default(), &mut view, &rows, (width, height));
    let side = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    let mut buffer = Buffer::empty(Rect::new(0, 0, side(width), side(height)));
    let area = buffer.area;
    draw(&screen, area, &mut buffer);
    for line in lines(&buffer, context.out.paint == Paint::Colour) {
        context.out.line(&line)?;
    }
    context.out.flush()
}

/// The size of the frame: that of the terminal, else what the rows need.
fn size(rows: usize) -> (usize, usize) {
    let needed = (2 * rows + 10).min(LINES);
    let (width, height) = (terminal::width().unwrap_or(WIDTH), terminal::height().unwrap_or(needed));
    (width.min(LINES), height.clamp(3, LINES))
}

/// The lines of a buffer, without empty ones at the end of the list, and without spaces at the ends.
fn lines(buffer: &Buffer, has_colour: bool) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let is_empty = |cells: &&[Cell]| cells.iter().all(|cell| cell.symbol() == " ");
    let rows: Vec<&[Cell]> = buffer.content.chunks(width).collect();
    let Some((foot, list)) = rows.split_last() else { return Vec::new() };
    let used = list.len() - list.iter().rev().take_while(|cells| is_empty(cells)).count();
    let shown = list.iter().take(used).chain([foot]);
    shown.map(|cells| text(cells, has_colour)).collect()
}

/// A line of cells as text, with escape codes where the look changes.
fn text(cells: &[Cell], has_colour: bool) -> String {
    let used = cells.len() - cells.iter().rev().take_while(|cell| cell.symbol() == " ").count();
    let (mut line, mut skip, mut look) = (String::new(), 0, String::new());
    for cell in cells.iter().take(used) {
        if skip == 0 {
            let code = if has_colour { code(cell) } else { String::new() };
            if code != look {
                line.push_str(&format!("\u{1b}[0{code}m"));
                look = code;
            }
            line.push_str(cell.symbol());
            skip = render::width_of(cell.symbol()).max(1);
        }
        skip -= 1;
    }
    line + if look.is_empty() { "" } else { "\u{1b}[0m" }
}

/// The parameters of a cell's look (ECMA-48, SGR), each with a semicolon before it.
fn code(cell: &Cell) -> String {
    let modifiers = [(Modifier::BOLD, ";1"), (Modifier::DIM, ";2"), (Modifier::REVERSED, ";7")];
    let mut code: String =
        modifiers.iter().filter(|(modifier, _)| cell.modifier.contains(*modifier)).map(|(_, code)| *code).collect();
    let number = |color: Color| match color {
        Color::Black => Some(0),
        Color::Red => Some(1),
        Color::Green => Some(2),
        Color::Yellow => Some(3),
        Color::Magenta => Some(5),
        Color::Cyan => Some(6),
        _ => None,
    };
    code.extend(number(cell.fg).map(|n| format!(";3{n}")));
    code.extend(number(cell.bg).map(|n| format!(";4{n}")));
    code
}
