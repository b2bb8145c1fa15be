//! `list`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// list conversations, the newest first
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list")]
pub struct List {}

impl List {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
