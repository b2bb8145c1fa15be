//! `restore`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// put a conversation back where the client looks for it
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "restore")]
pub struct Restore {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl Restore {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
