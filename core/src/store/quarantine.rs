//! Owns repairing what a check found: damaged files go to `quarantine/` with a note, permissions are narrowed, a wrong
//! index is rebuilt, wrong counts are counted again. Must stay true: nothing is deleted or overwritten; each file is
//! checked again under its lock; `config.json` is never moved, because without it the hooks would store what the user
//! forbade; nor is a file that a newer program wrote.

use super::check::{Finding, Problem};
use super::file_kind::FileKind;
use super::sweep::{Run, SweepAction};
use super::{NoteSync, Store};
use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Slug};
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::record::Session;
use crate::session;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The note beside a file in quarantine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    /// Its former path, relative to the data directory.
    pub from: PathBuf,
    pub reason: String,
    pub moved_at: String,
    pub moved_by: String,
    /// The session that was deleted with this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// Names that are tried for a file in quarantine.
const NAMES: usize = 1000;

impl Store {
    /// Repairs the finding, if that needs no person and it is still true.
    pub fn repair(&self, finding: &Finding, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        let path = finding.path.as_path();
        match finding.found {
            Problem::Open => self.narrow(path, run),
            Problem::Index => self.rebuild_index_file(path, &finding.reason, run, now),
            Problem::Damaged | Problem::Oversized | Problem::Link => match self.kind_of(path, false) {
                FileKind::Index if finding.found != Problem::Link && path.is_file() => {
                    self.rebuild_index_file(path, &finding.reason, run, now)
                }
                FileKind::Config | FileKind::Machine | FileKind::Passed | FileKind::Foreign => Ok(None),
                kind => self.quarantine(finding, &kind, run, now),
            },
            Problem::Twice => match path.file_stem().and_then(|stem| stem.to_str()).map(SessionId::parse) {
                Some(Ok(id)) => self.finish_archiving(&id, run, now),
                _ => Ok(None),
            },
            // All counts are counted again at once, by `count_again`.
            Problem::Newer | Problem::Foreign | Problem::Counts => Ok(None),
        }
    }

    fn narrow(&self, path: &Path, run: Run) -> Result<Option<SweepAction>> {
        if run == Run::Real && !file::narrow(path)? {
            return Ok(None);
        }
        Ok(Some(SweepAction::at("restricted", path, "other accounts could access it", run)))
    }

    fn rebuild_index_file(&self, path: &Path, reason: &str, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        if run == Run::Real {
            self.rebuild_index(now)?;
        }
        Ok(Some(SweepAction::at("rebuilt", path, reason, run)))
    }

    /// Counts the sessions of those projects again whose counts were found to be wrong and still are. The index is read
    /// for all of them at once, because it may be large. A project that is locked is left out.
    pub fn count_again(&self, found: &[Finding], run: Run, now: Instant) -> Result<Vec<SweepAction>> {
        let found = found.iter().filter(|finding| finding.found == Problem::Counts);
        let paths: BTreeSet<&Path> = found.map(|finding| finding.path.as_path()).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let index_lock = || lock::acquire(&Home::lock_of(&self.home.index()), self.wait);
        let _lock = (run == Run::Real).then(index_lock).transpose()?;
        let indexed = self.stored_index()?.counts();
        let mut wrong = self.differing_counts(&indexed)?;
        wrong.retain(|finding| paths.contains(finding.path.as_path()));
        if run == Run::Real {
            let slug = |finding: &Finding| Slug::parse(finding.path.file_stem()?.to_str()?).ok();
            self.count_these(wrong.iter().filter_map(slug).collect(), now)?;
            let left = self.differing_counts(&indexed)?;
            wrong.retain(|finding| left.iter().all(|left| left.path != finding.path));
        }
        Ok(wrong.into_iter().map(|finding| SweepAction::at("counted", &finding.path, finding.reason, run)).collect())
    }

    /// Sets aside a record that cannot be parsed, so that its conversation can continue in another one. Returns
    /// its new path.
    pub fn set_aside(&self, id: &SessionId, reason: &str, by: &str, now: Instant) -> Result<PathBuf> {
        let _lock = self.lock(id)?;
        if self.readable(id).is_ok() {
            return Err(Error::Refused(format!("{id} is no longer damaged")));
        }
        let mut kept = PathBuf::new();
        self.publish(id, NoteSync::Later, || {
            kept = self.put_away(&self.home.session(id), reason, by, now)?;
            Ok(true)
        })?;
        Ok(kept)
    }

    /// Moves a file to `quarantine/`, with a note. Returns its new path.
    pub(super) fn put_away(&self, from: &Path, reason: &str, by: &str, now: Instant) -> Result<PathBuf> {
        let (to, note) = self.free_name(from, self.note_of(from, reason, by, now))?;
        match file::move_new(from, &to) {
            Ok(true) => Ok(to),
            other => {
                file::remove(&note)?;
                other.and(Err(Error::Refused(format!("{} is taken", to.display()))))
            }
        }
    }

    /// Lets the session `new` continue one that was set aside: moves the notes of hooks to it, and adds an event to its
    /// timeline.
    pub fn continue_damaged(&self, id: &SessionId, new: &Session, kept: &Path, now: Instant) -> Result<Session> {
        let new = SessionId::parse(&new.session_id)?;
        let kept = kept.strip_prefix(self.home.root()).unwrap_or(kept);
        let message = format!("continues {id}, whose damaged record is now {}", kept.display());
        self.hand_over_notes(id, &new)?;
        self.update(&new, now, |record| {
            record.resumed_from = Some(id.to_string());
            session::event_once(record, &message, now)
        })
    }

    fn quarantine(&self, finding: &Finding, kind: &FileKind, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        let path = &finding.path;
        let lock = if run == Run::Real { self.lock_of_kind(path, kind)? } else { None };
        let still = self.check_file(path).into_iter().any(|again| again.found == finding.found);
        let to = match (still, run) {
            (false, _) => None,
            (true, Run::Dry) => Some(self.home.quarantine()),
            (true, Run::Real) => Some(self.move_away(finding, kind, lock.as_ref(), now)?),
        };
        // The id of a seat is never given again, and its lock stays.
        if let Some(lock) = lock.filter(|_| !matches!(kind, FileKind::Seat(_)) && super::is_absent(path)) {
            lock.remove()?;
        }
        Ok(to.map(|to| SweepAction {
            to: Some(to),
            ..SweepAction::at("quarantined", path, finding.reason.clone(), run)
        }))
    }

    /// The lock under which such a file is written; archived records are never written.
    fn lock_of_kind(&self, path: &Path, kind: &FileKind) -> Result<Option<Lock>> {
        let of = match kind {
            FileKind::Record(_) | FileKind::Project(_) | FileKind::Live(_) | FileKind::Seat(_) | FileKind::Leases => {
                path.to_path_buf()
            }
            FileKind::Ended(uuid) => self.home.live(uuid),
            FileKind::Context(slug) => self.home.project(slug),
            FileKind::Usage | FileKind::UsedOn => self.home.usage_keep(),
            _ => return Ok(None),
        };
        lock::acquire(&Home::lock_of(&of), self.wait).map(Some)
    }

    fn move_away(&self, finding: &Finding, kind: &FileKind, lock: Option<&Lock>, now: Instant) -> Result<PathBuf> {
        let from = finding.path.as_path();
        let why = self.note_of(from, &finding.reason, "cs-cleanup", now);
        let (to, note) = self.free_name(from, why)?;
        let put = || {
            lock.map_or(Ok(()), Lock::confirm)?;
            file::move_new(from, &to)
        };
        let moved = match kind {
            FileKind::Record(id) => self.publish(id, NoteSync::Later, put),
            _ => put(),
        };
        match moved {
            Ok(true) => {
                // If it is a link or a socket, this fails: nobody else can look into `quarantine/` anyway.
                let _ = file::narrow(&to);
                Ok(to)
            }
            other => {
                file::remove(&note)?;
                other.and(Err(Error::Refused(format!("{} is taken", to.display()))))
            }
        }
    }

    /// The note about a file of the data directory.
    pub(super) fn note_of(&self, from: &Path, reason: &str, moved_by: &str, now: Instant) -> Note {
        Note {
            from: from.strip_prefix(self.home.root()).unwrap_or(from).to_path_buf(),
            reason: reason.into(),
            moved_at: clock::stamp(now),
            moved_by: moved_by.into(),
            session_id: None,
        }
    }

    /// A free name in quarantine, reserved by writing its note.
    pub(super) fn free_name(&self, from: &Path, note: Note) -> Result<(PathBuf, PathBuf)> {
        file::real_dir(&self.home.quarantine())?;
        let inside = from.strip_prefix(self.home.root()).unwrap_or(from);
        let mut bytes = serde_json::to_vec_pretty(&note).unwrap_or_default();
        bytes.push(b'\n');
        let name = inside.to_string_lossy().replace('/', "-");
        for n in 1..=NAMES {
            let name = if n == 1 { name.clone() } else { format!("{name}.{n}") };
            let to = self.home.quarantine().join(&name);
            let note = self.home.quarantine().join(format!("{name}.note"));
            if !super::exists(&to)? && file::stage(&note, &bytes, file::Durability::Synced)?.create()? {
                return Ok((to, note));
            }
        }
        Err(Error::Refused(format!(
            "{} contains {NAMES} files with that name; remove some",
            self.home.quarantine().display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Start;
    use crate::witness::Witness;
    use std::fs;
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_stands_in_the_way_of_locks_and_notes_is_set_aside() {
        let makes: [fn(&Path); 3] = [
            |path| std::os::unix::fs::symlink("/nowhere", path).unwrap(),
            |path| fs::create_dir_all(path.join("inside")).unwrap(),
            |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
        ];
        for make in makes {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
            let (now, slug) = (clock::now(), Slug::parse("api").unwrap());
            let create = || {
                store
                    .create(&slug, Start { intent: "go".into(), ..Start::default() }, |_| Ok(()), now)
                    .unwrap()
                    .session_id
            };
            let id = SessionId::parse(&create()).unwrap();
            let home = &store.home;
            fs::create_dir_all(home.spool_dir()).unwrap();
            let lock = Home::lock_of(&home.index());
            let settings = Home::lock_of(&home.config());
            let (index, spool, stale) = (home.index(), home.spool(&id), home.index_stale());
            let seat = crate::id::SeatId::parse("agent_20261129T1134_1f0c").unwrap();
            let (kept, inbox) = (home.kept_lock(), home.inbox(&seat).join("waiter.lock"));
            let ways = [index, home.index_pending(), home.index_folding(), stale, lock, spool, settings, kept, inbox];
            for way in &ways {
                fs::create_dir_all(way.parent().unwrap()).unwrap();
                file::remove(way).unwrap();
                make(way);
            }
            let (new, hour) = (SystemTime::now(), Duration::from_secs(3601));
            assert_eq!(store.irregular(new).unwrap(), [], "another program may be using it");
            let foreign =
                [dir.path().join("their.lock"), home.sessions().join("their.lock"), home.spool_dir().join("x.jsonl")];
            foreign.iter().for_each(|path| make(path));
            let found = store.irregular(new + hour).unwrap();
            assert_eq!(found.len(), ways.len(), "{found:?}");
            for finding in &found {
                let kept = store.repair(finding, Run::Real, now).unwrap().unwrap().to.unwrap();
                assert!(fs::symlink_metadata(&kept).is_ok() && fs::symlink_metadata(&finding.path).is_err());
            }
            assert!(store.irregular(new + hour).unwrap().is_empty());
            let left = foreign.iter().flat_map(|path| store.check_file(path)).collect::<Vec<_>>();
            let left = left.iter().filter(|finding| finding.found != Problem::Open);
            left.for_each(|finding| assert!(store.repair(finding, Run::Real, now).unwrap().is_none()));
            assert!(foreign.iter().all(|path| fs::symlink_metadata(path).is_ok()));
            store.rebuild_index(now).unwrap();
            let other = create();
            store.update(&id, now, |record| session::event(record, "it goes on", now)).unwrap();
            let ids: Vec<String> = store.index().unwrap().ids(|_| true).iter().map(ToString::to_string).collect();
            assert!(ids.contains(&id.to_string()) && ids.contains(&other) && ids.len() == 2);
        }
    }

    #[test]
    fn who_this_machine_is_and_what_was_forgotten_is_never_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let home = &store.home;
        file::replace(&home.machine(), b"{\"id\":\"5f0c9a1b2d3e4f60\"}", file::Durability::Disposable).unwrap();
        let own = [home.sync_forgotten(), home.sync_last(), home.sync_marked(), home.sync_rules()];
        for path in own.into_iter().chain([home.sync_forgotten(), home.sync_rules()].map(|path| Home::lock_of(&path))) {
            file::replace(&path, b"", file::Durability::Disposable).unwrap();
        }
        let look = || store.everything().unwrap().iter().flat_map(|path| store.check_file(path)).collect::<Vec<_>>();
        let found = look().into_iter().filter(|finding| finding.path != dir.path()).collect::<Vec<_>>();
        assert_eq!(found, []);
        fs::write(home.machine(), "{").unwrap();
        fs::write(home.sync_dir().join("other"), "x").unwrap();
        let found = look().into_iter().filter(|finding| finding.found != Problem::Open).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|one| one.found).collect::<Vec<_>>(), [Problem::Damaged, Problem::Foreign]);
        let now = clock::now();
        assert!(found.iter().all(|finding| store.repair(finding, Run::Real, now).unwrap().is_none()));
    }
}
