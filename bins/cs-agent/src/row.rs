//! Owns what lists say about a seat: its row for programs, and its cells for people. Must stay true: a figure that is not
//! known is left out, never 0.

use agents::{LastCall, last_call};
use cs_core::clock::{self, Instant};
use cs_core::state::State;
use cs_core::store::Store;
use render::{Column, Style, Table, TableCell, format_age_cell, format_round_count};
use seats::Parent;
use seats::sight::{self, Held, SeatState, Seen};
use serde::Serialize;

/// In a narrower terminal a row has two lines.
const FOLDS_BELOW: usize = 60;

/// The row of a seat.
#[derive(Serialize)]
pub struct Row<'a> {
    pub agent_id: &'a str,
    pub name: &'a str,
    /// The client's word on the wire.
    pub agent: &'a str,
    pub state: &'static str,
    pub state_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<&'a str>,
    /// The question that waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doing: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub depth: u32,
    pub session_id: Option<&'a str>,
    pub claude_session_id: Option<&'a str>,
    pub project_slug: Option<&'a str>,
    pub cwd: &'a str,
    pub spawned_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<&'a str>,
    pub messages_waiting: usize,
    /// Number of leases that it holds.
    pub leases: usize,
    /// The paths of these leases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lease_paths: Vec<&'a str>,
    /// In the last summary of `cs-usage keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Answers of models in that summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_call: Option<LastCall>,
    /// How deep it stands in the list.
    #[serde(skip)]
    indent: usize,
    #[serde(skip)]
    since: Option<Instant>,
    /// Whether its state needs an explanation.
    #[serde(skip)]
    explains: bool,
    #[serde(skip)]
    style: Style,
}

/// The row of a seat; `indent` is its depth in a list.
pub fn row<'a>(store: &Store, seen: &'a Seen, held: &'a Held, indent: usize) -> Row<'a> {
    let Seen { seat, live, verdict, .. } = seen;
    let spent = seen.spent(store);
    Row {
        agent_id: &seat.agent_id,
        name: &seat.name,
        agent: &seat.agent,
        state: seen.state.as_str(),
        state_reason: &verdict.reason,
        state_since: verdict.since.map(clock::stamp),
        failed: verdict.failed.as_deref(),
        asks: live.and_then(|live| live.open_question()).filter(|_| verdict.asks),
        said: verdict.said.as_deref(),
        doing: seat.doing.as_deref(),
        parent: seat.parent.as_ref().and_then(Parent::word),
        depth: seat.depth,
        session_id: seen.session_id(),
        claude_session_id: seat.claude_session_id.as_deref(),
        project_slug: seat.project_slug.as_deref(),
        cwd: &seat.cwd,
        spawned_at: &seat.spawned_at,
        ended_at: seat.ended_at.as_deref(),
        messages_waiting: sight::count_waiting(&store.home, seat),
        leases: held.count(seat),
        lease_paths: held.paths(seat),
        tokens: spent.tokens,
        calls: spent.calls,
        cost_usd: spent.cost_usd,
        last_call: live.and_then(last_call),
        indent,
        since: verdict.since,
        explains: !matches!(seen.state, SeatState::Of(state) if state.needs_user() || is_busy(state)),
        style: style(seen),
    }
}

fn is_busy(state: State) -> bool {
    matches!(state, State::Working | State::Background)
}

fn style(seen: &Seen) -> Style {
    match seen.state {
        SeatState::Of(State::Gone) => Style::Wrong,
        SeatState::Of(state) => Style::of_state(state, seen.verdict.failed.is_some()),
        SeatState::Starting => Style::Plain,
        SeatState::Ended if seen.verdict.failed.is_some() => Style::Wrong,
        SeatState::Ended | SeatState::Killed => Style::Dim,
    }
}

/// The table of rows.
pub fn table(rows: &[Row], now: Instant) -> Table {
    let columns = vec![
        Column::text("name"),
        Column::text("id").worth(90),
        Column::text("state"),
        Column::number("age").worth(80),
        Column::text("project").worth(40).shrinks(8),
        Column::number("inbox").worth(60),
        Column::number("leases").worth(50),
        Column::number("tokens").worth(20),
        Column::number("calls").worth(10),
        Column::text("last call").worth(30).shrinks(15),
        Column::main("doing"),
    ];
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    let ids: Vec<&str> = rows.iter().map(|row| row.agent_id).collect();
    rows.iter().for_each(|row| table.push(cells(row, &ids, now)));
    table
}

fn cells(row: &Row, ids: &[&str], now: Instant) -> Vec<TableCell> {
    let some = |count: Option<u64>| count.map(format_round_count).unwrap_or_default();
    let state = if row.failed.is_some() { "failed" } else { row.state };
    let call = row.last_call.as_ref().and_then(|call| call.subject.as_deref()).filter(|_| row.style == Style::Busy);
    let why = Some(row.state_reason).filter(|_| row.failed.is_none() && row.explains);
    let words = [row.asks, row.failed, why, row.doing, call, row.said].into_iter().flatten().next();
    vec![
        TableCell::from(format!("{}{}", "  ".repeat(row.indent), row.name)),
        TableCell::styled(short(row.agent_id, ids), Style::Dim),
        TableCell::styled(state, row.style),
        row.since.map_or_else(|| "?".to_string(), |at| format_age_cell(at, now)).into(),
        TableCell::from(row.project_slug.unwrap_or_default()),
        count(row.messages_waiting),
        count(row.leases),
        some(row.tokens).into(),
        some(row.calls).into(),
        TableCell::styled(row.last_call.as_ref().map(|call| last(call, now)).unwrap_or_default(), Style::Dim),
        TableCell::from(words.unwrap_or_default()),
    ]
}

/// A number, and nothing for none.
fn count(number: usize) -> TableCell {
    TableCell::from(if number == 0 { String::new() } else { number.to_string() })
}

/// The last call and its age: `Bash 40 s ago`.
pub fn last(call: &LastCall, now: Instant) -> String {
    let age = call.at.as_deref().and_then(clock::parse).map(|at| format!(" {}", clock::ago(at, now)));
    format!("{}{}", call.tool, age.unwrap_or_default())
}

/// The end of an id, by which it is found, unless another one of the list ends like it.
pub fn short<'a>(id: &'a str, ids: &[&str]) -> &'a str {
    let end = id.rsplit('_').next().unwrap_or(id);
    if ids.iter().filter(|other| other.ends_with(end)).count() > 1 { id } else { end }
}
