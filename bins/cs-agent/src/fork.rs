//! `fork`: continues a copy of a conversation in a new seat; the original goes on undisturbed.

use argh::{ArgsInfo, FromArgs};
use cli::seat::begin::{self, Chosen};
use cli::seat::found;
use cli::seat::start::Wanted;
use cli::seat::{self, Agents};
use cli::{Context, Outcome};

/// continue a copy of an agent's conversation in a new seat
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "fork",
    example = "{command_name} builder --name \"builder, other way\"",
    example = "{command_name} -q"
)]
pub struct Fork {
    /// the agent: your own (the default), or one that you started
    #[argh(positional)]
    agent: Option<String>,
    /// the name of the new one (default: made from the first one's)
    #[argh(option)]
    name: Option<String>,
}

impl Fork {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        found::refuse_switched_off()?;
        let agents = Agents::read(&context.store)?;
        let found = agents.find(self.agent.as_deref())?;
        agents.must_be_or_own(found, "fork")?;
        let name = match self.name {
            Some(name) => seats::name(&name)?,
            None => seats::free_name(&agents.seats, &format!("fork of {}", found.name)),
        };
        let agent = found::agent_of(found)?;
        let chosen = Chosen {
            agent,
            cwd: found.cwd.clone(),
            wanted: Wanted::of(found),
            name: Some(name),
            key: None,
            tells: found.tells,
            silent_after_seconds: None,
            forked: Some((found.agent_id.clone(), found::conversation_of(context, agent, found)?)),
        };
        let settings = seat::settings(&context.store);
        let made = begin::begin(context, &agents, &settings, chosen)?;
        seat::print_seat(context, &made)
    }
}
