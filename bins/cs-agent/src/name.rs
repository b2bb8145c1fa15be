//! `name`: gives a seat another name, which tmux shows, too.

use argh::{ArgsInfo, FromArgs};
use cli::seat::{self, Agents, naming};
use cli::{Context, Failure, Outcome};

/// give an agent another name: yourself, or one that you started
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "name",
    example = "{command_name} builder",
    example = "{command_name} 1f0c \"tester of the login page\""
)]
pub struct Name {
    /// the agent (default: the seat that runs this), and its new name
    #[argh(positional, arg_name = "name")]
    words: Vec<String>,
}

impl Name {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (agent, name) = match self.words.as_slice() {
            [name] => (None, name),
            [agent, name] => (Some(agent.as_str()), name),
            _ => return Err(Failure::Usage("a name is one word or a quoted text".into(), Some(HINT.into()))),
        };
        // A name that cannot be one is refused before it is looked for the agent.
        seats::name(name)?;
        let agents = Agents::read(&context.store)?;
        let found = agents.find(agent)?;
        agents.must_be_or_own(found, "rename")?;
        let changed = naming::rename(context, &agents, found, name)?;
        seat::print_seat(context, &changed)
    }
}

const HINT: &str = "cs-agent name \"NAME\" for your own seat, cs-agent name AGENT \"NAME\" for another one";
