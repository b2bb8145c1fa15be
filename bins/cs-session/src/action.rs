//! `request-action`, `clear-action`: mark a session as needing the user, or not any more. A running conversation
//! shows the mark until its next prompt.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome, each, print_session};

/// mark sessions as needing the user
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "request-action",
    example = "{command_name} --reason \"please choose a colour\"",
    example = "{command_name} ca5d --reason \"the deploy needs a key\""
)]
pub struct RequestAction {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what they need the user for
    #[argh(option)]
    reason: String,
}

impl RequestAction {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        each(context, &self.id, |context, id| {
            let record = context.store.request_action(id, &self.reason, now)?;
            print_session(context, &record)
        })
    }
}

/// mark sessions as no longer needing the user
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "clear-action", example = "{command_name}", example = "{command_name} ca5d")]
pub struct ClearAction {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
}

impl ClearAction {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        each(context, &self.id, |context, id| {
            let record = context.store.clear_action(id, |_| Ok(()), now)?;
            print_session(context, &record)
        })
    }
}
