//! Owns what all copies come to.

use crate::index;
use agents::logs::{Found, conversation_of};
use cs_core::error::{Error, Result};
use cs_core::paths::Home;
use std::collections::HashMap;

/// What is kept.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Number of conversations.
    pub conversations: u64,
    /// How many of them have no log any more.
    pub vanished: u64,
    /// How many were forgotten.
    pub forgotten: u64,
    /// Number of bytes of their logs and other files.
    pub bytes: u64,
    /// How many logs of clients there are.
    pub live_logs: u64,
    /// How many of them, or the last lines of them, are not kept, and how many bytes they have.
    pub unkept_logs: u64,
    /// See `unkept_logs`.
    pub unkept_bytes: u64,
    /// Manifests that could not be read.
    pub failed: Vec<String>,
}

/// What is kept of these logs and of others.
pub fn status(home: &Home, found: &Found) -> Result<Status> {
    let mut status = Status::default();
    let lines = match index::stored(home)? {
        Some(lines) => lines,
        None => {
            let (lines, failed) = index::rebuilt(home)?;
            status.failed = failed.iter().map(Error::to_string).collect();
            lines
        }
    };
    for line in lines.iter().filter(|line| line.revision > 0) {
        status.forgotten += u64::from(line.is_forgotten);
        if !line.is_forgotten {
            status.conversations += 1;
            status.bytes += line.bytes;
            status.vanished += u64::from(line.logs.iter().all(|log| log.is_gone));
        }
    }
    let known: HashMap<_, _> = lines.iter().map(|line| ((line.agent, line.conversation.as_str()), line)).collect();
    for log in &found.logs {
        let Some((uuid, _)) = conversation_of(log.agent, &log.path) else { continue };
        let line = known.get(&(log.agent, uuid.as_str()));
        if line.is_some_and(|line| line.is_forgotten) {
            continue;
        }
        status.live_logs += 1;
        if !line.is_some_and(|line| line.has_copies() && line.knows(log)) {
            let copies = line.iter().flat_map(|line| &line.logs).filter(|known| known.origin == log.path);
            let kept = copies.map(|known| known.bytes).max().unwrap_or(0);
            status.unkept_logs += 1;
            status.unkept_bytes += log.identity.size.saturating_sub(kept);
        }
    }
    Ok(status)
}
