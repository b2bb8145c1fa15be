//! `verify`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// compare the copies with their checksums
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "verify")]
pub struct Verify {}

impl Verify {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
