//! Owns the bytes of a record's file: what is read from them, and what may be written. Must stay true: a record that our
//! own reader would refuse is never written.

use crate::error::{Error, Result};
use crate::file;
use crate::lean::Lean;
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

/// A record as it was read, perhaps without its older events.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub session: Session,
    /// `None` if the session has all its events.
    pub lean: Option<Lean>,
}

/// Reads the record at `path`, without the older events of one that has many.
pub(super) fn read_lean(path: &Path) -> Result<Option<Held>> {
    let Some(bytes) = file::read_at_most(path, validate::FILE_BYTES)? else { return Ok(None) };
    match Lean::of(bytes) {
        Ok(lean) => Ok(Some(Held { session: parse(path, &lean.text)?, lean: Some(lean) })),
        Err(bytes) if weight::is_too_heavy(&bytes) => Err(Error::corrupt(path, weight::HEAVY)),
        Err(bytes) => Ok(Some(Held { session: parse(path, &bytes)?, lean: None })),
    }
}

/// Writes a record beside its file, as [`file::begin`] does.
pub(super) fn stage(path: &Path, session: &Session, lean: Option<&Lean>) -> Result<file::Staged> {
    let text = encode(session, lean)?;
    file::begin(path, &parts(session, &text, lean)?)
}

/// The bytes of a record without the older events that it lacks, if every reader accepts them.
pub(super) fn encode(session: &Session, lean: Option<&Lean>) -> Result<Vec<u8>> {
    let text = session.to_bytes();
    let is_too_heavy = lean.map_or_else(|| weight::is_too_heavy(&text), |lean| !lean.may_be_read(&text));
    let size: usize = parts(session, &text, lean)?.iter().map(|part| part.len()).sum();
    if size > validate::FILE_BYTES {
        return Err(Error::Refused(format!(
            "{} is full: it would have {} bytes, at most {} are read",
            session.session_id,
            size,
            validate::FILE_BYTES
        )));
    }
    if is_too_heavy {
        return Err(Error::Refused(format!(
            "{} is full: it holds too many events, tasks or files",
            session.session_id
        )));
    }
    Ok(text)
}

/// The parts of a record's file, which may be empty.
fn parts<'a>(session: &Session, text: &'a [u8], lean: Option<&'a Lean>) -> Result<[&'a [u8]; 3]> {
    let lost = || Error::Refused(format!("{} has lost its newest event", session.session_id));
    lean.map_or(Ok([text, &[], &[]]), |lean| lean.join(text).ok_or_else(lost))
}
