//! `next`: the first task that nobody works on. Must stay true: a task is found and claimed in one step under the
//! record's lock, so that two agents never get the same one; the claim of an agent that ended no longer counts.

use crate::{new_table, print};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, each};
use cs_core::id::{SeatId, SessionId, Uuid};
use cs_core::record::Session;
use cs_core::store::Store;
use cs_core::{Error, process, task, who};
use seats::Seats;
use std::collections::HashMap;

/// show the first task that nobody works on, or claim it
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "next", example = "{command_name} ca5d", example = "{command_name} ca5d --claim -q")]
pub struct Next {
    /// the session (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Option<String>,
    /// claim it: it is in progress then, and nobody else gets it as long as you run
    #[argh(switch)]
    claim: bool,
}

impl Next {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let by = self.claim.then(|| caller(&context.store)).transpose()?;
        let mut table = new_table();
        each(context, self.id.as_slice(), |context, id| {
            let mut owners = Owners { store: context.store.clone(), known: HashMap::new() };
            let (session, task) = match &by {
                Some(by) => claim(context, id, by, &mut owners)?,
                None => find(context, id, &mut owners)?,
            };
            let found = session.tasks.iter().find(|known| known.id == task);
            found.map_or(Ok(()), |task| print(&mut context.out, &mut table, &session.session_id, task))
        })?;
        if !table.is_empty() {
            context.out.show(&table)?;
        }
        context.out.flush()
    }
}

/// Who calls, as a word for the record.
fn caller(store: &Store) -> Outcome<String> {
    let (seats, errors) = Seats::of(store).all()?;
    cli::seat::note_damaged(&errors);
    Ok(cli::seat::caller(&seats, &store.all_live()?)?.word())
}

fn claim(context: &Context, id: &SessionId, by: &str, owners: &mut Owners) -> Outcome<(Session, String)> {
    let mut claimed = String::new();
    let session = context.store.update(id, context.now, |session| {
        claimed = task::claim(session, by, |owner| owners.has_ended(owner), context.now)?;
        Ok(())
    })?;
    Ok((session, claimed))
}

fn find(context: &Context, id: &SessionId, owners: &mut Owners) -> Outcome<(Session, String)> {
    let session = context.store.session(id)?;
    let found = task::next(&session, |owner| owners.has_ended(owner)).map(|task| task.id.clone());
    let found = found.ok_or_else(|| Failure::Nothing(format!("no task of {id} is left")))?;
    Ok((session, found))
}

/// Whether those who claimed tasks have ended. Each is asked once.
struct Owners {
    store: Store,
    known: HashMap<String, bool>,
}

impl Owners {
    fn has_ended(&mut self, owner: &str) -> bool {
        if let Some(known) = self.known.get(owner) {
            return *known;
        }
        let has_ended = has_ended(&self.store, owner);
        self.known.insert(owner.to_string(), has_ended);
        has_ended
    }
}

/// An agent that cannot be judged, and a person, have not ended.
fn has_ended(store: &Store, owner: &str) -> bool {
    if let Ok(id) = SeatId::parse(owner) {
        let seats = Seats::of(store);
        return match seats.seat(&id) {
            Ok(seat) => seats.has_ended(&seat),
            Err(error) => matches!(error, Error::Missing(_)),
        };
    }
    let Some(uuid) = who::conversation(owner).and_then(|uuid| Uuid::parse(uuid).ok()) else { return false };
    match store.live(&uuid) {
        Ok(Some(live)) => live.process().is_some_and(|process| process::is_alive(&process) == Some(false)),
        // A conversation of which no hook ever told anything cannot be judged.
        Ok(None) => matches!(store.ended(&uuid), Ok(Some(_))),
        Err(_) => false,
    }
}
