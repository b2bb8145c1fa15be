//! Owns what is said about a run: what was sent, in words for people and as JSON, who sees it, and what was left out.

use crate::PROGRAM;
use crate::seers::{self, Readers, Seers};
use cli::{Context, Failure, Failures, Form, Outcome, terminal};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use sync::{Left as There, Machine, Scanned, Table, Unsent};

/// How many things that were left out are named.
const NAMED: usize = 10;
/// What can be done about them.
const HINT: &str = "docs/REDACTION.md says what rules cannot replace, and how to allow what is no secret";
/// How far the second line of a long sentence is indented.
const INDENT: usize = 2;

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
    /// The conversations that were left out because they were redacted elsewhere, with the machines that say so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    withheld: BTreeMap<String, BTreeSet<String>>,
    /// Who sees what was sent.
    #[serde(skip_serializing_if = "Seers::is_empty")]
    visibility: Seers,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What was left out, because a rule still finds something in it.
#[derive(Debug, Serialize)]
struct Left {
    source: String,
    rule: String,
    /// How many rows of it, which had been sent before, were removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
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

/// Where a run sent to.
pub struct Run<'r> {
    /// The target, for people.
    pub target: String,
    /// What keeps its readers apart.
    pub readers: Readers,
    /// Which machine sent.
    pub machine: &'r Machine,
    /// Whether nothing was sent.
    pub dry_run: bool,
}

/// The result of a scan, and what the target made of it.
pub fn of(run: Run, scanned: &Scanned, changes: Option<u64>) -> Summary {
    let removed = |left| match left {
        There::Removed(rows) => Some(rows),
        There::Nothing | There::Emptied | There::Clean | There::Unsure => None,
    };
    let left =
        |one: &Unsent| Left { source: one.source.to_string(), rule: one.rule.clone(), removed: removed(one.left) };
    let Run { target, readers, machine, dry_run } = run;
    Summary {
        target,
        machine: machine.id.clone(),
        changes,
        rows: by_word(&scanned.rows),
        sources: scanned.sources,
        forgotten: scanned.forgotten,
        unsent: scanned.unsent.iter().map(left).collect(),
        withheld: scanned.withheld.clone(),
        visibility: Seers::of(&scanned.exposure, readers),
        dry_run,
    }
}

/// The lines for people: what was sent, and who sees it.
pub fn lines(summary: &Summary, scanned: &Scanned) -> Vec<String> {
    let mut lines = vec![sentence(summary, &scanned.rows)];
    lines.extend(seers::lines(&scanned.exposure, summary.visibility.readers(), summary.dry_run));
    lines
}

/// What was sent.
fn sentence(summary: &Summary, sent: &BTreeMap<Table, u64>) -> String {
    let Summary { target, changes, dry_run, .. } = summary;
    let rows = rows(sent);
    let mut sentence = match (rows.as_str(), changes) {
        ("", Some(count)) if *count > 0 && summary.forgotten == 0 => {
            let count = render::format_quantity(*count, "change");
            format!("sent to {target}: who sees what, or what is gone ({count}), and no new rows")
        }
        ("", _) if *dry_run && summary.forgotten > 0 => format!("would be sent to {target}: no new rows"),
        ("", _) => format!("nothing is new for {target}"),
        (rows, _) if *dry_run => format!("would be sent to {target}: {rows}"),
        (rows, None) => format!("sent to {target}: {rows}; it changes only what differs"),
        (rows, Some(count)) => format!("sent to {target}: {rows} ({})", render::format_quantity(*count, "change")),
    };
    if summary.forgotten > 0 {
        let count = render::format_quantity(summary.forgotten as u64, "conversation");
        let verb = if *dry_run { "would be forgotten" } else { "forgotten" };
        sentence.push_str(&format!("; {verb} there: {count}"));
    }
    sentence
}

/// Prints the summary on standard output. On a terminal, long lines go on below.
pub fn print(context: &mut Context, summary: &Summary, scanned: &Scanned) -> Outcome<()> {
    match context.out.form {
        _ if context.out.quiet => {}
        Form::Json => context.out.json(summary)?,
        Form::Table => {
            for line in lines(summary, scanned).iter().map(|line| cli::sanitize(line)) {
                match terminal::width() {
                    Some(room) => fitted(&line, room).iter().try_for_each(|part| context.out.line(part))?,
                    None => context.out.line(&line)?,
                }
            }
        }
    }
    context.out.flush()
}

/// The parts of a line that fit the terminal.
fn fitted(line: &str, room: usize) -> Vec<String> {
    let parts = render::wrap_to_width(line, room.saturating_sub(INDENT));
    let part = |(n, part): (usize, String)| if n == 0 { part } else { format!("{:INDENT$}{part}", "") };
    parts.into_iter().enumerate().map(part).collect()
}

/// Reports what failed and what was left out. Fails if there was anything.
pub fn report(scanned: Scanned, dry_run: bool) -> Outcome<()> {
    let mut failures = Failures::default();
    for error in scanned.failures {
        failures.report(error)?;
    }
    let more = scanned.unsent.len().saturating_sub(NAMED);
    for one in scanned.unsent.iter().take(NAMED) {
        let there = match one.left {
            There::Nothing => String::new(),
            There::Emptied => "; what was sent of it before, if anything, is removed".into(),
            There::Clean => "; what was sent of it before is there, and the rules find nothing in it".into(),
            There::Removed(rows) => {
                let rows = render::format_quantity(rows, "row");
                let is = if dry_run { "would be" } else { "were" };
                format!("; {rows} of it that had been sent before {is} removed, and come again when nothing matches")
            }
            There::Unsure => "; what was sent of it before is still there, because its end is lost on this machine; \
                cs-sync forget removes it"
                .into(),
        };
        let text = format!("{} was left out: the rule {} still matches in it{there}", one.source, one.rule);
        failures.report(Failure::Advised(text, HINT.into()))?;
    }
    tell_more(more);
    for (conversation, machines) in scanned.withheld.iter().take(NAMED) {
        failures.report(withheld(conversation, machines))?;
    }
    tell_more(scanned.withheld.len().saturating_sub(NAMED));
    failures.end()
}

fn tell_more(more: usize) {
    if more > 0 {
        cli::note(PROGRAM, &format!("{more} more were left out for the same reason"));
    }
}

/// A conversation that was redacted where this machine does not know it.
fn withheld(conversation: &str, machines: &BTreeSet<String>) -> Failure {
    let machines = machines.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let text = format!(
        "{conversation} was left out: a part of it was redacted by hand on another machine of yours ({machines}), and the \
         marks of that are not here; what was sent of it from here before, if anything, is still there"
    );
    let hint = format!(
        "copy marks/{conversation}.jsonl from there into marks/ of the data directory here; if it is lost: cs-sync forget \
         {conversation}"
    );
    Failure::Advised(text, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_was_sent_and_where() {
        let machine = Machine { id: "0123456789abcdef".into(), label: String::new() };
        let say = |rows: &[(Table, u64)], changes, dry_run| {
            let scanned = Scanned { rows: rows.iter().copied().collect(), ..Scanned::default() };
            let run = Run { target: "x".into(), readers: Readers::Roles, machine: &machine, dry_run };
            lines(&of(run, &scanned, changes), &scanned).join("\n")
        };
        let rows = [(Table::Entry, 2), (Table::Record, 1), (Table::Mark, 0)];
        assert_eq!(say(&[], Some(0), false), "nothing is new for x");
        let seen = "sent to x: who sees what, or what is gone (7 changes), and no new rows";
        assert_eq!(say(&[], Some(7), false), seen);
        assert_eq!(say(&rows, Some(3), false), "sent to x: 2 entries, 1 session (3 changes)");
        assert_eq!(say(&rows, None, false), "sent to x: 2 entries, 1 session; it changes only what differs");
        assert_eq!(say(&rows, None, true), "would be sent to x: 2 entries, 1 session");
        let run = Run { target: "x".into(), readers: Readers::Roles, machine: &machine, dry_run: false };
        let forgotten = of(run, &Scanned { forgotten: 1, ..Scanned::default() }, Some(9));
        assert_eq!(sentence(&forgotten, &BTreeMap::new()), "nothing is new for x; forgotten there: 1 conversation");
    }

    #[test]
    fn a_long_line_goes_on_below() {
        let line = "sent to psql service=team: 1 conversation, 2 entries (3 changes)";
        let parts = fitted(line, 30);
        assert_eq!(parts, ["sent to psql service=team: 1", "  conversation, 2 entries (3", "  changes)"]);
        assert_eq!(fitted(line, 80), [line]);
    }
}
