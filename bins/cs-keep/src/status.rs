//! `status`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// say what is kept
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status")]
pub struct Status {}

impl Status {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
