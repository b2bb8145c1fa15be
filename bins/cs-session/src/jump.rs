//! `jump`: shows the terminal in which a conversation runs. Must stay true: no key is sent to any program; nothing is
//! run for a conversation on another machine.

use crate::way::{self, Reached};
use crate::{PROGRAM, list};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use cs_core::board;
use cs_core::config::Config;
use cs_core::id::SessionId;
use cs_core::index;
use cs_core::live::Live;
use cs_core::place::Place;
use cs_core::process::{self, Condition};
use cs_core::reach::Reach;
use cs_core::record::Status;
use cs_core::state::Verdict;
use cs_core::states::{self, States};
use cs_core::store::{Selector, runner};

/// show the terminal in which a session runs
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "jump", example = "{command_name} ca5d", example = "{command_name} ca5d --print")]
pub struct Jump {
    /// the session (default: the only one that needs you)
    #[argh(positional)]
    id: Option<String>,
    /// print the commands that show it, and run none of them
    #[argh(switch)]
    print: bool,
}

impl Jump {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let states = States::read(&context.store, config.stale_after(), context.now)?;
        let id = match &self.id {
            Some(name) => context.store.find(&Selector::parse(name)?)?,
            None => only_one(context, &states)?,
        };
        let session = context.store.session(&id)?;
        let verdict = states.of_session(&session);
        let uuid = session.claude_session_id.as_deref();
        let live = match (states.reach(id.as_str(), uuid, verdict.state), states.conversation(id.as_str(), uuid)) {
            (Reach::Jump, Some(live)) => live.clone(),
            (Reach::Open, _) => return Err(does_not_run(&id, &verdict)),
            _ => return Err(Failure::Nothing(format!("it is not known whether {id} runs: {}", verdict.reason))),
        };
        let place = states::place(&live).unwrap_or_default();
        refuse_elsewhere(&id, &live, &place)?;
        way::go(context, &config, &Reached { id: &id, session: &session, live: &live, place: &place }, self.print)
    }
}

fn does_not_run(id: &SessionId, verdict: &Verdict) -> Failure {
    let (state, reason) = (verdict.state.as_str(), &verdict.reason);
    Failure::Nothing(format!("{id} does not run ({state}: {reason}); cs-session open {id} continues it"))
}

/// Refuses a conversation whose terminal no command here reaches.
fn refuse_elsewhere(id: &SessionId, live: &Live, place: &Place) -> Outcome<()> {
    let is_elsewhere = runner(live).is_some_and(|process| process::condition(&process) == Condition::Elsewhere);
    if !is_elsewhere && !place.is_on_another_host() {
        return Ok(());
    }
    let host = place.host.as_deref();
    let machine = match host {
        Some(host) if place.is_on_another_host() => host.to_string(),
        Some(host) => format!("another container on {host}"),
        None => "another machine or in a container".to_string(),
    };
    let terminal = Place { host: None, ..place.clone() };
    let terminal = terminal::name(&terminal).map_or_else(String::new, |name| format!(" ({name})"));
    Err(Failure::Nothing(format!("{id} runs on {machine}{terminal}; nothing was run here")))
}

/// The only session that needs the user. Of several, the rows are shown, the most urgent first.
fn only_one(context: &Context, states: &States) -> Outcome<SessionId> {
    let index = context.store.index()?;
    let entries = index.entries(index::of_status(Status::Active));
    // Hidden projects count: their sessions need the user, too.
    let mut rows = board::arrange(states, &Config::default(), &entries, 0).rows;
    rows.retain(|row| {
        let state = row.verdict.state;
        state.needs_user() && states.reach(row.id.as_str(), None, state) == Reach::Jump
    });
    match rows.as_slice() {
        [row] => Ok(row.id.clone()),
        [] => Err(Failure::Nothing("no session needs you".into())),
        several => {
            let text = format!("{} sessions need you, so name one", several.len());
            let (lines, first) = list::choice(context, rows)?;
            cli::report(PROGRAM, &Failure::Usage(text, Some(format!("cs-session jump {first}"))));
            cli::add_lines(&lines);
            Err(Failure::Reported(64))
        }
    }
}
