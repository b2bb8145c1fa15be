//! Owns how the tables of `tokens` and `evidence` look on a terminal, and the list of commits that are no conversation's.
//! The rows are those of the report; a column without any value is hidden.

use cli::{Out, Outcome};
use cs_core::clock;
use cs_core::id::short_uuid;
use render::{Column, Style, Table, TableCell, format_cost, format_count};
use reports::{Made, Mode, Unmatched};
use serde_json::Value;

/// In a narrower terminal a row has two lines.
const FOLDS_BELOW: usize = 60;
/// How many digits of a commit's name are shown.
const SHA: usize = 9;

/// Prints the report, which is in JSON lines, as tables.
pub fn show(out: &mut Out, mode: Mode, made: &mut Made) -> Outcome<()> {
    let mut bytes = Vec::new();
    made.write(&mut bytes)?;
    let rows: Vec<Value> =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let of = |name: &str| rows.iter().filter(|row| row["row"] == name).collect::<Vec<_>>();
    let sessions = if mode == Mode::Tokens { tokens("id", &of("session")) } else { evidence(&of("session")) };
    let mut tables = vec![sessions];
    if mode == Mode::Tokens {
        // One day or one model has the sums that were just shown.
        let more = [("day", of("day")), ("model", of("model"))];
        tables.extend(more.iter().filter(|(_, rows)| rows.len() > 1).map(|(title, rows)| tokens(title, rows)));
    }
    for (n, table) in tables.iter().filter(|table| !table.is_empty()).enumerate() {
        if n > 0 {
            out.line("")?;
        }
        out.show(table)?;
    }
    let unmatched = of("unmatched");
    if !unmatched.is_empty() {
        if tables.iter().any(|table| !table.is_empty()) {
            out.line("")?;
        }
        let rows = unmatched.iter().map(|row| [text(row, "sha"), text(row, "at"), text(row, "text")]);
        out.show(&commits(rows))?;
    }
    Ok(())
}

/// Prints the commits that are no conversation's, where no report is written.
pub fn show_unmatched(out: &mut Out, all: &[Unmatched]) -> Outcome<()> {
    let at = |one: &Unmatched| one.authored_at.map(clock::stamp).unwrap_or_default();
    out.show(&commits(all.iter().map(|one| [one.sha.to_string(), at(one), one.subject.to_string()]))).map(drop)
}

fn commits(rows: impl Iterator<Item = [String; 3]>) -> Table {
    let columns = vec![Column::text("commit"), Column::text("day").worth(10), Column::main("of no conversation")];
    let mut table = Table::new(columns);
    for [sha, at, subject] in rows {
        let sha = sha.get(..SHA).unwrap_or(&sha).to_string();
        table.push(vec![TableCell::styled(sha, Style::Dim), day(&at).into(), subject.into()]);
    }
    table
}

/// A table of tokens; its first column has the id, the day or the model.
fn tokens(first: &str, rows: &[&Value]) -> Table {
    let is_session = first == "id";
    let mut columns = vec![if first == "model" { Column::text(first).shrinks(12) } else { Column::text(first) }];
    if is_session {
        columns.extend([Column::text("agent").worth(12), Column::text("last").worth(45)]);
        columns.push(Column::number("prompts").worth(15));
    }
    let parts = [("responses", 14), ("input", 30), ("output", 40), ("cache write", 10), ("cache read", 20)];
    columns.extend(parts.map(|(title, worth)| Column::number(title).worth(worth)));
    columns.extend([Column::number("total"), Column::number("list price")]);
    if is_session {
        columns.push(Column::main("title"));
    }
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    for row in rows {
        let mut cells: Vec<TableCell> = match first {
            "id" => vec![
                TableCell::styled(short_uuid(&text(row, "conversation")), Style::Dim),
                program(&text(row, "agent")).into(),
                day(&text(row, "last_at")).into(),
                text(row, "prompts").into(),
            ],
            _ => vec![Some(text(row, first)).filter(|name| !name.is_empty()).unwrap_or_else(|| "?".into()).into()],
        };
        let names = ["input", "output", "cache_creation_input", "cache_read_input", "total"];
        cells.push(text(row, "responses").into());
        cells.extend(names.map(|name| format_count(number(row, &format!("{name}_tokens"))).into()));
        cells.push(format_cost(row["cost_usd"].as_f64(), number(row, "unpriced_tokens"), 0).into());
        if is_session {
            cells.push(text(row, "title").into());
        }
        table.push(cells);
    }
    table
}

/// What reviewers ask first; all columns are in the other formats.
fn evidence(rows: &[&Value]) -> Table {
    let count = |title, worth| Column::number(title).worth(worth);
    let columns = vec![
        Column::text("id"),
        Column::text("who").worth(40).shrinks(8),
        Column::text("last").worth(60),
        Column::text("project").worth(55).shrinks(8),
        count("commits", 80),
        count("files", 70),
        count("prompts", 50),
        count("tokens", 30),
        count("calls", 35),
        count("failed", 34),
        count("tests", 65),
        count("asked", 62),
        count("denied", 63),
        count("sensitive", 61),
        Column::main("title"),
    ];
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    for row in rows {
        let commits = row["commits"].as_array().map(|all| all.len().to_string()).unwrap_or_default();
        let mut cells: Vec<TableCell> = vec![
            TableCell::styled(short_uuid(&text(row, "conversation")), Style::Dim),
            text(row, "who").into(),
            day(&text(row, "last_at")).into(),
            text(row, "project").into(),
            commits.into(),
            text(row, "files").into(),
            text(row, "prompts").into(),
            format_count(number(row, "total_tokens")).into(),
        ];
        let names = ["calls", "failed_calls", "test_runs", "asked", "denied", "sensitive", "title"];
        cells.extend(names.map(|name| text(row, name).into()));
        table.push(cells);
    }
    table
}

fn program(agent: &str) -> &str {
    agent.strip_suffix("-code").unwrap_or(agent)
}

fn day(at: &str) -> String {
    at.get(..10).unwrap_or_default().to_string()
}

fn number(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap_or_default()
}

fn text(row: &Value, name: &str) -> String {
    match &row[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
