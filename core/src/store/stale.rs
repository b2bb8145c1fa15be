//! Owns closing sessions without a sign of life for too long. Must stay true: the evidence is checked again under the
//! locks (conversation, then session); a session whose conversation's process runs is never closed for its silence; one
//! without any known sign of life stays open.

use super::Store;
use super::close::{is_running, uuid_of};
use super::sweep::{Run, SweepAction};
use crate::clock::{self, Instant};
use crate::config::{Config, SessionEnd};
use crate::ending::{self, BY_CLEANUP, Ending};
use crate::error::{Error, Result};
use crate::id::{SessionId, Uuid};
use crate::index::{self, IndexEntry};
use crate::live::Live;
use crate::lock::Lock;
use crate::record::{SCHEMA_VERSION, Session, Status};
use crate::state::State;
use crate::states::States;

/// How often a conversation is locked, if it turns out that another one has the session.
const ATTEMPTS: usize = 3;

type Conversation = (Option<Uuid>, Option<Lock>, Vec<Live>);

/// A session that may be stale, and the evidence for it.
struct Suspect<'a> {
    store: &'a Store,
    id: SessionId,
    uuid: Option<Uuid>,
    config: Config,
    lives: Vec<Live>,
    run: Run,
    now: Instant,
}

impl Store {
    /// Active sessions without a sign of life for longer than the settings allow. Reads only the records for which the
    /// index suggests it.
    pub fn stale(&self, now: Instant) -> Result<Vec<SessionId>> {
        let stale_after = self.config().stale_after();
        let (index, states) = (self.index()?, States::read(self, stale_after, now)?.without_requests());
        let mut entries = index.entries(index::of_status(Status::Active));
        let is_stale = |id: &SessionId, entry: &IndexEntry| {
            let verdict = states.of_entry(id.as_str(), entry);
            verdict.state == State::Stale && !may_run(id.as_str(), states.lives())
        };
        entries.retain(|(id, entry)| is_stale(id, entry));
        Ok(entries.into_iter().map(|(id, _)| id).collect())
    }

    /// Closes a session without a sign of life for too long, or removes it if nothing ever happened in it. `None` if it
    /// is no longer stale.
    pub fn close_stale(&self, id: &SessionId, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        let record = match self.session(id) {
            Err(Error::Missing(_)) => return Ok(None),
            other => other?,
        };
        // A record of a newer program is closed by that program.
        if record.status != Status::Active || record.schema_version > SCHEMA_VERSION {
            return Ok(None);
        }
        let named = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let (uuid, lock, lives) = match self.runner_of(id, named, run)? {
            Some(found) => found,
            None => return Ok(None),
        };
        let suspect = Suspect { store: self, id: id.clone(), uuid, config: self.config(), lives, run, now };
        let done = match suspect.close(&record) {
            // Another program was faster.
            Err(Error::Missing(_) | Error::Refused(_)) => Ok(None),
            other => other,
        };
        suspect.uuid.as_ref().map_or(Ok(()), |uuid| self.release(lock, uuid))?;
        done
    }

    /// The conversation of a session: the one that runs, else `named`; its lock, and all that run, read under it. `None`
    /// if another one has the session each time.
    fn runner_of(&self, id: &SessionId, named: Option<Uuid>, run: Run) -> Result<Option<Conversation>> {
        let mut uuid = named;
        for _ in 0..ATTEMPTS {
            let lock = uuid.as_ref().map(|uuid| self.conversation_lock(uuid, run)).transpose()?.flatten();
            let lives = self.all_live()?;
            match lives.iter().find(|live| live.session().as_ref() == Some(id)).and_then(uuid_of) {
                Some(other) if uuid.as_ref() != Some(&other) => {
                    uuid.as_ref().map_or(Ok(()), |uuid| self.release(lock, uuid))?;
                    uuid = Some(other);
                }
                _ => return Ok(Some((uuid, lock, lives))),
            }
        }
        Ok(None)
    }
}

/// Whether a process has the session that runs here, or that runs elsewhere and cannot be judged.
fn may_run(id: &str, lives: &[Live]) -> bool {
    let of_it = |live: &&Live| live.session_id.as_deref() == Some(id);
    is_running(id, lives) || lives.iter().filter(of_it).any(Live::is_elsewhere)
}

impl Suspect<'_> {
    fn close(&self, record: &Session) -> Result<Option<SweepAction>> {
        let Some(seen_at) = self.silent_since(record) else { return Ok(None) };
        let why = format!("no sign of life for {}", clock::age(seen_at, self.now));
        if self.is_forgettable(record) {
            let forgets = |record: &Session| self.is_forgettable(record) && self.silent_since(record).is_some();
            let forgotten = self.run == Run::Dry || self.store.forget_when(&self.id, self.now, forgets)?;
            let reason = format!("{why}, and nothing happened in it: {}", record.intent);
            return Ok(forgotten.then(|| self.done("forgotten", reason)));
        }
        let ended = self.end(record, seen_at, &why)?;
        Ok(ended.map(|record| self.done(record.status.as_str(), why)))
    }

    fn done(&self, action: &'static str, reason: String) -> SweepAction {
        let claude_session_id = self.uuid.clone();
        SweepAction {
            session_id: Some(self.id.clone()),
            claude_session_id,
            ..SweepAction::new(action, reason, self.run)
        }
    }

    /// The session as it is (or would be) after its end.
    fn end(&self, seen: &Session, seen_at: Instant, why: &str) -> Result<Option<Session>> {
        let live = self.live();
        let (by, seen_at, now) = (BY_CLEANUP, Some(seen_at), self.now);
        let attended = live.is_none_or(|live| !live.unattended);
        let message = live.and_then(|live| live.last_message.as_deref());
        let (asked, dialog) = (live.is_none_or(Live::was_asked), live.is_some_and(|live| live.awaiting));
        let (setting, midway) = (self.setting(seen), Some(live.is_some_and(Live::is_in_turn)));
        let ending = Ending { setting, attended, why, message, asked, dialog, midway, by, seen_at, now };
        if self.run == Run::Dry {
            let mut record = seen.clone();
            return ending::finish(&mut record, &ending, None).map(|()| Some(record));
        }
        let mut closed = false;
        let note = format!("closed by cs-cleanup: {why}");
        let record = self.store.update(&self.id, now, |record| {
            closed = record.status == Status::Active && self.silent_since(record).is_some();
            // A person may have written in it since it was read.
            let ending = Ending { setting: self.setting(record), ..ending };
            if closed { ending::finish(record, &ending, Some(&note)) } else { Ok(()) }
        })?;
        if let (true, Some(uuid), Some(live)) = (closed, &self.uuid, live) {
            self.store.end_live(uuid, &mut live.clone(), now)?;
        }
        Ok(closed.then_some(record))
    }

    /// How it ends. Silence does not mean that the work is done: what a person wrote waits for a person.
    fn setting(&self, record: &Session) -> SessionEnd {
        match self.config.hooks.session_end {
            _ if ending::is_of_people(record) => SessionEnd::Park,
            // With this setting people close sessions by hand, and they have started this by hand.
            SessionEnd::Keep => SessionEnd::Auto,
            other => other,
        }
    }

    /// The conversation's file.
    fn live(&self) -> Option<&Live> {
        let uuid = self.uuid.as_ref()?;
        self.lives.iter().find(|live| live.claude_session_id == uuid.as_str())
    }

    /// Whether nothing ever happened, as far as is known.
    fn is_forgettable(&self, record: &Session) -> bool {
        let ended = self.uuid.as_ref().and_then(|uuid| self.store.ended(uuid).ok().flatten());
        let spoke = ended.is_some_and(|ended| ended.last_message.is_some());
        self.live().is_none() && !spoke && ending::is_empty(record)
    }

    /// The last sign of life of an active session, if it is too long ago and no process of it runs.
    fn silent_since(&self, record: &Session) -> Option<Instant> {
        let stale_after = self.config.stale_after();
        let verdict = States::of_lives(self.store, &self.lives, stale_after, self.now).of_session(record);
        if verdict.state != State::Stale || may_run(&record.session_id, &self.lives) {
            return None;
        }
        let of_it = self.lives.iter().filter(|live| live.session_id.as_deref() == Some(&record.session_id));
        let heard = of_it.filter_map(|live| clock::parse(&live.last_event_at));
        let signs = heard.chain(clock::parse(&record.last_heartbeat));
        let known = signs.filter_map(|sign| match clock::is_credible(sign, self.now) {
            true => Some(sign),
            false => ending::doubted_at(record, sign, self.now),
        });
        let seen_at = known.max()?;
        (self.now - seen_at > stale_after).then_some(seen_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Slug;
    use crate::parallel;
    use crate::paths::Home;
    use crate::session::{self, Start};
    use crate::witness::Witness;

    #[test]
    fn the_index_follows_once_when_many_are_closed_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let began = clock::parse("2026-11-21T03:00:00Z").unwrap();
        let now = began + store.config().stale_after() + chrono::TimeDelta::hours(1);
        let slug = Slug::parse("api").unwrap();
        for n in 0..40 {
            let start = Start { intent: format!("session {n}"), ..Start::default() };
            store.deferred().create(&slug, start, |record| session::event(record, "began", began), began).unwrap();
        }
        store.fold_pending(began);
        let index = || std::fs::read(store.home.index()).unwrap();
        let (before, stale) = (index(), store.stale(now).unwrap());
        assert_eq!((stale.len(), store.project(&slug).unwrap().active_sessions), (40, 40));
        let batch = store.deferred();
        let close = |n: usize| batch.close_stale(&stale[n], Run::Real, now).unwrap().is_some();
        assert!(parallel::with_workers(8, stale.len(), close).into_iter().all(|(_, closed)| closed));
        assert!(index() == before, "it is not stored for each");
        assert!(store.stale(now).unwrap().is_empty(), "but each is known");
        store.fold_pending(now);
        let stored = String::from_utf8(index()).unwrap();
        assert_eq!(index::parse(&stored).unwrap(), index::parse(&store.rebuilt().unwrap().text).unwrap());
        assert_eq!(store.project(&slug).unwrap().active_sessions, 0);
    }
}
