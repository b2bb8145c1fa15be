//! Owns snapshots: a name for how a conversation was at some time. Must stay true: nothing is copied for it: it names a
//! generation of the main log's copy, which is never changed, and how many bytes of it there were; a name is given once.

use crate::copy::{self, Copied};
use crate::index::{self, Line};
use crate::ledger::{self, Event, What};
use crate::manifest::{CHANGED, LogCopy, MAIN, Manifest, Snapshot};
use agents::{Agent, cut};
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::git;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::validate;
use std::io::{self, Read};
use std::path::Path;

/// Maximum number of characters of a name.
const NAME: usize = 100;

/// Names what is kept of a conversation now.
pub fn snapshot(home: &Home, agent: Agent, uuid: &Uuid, name: &str, actor: &str, now: Instant) -> Result<Snapshot> {
    let name = validate::cut(&validate::text("the snapshot's name", name, NAME)?, NAME);
    let _lock = crate::run::lock(home)?;
    let kept = Manifest::read(home, agent, uuid)?.filter(|manifest| !manifest.logs.is_empty());
    let Some(mut manifest) = kept else { return Err(Error::Missing(format!("nothing is kept of {uuid}"))) };
    if manifest.snapshots.iter().any(|other| other.name == name) {
        return Err(Error::Refused(format!("{uuid} has a snapshot {name:?} already")));
    }
    // Of several, as after the folder of the project was moved, the one that goes on.
    let mains = manifest.newest().into_iter().filter(|log| log.thread == MAIN);
    let Some(log) = mains.max_by_key(|log| log.identity.modified) else {
        return Err(Error::Missing(format!("the main log of {uuid} is not kept")));
    };
    let path = home.kept(agent.word(), uuid).join(&log.file);
    let failed = |error| Error::io(&path, "read", error);
    let content = || crate::read::open(&path).map(|content| content.take(log.bytes)).map_err(failed);
    let cut = cut::last(agent, content()?).map_err(failed)?;
    let bytes = length(content()?, cut.lines).map_err(failed)?;
    if bytes == 0 {
        return Err(Error::Missing(format!("nothing was said in {uuid} yet")));
    }
    let beginning = copy::checksum(&path, bytes)?;
    let cwd = cut.cwd.or_else(|| manifest.cwd.clone());
    let checkout = cwd.as_deref().and_then(|cwd| git::find(Path::new(cwd)));
    let snapshot = Snapshot {
        name,
        at: clock::stamp(now),
        generation: log.generation,
        bytes,
        sha256: beginning.sha256,
        cwd,
        head: checkout.as_ref().and_then(git::Checkout::commit),
        branch: checkout.and_then(|checkout| checkout.branch),
    };
    let lines = index::stored(home)?;
    let is_it = |line: &Line| line.agent == agent && line.conversation == uuid.as_str();
    if lines.iter().flatten().any(|line| is_it(line) && !line.is_of(&manifest)) {
        return Err(Error::corrupt(&home.kept_manifest(agent.word(), uuid), CHANGED));
    }
    manifest.snapshots.push(snapshot.clone());
    manifest.revision = manifest.next_revision()?;
    index::withdraw(home)?;
    manifest.write(home, uuid)?;
    ledger::append(home, &[Event { actor: Some(actor.into()), ..event(&manifest, &snapshot) }], now)?;
    match lines {
        Some(mut lines) => {
            lines.iter_mut().find(|line| is_it(line)).into_iter().for_each(|line| *line = Line::of(&manifest));
            index::write(home, lines.iter())?;
        }
        None => crate::forget::rebuild(home)?,
    }
    Ok(snapshot)
}

/// What the ledger says about it.
pub fn event(manifest: &Manifest, snapshot: &Snapshot) -> Event {
    let file = manifest.logs.iter().find(|log| log.thread == MAIN && log.generation == snapshot.generation);
    let file = file.map_or("", |log| log.file.as_str());
    let event = Event::of(What::Snapshot, manifest).to(file, snapshot.bytes, &snapshot.sha256);
    Event { snapshot: Some(snapshot.name.clone()), ..event }
}

/// The copy of which a snapshot is the beginning: its own generation, or another one that begins alike, if that was
/// damaged.
pub fn copy_of<'m>(home: &Home, uuid: &Uuid, manifest: &'m Manifest, snapshot: &Snapshot) -> Result<&'m LogCopy> {
    let dir = home.kept(manifest.agent.word(), uuid);
    let wanted = Copied { bytes: snapshot.bytes, sha256: snapshot.sha256.clone() };
    let mut logs: Vec<&LogCopy> = manifest.logs.iter().filter(|log| log.thread == MAIN).collect();
    logs.sort_by_key(|log| log.generation != snapshot.generation);
    let is_it = |log: &&&LogCopy| copy::checksum(&dir.join(&log.file), wanted.bytes).is_ok_and(|read| read == wanted);
    let gone = || {
        let path = home.kept_manifest(manifest.agent.word(), uuid);
        Error::corrupt(&path, format!("no copy begins with the snapshot {:?} as it was", snapshot.name))
    };
    logs.iter().find(is_it).copied().ok_or_else(gone)
}

/// How many bytes the first lines have.
fn length(content: impl Read, lines: u64) -> io::Result<u64> {
    let (mut content, mut seen, mut length) = (io::BufReader::with_capacity(256 * 1024, content), 0, 0);
    while seen < lines {
        let bytes = io::BufRead::fill_buf(&mut content)?;
        let count = bytes.len();
        if count == 0 {
            break;
        }
        let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let left = usize::try_from(lines - seen - 1).unwrap_or(usize::MAX);
        match ends.clone().nth(left) {
            Some(end) => return Ok(length + end as u64),
            None => seen += ends.by_ref().count() as u64,
        }
        length += count as u64;
        io::BufRead::consume(&mut content, count);
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_measured_wherever_they_end() {
        let long = format!("{}\n", "x".repeat(300_000));
        let text = format!("one\n\n{long}two\n{long}rest");
        let measured = |lines| length(text.as_bytes(), lines).unwrap();
        let expected = [0, 4, 5, 300_006, 300_010, 600_011];
        assert_eq!([0, 1, 2, 3, 4, 5].map(measured), expected);
    }
}
