//! `new`: starts an agent without a prompt and shows its terminal, for a person. Must stay true: the seat has no parent, so
//! an agent cannot call this.

use crate::attach;
use argh::{ArgsInfo, FromArgs};
use cli::seat::begin::{self, Chosen, client, folder};
use cli::seat::found;
use cli::seat::start::Wanted;
use cli::seat::{self, Agents, seen};
use cli::{Context, Failure, Outcome};
use seats::Caller;

/// start an agent without a prompt or a parent, and show its terminal in this one; only the user may
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "new",
    example = "{command_name}",
    example = "{command_name} ~/src/api --name builder --agent codex"
)]
pub struct New {
    /// the folder in which it works (default: this one)
    #[argh(positional)]
    dir: Option<String>,
    /// its name (default: made from its client and an id)
    #[argh(option)]
    name: Option<String>,
    /// the client: claude or codex (default: claude)
    #[argh(option)]
    agent: Option<String>,
    /// the model
    #[argh(option)]
    model: Option<String>,
}

impl New {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        refuse_agent(&agents)?;
        attach::must_be_on_terminal("show an agent in")?;
        found::refuse_switched_off()?;
        let chosen = Chosen {
            agent: client(self.agent.as_deref())?,
            cwd: folder(self.dir.as_deref())?,
            wanted: Wanted { model: self.model, ..Wanted::default() },
            name: self.name.as_deref().map(seats::name).transpose()?,
            key: None,
            tells: true,
            silent_after_seconds: None,
            forked: None,
        };
        let settings = seat::settings(&context.store);
        let made = begin::begin(context, &agents, &settings, chosen)?;
        seen::show(context, &agents, &made)?;
        attach::attach(context, &made)
    }
}

/// Refuses an agent, whatever terminal it has made for itself: such a seat has no parent, so the agent could neither be
/// told about it nor end it.
fn refuse_agent(agents: &Agents) -> Outcome<()> {
    match agents.caller {
        Caller::Person => Ok(()),
        _ => Err(Failure::Advised(
            "cs-agent new starts an agent of the user, with no agent above it".into(),
            "cs-agent spawn \"PROMPT\" starts one below you".into(),
        )),
    }
}
