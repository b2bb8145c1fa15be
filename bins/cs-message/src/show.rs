//! `show`: shows messages with their whole text.

use crate::place;
use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// show messages with their whole text; this does not count as reading them
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name} m000012",
    example = "cs-message list builder --state failed -q | {command_name} -"
)]
pub struct Show {
    /// messages: AGENT/m000012, or m000012 for one of the own inbox
    #[argh(positional)]
    id: Vec<String>,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        place::each(context, &self.id, |context, _, place| row::print(context, &place.message()?))
    }
}
