//! Owns what is read about the listed sessions besides the index: their states, their figures, their seats, damaged
//! records, the archive.

use super::others::Elsewhere;
use super::tagged;
use cli::{Failure, Outcome};
use cs_core::Error;
use cs_core::clock::Instant;
use cs_core::config::Config;
use cs_core::id::{SessionId, Uuid};
use cs_core::index::IndexEntry;
use cs_core::parallel;
use cs_core::record::Status;
use cs_core::state::Verdict;
use cs_core::states::States;
use cs_core::statusline::Reading;
use cs_core::store::{Records, Store};
use seats::{Brief, Seating, tree};

/// A listed session.
pub struct Row<'e> {
    pub id: &'e SessionId,
    pub entry: &'e IndexEntry<'e>,
    pub verdict: Verdict,
    /// Why its record cannot be read.
    pub damage: Option<Error>,
    /// Number of sessions above it that spawned each other.
    pub depth: usize,
    /// If it is of another machine. Then nothing of this machine is about it, even if it has the same id.
    pub elsewhere: Option<&'e Elsewhere>,
}

/// The data that states are derived from, read once.
pub struct Found<'a> {
    pub store: &'a Store,
    /// The settings.
    pub config: Config,
    pub states: States<'a>,
    /// The records.
    pub records: Records<'a>,
    /// The seats of agents.
    seating: Seating,
    /// What people say about the conversations.
    pub tagged: marks::Tagged,
}

/// Maximum number of records that a list checks for damage.
const CHECKED: usize = 200;
/// The state of a session whose record is damaged.
const DAMAGED: &str = "damaged";

impl Row<'_> {
    /// The word for its state.
    pub fn state(&self) -> &'static str {
        if self.damage.is_some() { DAMAGED } else { self.verdict.state.as_str() }
    }
}

impl<'a> Found<'a> {
    pub fn new(store: &'a Store, now: Instant) -> Outcome<Self> {
        let config = cli::config_of(store);
        let states = States::read(store, config.stale_after(), now)?;
        let seating = Seating::read(store, states.lives(), now);
        let tagged = tagged::read(store);
        let records = store.records()?;
        Ok(Found { store, config, states, records, seating, tagged })
    }

    /// What is known of the seat of a session.
    pub fn seat(&self, id: &SessionId) -> Option<Brief> {
        self.seating.brief(&self.store.home, id.as_str())
    }

    /// The row of a session of another machine.
    pub fn elsewhere<'e>(&self, one: &'e Elsewhere) -> Row<'e> {
        Row { elsewhere: Some(one), ..self.row(&one.id, &one.entry, one.verdict.clone()) }
    }

    /// The rows with each below the row of the session that spawned it.
    pub fn in_families<'e>(&self, rows: Vec<Row<'e>>) -> Vec<Row<'e>> {
        if self.seating.is_empty() {
            return rows;
        }
        let own = |row: &Row<'e>| if row.elsewhere.is_none() { row.id.as_str() } else { "" };
        let ids: Vec<&str> = rows.iter().map(own).collect();
        let order = tree::order(&self.seating.parents(&ids));
        let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
        let placed = order.into_iter().filter_map(|(depth, number)| {
            let row = rows.get_mut(number)?.take()?;
            Some(Row { depth, ..row })
        });
        placed.collect()
    }

    /// The row of a session whose state is known.
    pub fn row<'e>(&self, id: &'e SessionId, entry: &'e IndexEntry<'e>, verdict: Verdict) -> Row<'e> {
        Row { id, entry, verdict, damage: None, depth: 0, elsewhere: None }
    }

    /// Notes which records of active sessions are damaged, which the index does not show. Only a limited number of records
    /// is checked, and ended sessions are not, because nobody works in them.
    pub fn check(&self, rows: &mut [Row]) {
        let active = rows.iter_mut().filter(|row| row.entry.status == Status::Active && row.elsewhere.is_none());
        for row in active.take(CHECKED) {
            row.damage = self.records.line(row.id).err().filter(|error| matches!(error, Error::Corrupt { .. }));
        }
    }

    /// The terminal in which the session's conversation runs.
    pub fn place(&self, id: &SessionId) -> Option<String> {
        self.states.place(id.as_str()).as_ref().and_then(terminal::name)
    }

    /// The latest figures of the session's status line, while its conversation runs.
    pub fn reading(&self, id: &SessionId) -> Reading {
        let live = self.states.live(id.as_str());
        let uuid = live.and_then(|live| Uuid::parse(&live.claude_session_id).ok());
        uuid.and_then(|uuid| self.store.reading(&uuid)).unwrap_or_default()
    }
}

/// The reason why a record is missing from the list.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Corrupt { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// Reads the archived sessions; the errors of damaged ones are added to `damaged`.
pub fn archived(store: &Store, damaged: &mut Vec<Error>) -> Outcome<Vec<(SessionId, IndexEntry<'static>)>> {
    let ids = store.ids(&store.home.archive())?;
    let mut found = Vec::with_capacity(ids.len());
    let read = |id: &SessionId| (id.clone(), store.session(id).map(|session| IndexEntry::of(&session).into_owned()));
    parallel::in_order(&ids, read, |(id, entry)| {
        match entry {
            Ok(entry) => found.push((id, entry)),
            Err(Error::Missing(_)) => {}
            Err(error) => damaged.push(error),
        }
        Ok::<(), Failure>(())
    })?;
    Ok(found)
}
