//! Owns the digests of the logs that a report was made from. A log only grows, so a later one has the same first bytes.

use conversations::{Conversation, Place};
use cs_core::error::{Error, Result};
use cs_core::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// How many bytes are read at once.
const ROOM: usize = 64 * 1024;

/// Adds the digests of all logs of a conversation, as they are now; a log that cannot be read has none, and neither has the
/// history of a client, which has the prompts of all conversations.
pub fn digests(of: &Conversation, all: &mut BTreeMap<String, String>) {
    for log in of.logs.iter().filter(|_| of.place != Place::Prompts) {
        if let Ok((bytes, digest)) = log.open().and_then(digest) {
            all.insert(format!("{}:{}", of.uuid, log.thread), format!("{bytes}:{digest}"));
        }
    }
}

/// Whether the log of a source still begins with these bytes: `None` if there is no such log any more.
pub fn is_same(of: &Conversation, thread: &str, said: &str) -> Result<Option<bool>> {
    let wrong = || Error::Invalid(format!("{said:?} is not the digest of a log"));
    let (bytes, sha) = said.split_once(':').ok_or_else(wrong)?;
    let bytes: u64 = bytes.parse().map_err(|_| wrong())?;
    let mut is_there = false;
    // A thread may have several copies.
    for log in of.logs.iter().filter(|log| log.thread == thread) {
        is_there = true;
        let failed = |error| Error::io(&log.path, "read", error);
        let (read, digest) = log.open().and_then(|from| digest(from.take(bytes))).map_err(failed)?;
        if read == bytes && digest == sha {
            return Ok(Some(true));
        }
    }
    Ok(is_there.then_some(false))
}

fn digest(mut from: impl Read) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut room) = (Sha256::new(), 0, vec![0; ROOM]);
    loop {
        match from.read(&mut room) {
            Ok(0) => return Ok((bytes, hex(&hash.finalize()))),
            Ok(read) => {
                hash.update(room.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
