//! `cancel`: takes back messages that still wait.

use crate::named::{self, Named};
use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};

/// take back messages that still wait; their sender, the user and agents above the recipient may do it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "cancel",
    example = "{command_name} builder/m000012",
    example = "cs-message list --sent --state queued -q | {command_name} -"
)]
pub struct Cancel {
    /// messages: AGENT/m000012, or m000012 for one in your inbox
    #[argh(positional)]
    id: Vec<String>,
}

impl Cancel {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        named::each(context, &self.id, |context, agents, named| {
            let by = agents.caller.word();
            if named.message()?.from.word() != by {
                refuse_own(agents, named)?;
                agents.must_own(named.seat, "cancel messages to")?;
            }
            let message = named.inbox.cancel(&named.id, &by, context.now)?;
            row::print(context, &message)
        })
    }
}

/// A recipient cannot take back what others sent to it.
fn refuse_own(agents: &Agents, named: &Named) -> Outcome<()> {
    if agents.caller.seat().is_none_or(|own| own.agent_id != named.seat.agent_id) {
        return Ok(());
    }
    let text = format!("{} was sent to you; its sender can cancel it", named.id);
    Err(Failure::Advised(text, format!("cs-message ack {} says that you have read it", named.id)))
}
