//! Owns turning the board into a screen: which rows are visible, and their texts.

use crate::draw::{Row, Screen, age, foot};
use crate::facts::Records;
use crate::layout::{Item, Needs, itemize, scroll, share};
use crate::view::View;
use cs_core::board::{Board, BoardRow, GROUPS, Group};
use cs_core::config::Config;
use cs_core::states::States;
use cs_core::store::Store;
use cs_core::zone::Zone;
use render::{Style, format_near_time, width_of};
use seats::{Brief, Seating, tree};

/// What a frame is made from.
#[derive(Debug)]
pub struct Source<'a> {
    pub store: &'a Store,
    pub states: &'a States<'a>,
    pub board: &'a Board<'a>,
    /// The seats of agents.
    pub seating: &'a Seating,
    /// Lines for a store without sessions.
    pub empty: &'a [String],
    /// What is wrong, and how to see more.
    pub trouble: Option<&'a str>,
}

/// Lines for a store with so many sessions: if there are none, why.
pub fn explain_empty(sessions: usize) -> Vec<String> {
    if sessions > 0 {
        return Vec::new();
    }
    vec!["no session is recorded yet".to_string(), String::new(), cli::found::why_empty()]
}

/// What is wrong if so many records are damaged.
pub fn describe_damage(records: usize) -> Option<String> {
    (records > 0).then(|| format!("{}: cs-cleanup check", render::format_quantity(records as u64, "damaged record")))
}

/// The settings for this view: a hidden project is shown if it was asked for.
pub fn config_for(mut config: Config, view: &View) -> Config {
    if view.project.is_some() {
        config.show_hidden();
    }
    config
}

/// The rows that the view wants, each below that of the session that spawned it. A family stands in the group of its
/// first row.
pub fn select<'b>(board: &'b Board<'b>, view: &View, seating: &Seating) -> Vec<BoardRow<'b>> {
    let rows: Vec<BoardRow> = board.rows.iter().filter(|row| view.shows(row)).cloned().collect();
    if seating.is_empty() {
        return rows;
    }
    let ordered = order(&rows, seating);
    let placed = |(_, number): &(usize, usize)| rows.get(*number).cloned();
    let families = ordered.chunk_by(|_, (depth, _)| *depth > 0).flat_map(|family| {
        let group = family.iter().filter_map(placed).map(|row| row.group).min();
        family.iter().filter_map(placed).map(move |row| BoardRow { group: group.unwrap_or(row.group), ..row })
    });
    families.collect()
}

/// The order of rows as a tree.
fn order(rows: &[BoardRow], seating: &Seating) -> Vec<(usize, usize)> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    tree::order(&seating.parents(&ids))
}

/// The screen of `width` × `height`. The view's first visible item is adapted to the selected row.
pub fn compose<'a>(
    source: &Source,
    records: &mut Records,
    view: &'a mut View,
    rows: &[BoardRow],
    (width, height): (usize, usize),
) -> Screen<'a> {
    view.settle(rows);
    records.look(source.store, source.states.now());
    let items = itemize(rows.iter().map(|row| (row.group, Group::of(&row.verdict))), height);
    let depths = depths(source, rows);
    let row_of = |records: &mut Records, item: &Item| row_of(source, records, rows, &depths, item);
    // The widest row decides, so the facts of as many rows as fit are read before the columns are shared out.
    let body = height.saturating_sub(1 + foot(view, source.trouble, width).len());
    let guess = scroll(&items, &share(width, &Needs::default()), body, view.top, view.row);
    let guessed: Vec<(Item, Option<Row>)> =
        items.get(guess).unwrap_or_default().iter().map(|item| (*item, row_of(records, item))).collect();
    let columns = share(width, &needs(guessed.iter().filter_map(|(_, row)| row.as_ref())));
    let range = scroll(&items, &columns, body, view.top, view.row);
    view.top = range.start;
    let items = items.get(range).unwrap_or_default();
    let items = items.iter().map(|item| (*item, row_of(records, item))).collect();
    let now = source.states.now();
    let time = format_near_time(now, &Zone::system().day_of(now), Zone::system());
    Screen {
        columns,
        items,
        counts: counts(rows),
        hidden: source.board.hidden,
        instead: instead(source, view),
        time,
        trouble: source.trouble.map(str::to_string),
        view,
    }
}

/// How deep each row stands in its family; empty without seats.
fn depths(source: &Source, rows: &[BoardRow]) -> Vec<usize> {
    if source.seating.is_empty() {
        return Vec::new();
    }
    order(rows, source.seating).into_iter().map(|(depth, _)| depth).collect()
}

/// What a row says its session is for: a session in a seat names its agent and the messages that wait for it first.
fn intent(source: &Source, row: &BoardRow, depth: usize) -> String {
    let mark = tree::mark(depth);
    match source.seating.brief(&source.store.home, row.id.as_str()) {
        None => format!("{mark}{}", row.entry.intent),
        Some(Brief { name, messages_waiting: 0, .. }) => format!("{mark}{name}: {}", row.entry.intent),
        Some(Brief { name, messages_waiting, .. }) => {
            let waiting = render::format_quantity(messages_waiting as u64, "message");
            format!("{mark}{name} ({waiting} waiting): {}", row.entry.intent)
        }
    }
}

fn row_of(source: &Source, records: &mut Records, rows: &[BoardRow], depths: &[usize], item: &Item) -> Option<Row> {
    let Item::Row(number) = item else { return None };
    let row = rows.get(*number)?;
    let depth = depths.get(*number).copied().unwrap_or_default();
    let facts = records.facts(source.store, source.states, row.id, &row.verdict);
    let label = if row.verdict.failed.is_some() { "failed".to_string() } else { row.verdict.label() };
    Some(Row {
        style: Style::of(&row.verdict),
        label,
        age: age(row.verdict.since, source.states.now()),
        project: row.entry.project_slug.to_string(),
        intent: intent(source, row, depth),
        facts,
    })
}

fn needs<'r>(rows: impl Iterator<Item = &'r Row>) -> Needs {
    let mut needs = Needs::default();
    for row in rows {
        let mut widen = |need: fn(&mut Needs) -> &mut usize, text: &str| {
            let need = need(&mut needs);
            *need = (*need).max(width_of(text));
        };
        widen(|needs| &mut needs.state, &row.label);
        widen(|needs| &mut needs.age, &row.age);
        widen(|needs| &mut needs.project, &row.project);
        widen(|needs| &mut needs.alarms, &row.facts.alarms);
        widen(|needs| &mut needs.tasks, &row.facts.tasks);
        widen(|needs| &mut needs.context, &row.facts.context);
        widen(|needs| &mut needs.cost, &row.facts.cost);
    }
    needs
}

/// How many sessions each group has, without the completed ones, of which only the latest are known here.
fn counts(rows: &[BoardRow]) -> Vec<(Group, usize)> {
    let count = |group: Group| rows.iter().filter(|row| Group::of(&row.verdict) == group).count();
    let all = GROUPS.into_iter().filter(|group| *group != Group::Completed).map(|group| (group, count(group)));
    all.filter(|(_, count)| *count > 0).collect()
}

fn instead(source: &Source, view: &View) -> Vec<String> {
    if !source.empty.is_empty() {
        return source.empty.to_vec();
    }
    let is_filtered = !view.filter.is_empty() || view.project.is_some();
    vec![if is_filtered { "no session matches; Esc shows all" } else { "no session" }.to_string()]
}
