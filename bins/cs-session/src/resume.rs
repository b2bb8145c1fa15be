//! `resume`: continues an ended session in a new record or, inside a conversation that has a session of its own, in
//! that one.

use crate::create::{Here, adopt};
use crate::{PROGRAM, open};
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, print_session, selectors};
use cs_core::id::{SessionId, Uuid};
use cs_core::reach::Reach;
use cs_core::record::Status;
use cs_core::store::{Heir, Selector};
use cs_core::{session, validate};

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
            Some(own) => context.store.resume_in(&old_id, &own, intent, context.now)?,
            None => {
                let (here, uuid) = (Here::find()?, conversation.as_ref());
                let heir = Heir { intent, branch: here.branch, conversation: uuid };
                let new = context.store.resume(&old_id, |_| Ok(()), &heir, context.now)?;
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
