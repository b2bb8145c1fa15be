//! `interrupt`: stops the turn of an agent.

use crate::found;
use argh::{ArgsInfo, FromArgs};
use cli::seat::interrupt::{Interrupted, interrupt};
use cli::seat::{self, Agents};
use cli::{Context, Failure, Outcome};

/// stop the turn of an agent that works, with a single Esc; an idle agent gets nothing, and one that waits for an answer
/// is left alone
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "interrupt",
    example = "{command_name} builder",
    example = "{command_name} agent_20261129T1134_1f0c -q"
)]
pub struct Interrupt {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
}

impl Interrupt {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let found = agents.find(Some(&self.agent))?;
        agents.must_own(found, "interrupt")?;
        found::refuse_ended(found)?;
        match interrupt(context, found)? {
            Interrupted::Stopped | Interrupted::WasIdle => seat::print_seat(context, found),
            Interrupted::Waits => Err(Failure::Advised(
                format!("{} waits for an answer, and Esc would answer no; nothing was sent", found.title()),
                format!("cs-agent attach {} shows the question", found.agent_id),
            )),
        }
    }
}
