//! Owns how a call looks: as a line of JSON, a row of a table or of CSV.

use audit::{Call, Outcome, Transcripts};
use cs_core::clock::{self, Instant};
use cs_core::id::{Uuid, short_uuid};
use cs_core::store::Store;
use cs_core::zone::Zone;
use render::{Cell, Column, Style, Table, TableCell, format_csv_row, format_near_second, format_took};
use serde::Serialize;
use std::collections::HashMap;

/// A call as JSON.
#[derive(Serialize)]
pub struct Shown<'a> {
    #[serde(flatten)]
    call: &'a Call,
    /// Where it was read: `log`, or `transcript`.
    source: &'static str,
}

impl<'a> Shown<'a> {
    pub fn of(call: &'a Call) -> Self {
        Shown { call, source: source(call) }
    }
}

/// Where a call was read.
pub fn source(call: &Call) -> &'static str {
    if call.seq == 0 { "transcript" } else { "log" }
}

/// The columns of the CSV form; new ones come at the end.
const HEADER: [&str; 18] = [
    "at",
    "tool_use_id",
    "claude_session_id",
    "project",
    "agent",
    "agent_seat",
    "agent_id",
    "agent_type",
    "tool",
    "command",
    "path",
    "target",
    "verdicts",
    "severity",
    "decision",
    "outcome",
    "ms",
    "source",
];

pub fn csv_header() -> String {
    format_csv_row(&HEADER.map(|name| Cell::Plain(name.to_string())))
}

pub fn csv_row(call: &Call) -> String {
    let text = |text: &Option<String>| text.as_deref().map_or(Cell::Empty, Cell::text);
    let severity = Some(call.severity()).filter(|severity| *severity > 0);
    format_csv_row(&[
        Cell::text(&*call.at),
        text(&call.tool_use_id),
        text(&call.claude_session_id),
        text(&call.project),
        text(&call.agent),
        text(&call.agent_seat),
        text(&call.agent_id),
        text(&call.agent_type),
        Cell::text(&*call.tool),
        text(&call.input.command),
        text(&call.input.path),
        text(&call.target),
        Cell::text(rules_of(call)),
        Cell::number(severity),
        text(&call.decision),
        Cell::Plain(call.outcome.word().to_string()),
        Cell::number(call.ms),
        Cell::Plain(source(call).to_string()),
    ])
}

/// The rules that said something.
pub fn rules_of(call: &Call) -> String {
    call.verdicts.iter().map(|said| said.rule.as_str()).collect::<Vec<_>>().join(" ")
}

/// The style of an outcome.
pub fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Done => Style::Plain,
        Outcome::Failed => Style::Wrong,
        Outcome::Denied | Outcome::Interrupted => Style::Turn,
        Outcome::Running => Style::Busy,
        Outcome::Waiting => Style::Asking,
        Outcome::Unknown => Style::Dim,
    }
}

/// The style of the worst verdict.
pub fn verdict_style(call: &Call) -> Style {
    if call.has(rules::Kind::Destructive) { Style::Wrong } else { Style::Turn }
}

/// The local time of a call, to the second; on another day than now with its day.
pub fn format_at(at: &str, zone: &Zone, now: Instant) -> String {
    clock::parse(at).map_or_else(|| at.to_string(), |at| format_near_second(at, now, zone))
}

/// The short name of the session of each conversation: the end of its id, or a part of the conversation's.
pub struct Sessions<'s>(&'s Store, HashMap<String, String>);

impl<'s> Sessions<'s> {
    pub fn of(store: &'s Store) -> Self {
        Sessions(store, HashMap::new())
    }

    pub fn name(&mut self, uuid: Option<&str>) -> String {
        let Some(uuid) = uuid else { return String::new() };
        let store = self.0;
        let name = self.1.entry(uuid.to_string()).or_insert_with(|| {
            let session = Uuid::parse(uuid).ok().and_then(|uuid| store.conversation(&uuid).ok().flatten());
            let end = session.and_then(|id| id.as_str().rsplit('_').next().map(str::to_string));
            end.unwrap_or_else(|| short_uuid(uuid).to_string())
        });
        name.clone()
    }
}

/// In a narrower room, what a call did has a line of its own.
const FOLDS_BELOW: usize = 60;
/// The width to which it may shrink beside the others.
const WHAT: usize = 24;

/// The table of calls. `with_source`: some may be from transcripts.
pub fn table(store: &Store, calls: &[Call], with_source: bool, zone: &Zone, now: Instant) -> Table {
    let is_narrow = cli::terminal::width().is_some_and(|width| width < FOLDS_BELOW);
    let columns = vec![
        Column::text("time"),
        Column::text("id").worth(80),
        Column::text("session").worth(90),
        Column::text("project").worth(50).shrinks(8),
        Column::text("subagent").worth(20).shrinks(8),
        Column::text("tool").worth(65).shrinks(8),
        Column::text("outcome"),
        Column::text("guard").worth(40),
        Column::number("took").worth(30),
        Column::text("rule").worth(85).shrinks(10),
        Column::text("source").worth(60),
        if is_narrow { Column::main("what") } else { Column::text("what").shrinks(WHAT) },
    ];
    let mut sessions = Sessions::of(store);
    let whats = Whats::of(store);
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    for call in calls {
        table.push(vec![
            TableCell::styled(format_at(&call.at, zone, now), Style::Dim),
            short_id(call.tool_use_id.as_deref().unwrap_or_default()).into(),
            TableCell::styled(who(&mut sessions, call), Style::Dim),
            call.project.clone().unwrap_or_default().into(),
            call.agent_type.clone().unwrap_or_default().into(),
            call.tool.clone().into(),
            TableCell::styled(call.outcome.word(), style(call.outcome)),
            guard(call).into(),
            call.ms.map(format_took).unwrap_or_default().into(),
            TableCell::styled(rules_of(call), verdict_style(call)),
            TableCell::styled(if with_source { source(call) } else { "" }, Style::Dim),
            whats.subject(call).into(),
        ]);
    }
    table
}

/// The session of a call, with the beginning of its subagent's id: `ca5d/a3b1`.
fn who(sessions: &mut Sessions, call: &Call) -> String {
    let session = sessions.name(call.claude_session_id.as_deref());
    match &call.agent_id {
        Some(id) => format!("{session}/{}", id.get(..AGENT).unwrap_or(id)),
        None => session,
    }
}

/// Number of characters of a subagent's id.
const AGENT: usize = 4;
/// Number of characters at the end of a call's id by which `show` finds it; an id that is a little longer is shown whole.
const ID: (usize, usize) = (6, 10);

/// The end of a call's id.
pub fn short_id(id: &str) -> &str {
    let (shown, whole) = ID;
    if id.len() <= whole { id } else { id.get(id.len() - shown..).unwrap_or(id) }
}

fn guard(call: &Call) -> &str {
    match call.decision.as_deref() {
        Some("ask") => "asked",
        Some("deny") => "denied",
        other => other.unwrap_or_default(),
    }
}

/// What calls did.
pub struct Whats<'s>(Transcripts<'s>);

impl<'s> Whats<'s> {
    pub fn of(store: &'s Store) -> Self {
        Whats(Transcripts::of(store))
    }

    /// The command, or the file, in the folder of the conversation by its relative path. A call of a subagent has
    /// neither: what it is for is in the transcript.
    pub fn subject(&self, call: &Call) -> String {
        let subject = render::format_subject(call);
        let folder = call.cwd.as_ref().filter(|_| call.input.command.is_none()).map(|cwd| format!("{cwd}/"));
        match folder.and_then(|folder| subject.strip_prefix(&folder).map(str::to_string)) {
            Some(relative) if !relative.is_empty() => relative,
            _ => {
                Some(subject).filter(|subject| !subject.is_empty()).or_else(|| self.0.purpose(call)).unwrap_or_default()
            }
        }
    }

    /// The same with the name of a tool that is no shell.
    pub fn with_tool(&self, call: &Call) -> String {
        match (self.subject(call), &call.input.command) {
            (subject, Some(_)) => subject,
            (subject, None) => format!("{} {subject}", call.tool).trim_end().to_string(),
        }
    }
}
