//! Owns the lines from which a person chooses one of several sessions: those of the list.

use super::found::Found;
use super::table::table;
use cli::{Context, Outcome, ShortIds, sanitize, terminal};
use cs_core::board::BoardRow;
use render::Paint;

/// Maximum number of sessions to choose from.
const SHOWN: usize = 8;

/// The rows of these sessions, as `list` shows them, with its titles; and the short form of the first one's id.
pub fn choice(context: &Context, rows: Vec<BoardRow>) -> Outcome<(Vec<String>, String)> {
    let found = Found::new(&context.store, context.now)?;
    let all = context.store.index()?.ids(|_| true);
    let ids = ShortIds::among(all.iter());
    let first = rows.first().map(|row| ids.of(row.id.as_str()).to_string()).unwrap_or_default();
    let more = rows.len().saturating_sub(SHOWN);
    let shown = rows.into_iter().take(SHOWN).map(|row| found.row(row.id, row.entry, row.verdict)).collect::<Vec<_>>();
    let table = table(&found, &shown, &ids, None).map_text(sanitize);
    let mut lines = table.lay_out(terminal::width(), Paint::Plain).lines;
    lines.extend((more > 0).then(|| format!("… and {more} more: cs-session list")));
    Ok((lines, first))
}
