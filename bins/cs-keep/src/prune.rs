//! `prune`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// remove old copies
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "prune")]
pub struct Prune {}

impl Prune {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
