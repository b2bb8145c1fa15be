//! Owns the files of an inbox. Must stay true: a message is written to the next directory, synced, before it leaves the
//! present one; if it is in two, because a program was killed in between, the one that it was to leave counts. A
//! damaged message spoils no other. Deliberately absent: locking, and what a move means.

use crate::draft::Enclosure;
use crate::message::{HIGHEST, Message, State, VERSION, id_of, number};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, Staged};
use cs_core::patch::Patch;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A directory of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Folder {
    New,
    Cur,
    Read,
    Failed,
}

/// In the order of a message's way: the first one that has a message counts.
pub(super) const FOLDERS: [Folder; 4] = [Folder::New, Folder::Cur, Folder::Read, Folder::Failed];
impl Folder {
    fn name(self) -> &'static str {
        match self {
            Folder::New => "new",
            Folder::Cur => "cur",
            Folder::Read => "read",
            Folder::Failed => "failed",
        }
    }

    fn before(self) -> impl Iterator<Item = Folder> {
        FOLDERS.into_iter().filter(move |folder| *folder < self)
    }

    fn state(self, message: &Message) -> State {
        match self {
            Folder::New => State::Queued,
            Folder::Cur => State::Delivered,
            Folder::Read if message.acked_at.is_some() => State::Acked,
            Folder::Read => State::Read,
            Folder::Failed => State::Failed,
        }
    }
}

/// The directory of an inbox.
#[derive(Clone, Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    pub fn at(dir: PathBuf) -> Self {
        Files(dir)
    }

    pub fn lock(&self) -> PathBuf {
        self.0.join(".lock")
    }

    pub fn waiter_lock(&self) -> PathBuf {
        self.0.join("waiter.lock")
    }

    pub fn handed(&self) -> PathBuf {
        self.0.join("handed")
    }

    pub fn pipe(&self) -> PathBuf {
        self.0.join("wake")
    }

    fn folder(&self, folder: Folder) -> PathBuf {
        self.0.join(folder.name())
    }

    pub(super) fn path(&self, folder: Folder, id: &str) -> PathBuf {
        self.folder(folder).join(format!("{id}.json"))
    }

    /// How many messages a directory has.
    pub fn count(&self, folder: Folder) -> Result<usize> {
        file::count(&self.folder(folder), |name| name.strip_suffix(".json").and_then(number).is_some())
    }

    /// The numbers of the messages in a directory.
    pub(super) fn numbers(&self, folder: Folder) -> Result<BTreeSet<u64>> {
        Ok(file::stems(&self.folder(folder), ".json")?.iter().filter_map(|stem| number(stem)).collect())
    }

    /// The ids of the messages whose state a directory decides, in order.
    fn ids(&self, folder: Folder) -> Result<Vec<String>> {
        let ids = self.numbers(folder)?.into_iter().map(id_of);
        let is_left_over = |id: &str| folder.before().any(|before| self.path(before, id).is_file());
        Ok(ids.filter(|id| !is_left_over(id)).collect())
    }

    /// One message of a directory; `None` if it is not there.
    fn message(&self, folder: Folder, id: &str) -> Result<Option<Message>> {
        let path = self.path(folder, id);
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let mut message = parse(&path, &bytes)?;
        if message.message_id != id || self.0.file_name().is_none_or(|seat| seat != message.to.as_str()) {
            return Err(Error::corrupt(&path, format!("it contains the message {}", message.full_id())));
        }
        message.state = folder.state(&message);
        Ok(Some(message))
    }

    /// The messages of a directory that can be read, in order. For readers without the lock.
    pub fn readable(&self, folder: Folder) -> Result<Vec<Message>> {
        let ids = self.ids(folder)?;
        Ok(ids.iter().filter_map(|id| self.message(folder, id).ok().flatten()).collect())
    }

    /// The messages of a directory that may be changed, in order. Damaged ones go to `failed/`; newer ones stay. The
    /// caller holds the lock.
    pub fn usable(&self, folder: Folder) -> Result<Vec<Message>> {
        let mut usable = Vec::new();
        for id in self.ids(folder)? {
            match self.message(folder, &id) {
                Ok(message) => usable.extend(message.filter(|message| message.schema_version <= VERSION)),
                Err(Error::Newer { .. }) => {}
                Err(error @ Error::Corrupt { .. }) => self.set_aside(folder, &id, &error)?,
                Err(error) => return Err(error),
            }
        }
        Ok(usable)
    }

    /// Moves a damaged message to `failed/`, unchanged, with a note.
    fn set_aside(&self, folder: Folder, id: &str, error: &Error) -> Result<()> {
        let to = self.path(Folder::Failed, id);
        let note = format!("{error}\nThe file was moved here as it was.\n");
        file::replace(&to.with_extension("note"), note.as_bytes(), Durability::Synced)?;
        file::move_new(&self.path(folder, id), &to).map(drop)
    }

    /// The message with an id, and the directory that decides its state.
    pub fn find(&self, id: &str) -> Result<(Folder, Message)> {
        // Twice: it may go back to the first directory meanwhile.
        for folder in FOLDERS.into_iter().chain(FOLDERS) {
            if let Some(message) = self.message(folder, id)? {
                return Ok((folder, message));
            }
        }
        let seat = self.0.file_name().unwrap_or_default().to_string_lossy();
        Err(Error::Missing(format!("no message {id} in the inbox of {seat}")))
    }

    /// The highest number that was ever given. If the file with it is lost or behind, the messages say it.
    pub fn last_number(&self) -> Result<u64> {
        let bytes = file::read(&self.0.join("seq")).unwrap_or_default();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let written = text.strip_suffix('\n').and_then(number);
        let is_free = |id: &str| FOLDERS.into_iter().all(|folder| self.path(folder, id).symlink_metadata().is_err());
        match written {
            Some(last) if has_next(last) && is_free(&id_of(last + 1)) => Ok(last),
            _ => {
                let highest = FOLDERS.into_iter().map(|folder| Ok(self.numbers(folder)?.last().copied()));
                let highest = highest.collect::<Result<Vec<_>>>()?.into_iter().flatten().max();
                Ok(highest.max(written.filter(|last| has_next(*last))).unwrap_or_default())
            }
        }
    }

    /// The number of a new message.
    pub fn next_number(&self, last: u64) -> Result<u64> {
        let full = || Error::corrupt(&self.0, format!("the message {} has the last number", id_of(last)));
        has_next(last).then_some(last + 1).ok_or_else(full)
    }

    /// Stores the highest number. If it is lost in a power failure, the messages say it.
    pub fn set_last_number(&self, last: u64) -> Result<()> {
        file::replace(&self.0.join("seq"), format!("{}\n", id_of(last)).as_bytes(), Durability::Disposable)
    }

    /// Copies a file for a message, and returns the path of the copy.
    pub fn enclose(&self, id: &str, enclosure: &Enclosure) -> Result<PathBuf> {
        let path = self.0.join("files").join(format!("{id}-{}", enclosure.name));
        file::replace(&path, enclosure.text.as_bytes(), Durability::Synced)?;
        Ok(path)
    }

    /// Stores a new message.
    pub fn create(&self, message: &Message) -> Result<()> {
        let path = self.path(Folder::New, &message.message_id);
        match file::stage(&path, &encode(message), Durability::Synced)?.create()? {
            true => Ok(()),
            false => Err(Error::Contended { path, kept: None }),
        }
    }

    /// Writes changed messages to the next directory, then removes them from the present one. Returns those that were
    /// moved: if something fails on the way, the others stay where they were.
    pub fn shift(&self, from: Folder, to: Folder, messages: Vec<Message>) -> Result<Vec<Message>> {
        if let Some(newer) = messages.iter().find(|message| message.schema_version > VERSION) {
            let path = self.path(to, &newer.message_id);
            return Err(Error::Newer { path, version: newer.schema_version });
        }
        let files = messages.iter().map(|message| (self.path(to, &message.message_id), encode(message)));
        let staged = file::stage_many(files.collect());
        let (mut placed, mut failure) = (Vec::new(), None);
        for (message, staged) in messages.into_iter().zip(staged) {
            match staged.and_then(Staged::place) {
                Ok(()) => placed.push(message),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        if let (true, Some(error)) = (placed.is_empty(), failure) {
            return Err(error);
        }
        if placed.is_empty() {
            return Ok(placed);
        }
        file::sync_dir(&self.folder(to))?;
        if from != to {
            self.leave(from, to, &mut placed)?;
        }
        Ok(placed)
    }

    /// Removes messages from the directory that they leave; those that cannot be removed have not left it.
    fn leave(&self, from: Folder, to: Folder, placed: &mut Vec<Message>) -> Result<()> {
        let left = placed.iter().take_while(|message| file::remove(&self.path(from, &message.message_id)).is_ok());
        let left = left.count();
        // On the way back the new place counts already.
        if to > from {
            placed.truncate(left);
        }
        match (placed.is_empty(), file::sync_dir(&self.folder(from))) {
            (true, _) => Err(Error::Refused(format!("no message can be removed from {}", self.folder(from).display()))),
            // It was moved, but perhaps not for a machine that loses power now.
            (false, _) => Ok(()),
        }
    }
}

fn has_next(last: u64) -> bool {
    last + 1 < HIGHEST
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Message> {
    let parsed = serde_json::from_slice(bytes);
    parsed.map_err(|error| {
        let newer = Patch::of(bytes).ok().and_then(|fields| fields.newer_version(VERSION).ok().flatten());
        let damaged = || Error::corrupt(path, error.to_string());
        newer.map_or_else(damaged, |version| Error::Newer { path: path.to_path_buf(), version })
    })
}

fn encode(message: &Message) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(message).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
