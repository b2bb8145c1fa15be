//! `path`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// print the path of a conversation's log
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "path")]
pub struct PathOf {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
}

impl PathOf {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
