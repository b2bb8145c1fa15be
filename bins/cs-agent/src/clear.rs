//! `clear`: begins a new conversation in a seat; `cli::seat::clear` does it.

use crate::prompt;
use argh::{ArgsInfo, FromArgs};
use cli::seat::prompt::checked;
use cli::seat::start::Wanted;
use cli::seat::{self, Agents, clear, found};
use cli::{Context, Failure, Outcome};

/// begin a new conversation in an agent's seat, which keeps its name, parent and messages
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "clear",
    example = "{command_name} builder \"now the logout page\"",
    example = "{command_name} builder --now -q"
)]
pub struct Clear {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
    /// its first prompt, or `-` for standard input (default: none)
    #[argh(positional)]
    prompt: Option<String>,
    /// a file with the prompt
    #[argh(option)]
    prompt_file: Option<String>,
    /// the model
    #[argh(option)]
    model: Option<String>,
    /// how much it thinks
    #[argh(option)]
    effort: Option<String>,
    /// also if it works, or waits for an answer
    #[argh(switch)]
    now: bool,
}

impl Clear {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        found::refuse_switched_off()?;
        let agents = Agents::read(&context.store)?;
        let seat = agents.find(Some(&self.agent))?;
        agents.must_own(seat, "clear")?;
        found::refuse_ended(seat)?;
        if self.prompt.is_some() && self.prompt_file.is_some() {
            return Err(Failure::Usage("there are two prompts: a word and a file".into(), None));
        }
        let text = prompt::read(self.prompt, self.prompt_file.as_deref())?;
        let agent = found::agent_of(seat)?;
        let prompt = text.as_deref().map(|text| checked(agent, text)).transpose()?;
        if !self.now {
            clear::refuse_busy(context, seat, text.as_deref())?;
        }
        let before = Wanted::of(seat);
        let (model, effort) = (self.model.or(before.model.clone()), self.effort.or(before.effort.clone()));
        let wanted = Wanted { model, effort, prompt, ..before };
        let cleared = clear::clear(context, &agents, seat, agent, wanted)?;
        seat::print_seat(context, &cleared)
    }
}
