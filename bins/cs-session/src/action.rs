//! `request-action`, `clear-action`: mark a session as needing the user, or not any more. A running conversation
//! shows the mark until its next prompt.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome, each, print_session};
use cs_core::id::{SessionId, Uuid};
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::{Result, session};

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
            let record = context.store.update(id, now, |record| session::request_action(record, &self.reason, now))?;
            change_live(context, id, &record, |live| live.requested = record.awaiting_action.clone())?;
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
            let clear = |record: &mut Session| -> Result<()> {
                session::clear_action(record, now);
                Ok(())
            };
            let record = context.store.update(id, now, clear)?;
            change_live(context, id, &record, |live| live.requested = None)?;
            print_session(context, &record)
        })
    }
}

/// Changes the file of the session's running conversation, if it has one.
fn change_live(context: &Context, id: &SessionId, record: &Session, change: impl FnOnce(&mut Live)) -> Outcome<()> {
    let Some(uuid) = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok()) else { return Ok(()) };
    if !context.store.home.live(&uuid).exists() {
        return Ok(());
    }
    let _lock = context.store.lock_live(&uuid)?;
    if let Some(mut live) = context.store.live(&uuid)?
        && live.session_id.as_deref() == Some(id.as_str())
    {
        change(&mut live);
        context.store.write_live(&uuid, &live)?;
    }
    Ok(())
}
