//! `now`: a row for each limit.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use limits::card;

/// Shows each limit now: how much is used, whether it lasts, when it is reset, and how old the report is.
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "now", example = "{command_name}", example = "{command_name} --json")]
pub struct Now {}

impl Now {
    /// Prints the limits.
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let cards = card::all(&context.store.home, &config, context.now)?;
        if cards.is_empty() {
            let text = "no limit is known yet: no client has reported one".to_string();
            let hint = "see docs/LIMITS.md; cs-setup statusline install records Claude Code's".to_string();
            return Err(Failure::Advised(text, hint));
        }
        Ok(())
    }
}
