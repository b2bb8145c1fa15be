//! `open`: continues an ended conversation with its own client, in the folder in which it began. Must stay true: a
//! conversation that runs, or may run, is not opened a second time, not even if two commands do so at once.

use agents::Agent;
use agents::resume::Ended;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, quote_word, shell_line};
use cs_core::config::Config;
use cs_core::id::{SessionId, Uuid};
use cs_core::reach::Reach;
use cs_core::record::Session;
use cs_core::states::States;
use cs_core::store::{Opening, Selector};
use std::path::{Path, PathBuf};

/// continue an ended conversation with its client
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "open", example = "{command_name} ca5d", example = "{command_name} ca5d --print")]
pub struct Open {
    /// the session: gone, parked or completed
    #[argh(positional)]
    id: String,
    /// print the command that continues it, and do not run it
    #[argh(switch)]
    print: bool,
}

impl Open {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let id = context.store.find(&Selector::parse(&self.id)?)?;
        let session = context.store.session(&id)?;
        let config = context.config();
        refuse_running(context, &config, &id, &session)?;
        let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let none = || Failure::Nothing(format!("{id} has no conversation that could be continued"));
        let uuid = uuid.ok_or_else(none)?;
        let (folder, command) = continuation(context, &config, &id, &session, &uuid)?;
        if self.print {
            let line = format!("cd {} && {}", quote_word(&folder.to_string_lossy()), shell_line(&command));
            context.out.line(&line)?;
            return context.out.flush();
        }
        context.out.flush()?;
        let opening = context.store.begin_opening(&uuid)?;
        // It may run since.
        refuse_running(context, &config, &id, &session)?;
        match opening {
            Opening::Ours(lock) => lock.hand_over()?,
            Opening::LeftOver => {}
            Opening::Theirs => return Err(Failure::Nothing(format!("{id} is being opened in another terminal"))),
        }
        cli::call::replace(&command, Some(&folder))
    }
}

fn refuse_running(context: &Context, config: &Config, id: &SessionId, session: &Session) -> Outcome<()> {
    match reach(context, config, id, session)? {
        (Reach::Unknown, reason) => Err(Failure::Nothing(format!("it is not known whether {id} has ended: {reason}"))),
        _ => Ok(()),
    }
}

/// How a person gets to the session's conversation, and why; a failure if it runs.
pub fn reach(context: &Context, config: &Config, id: &SessionId, session: &Session) -> Outcome<(Reach, String)> {
    let states = States::read(&context.store, config.stale_after(), context.now)?;
    Ok(states.reach_ended(id, session)?)
}

/// The folder and the command that continue the conversation.
fn continuation(
    context: &Context,
    config: &Config,
    id: &SessionId,
    session: &Session,
    uuid: &Uuid,
) -> Outcome<(PathBuf, Vec<String>)> {
    let no = |text: String| Err(Failure::Nothing(text));
    let Some(agent) = Agent::of_word(session.agent()) else {
        return no(format!("it is not known how to continue a conversation of {}", session.agent()));
    };
    let known = context.store.live(uuid)?.or(context.store.ended(uuid)?);
    let named = known.as_ref().and_then(|live| live.transcript_path.as_deref());
    let Some(ended) = Ended::find(agent, uuid, named.map(Path::new)) else {
        return no(format!("the log of {id} is gone, so its conversation {uuid} cannot be continued"));
    };
    let cwd = known.map(|live| live.cwd).filter(|cwd| !cwd.is_empty());
    let began = ended.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned());
    // The project may have been moved since.
    let folder = began.or(session.worktree_root.clone()).or(cwd);
    match folder.map(|folder| PathBuf::from(config.now_at(&session.project_slug, &folder))) {
        Some(folder) if folder.is_dir() => Ok((folder, ended.command(agent, uuid))),
        Some(folder) => no(format!("the folder of {id} is gone: {}", folder.display())),
        None => no(format!("it is not known in which folder {id} worked")),
    }
}
