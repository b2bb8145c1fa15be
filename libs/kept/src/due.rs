//! Owns which conversations a client's next sweeps take, and whether they are kept.

use crate::beside;
use crate::index::{self, Line};
use crate::manifest::MAIN;
use agents::Agent;
use agents::logs::{Found, Log, Roots, conversation_of};
use agents::sweep;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::paths::Home;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A log that its client deletes soon.
#[derive(Clone, Debug)]
pub struct Due {
    /// Whose it is.
    pub agent: Agent,
    /// The conversation.
    pub conversation: String,
    /// The log.
    pub log: PathBuf,
    /// The log, or a file beside it that goes before.
    pub path: PathBuf,
    /// Number of bytes of the log.
    pub bytes: u64,
    /// From when on a client deletes it when it starts.
    pub at: Instant,
    /// Whether all of it is kept.
    pub is_kept: bool,
}

/// How soon each client's folder is swept.
#[derive(Debug)]
pub struct Periods(Vec<(PathBuf, i64)>);

impl Periods {
    /// Those of all folders.
    pub fn of(roots: &Roots, config: &Config) -> Self {
        let projects = || config.projects.values().map(|project| PathBuf::from(&project.path));
        let agents = Agent::ALL.into_iter().filter(|agent| sweep::deletes(*agent));
        let folders = agents.flat_map(|agent| roots.of(agent));
        Periods(folders.map(|root| (root.clone(), sweep::days(&root, projects()))).collect())
    }

    /// The number of days for a log.
    pub fn days(&self, path: &Path) -> i64 {
        self.0.iter().find(|(root, _)| path.starts_with(root)).map_or(sweep::DAYS, |(_, days)| *days)
    }
}

/// What is deleted within this time, the first to go first.
pub fn due(home: &Home, found: &Found, periods: &Periods, within: TimeDelta, now: Instant) -> Result<Vec<Due>> {
    let lines = index::lines(home)?;
    let known: HashMap<(Agent, String), Line> =
        lines.into_iter().map(|line| ((line.agent, line.conversation.clone()), line)).collect();
    let mut all = Vec::new();
    let named = found.logs.iter().filter(|log| sweep::deletes(log.agent));
    let named: Vec<(&Log, String, String)> = named
        .filter_map(|log| conversation_of(log.agent, &log.path).map(|(uuid, thread)| (log, uuid, thread)))
        .collect();
    // The log of a subagent goes with the main one, and stays without it.
    let mains: HashMap<String, i64> = named
        .iter()
        .filter(|(_, _, thread)| thread == MAIN)
        .map(|(log, uuid, _)| (uuid.clone(), log.identity.modified))
        .collect();
    for (log, uuid, _) in named {
        let Some(swept_by) = mains.get(&uuid).copied() else { continue };
        let line = known.get(&(log.agent, uuid.clone()));
        if line.is_some_and(|line| line.is_forgotten) {
            continue;
        }
        let is_kept = line.is_some_and(|line| line.has_copies() && line.knows(log) && line.is_on_disk(home));
        let days = periods.days(&log.path);
        let (mut path, mut modified) = (log.path.clone(), swept_by);
        if !is_kept && let Some(folder) = sweep::folder_of(log.agent, &log.path) {
            // A result of a tool goes by its own time, also of a conversation that stays.
            let older = beside::files(&folder).0.into_iter().filter(|file| file.identity.modified < modified);
            if let Some(oldest) = older.min_by_key(|file| file.identity.modified) {
                (path, modified) = (oldest.origin, oldest.identity.modified);
            }
        }
        let Some(at) = deletion(modified, days).filter(|at| *at - now <= within) else { continue };
        let (agent, bytes) = (log.agent, log.identity.size);
        all.push(Due { agent, conversation: uuid, log: log.path.clone(), path, bytes, at, is_kept });
    }
    all.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    Ok(all)
}

/// When a file that changed last at this time is deleted.
fn deletion(modified: i64, days: i64) -> Option<Instant> {
    clock::from_millis(modified / 1_000_000)?.checked_add_signed(TimeDelta::try_days(days)?)
}
