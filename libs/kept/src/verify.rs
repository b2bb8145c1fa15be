//! Owns comparing the copies with what the manifests and the ledger say. Writes nothing.

use crate::compress::SUFFIX;
use crate::copy;
use crate::index::{self, Line};
use crate::ledger::{self, State, Whole};
use crate::manifest::{CHANGED, Manifest};
use crate::snapshot;
use agents::Agent;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Number of conversations.
    pub conversations: u64,
    /// Number of files.
    pub files: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// Number of lines of the ledger.
    pub lines: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Verified {
    fn find(&mut self, path: &Path, reason: impl Into<String>) {
        self.findings.push(Finding { path: path.to_path_buf(), reason: reason.into() });
    }
}

/// Reads everything, or what is kept of some conversations; `progress` is called with the number of bytes that were read.
pub fn verify(home: &Home, only: &[Uuid], progress: &mut dyn FnMut(u64)) -> Result<Verified> {
    let mut verified = Verified::default();
    let ledger = ledger::read(home)?;
    verified.lines = ledger.lines;
    for (line, why) in &ledger.wrong {
        verified.find(&home.kept_ledger(), format!("line {line}: {why}"));
    }
    for agent in Agent::ALL {
        let mut names = file::stems(&home.kept_of(agent.word()), "")?;
        // What a killed program was about to remove.
        names.retain(|name| !name.starts_with(file::TEMP_PREFIX));
        names.sort_unstable();
        for name in names {
            let Some(uuid) = Uuid::parse(&name).ok().filter(|uuid| uuid.as_str() == name) else {
                verified.find(&home.kept_of(agent.word()).join(&name), "it is no conversation");
                continue;
            };
            if only.is_empty() || only.contains(&uuid) {
                conversation(home, agent, &uuid, &ledger, &mut verified);
                progress(verified.bytes);
            }
        }
    }
    for (agent, conversation) in ledger.kept() {
        let (agent, uuid) = (Agent::of_word(agent), Uuid::parse(conversation));
        let (Some(agent), Ok(uuid)) = (agent, uuid) else { continue };
        let is_wanted = only.is_empty() || only.contains(&uuid);
        let dir = home.kept(agent.word(), &uuid);
        if is_wanted && dir.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            verified.find(&dir, "it is gone, and the ledger does not say that it was removed");
        }
    }
    if only.is_empty() {
        index(home, &mut verified)?;
    }
    verified.findings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(verified)
}

/// The index, if there is one, says what the manifests say.
fn index(home: &Home, verified: &mut Verified) -> Result<()> {
    let Some(stored) = index::stored(home)? else { return Ok(()) };
    let mut stored: Vec<Line> = stored.into_iter().filter(|line| line.revision > 0).collect();
    let (mut lines, failed) = index::rebuilt(home)?;
    let key = |line: &Line| (line.agent.word(), line.conversation.clone());
    stored.sort_by_key(key);
    lines.sort_by_key(key);
    if failed.is_empty() && stored != lines {
        verified.find(
            &home.kept_index(),
            "it does not say what the manifests say; remove it, and cs-keep run makes it anew",
        );
    }
    Ok(())
}

fn conversation(home: &Home, agent: Agent, uuid: &Uuid, ledger: &Whole, verified: &mut Verified) {
    let dir = home.kept(agent.word(), uuid);
    verified.conversations += 1;
    let manifest = match Manifest::read(home, agent, uuid) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return verified.find(&dir, "it has no manifest: a program was killed, and the next run goes on"),
        Err(error) => return verified.find(&home.kept_manifest(agent.word(), uuid), reason_of(error)),
    };
    let path = home.kept_manifest(agent.word(), uuid);
    match ledger.state(&manifest) {
        State::Named => {}
        State::Late => verified.find(
            &path,
            format!("the ledger has no line about its revision {}: the next run adds it", manifest.revision),
        ),
        State::Changed => verified.find(&path, CHANGED),
    }
    let logs = manifest.logs.iter().map(|log| (&log.file, log.bytes, &log.sha256));
    let files = manifest.files.iter().map(|file| (&file.file, file.bytes, &file.sha256));
    for (name, bytes, sha256) in logs.chain(files) {
        let path = dir.join(name);
        verified.files += 1;
        verified.bytes += bytes;
        // Of a plain copy only what is noted counts: more was left by a killed program, and is used by the next run.
        let most = if name.ends_with(SUFFIX) { u64::MAX } else { bytes };
        match copy::checksum(&path, most) {
            Ok(read) if read.bytes == bytes && read.sha256 == *sha256 => {}
            Ok(read) if read.bytes < bytes => {
                verified.find(&path, format!("it has {} bytes, not {bytes}", read.bytes));
            }
            Ok(_) => verified.find(&path, "its bytes were changed"),
            Err(error) => verified.find(&path, reason_of(error)),
        }
    }
    for snapshot in &manifest.snapshots {
        if let Err(error) = snapshot::copy_of(home, uuid, &manifest, snapshot) {
            verified.find(&home.kept_manifest(agent.word(), uuid), reason_of(error));
        }
    }
}

fn reason_of(error: Error) -> String {
    match error {
        Error::Corrupt { reason, .. } => reason,
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
