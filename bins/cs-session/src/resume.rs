//! `resume`: continues an ended session in a new record or, inside a conversation that has a session of its own, in
//! that one.

use crate::create::{Here, adopt};
use crate::{PROGRAM, open};
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, print_session, selectors};
use cs_core::id::{SessionId, Slug, Uuid};
use cs_core::reach::Reach;
use cs_core::record::{Session, Status};
use cs_core::session::{self, Start};
use cs_core::store::Selector;
use cs_core::{Result, index, validate};
use std::cell::Cell;

/// continue a parked or completed session in a new record
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "resume",
    example = "{command_name} ca5d",
    example = "{command_name} ca5d --intent \"finish the login page\""
)]
pub struct Resume {
    /// the session (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what it is for now (default: the same as before)
    #[argh(option)]
    intent: Option<String>,
}

impl Resume {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        validate::optional("intent", self.intent.as_deref(), validate::INTENT)?;
        let names = selectors(&self.id)?;
        let [name] = names.as_slice() else {
            return Err(Failure::Usage("only one session can be resumed at a time".into(), None));
        };
        let old_id = context.store.find(&Selector::parse(name)?)?;
        let intent = self.intent.as_deref();
        let conversation = own_conversation();
        let may_open = may_open(context, &old_id, conversation.as_ref())?;
        let session = match own_session(context, conversation.as_ref(), &old_id)? {
            Some(own) => hand_over(context, &old_id, |old| take_over(context, old, &own, intent), |_| Ok(()))?,
            None => {
                let here = Here::find()?;
                let is_made = Cell::new(false);
                let undo = |new: &Session| undo(context, new, is_made.get());
                let uuid = conversation.as_ref();
                let make = |old: &Session| create_successor(context, old, &here, intent, uuid, &is_made);
                let new = hand_over(context, &old_id, make, undo)?;
                uuid.map_or(Ok(()), |uuid| adopt(context, uuid, &new.session_id))?;
                new
            }
        };
        print_session(context, &session)?;
        if may_open && conversation.is_none() && !context.out.quiet {
            context.out.flush()?;
            cli::note(
                PROGRAM,
                &format!("no conversation was started; cs-session open {old_id} continues the earlier one"),
            );
        }
        Ok(())
    }
}

/// Whether `cs-session open` continues the session's conversation. A failure if that runs now, unless it runs this
/// program itself.
fn may_open(context: &Context, id: &SessionId, own: Option<&Uuid>) -> Outcome<bool> {
    let old = context.store.session(id)?;
    session::may_resume(&old)?;
    match old.claude_session_id.as_deref() {
        None => Ok(false),
        Some(uuid) if own.is_some_and(|own| own.as_str() == uuid) => Ok(false),
        Some(_) => Ok(open::reach(context, &context.config(), id, &old)?.0 == Reach::Open),
    }
}

/// The conversation that runs this program.
fn own_conversation() -> Option<Uuid> {
    Agent::conversation_from_env().and_then(|id| Uuid::parse(&id).ok())
}

/// The active session of that conversation, unless it is the one to resume.
fn own_session(context: &Context, own: Option<&Uuid>, old: &SessionId) -> Outcome<Option<SessionId>> {
    let Some(uuid) = own else { return Ok(None) };
    let Some(id) = context.store.conversation(uuid)?.filter(|id| id != old) else { return Ok(None) };
    let own = context.store.session(&id)?;
    Ok((own.status == Status::Active).then_some(id))
}

/// Lets `make` copy the old session's context into another one, and closes the old one. The old session stays locked all
/// the time, so that it gets only one successor; it is written last, so that a run that is killed before loses nothing
/// and the next one continues. An archived session is not changed.
fn hand_over(
    context: &Context,
    old_id: &SessionId,
    make: impl Fn(&Session) -> Result<Session>,
    undo: impl FnOnce(&Session) -> Result<()>,
) -> Result<Session> {
    let old = context.store.session(old_id)?;
    session::may_resume(&old)?;
    if context.store.home.archived(old_id).exists() {
        return make(&old);
    }
    let mut heir: Option<Session> = None;
    let closed = context.store.update(old_id, context.now, |old| {
        session::may_resume(old)?;
        let new = heir.take().map_or_else(|| make(old), Ok)?;
        let closed = session::resumed_as(old, &new.session_id, context.now);
        heir = Some(new);
        closed
    });
    let Some(new) = heir else { return closed };
    if let Err(error) = closed {
        // The old session may have been written although that was not confirmed: then it names this successor.
        let old = context.store.session(old_id);
        if old.is_ok_and(|old| old.resumed_as.as_deref() != Some(new.session_id.as_str())) {
            undo(&new)?;
        }
        return Err(error);
    }
    Ok(new)
}

fn take_over(context: &Context, old: &Session, own: &SessionId, intent: Option<&str>) -> Result<Session> {
    context.store.update(own, context.now, |record| session::take_over(record, old, intent, context.now))
}

/// Removes the successor, if this run created it and nobody has changed it since.
fn undo(context: &Context, new: &Session, is_made: bool) -> Result<()> {
    let fits = |record: &Session| is_made && record == new;
    context.store.forget_when(&SessionId::parse(&new.session_id)?, context.now, fits).map(drop)
}

fn create_successor(
    context: &Context,
    old: &Session,
    here: &Here,
    intent: Option<&str>,
    conversation: Option<&Uuid>,
    is_made: &Cell<bool>,
) -> Result<Session> {
    if let Some(unfinished) = find_unfinished(context, old)? {
        return take_over(context, old, &unfinished, intent);
    }
    let config = context.store.config();
    let start = Start {
        intent: intent.unwrap_or(&old.intent).to_string(),
        git_branch: Some(old.git_branch.clone()).filter(|branch| !branch.is_empty()).or(here.branch.clone()),
        worktree_root: old.worktree_root.as_deref().map(|root| config.now_at(&old.project_slug, root)),
        claude_session_id: conversation.map(Uuid::to_string),
        agent: old.agent.clone(),
        ..Start::default()
    };
    let fill = |record: &mut Session| session::take_over(record, old, intent, context.now);
    is_made.set(true);
    context.store.create(&Slug::parse(&old.project_slug)?, start, fill, context.now)
}

/// Finds the successor of a run that was killed before it could close the old session.
fn find_unfinished(context: &Context, old: &Session) -> Result<Option<SessionId>> {
    let index = context.store.index()?;
    let entries = index.entries(index::of_project(&old.project_slug));
    // The search does not use times, because the clock may have been set back.
    let active = entries.iter().filter(|(_, entry)| entry.status == Status::Active);
    let is_heir = |id: &SessionId| {
        context.store.session(id).is_ok_and(|record| record.resumed_from.as_deref() == Some(&old.session_id))
    };
    Ok(active.map(|(id, _)| id).find(|id| is_heir(id)).cloned())
}
