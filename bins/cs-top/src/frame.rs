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

/// What a frame is made from.
#[derive(Debug)]
pub struct Source<'a> {
    pub store: &'a Store,
    pub states: &'a States<'a>,
    pub board: &'a Board<'a>,
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

/// The rows that the view wants.
pub fn select<'b>(board: &'b Board<'b>, view: &View) -> Vec<BoardRow<'b>> {
    board.rows.iter().filter(|row| view.shows(row)).cloned().collect()
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
    let items = itemize(rows.iter().map(|row| row.group), height);
    // The widest row decides, so the facts of as many rows as fit are read before the columns are shared out.
    let body = height.saturating_sub(1 + foot(view, source.trouble, width).len());
    let guess = scroll(&items, &share(width, &Needs::default()), body, view.top, view.row);
    let guessed: Vec<(Item, Option<Row>)> =
        items.get(guess).unwrap_or_default().iter().map(|item| (*item, row_of(source, records, rows, item))).collect();
    let columns = share(width, &needs(guessed.iter().filter_map(|(_, row)| row.as_ref())));
    let range = scroll(&items, &columns, body, view.top, view.row);
    view.top = range.start;
    let items = items.get(range).unwrap_or_default();
    let items = items.iter().map(|item| (*item, row_of(source, records, rows, item))).collect();
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

fn row_of(source: &Source, records: &mut Records, rows: &[BoardRow], item: &Item) -> Option<Row> {
    let Item::Row(number) = item else { return None };
    let row = rows.get(*number)?;
    let facts = records.facts(source.store, source.states, row.id, &row.verdict);
    let label = if row.verdict.failed.is_some() { "failed".to_string() } else { row.verdict.label() };
    Some(Row {
        style: Style::of(&row.verdict),
        label,
        age: age(row.verdict.since, source.states.now()),
        project: row.entry.project_slug.to_string(),
        intent: row.entry.intent.to_string(),
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
        widen(|needs| &mut needs.tasks, &row.facts.tasks);
        widen(|needs| &mut needs.context, &row.facts.context);
        widen(|needs| &mut needs.cost, &row.facts.cost);
    }
    needs
}

/// How many sessions each group has, without the completed ones, of which only the latest are known here.
fn counts(rows: &[BoardRow]) -> Vec<(Group, usize)> {
    let count = |group: Group| rows.iter().filter(|row| row.group == group).count();
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
