//! Owns the present view of the store: makes a new snapshot when a stamp on disk changed or, as time passes, a state.
//! Must stay true: a snapshot never changes; each new one has a higher number; a request gets one that was found to be up
//! to date after the request arrived.

use super::agents::Agents;
use super::files::{Lives, ProjectStates};
use super::index_rows::IndexRows;
use super::records::Records;
use super::unlisted::{self, Unlisted};
use super::verdicts::Verdicts;
use super::watch::{Changes, Watch};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::overview::{self, Damaged, Overview, Summary};
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use cs_core::{Error, Result};
use limits::settings::Settings;
use seats::{Seat, Seats};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// States are derived again after this time, because processes end and time passes without a trace on disk.
const DERIVE_TIME: Duration = Duration::from_secs(1);

/// The store as it was at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Increases by one with each change.
    pub generation: u64,
    pub overview: Overview,
    /// All sessions but archived ones, newest first.
    pub rows: Arc<IndexRows>,
    /// The states of its sessions.
    pub verdicts: Verdicts,
    /// Names of projects for people, by slug.
    pub names: HashMap<String, String>,
    /// The seats of agents.
    pub agents: Agents,
    /// Damaged records that are not in the index.
    pub unlisted: Vec<Damaged>,
}

/// Keeps the present snapshot.
#[derive(Debug)]
pub struct Keeper {
    pub store: Store,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    watch: Watch,
    config: Config,
    index: [Option<Stamp>; 3],
    lives: Lives,
    projects: ProjectStates,
    seats: Vec<Seat>,
    records: Records,
    unlisted: Unlisted,
    snapshot: Option<Arc<Snapshot>>,
    looked_at: Instant,
    derived_at: Instant,
    generation: u64,
}

impl Keeper {
    /// Creates the keeper without reading anything.
    pub fn new(store: Store) -> Self {
        let now = Instant::now();
        let inner = Inner {
            watch: Watch::new(&store.home),
            config: Config::default(),
            index: [None; 3],
            lives: Lives::default(),
            projects: ProjectStates::default(),
            seats: Vec::new(),
            records: Records::default(),
            unlisted: Unlisted::default(),
            snapshot: None,
            looked_at: now,
            derived_at: now,
            generation: 0,
        };
        Keeper { store, inner: Mutex::new(inner) }
    }

    /// Returns a snapshot that is up to date for a request of that time.
    pub fn latest(&self, asked_at: Instant) -> Result<Arc<Snapshot>> {
        let mut inner = self.lock();
        if let Some(snapshot) = inner.snapshot.clone().filter(|_| inner.looked_at >= asked_at) {
            return Ok(snapshot);
        }
        let looked_at = Instant::now();
        let snapshot = inner.refresh(&self.store).inspect_err(|_| inner.watch.forget())?;
        inner.looked_at = looked_at;
        Ok(snapshot)
    }

    /// Returns sessions in short, read from their records if necessary, and the reasons of damaged ones.
    pub fn summaries<'a>(
        &self,
        snapshot: &Snapshot,
        ids: impl Iterator<Item = &'a str>,
    ) -> (Vec<Summary>, Vec<Damaged>) {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for id in ids {
            // Locked for one session at a time, so that other requests can continue in between.
            match self.lock().records.summary(&self.store, id, true) {
                Ok(summary) => found.push(snapshot.verdicts.fill_in(&self.store, summary)),
                Err(Error::Missing(_)) => {}
                Err(error) => damaged.push(Damaged { session_id: id.to_string(), reason: error.to_string() }),
            }
        }
        (found, damaged)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn refresh(&mut self, store: &Store) -> Result<Arc<Snapshot>> {
        let mut changes = self.watch.look();
        let known = self.snapshot.clone().filter(|_| !changes.any());
        if let Some(known) = known.as_ref().filter(|_| self.derived_at.elapsed() < DERIVE_TIME) {
            return Ok(known.clone());
        }
        let is_edited = self.records.forget_edited(store);
        changes.sessions |= is_edited;
        if changes.config {
            self.read_config(store);
        }
        if changes.live {
            self.lives.read(store)?;
        }
        if changes.projects {
            self.projects.read(store)?;
        }
        if changes.seats {
            // Files that cannot be read are left out: `cs-cleanup check` reports them.
            self.seats = Seats::of(store).all()?.0;
        }
        let rows = if changes.sessions { self.read_rows(store)? } else { None };
        let before = || self.snapshot.as_ref().map(|before| before.rows.clone());
        let rows = rows.or_else(before).unwrap_or_default();
        let verdicts = Verdicts::derive(store, &rows, self.lives.all(), self.config.stale_after());
        let agents = Agents::look(store, &self.seats, verdicts.lives(), self.config.stale_after());
        if changes.sessions {
            self.unlisted.changed();
        }
        // The first round skips this, because it has enough to read; the next one is soon.
        let are_other = self.snapshot.is_some() && self.unlisted.look(store, &rows, &mut self.records)?;
        self.derived_at = Instant::now();
        if let Some(known) = known.filter(|known| {
            known.verdicts.agree_with(&verdicts) && known.agents.agree_with(&agents) && !are_other && !is_edited
        }) {
            return Ok(known);
        }
        let snapshot = Arc::new(self.assemble(store, rows, verdicts, agents, changes));
        self.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }

    fn assemble(
        &mut self,
        store: &Store,
        rows: Arc<IndexRows>,
        verdicts: Verdicts,
        agents: Agents,
        changes: Changes,
    ) -> Snapshot {
        self.generation += 1;
        let briefs: Vec<_> = rows.iter().map(|row| row.brief()).collect();
        let (projects, records) = (&self.projects, &mut self.records);
        let look = changes.sessions || changes.archive || changes.live;
        let summary = |id: &str| Ok(verdicts.fill_in(store, records.summary(store, id, look)?));
        let mut overview = overview::assemble(&briefs, &self.config, |slug| projects.of(slug), summary, clock::now());
        overview.damaged.extend(self.unlisted.found.iter().cloned());
        let of_limits = Settings::read(&self.config, &store.home.config()).1;
        let settings = self.config.troubles.iter().map(|trouble| &trouble.error).chain(&of_limits);
        let settings = settings.map(ToString::to_string);
        overview.damaged.extend(settings.map(|reason| Damaged { session_id: "config.json".to_string(), reason }));
        drop(briefs);
        let unlisted = self.unlisted.found.clone();
        let names = self.config.projects.iter().map(|(slug, project)| (slug.clone(), project.name.clone()));
        Snapshot { generation: self.generation, overview, rows, verdicts, names: names.collect(), agents, unlisted }
    }

    fn read_config(&mut self, store: &Store) {
        self.config = store.config();
    }

    /// Reads the sessions of the index, if it has changed.
    fn read_rows(&mut self, store: &Store) -> Result<Option<Arc<IndexRows>>> {
        let home = &store.home;
        let now = [home.index(), home.index_pending(), home.index_folding()].map(|path| Stamp::of(&path));
        let [index, _, folding] = &now;
        // Without an index, and while one is being written, the records are read each time.
        let is_same = self.snapshot.is_some() && index.is_some() && folding.is_none();
        let known = self.index.iter().zip(&now).all(|(before, now)| unchanged(before.as_ref(), now.as_ref()));
        if is_same && known {
            return Ok(None);
        }
        let index = store.index()?;
        let before = self.snapshot.as_ref().map(|before| before.rows.clone()).unwrap_or_default();
        let rows = before.followed_by(&index);
        if index.damaged().next().is_some() {
            self.unlisted.found = index.damaged().map(unlisted::damaged).collect();
        }
        self.index = now;
        Ok(Some(Arc::new(rows)))
    }
}
