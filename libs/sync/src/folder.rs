//! A machine's folder: `DIR/<machine id>/`, which other programs carry to other machines. Must stay true: only one machine
//! writes in it; the text of rows that were replaced or taken away is in no file after the run that did it; otherwise files
//! only grow, unless they are written anew as a whole; what is held is said last, and never of a source of which it is not
//! so any more, so that after a run that was killed the next one goes on. Deliberately absent: whatever carries the folder.
//!
//! `machine.json` is the machine and its owner. `head.jsonl`, `record.jsonl`, `mark.jsonl` and `usage.jsonl` have all
//! sources of a kind; every other source has a file, such as `talk/<conversation>/<thread>.jsonl`. `held.jsonl` says what
//! the folder has of each source, `forgotten.jsonl` what must not come again. In all of them the last word counts.

mod doubt;
mod forget;
mod held;
mod leftover;
mod line;
mod live;
pub mod own;
mod place;
mod rewrite;
mod stale;
mod writer;

pub(crate) use forget::{read as forgotten, sources};
pub(crate) use held::read as holding;
pub(crate) use line::HeldLine;
pub(crate) use live::rows_until;
pub(crate) use place::Place;

use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::{Op, Sink};
use crate::source::{Kind, Source};
use crate::visibility::Visibility;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::lock::{self, Lock};
use doubt::Doubts;
use held::Entry;
use line::HeldRows;
use serde::{Deserialize, Serialize};
use stale::Stale;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use writer::Writer;

/// What is held is said for so many sources at once.
const SOURCES: usize = 2048;
/// A file of many sources that is shorter is never written anew.
const SMALL: u64 = 1024 * 1024;
/// How many lines of `held.jsonl` there may be besides those that count.
const SPARE: usize = 1000;
/// How long `machine.json` may be.
const MACHINE: usize = 64 * 1024;

/// `machine.json` in a machine's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The machine.
    #[serde(flatten)]
    pub machine: Machine,
    /// Who it belongs to, as far as that is known: the name of a role of the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The database from which a pull fills the folder; absent if its machine writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The id of the machine in that database, if it is not that of the folder: another person claims the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// How long each file of many sources was when it was written anew, in bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sizes: BTreeMap<String, u64>,
}

impl Card {
    /// Reads the file of the folder with this name in `dir`; `None` if it is no machine's folder.
    pub fn of(dir: &Path, name: &str) -> Result<Option<Card>> {
        Place::new(dir, name).map_or(Ok(None), |place| Card::read(&place))
    }

    /// Reads the file in a machine's folder; `None` if there is none.
    pub(crate) fn read(place: &Place) -> Result<Option<Card>> {
        let path = place.machine();
        place.check(&path)?;
        let Some(bytes) = file::read_at_most(&path, MACHINE)? else { return Ok(None) };
        let card: Card = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        let is_here = place.dir().file_name().is_some_and(|name| name.to_str() == Some(&card.machine.id));
        match is_here && Machine::check_label(&card.machine.label).is_ok() {
            true => Ok(Some(card)),
            false => Err(Error::corrupt(&path, "it is of another machine, or its label cannot be used")),
        }
    }

    fn write(&self, place: &Place) -> Result<()> {
        place.check(&place.machine())?;
        file::stage_elsewhere(&place.machine(), &line::encode(self), Durability::Synced)?.replace()
    }
}

/// A machine's folder, open for writing. What was not committed may be there or not; the next run goes on from there.
pub struct Folder {
    place: Place,
    card: Card,
    /// When this run is, as text.
    at: String,
    known: Known,
    /// The sources that the team sees.
    team: HashSet<Source>,
    /// Lines of `held.jsonl`.
    lines: usize,
    writer: Writer,
    pending: Vec<(Source, Entry)>,
    /// The same of sources whose old rows are still in a file: said when they no longer are, so that a run that is killed
    /// before that is done again.
    late: Vec<(Source, Entry)>,
    /// Sources in files of many that got rows or lost some, and of which nobody has said yet what is held.
    touched: HashSet<Source>,
    /// What to say of sources that are in doubt since the folder was opened, before anything else is written.
    doubts: Vec<(Source, Entry)>,
    /// Folders in which a killed run may have left files.
    leftover: BTreeSet<PathBuf>,
    stale: Stale,
    forget: BTreeSet<String>,
    /// Whether files of many sources are written anew in any case.
    is_anew: bool,
    changes: u64,
    lock: Lock,
}

impl Folder {
    /// Opens, or makes, the folder in `dir` that its machine writes; `owner` is said by who knows it. Another program that
    /// writes there is waited for. Fails if a pull fills the folder.
    pub fn open(dir: &Path, machine: &Machine, owner: Option<&str>, now: Instant) -> Result<Folder> {
        let mut folder = Folder::open_as(dir, machine, owner, None, now)?;
        let asker = own::Asker { owner: folder.card.owner.as_deref(), this: &machine.id };
        folder.known.redactions = own::redactions(dir, asker)?;
        Ok(folder)
    }

    /// The same for a folder that a pull fills from a database. Fails if its machine writes it, or if it is filled from
    /// another database.
    /// `claims` is the id of the machine there, if the folder has another one.
    pub fn open_pulled(
        dir: &Path,
        machine: &Machine,
        owner: &str,
        from: &str,
        claims: Option<&str>,
        now: Instant,
    ) -> Result<Folder> {
        Folder::open_as(dir, machine, Some(owner), Some((from, claims)), now)
    }

    fn open_as(
        dir: &Path,
        machine: &Machine,
        owner: Option<&str>,
        pulled: Option<(&str, Option<&str>)>,
        now: Instant,
    ) -> Result<Folder> {
        let (from, claims) = (pulled.map(|(from, _)| from), pulled.and_then(|(_, claims)| claims.map(str::to_string)));
        let no_id = || Error::Invalid(format!("{:?} is not the id of a machine", machine.id));
        let place = Place::new(dir, &machine.id).ok_or_else(no_id)?;
        place.check(&place.lock())?;
        file::make_dir(place.dir())?;
        let lock = lock::acquire(&place.lock(), lock::PERSON_WAIT)?;
        let there = Card::read(&place)?;
        if let Some(other) = there.as_ref().filter(|there| there.from.as_deref() != from) {
            let by = match &other.from {
                Some(from) => format!("what was pulled from {from}"),
                None => "what its machine writes itself".to_string(),
            };
            let text = format!("{} has {by}; choose another folder", place.dir().display());
            return Err(Error::Refused(text));
        }
        let sizes = there.as_ref().map(|card| card.sizes.clone()).unwrap_or_default();
        let owner = owner.map(str::to_string).or_else(|| there.as_ref()?.owner.clone());
        let card = Card { machine: machine.clone(), owner, from: from.map(str::to_string), claims, sizes };
        if there.as_ref() != Some(&card) {
            card.write(&place)?;
        }
        let mut holding = held::read(&place)?;
        let is_team = |entry: &Entry| entry.rows.visibility() == Visibility::Team;
        let team = holding.sources.iter().filter(|(_, entry)| is_team(entry)).map(|(source, _)| source.clone());
        let team: HashSet<Source> = team.collect();
        let leftover = leftover::dirs(&place, &holding);
        let Doubts { sources: doubts, torn } = doubt::doubts(&place, &mut holding)?;
        let stale = Stale::new(&place, &holding, torn);
        let sources = holding.sources.into_iter().map(|(source, entry)| (source, entry.rows.into_held()));
        let known = Known {
            sources: sources.collect(),
            forgotten: forget::read(&place)?,
            team: team.clone(),
            ..Known::default()
        };
        Ok(Folder {
            writer: Writer::new(place.clone())?,
            place,
            card,
            at: clock::stamp(now),
            known,
            team,
            lines: holding.lines,
            pending: Vec::new(),
            late: Vec::new(),
            touched: HashSet::new(),
            doubts,
            leftover,
            stale,
            forget: BTreeSet::new(),
            is_anew: false,
            changes: 0,
            lock,
        })
    }

    /// What the folder had when it was opened. To be asked once.
    pub fn known(&mut self) -> Known {
        std::mem::take(&mut self.known)
    }

    /// Has files of many sources written anew at the end, only with rows that count: for a run that sends all. Every other
    /// source that is sent from its beginning gets a new file in any case.
    pub fn write_anew(&mut self) {
        self.is_anew = true;
    }

    /// Completes the run, and returns how many rows were changed, were taken away, or are seen by others than before.
    pub fn commit(mut self) -> Result<u64> {
        self.say_doubts()?;
        self.say_held()?;
        self.writer.release()?;
        self.stale.blank(&self.place)?;
        self.pending = std::mem::take(&mut self.late);
        self.say_held()?;
        if !self.forget.is_empty() {
            self.changes += forget::remove(&self.place, &self.forget, &self.at)?;
            forget::note(&self.place, &self.forget, &self.at)?;
        }
        self.compact()?;
        leftover::remove(&self.place, &self.leftover)?;
        self.lock.remove()?;
        Ok(self.changes)
    }

    /// Says what is held of the sources that came.
    fn say_held(&mut self) -> Result<()> {
        self.writer.flush()?;
        // Their rows are in the file now, in front of those of other sources.
        let touched: Vec<_> =
            std::mem::take(&mut self.touched).into_iter().map(|source| self.unknown(source)).collect();
        let pending = std::mem::take(&mut self.pending);
        self.say(&[touched, pending].concat())
    }

    /// Says that the digests of sources do not count any more.
    fn say_doubts(&mut self) -> Result<()> {
        let doubts = std::mem::take(&mut self.doubts);
        self.say(&doubts)
    }

    /// Says what is held of sources, and that is on the disk then.
    fn say(&mut self, all: &[(Source, Entry)]) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        self.lines += all.len();
        let bytes: Vec<u8> = all.iter().flat_map(|(source, entry)| held::text(source, entry)).collect();
        writer::append(&self.place, self.place.held(), &bytes)
    }

    /// What is held of a source whose rows may be others now.
    fn unknown(&self, source: Source) -> (Source, Entry) {
        let (pos, end) = self.stale.of(&source);
        let rows = HeldRows::new(&Held { pos, ..Held::default() }, self.visibility(&source), end);
        (source, Entry { rows, at: self.at.clone() })
    }

    fn visibility(&self, source: &Source) -> Visibility {
        if self.team.contains(source) { Visibility::Team } else { Visibility::Private }
    }

    fn hold(&mut self, source: &Source, held: &Held, visibility: Option<Visibility>) -> Result<()> {
        if self.writer.is_alike(source) {
            let unknown = self.unknown(source.clone());
            self.say(&[unknown])?;
        }
        let end = self.writer.end(source)?;
        self.touched.remove(source);
        let is_other = match visibility {
            Some(Visibility::Team) => self.team.insert(source.clone()),
            Some(Visibility::Private) => self.team.remove(source),
            None => false,
        };
        self.changes += u64::from(is_other && self.stale.had(source));
        let rows = HeldRows::new(held, self.visibility(source), end);
        let entry = (source.clone(), Entry { rows, at: self.at.clone() });
        if self.stale.is_replaced(source) {
            self.late.push(entry);
            self.pending.push(self.unknown(source.clone()));
        } else {
            self.pending.push(entry);
        }
        if self.pending.len() >= SOURCES { self.say_held() } else { Ok(()) }
    }

    /// Notes which rows are replaced or go away; returns how many the folder had there.
    fn touch(&mut self, source: &Source, from: u64) -> u64 {
        if place::is_shared(source.kind()) && !self.touched.contains(source) {
            self.touched.insert(source.clone());
        }
        // Of these no old row is left when the new file takes the place of the old one.
        let is_anew = !place::is_shared(source.kind()) && (from == 0 || self.writer.is_anew(source));
        self.stale.touch(&self.place, source, from, is_anew)
    }

    /// Writes files anew of which most no longer counts.
    fn compact(&mut self) -> Result<()> {
        let size = doubt::length;
        let name = |kind: Kind| kind.word().to_string();
        let is_due = |kind: &Kind| {
            let whole = self.card.sizes.get(&name(*kind)).copied().unwrap_or_default();
            let size = size(&self.place.shared(*kind));
            size > whole.saturating_mul(3).max(SMALL) || (self.is_anew && size > 0)
        };
        let due: Vec<Kind> = place::SHARED.into_iter().filter(is_due).collect();
        if !due.is_empty() {
            let paths: Vec<_> = due.iter().map(|kind| self.place.shared(*kind)).collect();
            forget::compact(&self.place, &paths, &self.at)?;
            let sizes = due.iter().map(|kind| (name(*kind), size(&self.place.shared(*kind))));
            self.card.sizes.extend(sizes);
            return self.card.write(&self.place);
        }
        if self.lines > SPARE || self.is_anew {
            let holding = held::read(&self.place)?;
            if holding.lines > 2 * holding.sources.len() + SPARE || self.is_anew {
                return forget::write(&self.place, &holding);
            }
        }
        Ok(())
    }
}

impl Sink for Folder {
    fn take(&mut self, op: &Op) -> Result<()> {
        if !matches!(op, Op::Machine(_)) {
            self.say_doubts()?;
        }
        match op {
            Op::Machine(machine) if *machine == &self.card.machine => {}
            Op::Machine(machine) if machine.id == self.card.machine.id => {
                self.card.machine = (*machine).clone();
                self.card.write(&self.place)?;
            }
            Op::Machine(_) => return Err(Error::Refused("the folder belongs to another machine".into())),
            Op::Row(source, seq, row) => {
                self.touch(source, *seq);
                self.writer.row(source, *seq, row)?;
                self.changes += 1;
            }
            Op::Cut(source, from) => {
                self.changes += self.touch(source, *from);
                self.stale.cut(source, *from);
                self.writer.cut(source, *from)?;
            }
            Op::Held(source, held, visibility) => self.hold(source, held, *visibility)?,
            Op::Forget(id) => drop(self.forget.insert(id.to_string())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
