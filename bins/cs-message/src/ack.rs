//! `ack`: confirms messages of the own inbox.

use crate::place;
use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// confirm messages of the own inbox: they are done with. One that still waits is not delivered any more
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "ack",
    example = "{command_name} m000012",
    example = "cs-message list --state read -q | {command_name} -"
)]
pub struct Ack {
    /// messages: AGENT/m000012, or m000012 for one of the own inbox
    #[argh(positional)]
    id: Vec<String>,
}

impl Ack {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        place::each(context, &self.id, |context, agents, place| {
            agents.must_be_or_own(place.seat, "confirm messages of")?;
            let message = place.inbox.ack(&place.id, context.now)?;
            row::print(context, &message)
        })
    }
}
