//! Owns finding the logs from which the lines of other logs may have been copied: beside them, in another folder, or kept.
//! Must stay true: the ids of at most [`REMEMBERED`] logs are held.

use agents::Agent;
use agents::entry::Wanted;
use agents::lines::{self, Piece};
use agents::part::line_hash;
use agents::reader::{Reader, State};
use cs_core::id::Uuid;
use memchr::memmem;
use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many logs are remembered that others were compared with.
const REMEMBERED: usize = 8;
/// Bytes that are searched at once.
const ROOM: usize = 64 * 1024;

/// Where logs may be that others were copied from.
#[derive(Debug, Default)]
pub struct Kin {
    /// The folder of the kept copies.
    kept: PathBuf,
    known: Mutex<Vec<(PathBuf, u64, Ids)>>,
}

/// Hashes of the ids of a log's lines.
pub(crate) type Ids = Arc<HashSet<u64>>;

impl Kin {
    /// Logs are also looked for among the copies in this folder.
    pub fn new(kept: PathBuf) -> Self {
        Kin { kept, known: Mutex::default() }
    }

    /// The log of a conversation: beside another one, in a folder beside its folder, or kept.
    pub(crate) fn log(&self, uuid: &Uuid, beside: &Path) -> Option<PathBuf> {
        let name = format!("{uuid}.jsonl");
        let folder = beside.parent()?;
        let near = Some(folder.join(&name)).filter(|path| path.is_file());
        let far = || {
            fs::read_dir(folder.parent()?).ok()?.flatten().map(|dir| dir.path().join(&name)).find(|path| path.is_file())
        };
        near.or_else(far).or_else(|| kept::main_log(&self.kept, Agent::Claude, uuid))
    }

    pub(crate) fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        if path.starts_with(&self.kept) { kept::open(path) } else { Ok(Box::new(cs_core::open::foreign(path)?)) }
    }

    /// Whether a log has this text.
    pub(crate) fn has(&self, path: &Path, text: &str) -> io::Result<bool> {
        let (finder, mut from) = (memmem::Finder::new(text), self.open(path)?);
        let (mut room, mut kept) = (vec![0; ROOM + text.len()], 0);
        loop {
            let count = from.read(room.get_mut(kept..).unwrap_or_default())?;
            let bytes = room.get(..kept + count).unwrap_or_default();
            if count == 0 || finder.find(bytes).is_some() {
                return Ok(count > 0);
            }
            let (all, tail) = (bytes.len(), bytes.len().min(text.len()));
            room.copy_within(all - tail..all, 0);
            kept = tail;
        }
    }

    /// The ids of a log's lines; a log is read again if it has grown.
    pub(crate) fn ids(&self, path: &Path) -> io::Result<Ids> {
        let size = fs::metadata(path)?.len();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., ids)) = known().iter().find(|(of, then, _)| of == path && *then == size) {
            return Ok(Arc::clone(ids));
        }
        let mut reader = Reader::new(State::new(Agent::Claude), Wanted::Full);
        let (mut number, mut ids) = (0, HashSet::new());
        lines::read(self.open(path)?, |piece| {
            number += 1;
            if let Piece::Line(line) | Piece::Rest(line) = piece {
                reader.line(line, number, &mut |entry| ids.extend(entry.id.as_deref().map(line_hash)));
            }
        })?;
        let ids = Arc::new(ids);
        let mut all = known();
        all.retain(|(of, ..)| of != path);
        all.truncate(REMEMBERED - 1);
        all.insert(0, (path.into(), size, Arc::clone(&ids)));
        Ok(ids)
    }
}
