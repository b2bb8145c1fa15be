//! `ack`: confirms messages in the caller's inbox.

use crate::named;
use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// confirm messages in your inbox: they are done with. One that still waits is not delivered any more
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "ack",
    example = "{command_name} m000012",
    example = "cs-message list --state read -q | {command_name} -"
)]
pub struct Ack {
    /// messages: AGENT/m000012, or m000012 for one in your inbox
    #[argh(positional)]
    id: Vec<String>,
}

impl Ack {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        named::each(context, &self.id, |context, agents, named| {
            agents.must_be_or_own(named.seat, "confirm messages of")?;
            let message = named.inbox.ack(&named.id, context.now)?;
            row::print(context, &message)
        })
    }
}
