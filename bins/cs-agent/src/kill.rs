//! `kill`: ends the client of a seat, and of those below it.

use argh::{ArgsInfo, FromArgs};
use cli::seat::kill::{below, end, is_over};
use cli::seat::{self, Agents};
use cli::{Context, Failure, Failures, Outcome};

/// end the client of an agent, and its terminal
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "kill", example = "{command_name} builder", example = "{command_name} builder --tree -q")]
pub struct Kill {
    /// the agents: those that the caller started
    #[argh(positional)]
    agent: Vec<String>,
    /// also all agents below them
    #[argh(switch)]
    tree: bool,
}

impl Kill {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let names = seat::names(&self.agent)?;
        if names.is_empty() {
            return Err(Failure::Usage("no agent is named".into(), Some("cs-agent list shows all".into())));
        }
        let agents = Agents::read(&context.store)?;
        let mut failures = Failures::default();
        for name in &names {
            self.kill(context, &agents, name).or_else(|failure| failures.report(failure))?;
        }
        failures.end()
    }

    fn kill(&self, context: &mut Context, agents: &Agents, name: &str) -> Outcome<()> {
        let first = agents.find(Some(name))?;
        agents.must_own(first, "kill")?;
        let below = if self.tree { below(agents, first) } else { Vec::new() };
        let is_over = is_over(first);
        if is_over && !below.iter().any(|seat| seat.status.is_open()) {
            return Err(Failure::Nothing(format!("{} has ended already", first.title())));
        }
        if !is_over {
            let killed = end(context, agents, first)?;
            seat::print_seat(context, &killed)?;
        }
        // A parent that is gone starts no more.
        for seat in below.into_iter().filter(|seat| seat.status.is_open()) {
            let killed = end(context, agents, seat)?;
            seat::print_seat(context, &killed)?;
        }
        Ok(())
    }
}
