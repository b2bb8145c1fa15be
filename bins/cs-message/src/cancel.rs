//! `cancel`: takes back messages that still wait.

use crate::named;
use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

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
                agents.must_own(named.seat, "cancel messages to")?;
            }
            let message = named.inbox.cancel(&named.id, &by, context.now)?;
            row::print(context, &message)
        })
    }
}
