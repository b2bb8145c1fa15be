//! Owns printing the rows of a report: as JSON lines, as comma-separated values, as a table.

use crate::PROGRAM;
use crate::options::Options;
use crate::row::{Column, JsonRow, Sides, Subject, UsageRow, csv_lines, sum_columns};
use cli::{Form, Out, Outcome, note, sanitize};
use render::{Cell, align_right, format_csv_row, format_number};
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

fn print_table<S: Subject>(out: &mut Out, options: &Options, rows: &[UsageRow<S>]) -> Outcome<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (mut header, numbers) = titles(first);
    let mut lines = Vec::new();
    for row in rows {
        let Sides { before, behind } = row.subject.columns(&row.sum);
        lines.push(texts(before.into_iter().chain(sum_columns(&row.sum)).chain(behind)));
        let models = row.models.iter().filter(|_| options.breakdown);
        lines.extend(models.map(|(model, sum)| sum_line(&format!("  {model}"), sum, numbers.start)));
    }
    if rows.len() > 1 {
        lines.push(sum_line("total", &total(rows), numbers.start));
    }
    align_right(&mut header, &mut lines, numbers);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    out.table(&header, &lines)
}

/// The titles of all columns, and which of them hold numbers.
fn titles<S: Subject>(row: &UsageRow<S>) -> (Vec<String>, std::ops::Range<usize>) {
    let (Sides { before, behind }, sums) = (row.subject.columns(&row.sum), sum_columns(&row.sum));
    let numbers = before.len()..before.len() + sums.len();
    (before.into_iter().chain(sums).chain(behind).map(|(title, _)| title.to_string()).collect(), numbers)
}

fn texts(columns: impl Iterator<Item = Column>) -> Vec<String> {
    columns.map(|(_, text)| text).collect()
}

/// A line with only a name and a sum.
fn sum_line(name: &str, sum: &Sum, columns_before: usize) -> Vec<String> {
    let mut line = vec![name.to_string()];
    line.resize(columns_before, String::new());
    line.extend(texts(sum_columns(sum).into_iter()));
    line
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
