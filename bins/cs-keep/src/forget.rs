//! `forget`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// remove the copies of a conversation
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "forget")]
pub struct Forget {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl Forget {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
