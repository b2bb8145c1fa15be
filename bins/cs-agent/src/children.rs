//! `children`: the seats that an agent has spawned.

use crate::view;
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};
use seats::sight::SeatState;
use seats::{Caller, Seat};

/// list the agents that an agent has spawned, including those that have ended
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "children",
    example = "{command_name}",
    example = "{command_name} builder --recursive --state working -q"
)]
pub struct Children {
    /// the agent (default: the one that runs this)
    #[argh(positional)]
    agent: Option<String>,
    /// also the children of children
    #[argh(switch)]
    recursive: bool,
    /// only this state: starting, waiting, idle, background, working, suspended, gone, stale, unknown, ended or killed
    #[argh(option, from_str_fn(view::parse_state))]
    state: Option<SeatState>,
}

impl Children {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let above = self.above(&agents)?;
        let is_child = |seat: &&Seat| match self.recursive {
            true => above.is_above(seat, &agents.seats),
            false => above.is_parent_of(seat),
        };
        let children = agents.seats.iter().filter(is_child);
        match view::print(context, &agents, children, |seen| self.state.is_none_or(|state| state == seen.state))? {
            0 if self.state.is_some() => Err(Failure::Nothing("no child is in this state".into())),
            0 => Err(Failure::Nothing("it has spawned no agent".into())),
            _ => Ok(()),
        }
    }

    /// The agent whose children are meant.
    fn above(&self, agents: &Agents) -> Outcome<Caller> {
        match (&self.agent, &agents.caller) {
            (None, caller @ Caller::Conversation(_)) => Ok(caller.clone()),
            (name, _) => Ok(Caller::Seat(Box::new(agents.find(name.as_deref())?.clone()))),
        }
    }
}
