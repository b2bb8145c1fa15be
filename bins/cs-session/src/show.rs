//! `show`: whole records.

use crate::PROGRAM;
use argh::FromArgs;
use cs_cli::{Context, Outcome, each, print_session};

/// show sessions, archived ones too
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name} ca5d",
    example = "cs-session list --status active -q | {command_name} - --json"
)]
pub struct Show {
    /// sessions
    #[argh(positional)]
    id: Vec<String>,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        each(PROGRAM, context, &self.id, |context, id| {
            let session = context.store.session(id)?;
            print_session(context, &session)
        })
    }
}
