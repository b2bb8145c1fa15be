//! Owns the files of an inbox. Must stay true: a message is one file, synced when it is stored and never written again; a
//! move is one rename, so it is always in exactly one directory. A damaged message spoils no other. Deliberately absent:
//! locking, what a move means, and how far a message has come (`way`).

use super::folder::{FOLDERS, Folder, WAY};
use super::way;
use crate::draft::Enclosure;
use crate::message::{HIGHEST, Message, VERSION, id_of, number};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, OwnDir};
use cs_core::patch::Patch;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

    pub fn pipe(&self) -> PathBuf {
        self.0.join("wake")
    }

    fn folder(&self, folder: Folder) -> PathBuf {
        self.0.join(folder.name())
    }

    fn dir(&self, name: &str) -> Result<OwnDir> {
        OwnDir::checked(self.0.join(name))
    }

    pub(super) fn way(&self) -> Result<OwnDir> {
        self.dir(WAY)
    }

    pub(super) fn path(&self, folder: Folder, id: &str) -> PathBuf {
        self.folder(folder).join(name(id))
    }

    /// How many messages a directory has.
    pub fn count(&self, folder: Folder) -> Result<usize> {
        file::count(&self.folder(folder), |name| name.strip_suffix(".json").and_then(number).is_some())
    }

    /// The numbers of the messages in a directory.
    pub(super) fn numbers(&self, folder: Folder) -> Result<BTreeSet<u64>> {
        Ok(numbers_in(&self.dir(folder.name())?)?.collect())
    }

    /// The messages of a directory, in order, or why one cannot be read. One that has left it meanwhile is not among them.
    fn messages(&self, folder: Folder) -> Result<Vec<(String, Result<Message>)>> {
        let (dir, way) = (self.dir(folder.name())?, self.way()?);
        let numbers: BTreeSet<u64> = numbers_in(&dir)?.collect();
        let ids = numbers.into_iter().map(id_of);
        let with_way = |id: &str| {
            let mut message = self.stored(folder, &dir, id)?;
            message.iter_mut().try_for_each(|message| complete(message, folder, &way)).map(|()| message)
        };
        Ok(ids.filter_map(|id| with_way(&id).transpose().map(|message| (id, message))).collect())
    }

    /// One message of a directory as it was stored; `None` if it is not there.
    fn stored(&self, folder: Folder, dir: &OwnDir, id: &str) -> Result<Option<Message>> {
        let Some(bytes) = dir.read(&name(id))? else { return Ok(None) };
        let path = self.path(folder, id);
        let message = parse(&path, &bytes)?;
        if message.message_id != id || self.0.file_name().is_none_or(|seat| seat != message.to.as_str()) {
            return Err(Error::corrupt(&path, format!("it contains the message {}", message.full_id())));
        }
        Ok(Some(message))
    }

    /// The messages of a directory that can be read, in order. For readers without the lock.
    pub fn readable(&self, folder: Folder) -> Result<Vec<Message>> {
        Ok(self.messages(folder)?.into_iter().filter_map(|(_, message)| message.ok()).collect())
    }

    /// The messages of a directory that may be changed, in order. Damaged ones go to `failed/`; newer ones stay. The
    /// caller holds the lock.
    pub fn usable(&self, folder: Folder) -> Result<Vec<Message>> {
        let mut usable = Vec::new();
        for (id, message) in self.messages(folder)? {
            match message {
                Ok(message) => usable.extend(Some(message).filter(|message| message.schema_version <= VERSION)),
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
        let (folder, mut message) = self.find_stored(id)?;
        complete(&mut message, folder, &self.way()?)?;
        Ok((folder, message))
    }

    /// The same as it was stored, without how far it has come.
    pub(super) fn find_stored(&self, id: &str) -> Result<(Folder, Message)> {
        // Twice: it may go back to the first directory meanwhile.
        for folder in FOLDERS.into_iter().chain(FOLDERS) {
            if let Some(message) = self.stored(folder, &self.dir(folder.name())?, id)? {
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

    /// Stores a new message, with an empty file for its way: a hook then makes no file, which can take a millisecond.
    /// The first message also makes the directories, which hooks then need not sync.
    pub fn create(&self, message: &Message) -> Result<()> {
        let path = self.path(Folder::New, &message.message_id);
        if !self.folder(Folder::New).is_dir() {
            file::make_dirs(&self.0, &[WAY, Folder::Cur.name(), Folder::Read.name(), Folder::New.name()])?;
        }
        way::begin(&self.way()?, &message.message_id)?;
        match file::stage(&path, &encode(message), Durability::Synced)?.create()? {
            true => Ok(()),
            false => Err(Error::Contended { path, kept: None }),
        }
    }

    /// Notes how far messages have come, then moves each to the next directory. Returns those that were moved: if
    /// something fails on the way, the others stay where they were. Of the two steps, a power failure may undo the
    /// later one or both, unless they are synced.
    pub fn shift(&self, from: Folder, to: Folder, messages: Vec<Message>, how: Durability) -> Result<Vec<Message>> {
        if let Some(newer) = messages.iter().find(|message| message.schema_version > VERSION) {
            let path = self.path(from, &newer.message_id);
            return Err(Error::Newer { path, version: newer.schema_version });
        }
        let (old, new, way) = (self.dir(from.name())?, self.dir(to.name())?, self.way()?);
        let mut moved = Vec::new();
        for message in messages {
            let noted = way::note(&way, &message, how);
            match noted.and_then(|()| if from == to { Ok(()) } else { old.give(&name(&message.message_id), &new) }) {
                Ok(()) => moved.push(message),
                Err(error) if moved.is_empty() => return Err(error),
                // Nothing overtakes the first one that stays.
                Err(_) => break,
            }
        }
        Ok(moved)
    }

    /// Moves messages back, whose last step then does not count.
    pub fn take_back(&self, from: Folder, to: Folder, messages: &[Message]) -> Result<()> {
        let (old, new) = (self.dir(from.name())?, self.dir(to.name())?);
        messages.iter().map(|message| old.give(&name(&message.message_id), &new)).fold(Ok(()), Result::and)
    }

    /// Syncs the names in two directories between which messages were moved.
    pub fn sync(&self, from: Folder, to: Folder) -> Result<()> {
        file::sync_dir(&self.folder(to))?;
        if from == to { Ok(()) } else { file::sync_dir(&self.folder(from)) }
    }
}

fn numbers_in(dir: &OwnDir) -> Result<impl Iterator<Item = u64> + use<>> {
    Ok(dir.stems(".json")?.into_iter().filter_map(|stem| number(&stem)))
}

/// Adds how far a message in a directory has come.
fn complete(message: &mut Message, folder: Folder, way: &OwnDir) -> Result<()> {
    way::add_to(message, folder, way)?;
    message.state = folder.state(message);
    Ok(())
}

/// The name of a message's file.
fn name(id: &str) -> String {
    format!("{id}.json")
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
