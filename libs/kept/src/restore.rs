//! Owns putting a conversation back where its client looks for it. Must stay true: a file is put only where none is, with
//! the time of now, since clients delete by the time of the last change; what is not as it was written is not put back;
//! a snapshot is put back under a new id, so that the conversation as it is now stays.

use crate::copy;
use crate::ledger::{self, Event, What};
use crate::manifest::{LogCopy, MAIN, Manifest, Snapshot};
use crate::rename::Renamed;
use crate::snapshot;
use agents::Agent;
use agents::cut;
use agents::folder;
use agents::logs::Roots;
use agents::sweep;
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// A file that was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where it is now.
    pub path: PathBuf,
    /// Number of bytes.
    pub bytes: u64,
    /// Whether it was there already.
    pub was_there: bool,
}

/// The kept conversation whose log a client needs too when it resumes this one.
pub fn needed(home: &Home, agent: Agent, uuid: &Uuid) -> Result<Option<Uuid>> {
    let Some(manifest) = Manifest::read(home, agent, uuid)? else { return Ok(None) };
    let Some(main) = manifest.newest().first().map(|log| home.kept(agent.word(), uuid).join(&log.file)) else {
        return Ok(None);
    };
    let read = crate::read::open(&main).and_then(|log| folder::needed(agent, log));
    let other = read.map_err(|error| Error::io(&main, "read", error))?;
    let other = other.and_then(|other| Uuid::parse(&other.to_ascii_lowercase()).ok());
    let is_kept = |other: &Uuid| matches!(Manifest::read(home, agent, other), Ok(Some(_)));
    Ok(other.filter(|other| other != uuid && is_kept(other)))
}

/// A copy, and where it belongs.
struct Wanted {
    copy: PathBuf,
    to: PathBuf,
    bytes: u64,
    sha256: String,
    /// Where the client had it.
    origin: PathBuf,
    /// Whether lines of the log name it.
    is_named: bool,
    /// What stands there instead of what.
    renaming: Option<[String; 2]>,
}

/// Puts back what a client no longer has of a conversation; to another folder than its own if one is named, where nothing
/// else is noted.
pub fn restore(
    home: &Home,
    agent: Agent,
    uuid: &Uuid,
    to: Option<&Path>,
    actor: &str,
    now: Instant,
) -> Result<Vec<Restored>> {
    let _lock = crate::run::lock(home)?;
    let Some(manifest) = Manifest::read(home, agent, uuid)?.filter(|manifest| !manifest.logs.is_empty()) else {
        return Err(Error::Missing(format!("nothing is kept of {uuid}")));
    };
    let wanted = wanted(home, uuid, &manifest, to)?;
    let restored = put_all(&wanted)?;
    if restored.iter().any(|one| !one.was_there) && to.is_none() {
        let event = Event { actor: Some(actor.into()), ..Event::of(What::Restored, &manifest) };
        ledger::append(home, &[event], now)?;
    }
    Ok(restored)
}

/// A snapshot that was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anew {
    /// The id of the new conversation.
    pub uuid: Uuid,
    /// What it begins with.
    pub snapshot: Snapshot,
    /// Its log, and long results of tools that the client no longer has: the lines name those by their old paths.
    pub restored: Vec<Restored>,
}

/// Puts the beginning of a conversation's main log back, as a new conversation beside it.
pub fn restore_at(
    home: &Home,
    agent: Agent,
    uuid: &Uuid,
    name: &str,
    to: Option<&Path>,
    actor: &str,
    now: Instant,
) -> Result<Anew> {
    let _lock = crate::run::lock(home)?;
    let Some(manifest) = Manifest::read(home, agent, uuid)?.filter(|manifest| !manifest.logs.is_empty()) else {
        return Err(Error::Missing(format!("nothing is kept of {uuid}")));
    };
    let Some(snapshot) = manifest.snapshots.iter().find(|snapshot| snapshot.name == name.trim()) else {
        return Err(Error::Missing(format!("{uuid} has no snapshot {name:?}; cs-keep status {uuid} lists them")));
    };
    let log = snapshot::copy_of(home, uuid, &manifest, snapshot)?;
    let new = Uuid::random();
    let mut wanted = wanted(home, uuid, &manifest, to)?;
    let Some(at) = wanted.iter().position(|one| one.origin == log.origin) else {
        return Err(Error::Missing(format!("the main log of {uuid} is not kept")));
    };
    let mut main = wanted.swap_remove(at);
    wanted.retain(|one| one.is_named);
    main.copy = home.kept(agent.word(), uuid).join(&log.file);
    main.to = cut::renamed(&main.to, uuid, &new)
        .ok_or_else(|| Error::Refused(format!("the name of {} has no id", main.to.display())))?;
    (main.bytes, main.sha256) = (snapshot.bytes, snapshot.sha256.clone());
    main.renaming = Some(cut::renaming(agent, uuid, &new));
    wanted.push(main);
    let restored = put_all(&wanted)?;
    if to.is_none() {
        let event = Event::of(What::Restored, &manifest).to(&log.file, snapshot.bytes, &snapshot.sha256);
        let (snapshot, becomes) = (Some(snapshot.name.clone()), Some(new.to_string()));
        ledger::append(home, &[Event { actor: Some(actor.into()), snapshot, becomes, ..event }], now)?;
    }
    Ok(Anew { uuid: new, snapshot: snapshot.clone(), restored })
}

fn put_all(wanted: &[Wanted]) -> Result<Vec<Restored>> {
    // Before anything is written, so that a damaged copy puts back nothing at all.
    for one in wanted {
        if !one.to.symlink_metadata().is_ok_and(|_| true) {
            let read = copy::checksum(&one.copy, one.bytes)?;
            check(one, &read)?;
        }
    }
    wanted.iter().map(put).collect()
}

/// All newest copies, the main log last.
fn wanted(home: &Home, uuid: &Uuid, manifest: &Manifest, to: Option<&Path>) -> Result<Vec<Wanted>> {
    let (agent, dir) = (manifest.agent, home.kept(manifest.agent.word(), uuid));
    let newest = manifest.newest();
    let is_main = |log: &&&LogCopy| log.thread == MAIN;
    let mut mains: Vec<&Path> = newest.iter().filter(is_main).map(|log| log.origin.as_path()).collect();
    if mains.is_empty() {
        mains.extend(newest.first().map(|log| log.origin.as_path()));
    }
    let place = |origin: &Path| match to {
        None => origin.to_path_buf(),
        Some(to) => to.join(below(&mains, origin)),
    };
    let roots = Roots::from_env();
    // The main log comes last: the client never sees it without its results.
    let mut logs = Vec::new();
    for log in newest.iter().rev() {
        if to.is_none() && !is_of_client(&roots, agent, &log.origin) {
            return Err(elsewhere(agent, &log.origin));
        }
        logs.push(Wanted {
            copy: dir.join(&log.file),
            to: place(&log.origin),
            bytes: log.bytes,
            sha256: log.sha256.clone(),
            origin: log.origin.clone(),
            is_named: false,
            renaming: None,
        });
    }
    let folders: Vec<PathBuf> = mains.iter().filter_map(|main| sweep::folder_of(agent, main)).collect();
    let mut files: Vec<Wanted> = Vec::new();
    for file in manifest.files.iter().rev() {
        // That of a log that was moved is at the place of the log now.
        let own = folders.iter().find(|folder| file.origin == folder.join(&file.path)).or(folders.first());
        let Some(folder) = own else { return Err(elsewhere(agent, &file.origin)) };
        let to = place(&folder.join(&file.path));
        if !files.iter().any(|other| other.to == to) {
            let (copy, sha256, origin) = (dir.join(&file.file), file.sha256.clone(), file.origin.clone());
            let is_named = cut::is_named(&file.path);
            files.push(Wanted { copy, to, bytes: file.bytes, sha256, origin, is_named, renaming: None });
        }
    }
    files.extend(logs);
    Ok(files)
}

/// Where a file belongs in a folder that a person named: beside the main log, as the client had it. What belongs to another
/// main log is in a folder that is called as the client's.
fn below(mains: &[&Path], origin: &Path) -> PathBuf {
    let mut parents = mains.iter().filter_map(|main| main.parent()).enumerate();
    let fit = parents.find_map(|(at, parent)| Some((at, parent, origin.strip_prefix(parent).ok()?)));
    match fit {
        Some((0, _, rest)) => rest.to_path_buf(),
        Some((_, parent, rest)) => Path::new(parent.file_name().unwrap_or_default()).join(rest),
        None => PathBuf::from(origin.file_name().unwrap_or_default()),
    }
}

/// Whether a client looks for its logs there, and the file can be one.
fn is_of_client(roots: &Roots, agent: Agent, origin: &Path) -> bool {
    let is_in = |dir: &Path| origin.starts_with(dir) || dir.canonicalize().is_ok_and(|dir| origin.starts_with(dir));
    let name = origin.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut dirs = roots.dirs().filter(|(of, _)| *of == agent);
    agent.names_log(name) && name.ends_with(".jsonl") && dirs.any(|(_, dir)| is_in(&dir))
}

fn elsewhere(agent: Agent, origin: &Path) -> Error {
    let (name, origin) = (agent.word(), origin.display());
    Error::Refused(format!("{origin} is in no folder in which {name} looks for logs; put it elsewhere with --to"))
}

/// Puts a file where none is.
fn put(one: &Wanted) -> Result<Restored> {
    let restored = |was_there| Restored { path: one.to.clone(), bytes: one.bytes, was_there };
    if one.to.symlink_metadata().is_ok() {
        return Ok(restored(true));
    }
    let folder = one.to.parent().unwrap_or(Path::new("."));
    file::make_dir(folder)?;
    let failed = |error| Error::io(&one.to, "write", error);
    let temp = tempfile::Builder::new().prefix(file::TEMP_PREFIX).tempfile_in(folder).map_err(failed)?;
    let mut to = BufWriter::new(temp);
    let read = match &one.renaming {
        None => copy::give(&one.copy, one.bytes, &mut to)?,
        Some(words) => {
            let mut renamed = Renamed::new(&mut to, words);
            let read = copy::give(&one.copy, one.bytes, &mut renamed)?;
            renamed.end().map_err(failed)?;
            read
        }
    };
    check(one, &read)?;
    let temp = to.into_inner().map_err(|error| failed(error.into_error()))?;
    temp.as_file().sync_all().map_err(failed)?;
    match temp.persist_noclobber(&one.to) {
        Ok(_) => file::sync_dir(folder).map(|()| restored(false)),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(restored(true)),
        Err(error) => Err(failed(error.error)),
    }
}

fn check(one: &Wanted, read: &copy::Copied) -> Result<()> {
    match read.bytes == one.bytes && read.sha256 == one.sha256 {
        true => Ok(()),
        false => Err(Error::corrupt(&one.copy, "it is not as it was written, so nothing was put back")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_log_in_a_folder_of_logs_is_put_back() {
        let mut roots = Roots::default();
        roots.folders.push((Agent::Claude, "/h/.claude".into()));
        let is = |origin: &str| is_of_client(&roots, Agent::Claude, Path::new(origin));
        assert!(is("/h/.claude/projects/-p/x.jsonl"));
        for origin in ["/h/.ssh/authorized_keys", "/h/x.jsonl", "/h/.claude/x.jsonl", "/h/.claude/projects/-p/x.sh"] {
            assert!(!is(origin), "{origin}");
        }
        assert!(!is_of_client(&roots, Agent::Codex, Path::new("/h/.claude/projects/-p/rollout-x.jsonl")));
    }

    #[test]
    fn another_folder_has_all_files_and_none_outside() {
        let mains = [Path::new("/h/-new/x.jsonl"), Path::new("/h/-old/x.jsonl")];
        for (origin, expected) in [
            ("/h/-new/x.jsonl", "x.jsonl"),
            ("/h/-new/x/subagents/a.jsonl", "x/subagents/a.jsonl"),
            ("/h/-old/x.jsonl", "-old/x.jsonl"),
            ("/etc/passwd", "passwd"),
        ] {
            assert_eq!(below(&mains, Path::new(origin)), Path::new(expected));
        }
    }
}
