//! Owns the body of a report while its head is not known yet: in memory while it is short, else in a file without a name,
//! which is gone with the program.

use cs_core::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, Write};
use tempfile::SpooledTempFile;

/// How many bytes are kept in memory.
const MEMORY: usize = 4 * 1024 * 1024;
/// How many bytes are read at once.
const ROOM: usize = 64 * 1024;

/// The body.
pub struct Spool {
    file: SpooledTempFile,
    bytes: u64,
}

impl Spool {
    /// An empty one.
    pub fn new() -> Spool {
        Spool { file: SpooledTempFile::new(MEMORY), bytes: 0 }
    }

    /// Appends a text.
    pub fn add(&mut self, text: &str) -> Result<()> {
        self.bytes += text.len() as u64;
        self.file.write_all(text.as_bytes()).map_err(failed)
    }

    /// Number of bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Passes all of it on.
    pub fn copy(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.each(&mut |bytes| out.write_all(bytes))
    }

    /// The digest of this text and all of it.
    pub fn hash(&mut self, before: &str) -> Result<Sha256> {
        let mut hash = Sha256::new_with_prefix(before);
        self.each(&mut |bytes| {
            hash.update(bytes);
            Ok(())
        })
        .map_err(failed)?;
        Ok(hash)
    }

    /// Goes to the beginning.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind()
    }

    /// The next piece; `None` at the end.
    pub fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut room = vec![0; ROOM];
        let read = self.file.read(&mut room)?;
        room.truncate(read);
        Ok(Some(room).filter(|piece| !piece.is_empty()))
    }

    /// Passes all of it on, piece by piece.
    pub fn each(&mut self, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.rewind()?;
        while let Some(piece) = self.piece()? {
            take(&piece)?;
        }
        Ok(())
    }
}

fn failed(error: io::Error) -> Error {
    Error::io(&std::env::temp_dir(), "write in", error)
}
