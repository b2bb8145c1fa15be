//! `show`: shows messages with their whole text.

use crate::named;
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
    /// messages: AGENT/m000012, or m000012 for one in your inbox
    #[argh(positional)]
    id: Vec<String>,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        named::each(context, &self.id, |context, _, named| row::print(context, &named.message()?))
    }
}
