//! `occupants`: which conversations work in a checkout now. Must stay true: if it is unknown whether a conversation still
//! runs, it is listed as `perhaps`, because scripts ask before they change files.

use argh::{ArgsInfo, FromArgs};
use cli::area::Area;
use cli::{Context, Failure, Form, Outcome};
use cs_core::index;
use cs_core::live::Live;
use cs_core::process;
use cs_core::record;
use cs_core::record::{Session, Status};
use cs_core::state::{State, Verdict};
use cs_core::states::States;
use cs_core::store::runner;
use serde::Serialize;
use std::path::Path;

/// list the conversations that work in a checkout now
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "occupants",
    example = "{command_name}",
    example = "{command_name} --path ~/src/api -q",
    example = "{command_name} --repo github.com/owner/api"
)]
pub struct Occupants {
    /// a directory in the checkout (default: the current one)
    #[argh(option, default = "String::from(\".\")")]
    path: String,
    /// ask about all clones of a repository instead: a directory in one of them, or its address
    #[argh(option)]
    repo: Option<String>,
}

#[derive(Serialize)]
struct Occupant {
    session_id: Option<String>,
    claude_session_id: Option<String>,
    agent: String,
    state: &'static str,
    state_reason: String,
    /// Whether it is unknown if it still runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    perhaps: bool,
    pid: Option<u32>,
    cwd: Option<String>,
    worktree_root: Option<String>,
}

impl Occupants {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let area = match &self.repo {
            Some(repo) => Area::clones(&context.config(), repo)?,
            None => Area::checkout(Path::new(&self.path)),
        };
        let states = States::read(&context.store, context.config().stale_after(), context.now)?;
        let here = states.lives().iter().filter(|live| area.has(live) && may_run(live));
        let mut found: Vec<Occupant> = here.map(|live| occupant_of_live(&states, live)).collect();
        found.extend(find_without_live(context, &area, &states)?);
        if found.is_empty() {
            return Err(Failure::Nothing(format!("no conversation works in {}", area.name())));
        }
        print(context, &found)
    }
}

fn may_run(live: &Live) -> bool {
    runner(live).as_ref().and_then(process::is_alive) != Some(false)
}

fn occupant_of_live(states: &States, live: &Live) -> Occupant {
    let verdict = states.of_live(live);
    Occupant {
        session_id: live.session_id.clone(),
        claude_session_id: Some(live.claude_session_id.clone()),
        agent: live.agent.clone().unwrap_or_else(|| record::UNSAID_AGENT.to_string()),
        state: verdict.state.as_str(),
        state_reason: verdict.reason,
        perhaps: runner(live).as_ref().and_then(process::is_alive) != Some(true),
        pid: runner(live).map(|process| process.pid).or(live.pid),
        cwd: Some(live.cwd.clone()),
        worktree_root: live.worktree_root.clone(),
    }
}

/// Finds active sessions of this place without a known conversation that are not stale.
fn find_without_live(context: &Context, area: &Area, states: &States) -> Outcome<Vec<Occupant>> {
    let config = context.config();
    let mut found = Vec::new();
    for (id, entry) in context.store.index()?.entries(index::of_status(Status::Active)) {
        let project = config.projects.get(entry.project_slug.as_ref()).map(|project| project.path.as_str());
        let is_known = states.lives().iter().any(|live| live.session_id.as_deref() == Some(id.as_str()));
        let Some(session) = (!is_known).then(|| context.store.session(&id).ok()).flatten() else { continue };
        let verdict = states.of_session(&session);
        if session.status == Status::Active && verdict.state != State::Stale && area.has_record(&session, project) {
            found.push(occupant_of_record(session, verdict));
        }
    }
    Ok(found)
}

fn occupant_of_record(session: Session, verdict: Verdict) -> Occupant {
    Occupant {
        agent: session.agent().to_string(),
        session_id: Some(session.session_id),
        claude_session_id: session.claude_session_id,
        state: verdict.state.as_str(),
        state_reason: verdict.reason,
        perhaps: true,
        pid: None,
        cwd: None,
        worktree_root: session.worktree_root,
    }
}

fn name(who: &Occupant) -> String {
    let conversation = || cs_core::who::word_of(who.claude_session_id.as_deref().unwrap_or_default());
    who.session_id.clone().unwrap_or_else(conversation)
}

fn print(context: &mut Context, found: &[Occupant]) -> Outcome<()> {
    match context.out.form {
        _ if context.out.quiet => found.iter().try_for_each(|who| context.out.line(&name(who)))?,
        Form::Json => found.iter().try_for_each(|who| context.out.json(who))?,
        Form::Table => {
            let row = |who: &Occupant| {
                let place = who.cwd.clone().or_else(|| who.worktree_root.clone()).unwrap_or_default();
                let perhaps = if who.perhaps { "perhaps: " } else { "" };
                vec![name(who), who.state.into(), place, format!("{perhaps}{}", who.state_reason)]
            };
            let rows: Vec<Vec<String>> = found.iter().map(row).collect();
            context.out.table(&["id", "state", "directory", "why"], &rows)?;
        }
    }
    context.out.flush()
}
