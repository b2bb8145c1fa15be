//! Owns what is said about a run: what was sent, in words for people and as JSON, and what was left out.

use crate::PROGRAM;
use cli::{Context, Failure, Failures, Form, Outcome};
use serde::Serialize;
use std::collections::BTreeMap;
use sync::{Machine, Scanned, Table, Unsent};

/// How many things that were left out are named.
const NAMED: usize = 10;
/// What can be done about them.
const HINT: &str = "docs/REDACTION.md says what rules cannot replace, and how to allow what is no secret";

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Where the rows went, for people.
    pub target: String,
    machine: String,
    /// How many changes the target made; absent if it cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<u64>,
    /// How many rows were sent, by table.
    rows: BTreeMap<&'static str, u64>,
    /// How many sources were looked at.
    sources: u64,
    /// How many conversations, and sessions without one, the target was told to forget.
    #[serde(skip_serializing_if = "is_zero")]
    forgotten: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsent: Vec<Left>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What was left out, because a rule still finds something in it.
#[derive(Debug, Serialize)]
struct Left {
    source: String,
    rule: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a row of a table is called.
fn noun(table: Table) -> &'static str {
    match table {
        Table::Conversation => "conversation",
        Table::Entry => "entry",
        Table::Record => "session",
        Table::Mark => "mark",
        Table::UsageDay => "usage row",
        Table::LimitReading => "limit reading",
        Table::Audit => "log line",
    }
}

/// `2 entries, 1 session`; empty if there are none.
pub fn rows(rows: &BTreeMap<Table, u64>) -> String {
    let rows = rows.iter().filter(|(_, count)| **count > 0);
    rows.map(|(table, count)| render::format_quantity(*count, noun(*table))).collect::<Vec<_>>().join(", ")
}

/// The same for programs: how many rows, by the name of their table.
pub fn by_word(rows: &BTreeMap<Table, u64>) -> BTreeMap<&'static str, u64> {
    rows.iter().filter(|(_, count)| **count > 0).map(|(table, count)| (table.word(), *count)).collect()
}

/// The result of a scan, and what the target made of it.
pub fn of(target: String, machine: &Machine, scanned: &Scanned, changes: Option<u64>, dry_run: bool) -> Summary {
    let left = |one: &Unsent| Left { source: one.source.to_string(), rule: one.rule.clone() };
    Summary {
        target,
        machine: machine.id.clone(),
        changes,
        rows: by_word(&scanned.rows),
        sources: scanned.sources,
        forgotten: scanned.forgotten,
        unsent: scanned.unsent.iter().map(left).collect(),
        dry_run,
    }
}

/// The sentence for people.
pub fn sentence(summary: &Summary, sent: &BTreeMap<Table, u64>) -> String {
    let Summary { target, changes, dry_run, .. } = summary;
    let rows = rows(sent);
    let mut sentence = match (rows.as_str(), changes) {
        ("", Some(count)) if *count > 0 && summary.forgotten == 0 => {
            let count = render::format_quantity(*count, "change");
            format!("sent to {target}: who sees what, or what is gone ({count}), and no new rows")
        }
        ("", _) => format!("nothing is new for {target}"),
        (rows, _) if *dry_run => format!("would be sent to {target}: {rows}"),
        (rows, None) => format!("sent to {target}: {rows}; it changes only what differs"),
        (rows, Some(count)) => format!("sent to {target}: {rows} ({})", render::format_quantity(*count, "change")),
    };
    if summary.forgotten > 0 {
        let count = render::format_quantity(summary.forgotten as u64, "conversation");
        sentence.push_str(&format!("; forgotten there: {count}"));
    }
    sentence
}

/// Prints the summary on standard output.
pub fn print(context: &mut Context, summary: &Summary, sent: &BTreeMap<Table, u64>) -> Outcome<()> {
    match context.out.form {
        _ if context.out.quiet => {}
        Form::Json => context.out.json(summary)?,
        Form::Table => context.out.line(&cli::sanitize(&sentence(summary, sent)))?,
    }
    context.out.flush()
}

/// Reports what failed and what was left out. Fails if there was anything.
pub fn report(scanned: Scanned) -> Outcome<()> {
    let mut failures = Failures::default();
    for error in scanned.failures {
        failures.report(error)?;
    }
    let more = scanned.unsent.len().saturating_sub(NAMED);
    for one in scanned.unsent.iter().take(NAMED) {
        let there =
            if one.is_there { "; what was sent of it before is still there, cs-sync forget removes it" } else { "" };
        let text = format!("{} was left out: the rule {} still matches in it{there}", one.source, one.rule);
        failures.report(Failure::Advised(text, HINT.into()))?;
    }
    if more > 0 {
        cli::note(PROGRAM, &format!("{more} more were left out for the same reason"));
    }
    failures.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_was_sent_and_where() {
        let machine = Machine { id: "0123456789abcdef".into(), label: String::new() };
        let say = |rows: &[(Table, u64)], changes, dry_run| {
            let scanned = Scanned { rows: rows.iter().copied().collect(), ..Scanned::default() };
            sentence(&of("x".into(), &machine, &scanned, changes, dry_run), &scanned.rows)
        };
        let rows = [(Table::Entry, 2), (Table::Record, 1), (Table::Mark, 0)];
        assert_eq!(say(&[], Some(0), false), "nothing is new for x");
        let seen = "sent to x: who sees what, or what is gone (7 changes), and no new rows";
        assert_eq!(say(&[], Some(7), false), seen);
        assert_eq!(say(&rows, Some(3), false), "sent to x: 2 entries, 1 session (3 changes)");
        assert_eq!(say(&rows, None, false), "sent to x: 2 entries, 1 session; it changes only what differs");
        assert_eq!(say(&rows, None, true), "would be sent to x: 2 entries, 1 session");
        let forgotten = of("x".into(), &machine, &Scanned { forgotten: 1, ..Scanned::default() }, Some(9), false);
        assert_eq!(sentence(&forgotten, &BTreeMap::new()), "nothing is new for x; forgotten there: 1 conversation");
    }
}
