//! `restore`: continues the conversation of a seat that ended; `cli::seat::restore` does it.

use argh::{ArgsInfo, FromArgs};
use cli::seat::{self, Agents, found, restore};
use cli::{Context, Outcome};

/// continue the conversation of an agent that ended, in its seat
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "restore",
    example = "{command_name} builder",
    example = "{command_name} agent_20261129T1134_1f0c -q"
)]
pub struct Restore {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
}

impl Restore {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        found::refuse_switched_off()?;
        let agents = Agents::read(&context.store)?;
        let seat = agents.find(Some(&self.agent))?;
        agents.must_own(seat, "restore")?;
        seat::print_seat(context, &restore::restore(context, &agents, seat)?)
    }
}
