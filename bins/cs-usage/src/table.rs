//! Owns the table of a report: its rows, the rows of their models, the total below them, and the share of each row.

use crate::row::{Shown, Sides, Subject, UsageRow, sum_columns};
use render::{Column, Style, Table, TableCell, format_bar, format_percent};
use usage::sum::Sum;

/// The table of a report.
pub fn table<S: Subject>(rows: &[UsageRow<S>], total: &Sum, with_models: bool) -> Table {
    let Some(first) = rows.first() else { return Table::new(Vec::new()) };
    let share = Share::of(total).filter(|_| first.subject.has_share() && rows.len() > 1);
    let Sides { before, behind } = first.subject.columns(&first.sum);
    let names = before.len();
    let columns = before.into_iter().chain(sum_columns(&first.sum)).chain(behind).map(|(column, _)| column);
    let mut table = Table::new(columns.chain(share.map(Share::column)).collect());
    for row in rows {
        let Sides { before, behind } = row.subject.columns(&row.sum);
        let cells = cells(before).chain(cells(sum_columns(&row.sum))).chain(cells(behind));
        table.push(cells.chain(share.map(|share| share.cell(&row.sum))).collect());
        let models = row.models.iter().filter(|_| with_models);
        models.for_each(|(model, sum)| table.push(sum_row(&format!("  {model}"), sum, names, Style::Dim)));
    }
    if rows.len() > 1 {
        table.push(sum_row("total", total, names, Style::Strong));
    }
    table
}

fn cells(shown: impl IntoIterator<Item = Shown>) -> impl Iterator<Item = TableCell> {
    shown.into_iter().map(|(_, text)| TableCell::from(text))
}

/// A row with only a name and a sum.
fn sum_row(name: &str, sum: &Sum, names: usize, style: Style) -> Vec<TableCell> {
    let blank = (1..names).map(|_| TableCell::default());
    let sums = sum_columns(sum).into_iter().map(|(_, text)| TableCell::styled(text, style));
    std::iter::once(TableCell::styled(name, style)).chain(blank).chain(sums).collect()
}

/// What the shares are parts of.
#[derive(Clone, Copy)]
enum Share {
    /// The cost in dollars, if all of it is known.
    Cost(f64),
    /// All tokens.
    Tokens(u64),
}

impl Share {
    /// The cells of a bar.
    const CELLS: usize = 8;

    fn of(total: &Sum) -> Option<Self> {
        match total.cost_usd() {
            Some(usd) if usd > 0.0 && total.unpriced == 0 => Some(Share::Cost(usd)),
            _ => Some(total.tokens.total()).filter(|tokens| *tokens > 0).map(Share::Tokens),
        }
    }

    fn column(self) -> Column {
        Column::text(match self {
            Share::Cost(_) => "share of cost",
            Share::Tokens(_) => "share of tokens",
        })
        .worth(0)
    }

    fn cell(self, sum: &Sum) -> TableCell {
        let share = match self {
            Share::Cost(total) => sum.cost_usd().unwrap_or_default() / total,
            Share::Tokens(total) => sum.tokens.total() as f64 / total as f64,
        };
        TableCell::from(format!("{} {:>4}", format_bar(share, Share::CELLS), format_percent(share * 100.0)))
    }
}
