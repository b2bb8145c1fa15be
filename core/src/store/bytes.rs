//! Owns the bytes of a record's file: what is read from them, and what may be written. Must stay true: a record that our
//! own reader would refuse is never written.

use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::record::Session;
use crate::{validate, weight};
use std::path::Path;

/// Parses a record's bytes; its id must be that of the file name.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Session> {
    if bytes.is_empty() {
        return Err(Error::corrupt(path, "it is empty"));
    }
    let session = Session::read(bytes).map_err(|error| Error::corrupt(path, error.to_string()))?;
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(&session.session_id) {
        return Err(Error::corrupt(path, format!("it contains the session {:?}", session.session_id)));
    }
    Ok(session)
}

/// Writes a record beside its file.
pub(super) fn stage(path: &Path, session: &Session) -> Result<file::Staged> {
    file::stage(path, &encode(session)?, Durability::Synced)
}

/// The bytes of a record, if every reader accepts them.
pub(super) fn encode(session: &Session) -> Result<Vec<u8>> {
    let bytes = session.to_bytes();
    if bytes.len() > validate::FILE_BYTES {
        return Err(Error::Refused(format!(
            "{} is full: it would have {} bytes, at most {} are read",
            session.session_id,
            bytes.len(),
            validate::FILE_BYTES
        )));
    }
    if weight::is_too_heavy(&bytes) {
        return Err(Error::Refused(format!(
            "{} is full: it holds too many events, tasks or files",
            session.session_id
        )));
    }
    Ok(bytes)
}
