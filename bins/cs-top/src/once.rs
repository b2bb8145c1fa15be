//! Owns `--once`: one frame as plain lines.

use crate::draw::draw;
use crate::facts::Records;
use crate::frame::{Source, compose, config_for, describe_damage, explain_empty, select};
use crate::view::View;
use cli::{Context, Outcome};
use cs_core::board;
use cs_core::states::States;
use ratatui::buffer::Buffer;
use ratatui::crossterm::terminal;
use ratatui::layout::Rect;
use std::io::IsTerminal;

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
    let trouble = describe_damage(index.damaged().len());
    let source =
        Source { store: &context.store, states: &states, board: &board, empty: &empty, trouble: trouble.as_deref() };
    let rows = select(&board, &view);
    let (width, height) = size(rows.len());
    let screen = compose(&source, &mut Records::default(), &mut view, &rows, (width, height));
    let side = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    let mut buffer = Buffer::empty(Rect::new(0, 0, side(width), side(height)));
    let area = buffer.area;
    draw(&screen, area, &mut buffer);
    for line in lines(&buffer) {
        context.out.line(line.trim_end())?;
    }
    context.out.flush()
}

/// The size of the frame: what COLUMNS and LINES say, else the terminal's, else what the rows need.
fn size(rows: usize) -> (usize, usize) {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse().ok()).filter(|n| *n > 0);
    let terminal = std::io::stdout().is_terminal().then(|| terminal::size().ok()).flatten();
    let width = number("COLUMNS").or(terminal.map(|(width, _)| width.into())).unwrap_or(WIDTH);
    let needed = (2 * rows + 10).min(LINES);
    let height = number("LINES").or(terminal.map(|(_, height)| height.into())).unwrap_or(needed);
    (width.clamp(10, 1_000), height.clamp(3, LINES))
}

/// The text of a buffer, without empty lines at the end of the list.
fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let text = |cells: &[ratatui::buffer::Cell]| {
        let mut skip = 0;
        let mut line = String::new();
        for cell in cells {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = render::width_of(cell.symbol()).max(1);
            }
            skip -= 1;
        }
        line
    };
    let mut lines: Vec<String> = buffer.content.chunks(width).map(text).collect();
    let foot = lines.pop();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines.extend(foot);
    lines
}
