//! `run`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// copy what is new
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "run")]
pub struct Run {}

impl Run {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
