//! `check`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// list the lines of a conversation that were not understood
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "check")]
pub struct Check {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl Check {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
