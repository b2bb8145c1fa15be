//! `show`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// show a conversation, as one JSON object a line
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "show")]
pub struct Show {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl Show {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
