//! Owns the table of `list`: its columns, and how much of it fits the screen.

use super::found::{Found, Row};
use cli::{Out, Outcome, ShortIds, terminal};
use render::{
    Column, ESTIMATE, Style, Table, TableCell, Words, cut_to_width, format_age_cell, format_dollars, format_percent,
};
use seats::tree;

/// In a narrower terminal a row has two lines.
const FOLDS_BELOW: usize = 60;

/// How much of the room the intent keeps where each row names its machine.
const SHARE: usize = 35;

/// The table of these rows. `here` is the name of this machine, if there are rows of others.
pub fn table(found: &Found, rows: &[Row], ids: &ShortIds, here: Option<&str>) -> Table {
    let intent = Column::main("intent");
    let columns = vec![
        Column::text("id"),
        Column::text("state"),
        Column::number("age").worth(80),
        Column::text("project").worth(70).shrinks(8),
        Column::text("machine").worth(65).shrinks(12),
        Column::text("owner").worth(15).shrinks(8),
        Column::text("agent").worth(60).shrinks(8),
        Column::number("inbox").worth(50),
        Column::number("leases").worth(10),
        Column::text("terminal").only_if_all_fits(),
        Column::number("context").worth(20),
        Column::number(ESTIMATE).worth(30),
        Column::text("tags").worth(40).shrinks(8),
        if here.is_some() { intent.keeps(SHARE) } else { intent },
    ];
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    rows.iter().for_each(|row| table.push(cells(found, row, ids, here)));
    table
}

fn cells(found: &Found, row: &Row, ids: &ShortIds, here: Option<&str>) -> Vec<TableCell> {
    let Row { id, entry, verdict, damage, depth, elsewhere } = row;
    let own = Some(id).filter(|_| elsewhere.is_none());
    let seat = own.and_then(|id| found.seat(id));
    let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    let reading = own.map(|id| found.reading(id)).unwrap_or_default();
    let style = if damage.is_some() { Style::Wrong } else { Style::of(verdict) };
    let state = if damage.is_none() && verdict.failed.is_some() { super::FAILED } else { row.state() };
    let age = verdict.since.map_or_else(|| "?".to_string(), |at| format_age_cell(at, found.states.now()));
    let intent = TableCell::from(format!("{}{}", tree::mark(*depth), entry.intent));
    vec![
        TableCell::styled(ids.of(id.as_str()), Style::Dim),
        TableCell::styled(state, style),
        age.into(),
        TableCell::from(&*entry.project_slug),
        elsewhere.map_or(here, |other| Some(other.machine.as_str())).unwrap_or_default().into(),
        elsewhere.and_then(|other| other.owner.clone()).unwrap_or_default().into(),
        seat.as_ref().map(|seat| seat.name.clone()).unwrap_or_default().into(),
        TableCell::styled(seat.as_ref().map(|seat| count(seat.messages_waiting)).unwrap_or_default(), Style::Turn),
        seat.map(|seat| count(seat.leases)).unwrap_or_default().into(),
        TableCell::styled(own.and_then(|id| found.place(id)).unwrap_or_default(), Style::Dim),
        reading.context_used_percentage.map(format_percent).unwrap_or_default().into(),
        reading.cost_usd.map(format_dollars).unwrap_or_default().into(),
        elsewhere.map_or_else(|| found.tagged.tags(id.as_str()), |other| other.tags.as_slice()).join(" ").into(),
        match Words::of(verdict).labelled() {
            Some((text, style)) => intent.with(format!(" — {text}"), style),
            None => intent,
        },
    ]
}

/// Prints as many rows as the screen has room for, and how many more there are: `more`, and those that do not fit; and
/// how many of hidden projects need the user.
pub fn print_screen(out: &mut Out, table: &Table, more: usize, hidden: usize) -> Outcome<()> {
    // The last line of the screen is for the prompt.
    let room = terminal::height().map_or(usize::MAX, |height| height - 1);
    let mut rows = table.len().min(room);
    let (lines, more) = loop {
        let lines = out.lay_out(&table.first(rows)).lines;
        let more = more + table.len() - rows;
        if rows <= 1 || lines.len() + usize::from(more > 0) + usize::from(hidden > 0) <= room {
            break (lines, more);
        }
        rows -= 1;
    };
    lines.iter().try_for_each(|line| out.line(line))?;
    let needs = if hidden == 1 { "session of a hidden project needs" } else { "sessions of hidden projects need" };
    let below = [
        (hidden, format!("{hidden} {needs} you: --all"), Style::Turn),
        (more, format!("… and {more} more: --all"), Style::Dim),
    ];
    below.iter().filter(|(count, ..)| *count > 0).try_for_each(|(_, line, style)| {
        let line = terminal::width().map_or_else(|| line.clone(), |room| cut_to_width(line, room));
        out.line(&out.styled(&line, *style))
    })
}
