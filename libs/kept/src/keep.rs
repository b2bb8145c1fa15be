//! Owns copying what is new of one conversation. Must stay true: a copy is on the disk before the manifest names it, and
//! the manifest before the ledger has a line about it; if the manifest cannot be written, the copies are as they were.

use crate::beside;
use crate::copy::{self, Appended, Copied};
use crate::ledger::{self, Event, What};
use crate::manifest::{self, FileCopy, LogCopy, MAIN, Manifest};
use agents::logs::{Identity, Log};
use agents::sweep;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::{file, open};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// A log that a client has now.
#[derive(Clone, Debug)]
pub struct Live {
    /// The log.
    pub log: Log,
    /// `main`, or the subagent's thread.
    pub thread: String,
}

/// What was done to one copy.
#[derive(Clone, Debug)]
pub struct Done {
    /// What.
    pub what: What,
    /// Whose conversation it is.
    pub agent: agents::Agent,
    /// The client's id of it.
    pub conversation: String,
    /// Where the client has, or had, the file.
    pub origin: PathBuf,
    /// Number of bytes that were copied.
    pub bytes: u64,
}

/// How many names are tried for a copy.
const NAMES: usize = 10_000;

/// How a changed file is put back as it was.
enum Undo {
    Remove(PathBuf),
    Cut(PathBuf, u64),
}

/// The work on one conversation.
pub struct Keeping<'h> {
    home: &'h Home,
    uuid: Uuid,
    now: Instant,
    manifest: Manifest,
    events: Vec<Event>,
    done: Vec<Done>,
    undo: Vec<Undo>,
    /// Compressed copies that are no longer named.
    replaced: Vec<PathBuf>,
    is_changed: bool,
    /// What could not be copied.
    pub failed: Vec<Error>,
    /// Links, and files without a plain name, which are not copied.
    pub left_out: Vec<PathBuf>,
}

impl<'h> Keeping<'h> {
    /// The work that begins with what is kept already. The caller holds the lock.
    pub fn of(home: &'h Home, manifest: Manifest, now: Instant) -> Result<Self> {
        let uuid = Uuid::parse(&manifest.conversation)?;
        Ok(Keeping {
            home,
            uuid,
            now,
            manifest,
            events: Vec::new(),
            done: Vec::new(),
            undo: Vec::new(),
            replaced: Vec::new(),
            is_changed: false,
            failed: Vec::new(),
            left_out: Vec::new(),
        })
    }

    /// The path of a copy.
    fn path(&self, name: &str) -> PathBuf {
        self.home.kept(self.manifest.agent.word(), &self.uuid).join(name)
    }

    /// Notes where the conversation worked.
    pub fn works_in(&mut self, cwd: Option<String>) {
        if self.manifest.cwd.is_none() && cwd.is_some() {
            self.manifest.cwd = cwd;
        }
    }

    /// Notes to which conversation that of a subagent belongs.
    pub fn belongs_to(&mut self, root: Option<String>) {
        if self.manifest.root.is_none() {
            self.manifest.root = root;
        }
    }

    /// Copies what is new of these logs, and of the files beside the main one. A disk that is full ends the work.
    pub fn take(&mut self, live: &[Live]) -> Result<()> {
        for one in live {
            let taken = self.log(one);
            self.settle(taken)?;
        }
        // A result is written before the line of the log that names it, so they come after the log.
        let mut mains: Vec<PathBuf> =
            live.iter().filter(|one| one.thread == MAIN).map(|one| one.log.path.clone()).collect();
        if mains.is_empty() {
            mains.extend(self.manifest.newest().first().map(|log| log.origin.clone()));
        }
        let agent = self.manifest.agent;
        for folder in mains.iter().filter_map(|main| sweep::folder_of(agent, main)) {
            let (found, left_out) = beside::files(&folder);
            self.left_out.extend(left_out);
            for one in found {
                let taken = self.file(&one);
                self.settle(taken)?;
            }
        }
        self.is_changed |= self.manifest.is_partial == self.failed.is_empty();
        self.manifest.is_partial = !self.failed.is_empty();
        Ok(())
    }

    fn settle(&mut self, taken: Result<()>) -> Result<()> {
        match taken {
            Err(Error::Io { ref source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) if is_full(&error) => Err(error),
            Err(error) => {
                self.failed.push(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn log(&mut self, live: &Live) -> Result<()> {
        let origin = &live.log.path;
        if !crate::manifest::is_inside(&live.thread) {
            self.left_out.push(origin.clone());
            return Ok(());
        }
        let mut from = open::foreign(origin).map_err(|error| Error::io(origin, "open", error))?;
        let identity = identity_of(&from, origin)?;
        for at in self.candidates(&live.thread, origin) {
            if self.go_on(at, &mut from, identity, live)? {
                return Ok(());
            }
        }
        self.begin(What::Kept, &mut from, identity, live)
    }

    /// The places in the manifest of the copies that a log may go on: the newest one of the same place, else those whose
    /// logs are gone, since a log is moved, as by `codex archive`.
    fn candidates(&self, thread: &str, origin: &Path) -> Vec<usize> {
        let newest = self.manifest.newest();
        let is_it =
            |log: &LogCopy| newest.iter().any(|newest| newest.is_same(log) && newest.generation == log.generation);
        let all = self.manifest.logs.iter().enumerate().filter(|(_, log)| log.thread == thread && is_it(log));
        let all: Vec<(usize, &LogCopy)> = all.collect();
        if let Some((at, _)) = all.iter().find(|(_, log)| log.origin == origin) {
            return vec![*at];
        }
        let is_gone = |log: &LogCopy| log.origin.symlink_metadata().is_err();
        all.into_iter().rev().filter(|(_, log)| is_gone(log)).map(|(at, _)| at).collect()
    }

    /// Whether no copy has this name, nor anything else on the disk.
    fn is_free(&self, name: &str, from: &File) -> Result<bool> {
        let plain = |name: &str| name.strip_suffix(crate::compress::SUFFIX).unwrap_or(name).to_string();
        let logs = self.manifest.logs.iter().map(|log| &log.file);
        let mut names = logs.chain(self.manifest.files.iter().map(|file| &file.file));
        let is_taken = names.any(|other| plain(other) == plain(name));
        Ok(!is_taken && name != manifest::NAME && copy::is_free(&self.path(name), from)?)
    }

    /// The next generation of a log, and the name of its copy.
    fn next(&self, thread: &str, from: &File) -> Result<(u32, String)> {
        let same = self.manifest.logs.iter().filter(|log| log.thread == thread);
        let last = same.map(|log| log.generation).max().unwrap_or(0);
        for generation in (last..u32::MAX).map(|last| last + 1).take(NAMES) {
            let name = format!("{thread}.{generation}.jsonl");
            if self.is_free(&name, from)? {
                return Ok((generation, name));
            }
        }
        Err(self.no_name(thread))
    }

    fn no_name(&self, of: &str) -> Error {
        let path = self.path(manifest::NAME);
        Error::corrupt(&path, format!("there is no name left for another copy of {of}"))
    }

    /// Makes the first copy, or one of another generation.
    fn begin(&mut self, what: What, from: &mut File, identity: Identity, live: &Live) -> Result<()> {
        let (generation, name) = self.next(&live.thread, from)?;
        let to = self.path(&name);
        let copied = copy::whole(from, identity.size, &to)?;
        self.undo.push(Undo::Remove(to));
        let now = clock::stamp(self.now);
        let identity = Identity { size: copied.bytes, ..identity };
        let first_at = (live.log.born > 0).then(|| stamp(live.log.born));
        self.happened(what, &name, &copied, &live.log.path, copied.bytes);
        self.manifest.logs.push(LogCopy {
            thread: live.thread.clone(),
            generation,
            file: name,
            origin: live.log.path.clone(),
            last_at: stamp(identity.modified),
            identity,
            bytes: copied.bytes,
            sha256: copied.sha256,
            first_at,
            copied_at: now,
            vanished_at: None,
        });
        Ok(())
    }

    /// Appends what is new to the copy at this place of the manifest; `false` if it is that of another log.
    fn go_on(&mut self, at: usize, from: &mut File, identity: Identity, live: &Live) -> Result<bool> {
        let Some(log) = self.manifest.logs.get(at).cloned() else { return Ok(false) };
        let is_there = log.origin == live.log.path;
        let is_lost = self.is_lost(&log.file, log.bytes)?;
        if is_there && log.identity == identity && log.vanished_at.is_none() && !is_lost {
            return Ok(true);
        }
        let known = Copied { bytes: log.bytes, sha256: log.sha256.clone() };
        let name = self.unpacked(&log)?;
        let to = self.path(&name);
        let copied = match copy::append(from, identity.size, &to, &known)? {
            Appended::Grown(copied) => copied,
            Appended::Rewritten if !is_there => return Ok(false),
            Appended::Rewritten => return self.begin(What::Rewritten, from, identity, live).map(|()| true),
            Appended::Damaged => {
                self.begin(What::Damaged, from, identity, live)?;
                if is_lost && self.path(&log.file).symlink_metadata().is_err() {
                    self.manifest.logs.remove(at);
                }
                return Ok(true);
            }
        };
        self.undo.push(Undo::Cut(to, known.bytes));
        if log.vanished_at.is_some() || log.origin != live.log.path {
            self.happened(What::Found, &name, &copied, &live.log.path, 0);
        }
        if copied.bytes > known.bytes {
            self.happened(What::Grown, &name, &copied, &live.log.path, copied.bytes - known.bytes);
        }
        let copied_at = clock::stamp(self.now);
        if let Some(log) = self.manifest.logs.get_mut(at) {
            log.origin.clone_from(&live.log.path);
            log.file = name;
            log.identity = Identity { size: copied.bytes, ..identity };
            log.last_at = stamp(identity.modified);
            (log.bytes, log.sha256) = (copied.bytes, copied.sha256);
            (log.copied_at, log.vanished_at) = (copied_at, None);
        }
        self.is_changed = true;
        Ok(true)
    }

    /// Whether the file of a copy is gone, or too short.
    fn is_lost(&self, name: &str, bytes: u64) -> Result<bool> {
        let path = self.path(name);
        match path.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            meta => {
                let length = meta.map_err(|error| Error::io(&path, "inspect", error))?.len();
                Ok(!name.ends_with(crate::compress::SUFFIX) && length < bytes)
            }
        }
    }

    /// The name of the copy, which is decompressed if needed.
    fn unpacked(&mut self, log: &LogCopy) -> Result<String> {
        let Some(plain) = log.file.strip_suffix(crate::compress::SUFFIX) else { return Ok(log.file.clone()) };
        let (packed, path) = (self.path(&log.file), self.path(plain));
        if self.manifest.logs.iter().any(|other| other.file == plain) {
            return Err(self.no_name(&log.file));
        }
        crate::compress::unpack(&packed, &path, log)?;
        self.undo.push(Undo::Remove(path));
        self.replaced.push(packed);
        Ok(plain.to_string())
    }

    fn file(&mut self, found: &beside::Found) -> Result<()> {
        let newest = |fits: &dyn Fn(&FileCopy) -> bool| {
            self.manifest.files.iter().rposition(|file| file.path == found.path && fits(file))
        };
        let known = newest(&|file| file.origin == found.origin);
        let known = known.or_else(|| newest(&|file| file.origin.symlink_metadata().is_err()));
        let mut same = known.and_then(|at| self.manifest.files.get(at)).cloned();
        if let (Some(at), Some(file)) = (known, &same)
            && self.is_lost(&file.file, file.bytes)?
        {
            self.manifest.files.remove(at);
            same = None;
        }
        if same.as_ref().is_some_and(|file| file.identity == found.identity && file.origin == found.origin) {
            return Ok(());
        }
        let failed = |error| Error::io(&found.origin, "open", error);
        let mut from = open::unlinked(&found.origin, OpenOptions::new().read(true)).map_err(failed)?;
        let identity = identity_of(&from, &found.origin)?;
        let name = self.name_of(&found.path, &from)?;
        let to = self.path(&name);
        let copied = copy::whole(&mut from, identity.size, &to)?;
        let identity = Identity { size: copied.bytes, ..identity };
        if let (Some(at), Some(same)) = (known, &same)
            && same.sha256 == copied.sha256
        {
            // Only its place, or its time, is another one.
            file::remove(&to)?;
            if let Some(file) = self.manifest.files.get_mut(at) {
                (file.identity, file.origin) = (identity, found.origin.clone());
            }
            self.is_changed = true;
            return Ok(());
        }
        self.undo.push(Undo::Remove(to));
        let what = if same.is_none() { What::Kept } else { What::Rewritten };
        self.happened(what, &name, &copied, &found.origin, copied.bytes);
        self.manifest.files.push(FileCopy {
            path: found.path.clone(),
            file: name,
            origin: found.origin.clone(),
            identity,
            bytes: copied.bytes,
            sha256: copied.sha256,
            copied_at: clock::stamp(self.now),
        });
        Ok(())
    }

    /// A name for the copy of a file: its path, with a number behind it if something has that name.
    fn name_of(&self, path: &str, from: &File) -> Result<String> {
        let numbered = (2..NAMES).map(|n| format!("{path}.{n}"));
        for name in std::iter::once(path.to_string()).chain(numbered) {
            if self.is_free(&name, from)? {
                return Ok(name);
            }
        }
        Err(self.no_name(path))
    }

    /// Notes that the client's logs at these places are gone. What a killed program had copied of them and not noted is
    /// all that is left of it.
    pub fn vanished(&mut self, origins: &[PathBuf]) -> Result<()> {
        for at in 0..self.manifest.logs.len() {
            let Some(log) = self.manifest.logs.get(at).cloned() else { continue };
            if log.vanished_at.is_some() || !origins.contains(&log.origin) {
                continue;
            }
            let (path, mut copied) = (self.path(&log.file), Copied { bytes: log.bytes, sha256: log.sha256.clone() });
            if copy::size(&path).is_ok_and(|size| size > log.bytes) {
                copied = copy::checksum(&path, u64::MAX)?;
            }
            self.happened(What::Vanished, &log.file, &copied, &log.origin, 0);
            let now = clock::stamp(self.now);
            if let Some(log) = self.manifest.logs.get_mut(at) {
                (log.bytes, log.sha256, log.vanished_at) = (copied.bytes, copied.sha256, Some(now));
            }
        }
        Ok(())
    }

    /// Compresses the copies of logs that are gone.
    pub fn compress(&mut self) -> Result<()> {
        for at in 0..self.manifest.logs.len() {
            let Some(log) = self.manifest.logs.get(at).cloned() else { continue };
            if log.vanished_at.is_none() || log.file.ends_with(crate::compress::SUFFIX) {
                continue;
            }
            let name = format!("{}{}", log.file, crate::compress::SUFFIX);
            let (plain, packed) = (self.path(&log.file), self.path(&name));
            let is_taken = self.manifest.logs.iter().any(|other| other.file == name);
            let packing = match is_taken {
                true => Err(self.no_name(&log.file)),
                false => crate::compress::pack(&plain, &packed, &log),
            };
            if let Err(error) = packing {
                self.settle(Err(error))?;
                continue;
            }
            self.undo.push(Undo::Remove(packed));
            self.replaced.push(plain);
            let copied = Copied { bytes: log.bytes, sha256: log.sha256.clone() };
            self.happened(What::Compressed, &name, &copied, &log.origin, 0);
            if let Some(log) = self.manifest.logs.get_mut(at) {
                log.file = name;
            }
        }
        Ok(())
    }

    fn happened(&mut self, what: What, name: &str, copied: &Copied, origin: &Path, bytes: u64) {
        self.is_changed = true;
        self.events.push(Event::of(what, &self.manifest).to(name, copied.bytes, &copied.sha256));
        let (agent, conversation) = (self.manifest.agent, self.manifest.conversation.clone());
        self.done.push(Done { what, agent, conversation, origin: origin.to_path_buf(), bytes });
    }

    /// Stores what was done.
    pub fn store(&mut self) -> Result<()> {
        if !self.is_changed {
            return Ok(());
        }
        if self.events.is_empty() {
            self.events.push(Event::of(What::Noted, &self.manifest));
        }
        self.manifest.revision = match self.manifest.next_revision() {
            Ok(revision) => revision,
            Err(error) => {
                self.undo();
                return Err(error);
            }
        };
        if let Err(error) = self.manifest.write(self.home, &self.uuid) {
            // It may be stored nevertheless, and names the copies then.
            let stored = Manifest::read(self.home, self.manifest.agent, &self.uuid);
            if stored.is_ok_and(|stored| stored.map_or(0, |stored| stored.revision) < self.manifest.revision) {
                self.undo();
            }
            return Err(error);
        }
        Ok(())
    }

    /// Tells the ledger what was stored. Returns it, and the manifest.
    pub fn tell(mut self) -> Result<(Manifest, Vec<Done>)> {
        if !self.is_changed {
            return Ok((self.manifest, Vec::new()));
        }
        let revision = self.manifest.revision;
        for event in &mut self.events {
            event.revision = revision;
            event.manifest.clone_from(&self.manifest.stored);
        }
        ledger::append(self.home, &self.events, self.now)?;
        self.replaced.iter().try_for_each(|path| file::remove(path))?;
        Ok((self.manifest, self.done))
    }

    /// Puts the copies back as they were. What cannot be put back is done by the next run.
    pub fn undo(&mut self) {
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            let _ = match undo {
                Undo::Remove(path) => file::remove(&path),
                Undo::Cut(path, size) => cut(&path, size),
            };
        }
        if self.manifest.revision <= 1 {
            // Only if nothing is in it.
            let _ = std::fs::remove_dir(self.path(""));
        }
    }
}

fn cut(path: &Path, size: u64) -> Result<()> {
    let failed = |error| Error::io(path, "cut", error);
    let file = open::unlinked(path, OpenOptions::new().write(true)).map_err(failed)?;
    file.set_len(size).map_err(failed)
}

fn identity_of(file: &File, path: &Path) -> Result<Identity> {
    Ok(Identity::of(&file.metadata().map_err(|error| Error::io(path, "inspect", error))?))
}

/// Nanoseconds since the epoch as a time.
pub fn stamp(nanos: i64) -> String {
    clock::from_millis(nanos / 1_000_000).map(clock::stamp).unwrap_or_default()
}

/// Whether no more can be written at all.
pub fn is_full(error: &Error) -> bool {
    const CODES: [i32; 3] = [libc::ENOSPC, libc::EDQUOT, libc::EROFS];
    matches!(error, Error::Io { source, .. } if source.raw_os_error().is_some_and(|code| CODES.contains(&code)))
}
