//! `name`: gives a seat another name, which tmux shows, too.

use crate::naming;
use argh::{ArgsInfo, FromArgs};
use cli::seat::{self, Agents, pane};
use cli::{Context, Failure, Outcome, note};
use cs_core::lock;
use seats::{Seat, tmux};

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
        let name = seats::name(name)?;
        let agents = Agents::read(&context.store)?;
        let found = agents.find(agent)?;
        agents.must_be_or_own(found, "rename")?;
        let _lock = lock::acquire(&context.store.home.spawn_lock(), context.store.wait)?;
        naming::refuse_used(context, &agents, &agents.files.all()?.0, &name, &found.agent_id)?;
        let changed = agents.files.update(&seat::id_of(found)?, |seat| {
            seat.name.clone_from(&name);
            Ok(())
        })?;
        if changed.status.is_open() && changed.tmux.is_some() {
            rename_window(&changed)?;
        }
        seat::print_seat(context, &changed)
    }
}

/// Gives the seat's window its name. If the pane is not the seat's any more, that is no failure of the seat.
fn rename_window(seat: &Seat) -> Outcome<()> {
    let renamed = pane::checked(seat).and_then(|terminal| pane::run(&tmux::rename(terminal, &seat.name)));
    match renamed {
        Ok(_) => Ok(()),
        Err(failure) => {
            let (text, _) = failure.message().ok_or(failure)?;
            note(crate::PROGRAM, &format!("its window keeps the old name: {text}"));
            Ok(())
        }
    }
}

const HINT: &str = "cs-agent name \"NAME\" for your own seat, cs-agent name AGENT \"NAME\" for another one";
