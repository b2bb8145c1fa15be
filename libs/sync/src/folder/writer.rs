//! Owns writing rows to a machine's files. Must stay true: what was in a file stays in it, unless all of a source is written
//! anew: then the new file takes the place of the old one when it is complete, with the rows behind those that came if
//! nobody said that there are none. Nothing follows a torn line on that line.

use super::place::{Place, is_shared};
use super::{line, live};
use crate::row::Row;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::open;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};

/// So many bytes are written at once.
const GROUP: usize = 256 * 1024;

/// More new files than these are synced by syncing the whole disk.
const FEW: usize = 32;

/// Writes rows.
pub struct Writer {
    place: Place,
    /// The files that have many sources.
    shared: BTreeMap<Kind, Lines>,
    /// The file of the source that came last.
    own: Option<Own>,
    /// Directories with new names.
    dirs: BTreeSet<PathBuf>,
    /// Files of one source that are not synced yet.
    unsynced: Vec<PathBuf>,
}

/// The file of one source.
struct Own {
    source: Source,
    lines: Lines,
    /// Where it belongs, if it is to take the place of what is there.
    to: Option<PathBuf>,
    /// Whether it was said that what is there has no rows behind those that came.
    is_all: bool,
    /// The number of the row after the last one that came.
    next: u64,
}

/// A file to which lines are appended.
struct Lines {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// Bytes in the file.
    written: u64,
}

impl Writer {
    /// Writes in this folder. What a program that was killed had not completed is removed.
    pub fn new(place: Place) -> Result<Writer> {
        file::remove(&place.temp())?;
        Ok(Writer { place, shared: BTreeMap::new(), own: None, dirs: BTreeSet::new(), unsynced: Vec::new() })
    }

    /// Takes a row. The one with number 0 begins all of its source anew.
    pub fn row(&mut self, source: &Source, seq: u64, row: &Row) -> Result<()> {
        let bytes = line::row(source, seq, row);
        match is_shared(source.kind()) {
            true => self.shared(source.kind())?.push(&bytes),
            false => {
                let own = self.own(source, seq == 0)?;
                own.next = seq + 1;
                own.lines.push(&bytes)
            }
        }
    }

    /// Whether a new file takes the place of the one that a source has.
    pub fn is_anew(&self, source: &Source) -> bool {
        self.own.as_ref().is_some_and(|own| own.source == *source && own.to.is_some())
    }

    /// Whether what came of a source takes the place of a file that is, or may be, as long: nobody could tell them apart by
    /// that.
    pub fn is_alike(&self, source: &Source) -> bool {
        let Some(Own { to: Some(to), is_all, lines, .. }) = self.own.as_ref().filter(|own| own.source == *source)
        else {
            return false;
        };
        std::fs::symlink_metadata(to).is_ok_and(|there| !is_all || there.len() == lines.len())
    }

    /// Takes the rows from a number on away.
    pub fn cut(&mut self, source: &Source, from: u64) -> Result<()> {
        let bytes = line::cut(source, from);
        if is_shared(source.kind()) {
            return self.shared(source.kind())?.push(&bytes);
        }
        let own = self.own(source, from == 0)?;
        // A new file has no rows behind those that came.
        own.is_all = true;
        if own.to.is_none() { own.lines.push(&bytes) } else { Ok(()) }
    }

    /// How long the file of a source is, with all that came.
    pub fn end(&mut self, source: &Source) -> Result<u64> {
        if let Some(lines) = self.shared.get(&source.kind()) {
            return Ok(lines.len());
        }
        if self.own.as_ref().is_some_and(|own| own.source == *source) {
            let own = self.own.take();
            return own.map_or(Ok(0), |own| self.complete(own));
        }
        Ok(std::fs::symlink_metadata(self.place.rows(source)).map_or(0, |meta| meta.len()))
    }

    /// Writes all that came to the disk.
    pub fn flush(&mut self) -> Result<()> {
        self.leave()?;
        self.shared.values_mut().try_for_each(Lines::sync)?;
        let (dirs, files) = (std::mem::take(&mut self.dirs), std::mem::take(&mut self.unsynced));
        if dirs.len() + files.len() > FEW && file::sync_disk(self.place.dir())? {
            return Ok(());
        }
        files.iter().try_for_each(|path| sync_file(path))?;
        dirs.iter().try_for_each(|dir| file::sync_dir(dir))
    }

    /// Closes all files, so that they can be replaced.
    pub fn release(&mut self) -> Result<()> {
        self.flush()?;
        self.shared.clear();
        Ok(())
    }

    fn shared(&mut self, kind: Kind) -> Result<&mut Lines> {
        if !self.shared.contains_key(&kind) {
            let path = self.place.shared(kind);
            let lines = Lines::open(&self.place, &mut self.dirs, path)?;
            self.shared.insert(kind, lines);
        }
        self.shared.get_mut(&kind).ok_or_else(|| Error::Missing("the file of these rows".into()))
    }

    fn own(&mut self, source: &Source, is_new: bool) -> Result<&mut Own> {
        let is_open = self.own.as_ref().is_some_and(|own| own.source == *source);
        if !is_open || is_new {
            self.leave()?;
            let path = self.place.rows(source);
            self.make_dirs(&path)?;
            let opened = if is_new { self.place.temp() } else { path.clone() };
            let lines = Lines::open(&self.place, &mut self.dirs, opened)?;
            self.own = Some(Own { source: source.clone(), lines, to: is_new.then_some(path), is_all: false, next: 0 });
        }
        self.own.as_mut().ok_or_else(|| Error::Missing("the file of these rows".into()))
    }

    /// Leaves a source of which nobody has said that it is complete: what was appended stays, a new file goes.
    fn leave(&mut self) -> Result<()> {
        match self.own.take() {
            Some(Own { mut lines, to: None, .. }) => {
                lines.write()?;
                self.unsynced.push(lines.path);
                Ok(())
            }
            Some(_) => file::remove(&self.place.temp()),
            None => Ok(()),
        }
    }

    fn complete(&mut self, mut own: Own) -> Result<u64> {
        if let Some(to) = own.to.clone().filter(|to| !own.is_all && to.exists()) {
            self.keep_rest(&mut own, &to)?;
        }
        own.lines.write()?;
        let length = own.lines.len();
        let Some(to) = own.to else {
            self.unsynced.push(own.lines.path);
            return Ok(length);
        };
        // What is there already is replaced only by what is on the disk. What is new is not told as held before that.
        if to.exists() {
            own.lines.sync()?;
        }
        std::fs::rename(&own.lines.path, &to).map_err(|error| Error::io(&to, "replace", error))?;
        self.dirs.extend(to.parent().map(Path::to_path_buf));
        self.unsynced.push(to);
        Ok(length)
    }

    /// Adds the rows that are there behind those that came.
    fn keep_rest(&self, own: &mut Own, to: &Path) -> Result<()> {
        let Own { source, lines, next, .. } = own;
        let is_its = |one: &Source| one == source;
        live::rows(to, &is_its, &mut |_, seq, text| match Row::parse(text).filter(|_| seq >= *next) {
            Some(row) => lines.push(&line::row(source, seq, &row)),
            None => Ok(()),
        })
    }

    /// Makes the directories of a file.
    fn make_dirs(&mut self, path: &Path) -> Result<()> {
        self.place.check(path)?;
        let Some(dir) = path.parent().filter(|dir| !dir.is_dir()) else { return Ok(()) };
        let ours = dir.ancestors().take_while(|above| above.starts_with(self.place.dir()));
        for dir in ours.collect::<Vec<_>>().into_iter().rev() {
            match DirBuilder::new().mode(0o700).create(dir) {
                Ok(()) => self.dirs.extend(dir.parent().map(Path::to_path_buf)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io(dir, "create", error)),
            }
        }
        Ok(())
    }
}

impl Lines {
    fn open(place: &Place, dirs: &mut BTreeSet<PathBuf>, path: PathBuf) -> Result<Lines> {
        place.check(&path)?;
        let file = file::open_own(&path, OpenOptions::new().read(true).append(true))?;
        let written = file.metadata().map_err(|error| Error::io(&path, "inspect", error))?.len();
        let mut lines = Lines { path, file, buffer: Vec::new(), written };
        match written.checked_sub(1) {
            None => dirs.extend(lines.path.parent().map(Path::to_path_buf)),
            Some(last) if lines.is_torn(last)? => lines.buffer.push(b'\n'),
            Some(_) => {}
        }
        Ok(lines)
    }

    fn is_torn(&self, last: u64) -> Result<bool> {
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, last).map_err(|error| Error::io(&self.path, "read", error))?;
        Ok(byte != *b"\n")
    }

    fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= GROUP { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        self.file.write_all(&self.buffer).map_err(|error| Error::io(&self.path, "write", error))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.write()?;
        self.file.sync_data().map_err(|error| Error::io(&self.path, "sync", error))
    }
}

fn sync_file(path: &Path) -> Result<()> {
    let file = open::unlinked(path, OpenOptions::new().read(true));
    file.and_then(|file| file.sync_data()).map_err(|error| Error::io(path, "sync", error))
}

/// Appends lines to a file, synced.
pub fn append(place: &Place, path: PathBuf, bytes: &[u8]) -> Result<()> {
    let mut dirs = BTreeSet::new();
    let mut lines = Lines::open(place, &mut dirs, path)?;
    lines.push(bytes)?;
    lines.sync()?;
    dirs.iter().try_for_each(|dir| file::sync_dir(dir))
}
