//! Owns the files of conversations: `live/<uuid>.json` while one runs, `ended/<uuid>.json` after it ended (so that late
//! events are recognised, and a resumed one finds its session at once). Both are caches: `conversation` finds a session
//! without them.

use super::Store;
use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::fields;
use crate::file::{self, Durability, OwnDir};
use crate::id::{Names, SessionId, Uuid};
use crate::index;
use crate::live::{Glance, Live};
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::record::Status;
use std::fs::OpenOptions;
use std::path::Path;

/// Maximum number of active sessions in which a hook searches for its conversation.
const ASKED: usize = 32;
/// Maximum number of ended conversations among which the last one is searched for.
const JUST_ENDED: usize = 8;
/// How many bytes of a record are read for its status, which comes after two short fields.
const HEAD: usize = 1024;

impl Store {
    /// Takes the lock of a conversation.
    pub fn lock_live(&self, uuid: &Uuid) -> Result<Lock> {
        lock::acquire(&Home::lock_of(&self.home.live(uuid)), self.wait)
    }

    /// Takes the lock of a conversation for a hook. If that fails (in time), the hook continues without the lock: its
    /// event is worth more than the order of a cache. It leaves a mark for the next holder, because the present one may
    /// overwrite the hook's file with an older one.
    pub fn try_lock_live(&self, uuid: &Uuid) -> Option<Lock> {
        let lock = self.lock_live(uuid).ok();
        if lock.is_none() {
            let _ = file::open_own(&self.home.live_missed(uuid), OpenOptions::new().append(true));
        }
        lock
    }

    /// The running conversation for a hook. If its file may have missed an event, its session is searched for.
    pub fn live_for(&self, uuid: &Uuid, lock: &Option<Lock>) -> Result<Option<Live>> {
        let mut live = self.live(uuid)?;
        let missed = self.home.live_missed(uuid);
        if lock.is_some() && super::is_present(&missed) {
            if let Some(live) = live.as_mut().filter(|live| live.session_id.is_none()) {
                live.source = None;
            }
            file::remove(&missed)?;
        }
        Ok(live)
    }

    /// The running conversation, if its file exists and can be parsed.
    pub fn live(&self, uuid: &Uuid) -> Result<Option<Live>> {
        read_live(&self.home.live(uuid))
    }

    /// The ended conversation, if its file exists.
    pub fn ended(&self, uuid: &Uuid) -> Result<Option<Live>> {
        read_live(&self.home.ended(uuid))
    }

    /// Writes a running conversation's file.
    pub fn write_live(&self, uuid: &Uuid, live: &Live) -> Result<()> {
        file::replace(&self.home.live(uuid), &live.to_bytes(), Durability::Disposable)
    }

    /// Moves a conversation from `live/` to `ended/` and removes its lock file. Needs the conversation's lock.
    pub fn end_live(&self, uuid: &Uuid, live: &mut Live, now: Instant) -> Result<()> {
        live.ended_at = Some(clock::stamp(now));
        file::replace(&self.home.ended(uuid), &live.to_bytes(), Durability::Disposable)?;
        self.drop_live(uuid)
    }

    /// Removes a conversation's live file and, under its lock, the lock file.
    pub fn drop_live(&self, uuid: &Uuid) -> Result<()> {
        let path = self.home.live(uuid);
        file::remove(&path)?;
        file::remove(&self.home.live_missed(uuid))?;
        file::remove(&Home::lock_of(&path))
    }

    /// All running conversations. A file that cannot be parsed is skipped: it is a cache.
    pub fn all_live(&self) -> Result<Vec<Live>> {
        let (dir, mut all) = (OwnDir::checked(self.home.live_dir())?, Vec::new());
        for stem in dir.stems(".json")?.iter().filter(|stem| Uuid::is_one(stem)) {
            all.extend(lenient(dir.read(&format!("{stem}.json")), |bytes| Live::read(&bytes))?);
        }
        self.update_names(&mut all);
        all.sort_by(|a, b| (&a.started_at, &a.claude_session_id).cmp(&(&b.started_at, &b.claude_session_id)));
        Ok(all)
    }

    /// The conversation that ended last, among the newest few that fit.
    pub fn just_ended(&self, fits: impl Fn(&Live) -> bool) -> Result<Option<Live>> {
        let dir = OwnDir::checked(self.home.ended_dir())?;
        let names = newest(&dir, JUST_ENDED)?;
        let mut ended = names.iter().filter_map(|name| lenient(dir.read(name), |bytes| Live::read(&bytes)).transpose());
        ended.find(|live| live.as_ref().map_or(true, &fits)).transpose()
    }

    /// The running conversations with the newest events, at most `most`: a program that is called often cannot read all
    /// files that killed clients left in years. Without the fields of newer programs: they are not to be written.
    pub fn newest_live(&self, most: usize) -> Result<Vec<Live>> {
        let dir = OwnDir::checked(self.home.live_dir())?;
        let read = |name: &String| lenient(dir.read(name), |bytes| Live::known(&bytes)).transpose();
        newest(&dir, most)?.iter().filter_map(read).collect()
    }

    /// The same without those whose process has ended, unless they decide the state of a session that runs: most files of
    /// many are left by killed clients.
    pub(crate) fn newest_running(&self, most: usize) -> Result<Vec<Live>> {
        let dir = OwnDir::checked(self.home.live_dir())?;
        let read = |name: &String| lenient(dir.read(name), Some).transpose();
        let files = newest(&dir, most)?.iter().filter_map(read).collect::<Result<Vec<_>>>()?;
        let (ended, others): (Vec<_>, Vec<_>) =
            files.iter().filter_map(|bytes| Some((Glance::of(bytes)?, bytes))).partition(|(seen, _)| seen.has_ended());
        let runs =
            |session: &Option<_>| session.is_some() && others.iter().any(|(seen, _)| seen.session_id == *session);
        let deciding = ended.iter().filter(|(seen, _)| runs(&seen.session_id));
        Ok(others.iter().chain(deciding).filter_map(|(_, bytes)| Live::known(bytes)).collect())
    }

    /// Whether the record of a session is active. Of a long one only the beginning is read.
    pub(crate) fn is_active(&self, id: &SessionId) -> bool {
        let head = || file::ends(&self.home.session(id), HEAD, 0).ok()?.map(|[head, _]| head);
        let known = Some(()).filter(|()| self.is_settled(id)).and_then(|()| fields::first(&head()?, "status"));
        known.or_else(|| Some(self.recent(id).ok()?.status)) == Some(Status::Active)
    }

    /// The session of a conversation: the one in its live or ended file, else the active or newest record with that
    /// uuid among those whose id fits it, else among the active ones. A session that was deleted is not continued, nor is an
    /// archived one (see [`Store::archived_conversation`]).
    pub fn conversation(&self, uuid: &Uuid) -> Result<Option<SessionId>> {
        let live = self.live(uuid)?;
        // A running conversation whose start is unknown may have got a session after it ended.
        let is_seeking = live.as_ref().is_some_and(|live| live.source.is_none());
        let ended = if is_seeking { None } else { self.ended(uuid)? };
        for known in [live, ended].into_iter().flatten() {
            if let Some(id) = known.session_id.as_deref().and_then(|id| SessionId::parse(id).ok())
                && !super::is_absent(&self.home.session(&id))
            {
                return Ok(Some(id));
            }
        }
        let names = Names::of(uuid);
        let (named, active): (Vec<_>, Vec<_>) =
            self.candidates(&names)?.into_iter().partition(|id| names.fit(id.as_str()));
        let mut found = None;
        for id in named {
            if let Some(status) = self.status_if_of(&id, uuid)? {
                found = found.max(Some((status == Status::Active, id)));
            }
        }
        if let Some((_, id)) = found {
            return self.newest_of(id, uuid).map(Some);
        }
        for id in active.into_iter().rev() {
            if self.status_if_of(&id, uuid)?.is_some() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Sessions that may belong to a conversation: by their ids, or because they are active. Hooks read them from the
    /// index file, else from the directory, and look only at the newest active ones.
    fn candidates(&self, names: &Names) -> Result<Vec<SessionId>> {
        let is_active = index::of_status(Status::Active);
        let fits = |line: &str| index::id_in(line).is_some_and(|id| names.fit(id));
        if self.may_take_time() {
            return Ok(self.index()?.ids(|line| fits(line) || is_active(line)));
        }
        let (mut named, mut active) =
            (self.ids(&self.home.sessions())?, self.ids_where(is_active)?.unwrap_or_default());
        named.retain(|id| names.fit(id.as_str()));
        let newest = active.len().saturating_sub(ASKED);
        named.extend(active.drain(newest..));
        named.sort();
        named.dedup();
        Ok(named)
    }

    /// The status of a record, if it belongs to the conversation. A record that cannot be read only now may do so.
    pub(super) fn status_if_of(&self, id: &SessionId, uuid: &Uuid) -> Result<Option<Status>> {
        let session = Error::lasting(self.session(id))?;
        let own = session.filter(|session| session.claude_session_id.as_deref() == Some(uuid.as_str()));
        Ok(own.map(|session| session.status))
    }
}

/// The files of conversations in a directory that were changed last, the newest first.
fn newest(dir: &OwnDir, most: usize) -> Result<Vec<String>> {
    let stems = dir.newest(".json", Uuid::is_one, most)?;
    Ok(stems.into_iter().map(|stem| stem + ".json").collect())
}

fn read_live(path: &Path) -> Result<Option<Live>> {
    lenient(file::read(path), |bytes| Live::read(&bytes))
}

/// A file that cannot be parsed is none: it is a cache.
fn lenient<T>(bytes: Result<Option<Vec<u8>>>, read: impl FnOnce(Vec<u8>) -> Option<T>) -> Result<Option<T>> {
    match bytes {
        Ok(bytes) => Ok(bytes.and_then(read)),
        Err(Error::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
