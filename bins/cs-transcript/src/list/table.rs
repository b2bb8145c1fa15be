//! Owns the table of the list.

use super::row::Row;
use conversations::Conversation;
use cs_core::clock::{self, Instant};
use cs_core::id::short_uuid;
use render::{Column, Style, Table, TableCell, format_age_cell, format_bytes, format_number};
use std::collections::HashMap;

/// In a narrower terminal a row has two lines.
const FOLDS_BELOW: usize = 60;

/// The table of these rows; `known` are all conversations, among which a short id must be the only one.
pub fn table(rows: &[Row], known: &[Conversation], now: Instant) -> Table {
    let mut shorts: HashMap<&str, usize> = HashMap::new();
    known.iter().for_each(|one| *shorts.entry(short_uuid(&one.uuid)).or_default() += 1);
    let columns = vec![
        Column::text("id"),
        Column::text("session").worth(40),
        Column::number("age"),
        Column::text("agent").worth(20),
        Column::text("project").worth(70).shrinks(8),
        Column::number("prompts").worth(30),
        Column::number("size").worth(10),
        Column::text("where").worth(60),
        Column::text("tags").worth(50).shrinks(8),
        Column::main("title"),
    ];
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    for row in rows {
        let short = short_uuid(&row.conversation);
        let id = if shorts.get(short).is_some_and(|count| *count > 1) { &row.conversation } else { short };
        let session = row.session_ids.last().and_then(|id| id.rsplit('_').next()).unwrap_or_default();
        let age = row.last_at.as_deref().and_then(clock::parse).map(|at| format_age_cell(at, now));
        table.push(vec![
            TableCell::styled(id, Style::Dim),
            TableCell::styled(session, Style::Dim),
            age.unwrap_or_else(|| "?".into()).into(),
            row.agent.program().into(),
            row.project.clone().unwrap_or_default().into(),
            format_number(row.prompts).into(),
            TableCell::styled(format_bytes(row.bytes), Style::Dim),
            TableCell::styled(if row.place == "live" { "" } else { row.place }, Style::Dim),
            row.tags.join(" ").into(),
            row.title.clone().unwrap_or_default().into(),
        ]);
    }
    table
}
