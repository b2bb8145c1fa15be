//! Owns copying what is new of all conversations. Must stay true: with nothing new no copy, manifest or log is opened and
//! nothing is written; two runs at once never copy the same conversation.

use crate::index::{self, Known, Line};
use crate::keep::{Done, Keeping, Live, is_full};
use crate::ledger::{self, Event, State, What};
use crate::manifest::{CHANGED, Manifest};
use crate::settings::Settings;
use crate::snapshot;
use agents::Agent;
use agents::folder;
use agents::logs::{Found, conversation_of};
use agents::rooted;
use cs_core::clock::Instant;
use cs_core::config::Config;
use cs_core::dirs;
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::lock::{self, Lock, PERSON_WAIT};
use cs_core::paths::Home;
use cs_core::store::Run;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many conversations of which something was copied, or noted.
    pub changed: u64,
    /// How many of which nothing was new.
    pub unchanged: u64,
    /// How many that may not be kept, by the settings.
    pub left_out: u64,
    /// How many of which a person had the copies removed.
    pub forgotten: u64,
    /// How many links and oddly named files were not copied.
    pub links: u64,
    /// Number of bytes that were copied.
    pub copied: u64,
    /// Number of bytes of all copies.
    pub bytes: u64,
}

/// Hears of a run.
pub trait Listen {
    /// Something was done, or with [`Run::Dry`] would be.
    fn done(&mut self, done: &Done);
    /// Something could not be done; the run goes on.
    fn failed(&mut self, error: Error);
    /// One more of so many conversations was looked at.
    fn step(&mut self, all: usize);
}

/// What a run does.
pub struct Job<'a> {
    /// The data directory.
    pub home: &'a Home,
    /// The projects, for the settings that name some.
    pub config: &'a Config,
    /// What may be kept.
    pub settings: &'a Settings,
    /// Whether anything is written.
    pub run: Run,
    /// The time.
    pub now: Instant,
}

type Key = (Agent, String);

/// How many conversations are copied at the same time. What takes long is to put each on the disk, and a disk does that for
/// several at once.
const AT_ONCE: usize = 16;

/// A conversation of which something is new.
struct Waiting<'a, 'g> {
    key: &'g Key,
    live: &'g [Live],
    keeping: Keeping<'a>,
}

/// What became of it.
struct Stored<'a, 'g> {
    key: &'g Key,
    keeping: Keeping<'a>,
    stored: Result<()>,
    /// Whether its manifest may be another one now.
    is_begun: bool,
}

impl<'a, 'g> Waiting<'a, 'g> {
    /// Copies what is new. If that fails, all is as it was.
    fn store(mut self) -> Stored<'a, 'g> {
        let taken = self.keeping.take(self.live);
        if taken.is_err() {
            self.keeping.undo();
        }
        let is_begun = taken.is_ok();
        let stored = taken.and_then(|()| self.keeping.store());
        Stored { key: self.key, keeping: self.keeping, stored, is_begun }
    }
}

/// Copies what is new in these logs. Everything else that is known of `kept/` is put in order on the way.
pub fn run(job: &Job, found: Found, listener: &mut dyn Listen) -> Result<Summary> {
    let _lock = match job.run {
        Run::Real => Some(lock(job.home)?),
        Run::Dry => None,
    };
    let stored = index::stored(job.home)?;
    let (is_whole, mut is_doubtful) = (stored.is_some(), false);
    let lines = match stored {
        Some(lines) => lines,
        None => {
            let (lines, failed) = index::rebuilt(job.home)?;
            // Then each run says so again.
            is_doubtful = !failed.is_empty();
            failed.into_iter().for_each(|error| listener.failed(error));
            lines
        }
    };
    let mut pass = Pass {
        job,
        listener,
        lines: lines.into_iter().map(|line| ((line.agent, line.conversation.clone()), line)).collect(),
        projects: HashMap::new(),
        summary: Summary::default(),
        has_begun: !is_whole,
        is_stored: is_whole,
        is_doubtful,
        changed: HashSet::new(),
    };
    if !is_whole && job.run == Run::Real {
        pass.mend()?;
    }
    let ended = pass.all(group(found));
    let stored = pass.end();
    ended?;
    stored?;
    Ok(pass.summary)
}

/// The lock of all that changes copies.
pub fn lock(home: &Home) -> Result<Lock> {
    lock::acquire(&home.kept_lock(), PERSON_WAIT)
}

/// The logs of each conversation.
fn group(found: Found) -> BTreeMap<Key, Vec<Live>> {
    let mut groups: BTreeMap<Key, Vec<Live>> = BTreeMap::new();
    for log in found.logs {
        if let Some((uuid, thread)) = conversation_of(log.agent, &log.path) {
            groups.entry((log.agent, uuid)).or_default().push(Live { log, thread });
        }
    }
    groups
}

struct Pass<'a, 'l> {
    job: &'a Job<'a>,
    listener: &'l mut dyn Listen,
    lines: BTreeMap<Key, Line>,
    /// The project of each folder.
    projects: HashMap<String, Option<String>>,
    summary: Summary,
    /// Whether the stored index is gone, or must be written anew.
    has_begun: bool,
    /// Whether there is a stored index.
    is_stored: bool,
    /// Whether something could not be stored, so that the manifests must be read next time.
    is_doubtful: bool,
    /// Conversations whose manifest is not as it was written.
    changed: HashSet<Key>,
}

impl<'a> Pass<'a, '_> {
    fn all(&mut self, groups: BTreeMap<Key, Vec<Live>>) -> Result<()> {
        let all = groups.len();
        let mut waiting = Vec::new();
        for (key, live) in &groups {
            match self.conversation(key, live) {
                Ok(keeping) => waiting.extend(keeping.map(|keeping| Waiting { key, live, keeping })),
                Err(error) => self.settle(Err(error))?,
            }
            if waiting.len() == AT_ONCE {
                self.keep(std::mem::take(&mut waiting))?;
            }
            self.listener.step(all);
        }
        self.keep(waiting)?;
        let keys: Vec<Key> =
            self.lines.iter().filter(|(_, line)| line.revision > 0).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let gone = self.gone(&key, groups.get(&key).map_or(&[], Vec::as_slice));
            self.settle(gone)?;
        }
        Ok(())
    }

    fn settle(&mut self, kept: Result<()>) -> Result<()> {
        match kept {
            Err(error) if is_full(&error) => Err(error),
            Err(error) => {
                self.listener.failed(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The work on a conversation, if anything is to be copied.
    fn conversation(&mut self, key: &Key, live: &[Live]) -> Result<Option<Keeping<'a>>> {
        let line = self.lines.get(key);
        if line.is_some_and(|line| line.is_forgotten) {
            self.summary.forgotten += 1;
            return Ok(None);
        }
        let is_known = line.is_some_and(|line| are_as_known(line, live));
        let has_copies = line.is_some_and(|line| line.revision > 0 && line.is_on_disk(self.job.home));
        let chooses = self.job.settings.chooses();
        let noted = line.and_then(|line| line.cwd.clone());
        let cwd = if is_known && (noted.is_some() || !chooses) { noted } else { noted.or_else(|| cwd(live)) };
        let is_noted = line.is_some_and(|line| line.revision > 0);
        if chooses && !self.is_allowed(cwd.as_deref()) {
            self.summary.left_out += 1;
            if !is_noted && !is_known {
                self.leave_out(key, cwd, live);
            }
        } else if is_known && has_copies {
            self.summary.unchanged += 1;
        } else if self.job.run == Run::Dry {
            self.tell(key, live);
        } else {
            let mut keeping = self.begin(key)?;
            keeping.works_in(cwd);
            keeping.belongs_to(root(key, live));
            return Ok(Some(keeping));
        }
        Ok(None)
    }

    fn is_allowed(&mut self, cwd: Option<&str>) -> bool {
        // Whatever it belongs to, it may be what is not to be kept.
        let Some(cwd) = cwd else { return false };
        let config = self.job.config;
        let project = self.projects.entry(cwd.to_string()).or_insert_with(|| project_of(config, cwd));
        self.job.settings.allows(project.as_deref())
    }

    /// Notes that nothing of it may be kept, so that its log is not opened each time.
    fn leave_out(&mut self, key: &Key, cwd: Option<String>, live: &[Live]) {
        let known = |one: &Live| Known {
            thread: one.thread.clone(),
            generation: 0,
            file: String::new(),
            origin: one.log.path.clone(),
            identity: one.log.identity,
            bytes: 0,
            is_gone: false,
        };
        let logs = live.iter().map(known).collect();
        let (agent, conversation) = key.clone();
        let (is_forgotten, is_partial, has_snapshots, root) = (false, false, false, None);
        let line = Line {
            agent,
            conversation,
            revision: 0,
            manifest: String::new(),
            cwd,
            root,
            is_forgotten,
            is_partial,
            has_snapshots,
            bytes: 0,
            logs,
        };
        self.has_begun |= self.job.run == Run::Real;
        self.lines.insert(key.clone(), line);
    }

    /// Copies what is new of these conversations, all at the same time.
    fn keep(&mut self, waiting: Vec<Waiting<'a, '_>>) -> Result<()> {
        let all = match waiting.len() {
            0 | 1 => waiting.into_iter().map(Waiting::store).collect::<Vec<_>>(),
            _ => thread::scope(|scope| {
                let workers: Vec<_> = waiting.into_iter().map(|one| scope.spawn(|| one.store())).collect();
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
            }),
        };
        // All that are stored are told to the ledger, whatever became of the others.
        let mut ended = Ok(());
        for one in all {
            self.is_doubtful |= one.is_begun && one.stored.is_err();
            let told = one.stored.and_then(|()| self.finish(one.key, one.keeping));
            let settled = self.settle(told);
            ended = ended.and(settled);
        }
        ended
    }

    /// The work on a conversation. From now on the stored index is no longer right.
    fn begin(&mut self, key: &Key) -> Result<Keeping<'a>> {
        let uuid = Uuid::parse(&key.1)?;
        let line = self.lines.get(key);
        let manifest = Manifest::read(self.job.home, key.0, &uuid)?;
        let is_changed = |manifest: &Manifest| line.is_some_and(|line| line.revision > 0 && !line.is_of(manifest));
        if self.changed.contains(key) || manifest.as_ref().is_some_and(is_changed) {
            // Then each run says so again.
            self.is_doubtful = true;
            return Err(Error::corrupt(&self.job.home.kept_manifest(key.0.word(), &uuid), CHANGED));
        }
        // One that is gone goes on with its numbers.
        let revision = line.map_or(0, |line| line.revision);
        let manifest = manifest.unwrap_or_else(|| Manifest { revision, ..Manifest::new(key.0, &uuid) });
        if std::mem::take(&mut self.is_stored) {
            index::withdraw(self.job.home)?;
        }
        self.has_begun = true;
        Keeping::of(self.job.home, manifest, self.job.now)
    }

    fn finish(&mut self, key: &Key, mut keeping: Keeping) -> Result<()> {
        self.summary.links += keeping.left_out.len() as u64;
        std::mem::take(&mut keeping.failed).into_iter().for_each(|error| self.listener.failed(error));
        // Then the manifest may say more than what is known here, or than the ledger.
        let finished = keeping.tell();
        self.is_doubtful |= finished.is_err();
        let (manifest, done) = finished?;
        match done.is_empty() {
            true => self.summary.unchanged += 1,
            false => self.summary.changed += 1,
        }
        for done in &done {
            self.summary.copied += done.bytes;
            self.listener.done(done);
        }
        if manifest.revision > 0 {
            self.lines.insert(key.clone(), Line::of(&manifest));
        }
        Ok(())
    }

    /// Notes the logs of a conversation that are gone, and compresses their copies if that is wanted.
    fn gone(&mut self, key: &Key, live: &[Live]) -> Result<()> {
        let Some(line) = self.lines.get(key).filter(|line| !line.is_forgotten) else { return Ok(()) };
        let is_there = |origin: &Path| live.iter().any(|one| one.log.path == origin);
        let is_gone = |log: &&Known| !log.is_gone && !is_there(&log.origin) && is_absent(&log.origin);
        let gone: Vec<PathBuf> = line.logs.iter().filter(is_gone).map(|log| log.origin.clone()).collect();
        let is_plain = |log: &Known| !log.file.ends_with(crate::compress::SUFFIX);
        let packs = self.job.settings.gzip && line.logs.iter().any(|log| log.is_gone && is_plain(log));
        if gone.is_empty() && !packs {
            return Ok(());
        }
        if self.job.run == Run::Dry {
            for origin in gone {
                let (agent, conversation) = key.clone();
                self.listener.done(&Done { what: What::Vanished, agent, conversation, origin, bytes: 0 });
                self.summary.changed += 1;
            }
            return Ok(());
        }
        let mut keeping = self.begin(key)?;
        let noted = keeping.vanished(&gone).and_then(|()| match self.job.settings.gzip {
            true => keeping.compress(),
            false => Ok(()),
        });
        if let Err(error) = noted {
            keeping.undo();
            return Err(error);
        }
        let stored = keeping.store();
        self.is_doubtful |= stored.is_err();
        stored?;
        self.finish(key, keeping)
    }

    /// What would be copied.
    fn tell(&mut self, key: &Key, live: &[Live]) {
        let mut copied = 0;
        for one in live {
            let known = self.lines.get(key).and_then(|line| line.logs.iter().find(|log| log.origin == one.log.path));
            let size = one.log.identity.size;
            let (what, bytes) = match known.filter(|log| !log.file.is_empty()) {
                None => (What::Kept, size),
                Some(log) if log.identity == one.log.identity && !log.is_gone => continue,
                Some(log) if size > log.bytes => (What::Grown, size - log.bytes),
                Some(log) if size < log.bytes => (What::Rewritten, size),
                Some(_) => continue,
            };
            copied += bytes;
            let (agent, conversation) = key.clone();
            self.listener.done(&Done { what, agent, conversation, origin: one.log.path.clone(), bytes });
        }
        self.summary.copied += copied;
        match copied {
            0 => self.summary.unchanged += 1,
            _ => self.summary.changed += 1,
        }
    }

    /// Does what a killed program left undone: lines of the ledger, and the files of forgotten conversations.
    fn mend(&mut self) -> Result<()> {
        crate::forget::finish(self.job.home)?;
        let ledger = ledger::read(self.job.home)?;
        let mut late = Vec::new();
        for ((agent, conversation), line) in &self.lines {
            let Some(manifest) = Manifest::read(self.job.home, *agent, &line.uuid()?)? else { continue };
            match ledger.state(&manifest) {
                State::Named => {}
                State::Late => late.extend(late_events(&manifest)),
                State::Changed => {
                    let path = self.job.home.kept_manifest(agent.word(), &line.uuid()?);
                    self.listener.failed(Error::corrupt(&path, CHANGED));
                    self.changed.insert((*agent, conversation.clone()));
                }
            }
        }
        self.is_doubtful |= !self.changed.is_empty();
        ledger::append(self.job.home, &late, self.job.now)?;
        for (key, line) in &self.lines {
            match line.is_forgotten {
                _ if self.changed.contains(key) => {}
                true => crate::forget::clear(self.job.home, line.agent, &line.uuid()?)?,
                false => crate::compress::mend(self.job.home, line.agent, &line.uuid()?)?,
            }
        }
        Ok(())
    }

    /// Stores the index, if it is not there or something changed, and counts.
    fn end(&mut self) -> Result<()> {
        self.summary.bytes = self.lines.values().map(|line| line.bytes).sum();
        let is_wanted =
            self.job.run == Run::Real && self.has_begun && !self.is_doubtful && file_exists(&self.job.home.kept_dir());
        match is_wanted {
            true => {
                // A power failure takes no line of a run before the last one.
                if file_exists(&self.job.home.kept_ledger()) {
                    ledger::sync(self.job.home)?;
                }
                index::write(self.job.home, self.lines.values())
            }
            false => Ok(()),
        }
    }
}

/// One line for each copy of which it is not known whether the ledger has the last one.
fn late_events(manifest: &Manifest) -> Vec<Event> {
    if manifest.forgotten_at.is_some() {
        return vec![Event { is_late: true, ..Event::of(What::Forgotten, manifest) }];
    }
    let what = |log: &crate::LogCopy| if log.vanished_at.is_some() { What::Vanished } else { What::Kept };
    let of = |what, file: &str, bytes, sha256: &str| Event {
        is_late: true,
        ..Event::of(what, manifest).to(file, bytes, sha256)
    };
    let logs = manifest.newest().into_iter().map(|log| of(what(log), &log.file, log.bytes, &log.sha256));
    let snapshots = manifest.snapshots.iter().map(|one| Event { is_late: true, ..snapshot::event(manifest, one) });
    let all: Vec<Event> = logs.chain(snapshots).collect();
    match all.is_empty() {
        true => vec![Event { is_late: true, ..Event::of(What::Noted, manifest) }],
        false => all,
    }
}

/// The conversation to which that of a subagent belongs, if each has a log of its own.
fn root(key: &Key, live: &[Live]) -> Option<String> {
    let log = live.first().map(|one| std::slice::from_ref(&one.log))?;
    let (_, id) = rooted::ids(log).next()?;
    id.map(|(root, _)| root).filter(|root| *root != key.1)
}

/// Where a conversation worked, by its main log.
fn cwd(live: &[Live]) -> Option<String> {
    let main = live.iter().find(|one| one.thread == crate::manifest::MAIN).or(live.first())?;
    folder::of_log(main.log.agent, &main.log.path).ok().flatten()
}

/// Whether all logs are as they were when they were copied.
fn are_as_known(line: &Line, live: &[Live]) -> bool {
    live.iter().all(|one| line.knows(&one.log))
}

fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn file_exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The project of a folder.
pub fn project_of(config: &Config, cwd: &str) -> Option<String> {
    config.project_around(dirs::without_worktree(cwd)).ok()
}
