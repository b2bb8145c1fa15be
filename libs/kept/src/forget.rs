//! Owns removing copies: because a person wants that, or because of their age. Must stay true: the ledger keeps a line; what
//! was forgotten is not copied again, although its log may still be there.

use crate::index::{self, Line};
use crate::ledger::{self, Event, What};
use crate::manifest::{self, Manifest};
use agents::Agent;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file::{self, TEMP_PREFIX};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use std::path::Path;

/// Removes the copies of a conversation. `actor` wants that, for this reason.
pub fn forget(home: &Home, agent: Agent, uuid: &Uuid, actor: &str, reason: &str, now: Instant) -> Result<()> {
    let _lock = crate::run::lock(home)?;
    let Some(old) = Manifest::read(home, agent, uuid)? else {
        return Err(Error::Missing(format!("nothing is kept of {uuid}")));
    };
    index::withdraw(home)?;
    let forgotten_at = Some(clock::stamp(now));
    let mut manifest = Manifest { revision: old.next_revision()?, forgotten_at, ..Manifest::new(agent, uuid) };
    manifest.write(home, uuid)?;
    let event = Event::of(What::Forgotten, &manifest);
    let event = Event { actor: Some(actor.into()), reason: Some(reason.into()), ..event };
    ledger::append(home, &[event], now)?;
    ledger::sync(home)?;
    clear(home, agent, uuid)?;
    rebuild(home)
}

/// Removes everything of a conversation but its manifest.
pub fn clear(home: &Home, agent: Agent, uuid: &Uuid) -> Result<()> {
    let dir = home.kept(agent.word(), uuid);
    file::own_dir(&dir.join(manifest::NAME))?;
    let failed = |error| Error::io(&dir, "empty", error);
    for entry in std::fs::read_dir(&dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name() != manifest::NAME {
            remove(&entry.path())?;
        }
    }
    file::sync_dir(&dir)
}

/// Removes a file, a link or a directory; links in it are not followed.
fn remove(path: &Path) -> Result<()> {
    let is_dir = path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    let removed = if is_dir { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.map_err(|error| Error::io(path, "remove", error))
}

/// Conversations whose logs are all gone and were written last before this time, and that have no snapshot.
pub fn old(home: &Home, before: Instant) -> Result<Vec<Line>> {
    let lines = index::lines(home)?;
    let limit = before.timestamp_nanos_opt().unwrap_or(i64::MIN);
    let is_old = |line: &Line| {
        let is_past = |log: &index::Known| log.is_gone && log.identity.modified < limit;
        line.has_copies() && !line.has_snapshots && !line.logs.is_empty() && line.logs.iter().all(is_past)
    };
    Ok(lines.into_iter().filter(is_old).collect())
}

/// Removes all of an old conversation. A log that came back meanwhile is copied by the next run.
pub fn prune(home: &Home, line: &Line, actor: &str, now: Instant) -> Result<()> {
    let _lock = crate::run::lock(home)?;
    let uuid = line.uuid()?;
    let Some(manifest) = Manifest::read(home, line.agent, &uuid)? else { return Ok(()) };
    index::withdraw(home)?;
    let event = Event { actor: Some(actor.into()), ..Event::of(What::Pruned, &manifest) };
    ledger::append(home, &[event], now)?;
    ledger::sync(home)?;
    let dir = home.kept(line.agent.word(), &uuid);
    file::own_dir(&home.kept_manifest(line.agent.word(), &uuid))?;
    // In one step, so that no manifest is left that names copies which are gone.
    let gone = dir.with_file_name(format!("{TEMP_PREFIX}{uuid}"));
    std::fs::rename(&dir, &gone).map_err(|error| Error::io(&dir, "remove", error))?;
    file::sync_dir(&home.kept_of(line.agent.word()))?;
    remove(&gone)
}

/// Removes what a killed program left of conversations that it pruned.
pub fn finish(home: &Home) -> Result<()> {
    for agent in Agent::ALL {
        let dir = home.kept_of(agent.word());
        for name in file::stems(&dir, "")?.iter().filter(|name| name.starts_with(TEMP_PREFIX)) {
            remove(&dir.join(name))?;
        }
    }
    Ok(())
}

/// Stores the index again.
pub fn rebuild(home: &Home) -> Result<()> {
    let (lines, failed) = index::rebuilt(home)?;
    match failed.is_empty() {
        true => index::write(home, lines.iter()),
        // Each run and each list then reads the manifests, and names the one that is damaged.
        false => Ok(()),
    }
}
