//! Owns the present view of the store: makes a new one when a stamp on disk, or with time a state, changed.
//! Must stay true: a snapshot never changes; its number grows with each new one; whoever asks gets one that
//! was found to be up to date after the question came in.

use super::index_rows::{Row, Rows};
use super::records::{Records, with_verdict};
use super::stamp::{Stamp, unchanged};
use super::strays::{self, Strays};
use super::watch::{Changes, Watch};
use cs_core::clock::{self, TimeDelta};
use cs_core::config::Config;
use cs_core::id::{Slug, Uuid};
use cs_core::live::Live;
use cs_core::overview::{self, Damaged, Overview, Summary};
use cs_core::project::ProjectState;
use cs_core::record::{Session, Status};
use cs_core::state::{State, Verdict};
use cs_core::states::States;
use cs_core::store::Store;
use cs_core::{Error, Result, file};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Processes end and time goes by without a trace on disk: states are derived again after so long.
const DERIVE_TIME: Duration = Duration::from_secs(1);

/// The store as it was at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with each change.
    pub generation: u64,
    pub overview: Overview,
    /// All sessions but archived ones, newest first.
    pub rows: Arc<Rows>,
    /// What active sessions do.
    verdicts: HashMap<String, Verdict>,
    pub evidence: Evidence,
    /// Damaged records that no list has.
    pub strays: Vec<Damaged>,
}

/// What states are derived from.
#[derive(Debug)]
pub struct Evidence {
    pub lives: Vec<Live>,
    pub stale_after: TimeDelta,
    /// Names for people by slug.
    pub names: HashMap<String, String>,
}

impl Evidence {
    /// What a session does, as of now. The reason goes without its age.
    pub fn judge(&self, store: &Store, session: &Session) -> Verdict {
        timeless(self.states(store).of_session(session))
    }

    /// The states as of now.
    pub fn states<'a>(&'a self, store: &'a Store) -> States<'a> {
        States::of_lives(store, &self.lives, self.stale_after, clock::now())
    }
}

/// What is shown is shown for a while; an age would make every look find something new.
fn timeless(mut verdict: Verdict) -> Verdict {
    verdict.reason.clone_from(&verdict.evidence);
    verdict
}

impl Snapshot {
    /// What a session does.
    pub fn state(&self, id: &str, status: Status) -> State {
        match status {
            Status::Active => self.verdicts.get(id).map_or(State::Unknown, |verdict| verdict.state),
            Status::Parked => State::Parked,
            Status::Completed => State::Completed,
        }
    }

    /// Whether the last turn of an active session failed.
    pub fn has_failed(&self, id: &str) -> bool {
        self.verdicts.get(id).is_some_and(|verdict| verdict.failed.is_some())
    }

    /// The session in short with its state.
    pub fn judged(&self, summary: Summary) -> Summary {
        match (summary.status, self.verdicts.get(&summary.session_id)) {
            (Status::Active, Some(verdict)) => with_verdict(summary, verdict, &self.evidence.lives),
            (status, _) => {
                let state = self.state(&summary.session_id, status);
                let evidence = format!("the record says {}", status.as_str());
                with_verdict(summary, &Verdict::new(state, &evidence), &[])
            }
        }
    }
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
    lives: BTreeMap<String, (Option<Stamp>, Live)>,
    projects: BTreeMap<String, (Stamp, ProjectState)>,
    records: Records,
    strays: Strays,
    snapshot: Option<Arc<Snapshot>>,
    looked_at: Instant,
    derived_at: Instant,
    generation: u64,
}

impl Keeper {
    /// Reads nothing yet.
    pub fn new(store: Store) -> Self {
        let now = Instant::now();
        let inner = Inner {
            watch: Watch::new(&store.home),
            config: Config::default(),
            index: [None; 3],
            lives: BTreeMap::new(),
            projects: BTreeMap::new(),
            records: Records::default(),
            strays: Strays::default(),
            snapshot: None,
            looked_at: now,
            derived_at: now,
            generation: 0,
        };
        Keeper { store, inner: Mutex::new(inner) }
    }

    /// A snapshot that holds for a question that was asked then.
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

    /// Sessions in short, read from their records where that is necessary; damaged ones by their reasons.
    pub fn summaries<'a>(
        &self,
        snapshot: &Snapshot,
        ids: impl Iterator<Item = &'a str>,
    ) -> (Vec<Summary>, Vec<Damaged>) {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for id in ids {
            // One at a time: others may ask in between.
            match self.lock().records.summary(&self.store, id, true) {
                Ok(summary) => found.push(snapshot.judged(summary)),
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
            self.read_lives(store)?;
        }
        if changes.projects {
            self.read_projects(store)?;
        }
        let rows = if changes.sessions { self.read_rows(store)? } else { None };
        let before = || self.snapshot.as_ref().map(|before| before.rows.clone());
        let rows = rows.or_else(before).unwrap_or_default();
        let evidence = self.evidence();
        let verdicts = self.derive(store, &rows, &evidence);
        if changes.sessions {
            self.strays.changed();
        }
        // Not the first time: that has enough to read, and the next look is soon.
        let are_other = self.snapshot.is_some() && self.strays.look(store, &rows, &mut self.records)?;
        self.derived_at = Instant::now();
        if let Some(known) = known.filter(|known| known.verdicts == verdicts && !are_other && !is_edited) {
            return Ok(known);
        }
        let snapshot = Arc::new(self.assemble(store, rows, (verdicts, evidence), changes));
        self.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }

    fn assemble(
        &mut self,
        store: &Store,
        rows: Arc<Rows>,
        (verdicts, evidence): (HashMap<String, Verdict>, Evidence),
        changes: Changes,
    ) -> Snapshot {
        self.generation += 1;
        let briefs: Vec<_> = rows.iter().map(|row| row.brief()).collect();
        let (projects, records) = (&self.projects, &mut self.records);
        let state = |slug: &str| projects.get(slug).map(|(_, state)| state.clone()).unwrap_or_default();
        let summary = |id: &str| {
            let summary = records.summary(store, id, changes.sessions || changes.archive || changes.live)?;
            Ok(match verdicts.get(id) {
                Some(verdict) => with_verdict(summary, verdict, &evidence.lives),
                None => summary,
            })
        };
        let mut overview = overview::assemble(&briefs, &self.config, state, summary, clock::now());
        overview.damaged.extend(self.strays.found.iter().cloned());
        let settings = self.config.troubles.iter().map(|trouble| trouble.error.to_string());
        overview.damaged.extend(settings.map(|reason| Damaged { session_id: "config.json".to_string(), reason }));
        drop(briefs);
        let strays = self.strays.found.clone();
        Snapshot { generation: self.generation, overview, rows, verdicts, evidence, strays }
    }

    fn derive(&self, store: &Store, rows: &Rows, evidence: &Evidence) -> HashMap<String, Verdict> {
        let states = evidence.states(store);
        let verdict = |row: Row| (row.id.to_string(), timeless(states.of(row.id, row.status, row.last_heartbeat)));
        rows.iter().filter(|row| row.status == Status::Active).map(verdict).collect()
    }

    fn evidence(&self) -> Evidence {
        let names = self.config.projects.iter().map(|(slug, project)| (slug.clone(), project.name.clone()));
        Evidence {
            lives: self.lives.values().map(|(_, live)| live.clone()).collect(),
            stale_after: self.config.stale_after(),
            names: names.collect(),
        }
    }

    fn read_config(&mut self, store: &Store) {
        self.config = store.config();
    }

    /// The index's sessions, if the index is another one than before.
    fn read_rows(&mut self, store: &Store) -> Result<Option<Arc<Rows>>> {
        let home = &store.home;
        let now = [home.index(), home.index_pending(), home.index_folding()].map(|path| Stamp::of(&path));
        let [index, _, folding] = &now;
        // Without an index the records are asked each time, and so they are while one is being stored.
        let is_same = self.snapshot.is_some() && index.is_some() && folding.is_none();
        let known = self.index.iter().zip(&now).all(|(before, now)| unchanged(before.as_ref(), now.as_ref()));
        if is_same && known {
            return Ok(None);
        }
        let index = store.index()?;
        let rows = Rows::new(&index.entries(|_| true));
        if !index.damaged().is_empty() {
            self.strays.found = index.damaged().iter().map(strays::damaged).collect();
        }
        self.index = now;
        Ok(Some(Arc::new(rows)))
    }

    fn read_lives(&mut self, store: &Store) -> Result<()> {
        let mut before = std::mem::take(&mut self.lives);
        for stem in file::stems(&store.home.live_dir(), ".json")? {
            let Ok(uuid) = Uuid::parse(&stem) else { continue };
            let stamp = Stamp::of(&store.home.live(&uuid));
            let known = before.remove(&stem).filter(|(known, _)| unchanged(known.as_ref(), stamp.as_ref()));
            let live = match known {
                Some((_, live)) => Some(live),
                None => store.live(&uuid)?,
            };
            let mut live = live;
            store.heed_names(live.as_mut_slice());
            self.lives.extend(live.map(|live| (stem, (stamp, live))));
        }
        Ok(())
    }

    fn read_projects(&mut self, store: &Store) -> Result<()> {
        let mut before = std::mem::take(&mut self.projects);
        for stem in file::stems(&store.home.projects_dir(), ".json")? {
            let Ok(slug) = Slug::parse(&stem) else { continue };
            let Some(stamp) = Stamp::of(&store.home.project(&slug)) else { continue };
            let state = match before.remove(&stem).filter(|(known, _)| known.still_is(&stamp)) {
                Some((_, state)) => state,
                // What cannot be understood is a cache but for its roadmap, which is not shown then.
                None => store.project(&slug).unwrap_or_default(),
            };
            self.projects.insert(stem, (stamp, state));
        }
        Ok(())
    }
}
