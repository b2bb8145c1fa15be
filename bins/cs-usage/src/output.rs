//! Owns printing the rows of a report: as JSON lines, as comma-separated values, as a table.

use crate::PROGRAM;
use crate::options::Options;
use crate::row::{JsonRow, Subject, UsageRow, csv_lines};
use crate::table::table;
use cli::{Form, Out, Outcome, note, sanitize, terminal};
use render::{Cell, Style, format_csv_row, format_number, wrap_to_width};
use std::io::IsTerminal;
use usage::sum::Sum;

/// Prints the rows of a report, and under a table their total.
pub fn print_rows<S: Subject>(out: &mut Out, options: &Options, rows: &[UsageRow<S>]) -> Outcome<()> {
    if out.quiet {
        rows.iter().try_for_each(|row| print_name(out, row))?;
    } else if options.csv {
        print_csv(out, options, rows)?;
    } else if out.form == Form::Json {
        rows.iter().try_for_each(|row| out.json(&JsonRow { row, with_models: options.breakdown }))?;
    } else {
        print_table(out, options, rows)?;
    }
    out.flush()?;
    if out.form == Form::Table || options.csv {
        note_unconfirmed(&total(rows));
    }
    Ok(())
}

/// Prints the name of a row: unchanged in a pipe, without control characters on a terminal.
fn print_name<S: Subject>(out: &mut Out, row: &UsageRow<S>) -> Outcome<()> {
    let columns = row.subject.columns(&row.sum).before;
    let name = columns.into_iter().next().map(|(_, text)| text).unwrap_or_default();
    if std::io::stdout().is_terminal() { out.line(&sanitize(&name)) } else { out.line(&name) }
}

fn print_csv<S: Subject>(out: &mut Out, options: &Options, rows: &[UsageRow<S>]) -> Outcome<()> {
    let lines: Vec<_> = rows.iter().flat_map(|row| csv_lines(row, options.breakdown)).collect();
    let Some(first) = lines.first() else { return Ok(()) };
    let titles: Vec<Cell> = first.iter().map(|(name, _)| Cell::text(*name)).collect();
    out.text(&format_csv_row(&titles))?;
    for line in lines {
        let cells: Vec<Cell> = line.into_iter().map(|(_, cell)| cell).collect();
        out.text(&format_csv_row(&cells))?;
    }
    Ok(())
}

/// Prints a table, and below it which columns have no room.
fn print_table<S: Subject>(out: &mut Out, options: &Options, rows: &[UsageRow<S>]) -> Outcome<()> {
    let dropped = out.show(&table(rows, &total(rows), options.breakdown))?;
    if dropped.is_empty() {
        return Ok(());
    }
    print_remark(out, &format!("not shown at this width: {}", dropped.join(", ")))
}

/// Prints a line below a table, in several ones where there is less room.
pub fn print_remark(out: &mut Out, line: &str) -> Outcome<()> {
    let parts = terminal::width().map_or_else(|| vec![line.to_string()], |room| wrap_to_width(line, room));
    parts.iter().try_for_each(|part| out.line(&out.styled(part, Style::Dim)))
}

fn total<S>(rows: &[UsageRow<S>]) -> Sum {
    let mut total = Sum::default();
    rows.iter().for_each(|row| total.merge(&row.sum));
    total
}

fn note_unconfirmed(total: &Sum) {
    if total.unconfirmed > 0 {
        let tokens = format_number(total.unconfirmed);
        note(PROGRAM, &format!("no provider's page confirms the price of {tokens} tokens; docs/USAGE.md says why"));
    }
}
