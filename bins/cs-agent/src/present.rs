//! Owns which conversations run now, in seats or not, and where. Must stay true: one of which it is not known whether it
//! runs is listed as `perhaps`, because agents ask before they change files; the caller is not among the others.

use crate::row;
use cli::area::Area;
use cli::seat::Agents;
use cli::{Context, Form, Outcome};
use cs_core::live::Live;
use cs_core::process::{self, Condition, Process};
use cs_core::record;
use cs_core::states::States;
use cs_core::store::runner;
use cs_core::who;
use render::{Column, Style, Table, TableCell, format_age_cell};
use seats::sight::{self, Seen};
use seats::{Caller, Seat};
use serde::Serialize;

/// A conversation that runs, or a seat whose client runs and has not reported one yet.
#[derive(Serialize)]
pub struct Present {
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    session_id: Option<String>,
    claude_session_id: Option<String>,
    agent: String,
    state: &'static str,
    state_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    doing: Option<String>,
    /// Whether it is unknown if it still runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    project_slug: Option<String>,
    cwd: String,
    worktree_root: Option<String>,
    #[serde(skip)]
    age: String,
    #[serde(skip)]
    style: Style,
}

/// All conversations that run.
pub fn all(context: &Context, agents: &Agents) -> Vec<Present> {
    find(context, agents, |_| true, |_| true)
}

/// The conversations that run in an area, without the caller's.
pub fn others(context: &Context, agents: &Agents, area: &Area) -> Vec<Present> {
    let own = agents.caller.seat().map(|own| own.agent_id.as_str());
    // The folder of a seat stands for the conversation that it does not have yet.
    let place = |seat: &Seat| Live { cwd: seat.cwd.clone(), ..Live::new("", context.now) };
    find(
        context,
        agents,
        |live| !is_caller(agents, live) && area.has(live),
        |seat| own != Some(seat.agent_id.as_str()) && area.has(&place(seat)),
    )
}

fn find(
    context: &Context,
    agents: &Agents,
    is_meant: impl Fn(&Live) -> bool,
    is_meant_seat: impl Fn(&Seat) -> bool,
) -> Vec<Present> {
    let states = States::of_lives(&context.store, &agents.lives, context.config().stale_after(), context.now);
    let running = agents.lives.iter().filter(|live| is_meant(live)).filter_map(|live| {
        let process = runner(live);
        let runs = process.as_ref().and_then(process::is_alive);
        let is_gone = runs == Some(false) || process.as_ref().is_some_and(|process| is_over(agents, process));
        (!is_gone).then(|| of_live(agents, &states, live, runs.is_none()))
    });
    let silent = agents.seats.iter().filter(|seat| seat.status.is_open() && is_meant_seat(seat));
    let silent = silent.map(|seat| sight::look(seat, &agents.lives, &states));
    let silent = silent.filter(|seen| seen.live.is_none() && !seen.state.is_over());
    let mut found: Vec<Present> = running.collect();
    found.extend(silent.map(|seen| of_seat(&seen, context)));
    found
}

/// Whether a seat knows that what was seen where this process was ran before this machine was started again.
fn is_over(agents: &Agents, process: &Process) -> bool {
    agents.seats.iter().any(|seat| seat.condition(process) == Condition::Ended)
}

/// Whether the conversation is the one that runs this program.
fn is_caller(agents: &Agents, live: &Live) -> bool {
    match &agents.caller {
        Caller::Person => false,
        Caller::Seat(seat) => sight::is_in(seat, live),
        Caller::Conversation(uuid) => *uuid == live.claude_session_id,
    }
}

fn of_live(agents: &Agents, states: &States, live: &Live, perhaps: bool) -> Present {
    let verdict = states.of_live(live);
    let seat = agents.seats.iter().rev().find(|seat| seat.status.is_open() && sight::is_in(seat, live));
    Present {
        agent_id: seat.map(|seat| seat.agent_id.clone()),
        name: seat.map(|seat| seat.name.clone()),
        session_id: live.session_id.clone(),
        claude_session_id: Some(live.claude_session_id.clone()),
        agent: live.agent.clone().unwrap_or_else(|| record::UNSAID_AGENT.to_string()),
        state: verdict.state.as_str(),
        doing: seat.and_then(|seat| seat.doing.clone()),
        perhaps,
        project_slug: live.project_slug.clone(),
        cwd: live.cwd.clone(),
        worktree_root: live.worktree_root.clone(),
        age: verdict.since.map_or_else(|| "?".to_string(), |at| format_age_cell(at, states.now())),
        style: Style::of(&verdict),
        state_reason: verdict.reason,
    }
}

fn of_seat(seen: &Seen, context: &Context) -> Present {
    let seat = seen.seat;
    Present {
        agent_id: Some(seat.agent_id.clone()),
        name: Some(seat.name.clone()),
        session_id: seat.session_id.clone(),
        claude_session_id: seat.claude_session_id.clone(),
        agent: seat.agent.clone(),
        state: seen.state.as_str(),
        state_reason: seen.verdict.reason.clone(),
        doing: seat.doing.clone(),
        perhaps: seat.process().or_else(|| seat.pane_process()).as_ref().and_then(process::is_alive) != Some(true),
        project_slug: seat.project_slug.clone(),
        cwd: seat.cwd.clone(),
        worktree_root: seat.worktree_root.clone(),
        age: seen.verdict.since.map_or_else(|| "?".to_string(), |at| format_age_cell(at, context.now)),
        style: Style::Plain,
    }
}

impl Present {
    /// By which it is found: an agent's id, a session's id, or `claude:` and a conversation's id.
    fn id(&self) -> String {
        let conversation = || who::word_of(self.claude_session_id.as_deref().unwrap_or_default());
        self.agent_id.clone().or_else(|| self.session_id.clone()).unwrap_or_else(conversation)
    }
}

/// Prints what was found.
pub fn print(context: &mut Context, found: &[Present]) -> Outcome<()> {
    let out = &mut context.out;
    match out.form {
        _ if out.quiet => found.iter().try_for_each(|one| out.line(&one.id()))?,
        Form::Json => found.iter().try_for_each(|one| out.json(one))?,
        Form::Table if found.is_empty() => {}
        Form::Table => out.show(&table(found)).map(drop)?,
    }
    out.flush()
}

fn table(found: &[Present]) -> Table {
    let columns = vec![
        Column::text("name"),
        Column::text("id"),
        Column::text("state"),
        Column::number("age").worth(80),
        Column::text("directory").worth(70).shrinks(10).of_paths(),
        Column::main("doing or why"),
    ];
    let mut table = Table::new(columns);
    let all: Vec<String> = found.iter().map(Present::id).collect();
    let ids: Vec<&str> = all.iter().map(String::as_str).collect();
    for one in found {
        let perhaps = if one.perhaps { "perhaps: " } else { "" };
        let doing = one.doing.as_deref().unwrap_or(&one.state_reason);
        table.push(vec![
            TableCell::from(one.name.clone().unwrap_or_default()),
            TableCell::styled(row::short(&one.id(), &ids), Style::Dim),
            TableCell::styled(one.state, one.style),
            TableCell::from(one.age.clone()),
            TableCell::from(one.cwd.clone()),
            TableCell::from(format!("{perhaps}{doing}")),
        ]);
    }
    table
}
