//! `resume`: go on with an ended session in a new record; or, inside a conversation that has its
//! own session already, in that one.

use crate::create::Here;
use argh::FromArgs;
use cs_cli::{Context, Failure, Outcome, print_session, selectors};
use cs_core::id::{SessionId, Slug, Uuid};
use cs_core::record::{Session, Status};
use cs_core::session::{self, Start};
use cs_core::store::Selector;
use cs_core::validate;

/// go on with a parked (or completed) session
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "resume",
    example = "{command_name} ca5d",
    example = "{command_name} ca5d --intent \"finish the login page\""
)]
pub struct Resume {
    /// the session
    #[argh(positional)]
    id: Vec<String>,
    /// what it is for now (default: as before)
    #[argh(option)]
    intent: Option<String>,
}

impl Resume {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        validate::optional("intent", self.intent.as_deref(), validate::INTENT)?;
        let names = selectors(&self.id)?;
        let [name] = names.as_slice() else {
            return Err(Failure::Usage("one session can be resumed at a time".into(), None));
        };
        let old_id = context.store.find(&Selector::parse(name)?)?;
        let old = context.store.session(&old_id)?;
        session::may_resume(&old)?;
        let session = match own_session(context, &old_id)? {
            Some(own) => take_over(context, &old, &old_id, &own, self.intent.as_deref())?,
            None => start_anew(context, &old, &old_id, self.intent.as_deref())?,
        };
        print_session(context, &session)
    }
}

/// The active session of the conversation that runs us, if it is another one.
fn own_session(context: &Context, old: &SessionId) -> Outcome<Option<SessionId>> {
    let set = |name: &str| std::env::var(name).ok().and_then(|text| Uuid::parse(&text).ok());
    let Some(uuid) = set("CLAUDE_CODE_SESSION_ID").or(set("CODEX_THREAD_ID")) else { return Ok(None) };
    let Some(id) = context.store.conversation(&uuid)?.filter(|id| id != old) else { return Ok(None) };
    let own = context.store.session(&id)?;
    Ok((own.status == Status::Active).then_some(id))
}

fn take_over(
    context: &Context,
    old: &Session,
    old_id: &SessionId,
    own: &SessionId,
    intent: Option<&str>,
) -> Outcome<Session> {
    close(context, old_id, own.as_str())?;
    Ok(context.store.update(own, context.now, |record| session::take_over(record, old, intent, context.now))?)
}

fn start_anew(context: &Context, old: &Session, old_id: &SessionId, intent: Option<&str>) -> Outcome<Session> {
    let slug = Slug::parse(&old.project_slug)?;
    let here = Here::find()?;
    let start = Start {
        intent: intent.unwrap_or(&old.intent).to_string(),
        git_branch: Some(old.git_branch.clone()).filter(|branch| !branch.is_empty()).or(here.branch),
        worktree_root: old.worktree_root.clone(),
        agent: old.agent.clone(),
        ..Start::default()
    };
    let fill = |record: &mut Session| session::take_over(record, old, intent, context.now);
    let new = context.store.create(&slug, start, fill, context.now)?;
    if let Err(failure) = close(context, old_id, &new.session_id) {
        // Somebody else was faster: there is to be one successor.
        context.store.forget(&SessionId::parse(&new.session_id)?, context.now)?;
        return Err(failure);
    }
    Ok(new)
}

/// Closes the old record. An archived one stays as it is.
fn close(context: &Context, old_id: &SessionId, new_id: &str) -> Outcome<()> {
    if context.store.home.archived(old_id).exists() {
        return Ok(());
    }
    context.store.update(old_id, context.now, |record| session::resumed_as(record, new_id, context.now))?;
    Ok(())
}
