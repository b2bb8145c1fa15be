//! `entry`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// show one entry of a conversation
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "entry")]
pub struct Entry {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl Entry {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
