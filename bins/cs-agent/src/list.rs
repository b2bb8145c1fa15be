//! `list`: the seats, with what their agents are doing.

use crate::view;
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};
use seats::sight::{SeatState, Seen};

/// list the agents in seats, children below their parents
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name}", example = "{command_name} --state waiting -q")]
pub struct List {
    /// only this state: starting, waiting, idle, background, working, suspended, gone, stale, unknown, ended or killed
    #[argh(option, from_str_fn(view::parse_state))]
    state: Option<SeatState>,
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// include agents that have ended
    #[argh(switch)]
    all: bool,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        agents.damaged.iter().for_each(cli::defer);
        let has_ended = |seen: &Seen| matches!(seen.state, SeatState::Ended | SeatState::Killed);
        let wanted = |seen: &Seen| match self.state {
            Some(state) => seen.state == state,
            None => self.all || !has_ended(seen),
        };
        let of_project = agents.seats.iter().filter(|seat| self.project.is_none() || seat.project_slug == self.project);
        match view::print(context, &agents, of_project, wanted)? {
            0 => Err(self.nothing(&agents)),
            _ => Ok(()),
        }
    }

    fn nothing(&self, agents: &Agents) -> Failure {
        match (agents.seats.len(), self.state.is_some() || self.project.is_some()) {
            (0, _) => Failure::Nothing("no agent was spawned yet".into()),
            (_, true) => Failure::Nothing("no agent matches".into()),
            (ended, false) => {
                Failure::Advised(format!("no agent runs; {ended} ended"), "cs-agent list --all shows them".into())
            }
        }
    }
}
