//! `due`.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};

/// list what the client's next sweep takes
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "due")]
pub struct Due {}

impl Due {
    pub fn run(self, _context: &mut Context) -> Outcome<()> {
        Err(Failure::Nothing("nothing is kept".into()))
    }
}
