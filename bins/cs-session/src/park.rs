//! `park`: puts sessions aside.

use crate::change::change;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::session;

/// put active sessions aside, to be resumed later
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "park",
    example = "{command_name} --reason \"waiting for review\"",
    example = "{command_name} ca5d --reason lunch --next-step \"run the tests\" --next-step \"merge\""
)]
pub struct Park {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// why they are parked
    #[argh(option)]
    reason: String,
    /// what to do next; repeatable, at most three
    #[argh(option)]
    next_step: Vec<String>,
}

impl Park {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        change(context, &self.id, |record| session::park(record, &self.reason, &self.next_step, now))
    }
}
