//! `show`: prints whole records, with the usage of their conversations and what their calls of tools come to.

use argh::{ArgsInfo, FromArgs};
use audit::Work;
use cli::{Context, Failure, Outcome, each, print_session_with};

/// show sessions, including archived ones
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name} ca5d",
    example = "cs-session list --status active -q | {command_name} - --json"
)]
pub struct Show {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        each(context, &self.id, |context, id| {
            let session = context.store.session(id)?;
            // Reports what is wrong with the settings, from which the state is derived.
            let _ = context.config();
            // A damaged summary or log must not hide the record.
            let usage = context.store.usage_of(&session);
            let work = Work::read(&context.store, &session, context.now);
            let (used, did) = (usage.as_ref().ok(), work.as_ref().ok());
            print_session_with(context, &session, used.and_then(Option::as_ref), did.and_then(Option::as_ref))?;
            usage.map(drop).and(work.map(drop)).map_err(Failure::from)
        })
    }
}
