//! Owns a target in memory, for tests. It keeps what it got until an operation fails, as a folder does.

use crate::held::{Held, Known};
use crate::op::{Op, Sink};
use crate::row::Row;
use crate::source::Source;
use crate::visibility::Visibility;
use cs_core::error::{Error, Result};
use redaction::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A target.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub rows: HashMap<Source, BTreeMap<u64, Vec<u8>>>,
    pub known: Known,
    pub visible: HashMap<Source, Visibility>,
    pub forgotten: BTreeSet<String>,
    /// How many rows it was sent, and how many operations in all.
    pub sent: usize,
    pub taken: usize,
    /// What was replaced in it.
    pub replaced: Vec<Entry>,
    /// After so many operations it fails.
    pub fails_after: Option<usize>,
}

impl Sink for Memory {
    fn take(&mut self, op: &Op) -> Result<()> {
        if self.fails_after.is_some_and(|most| self.taken >= most) {
            return Err(Error::Refused("the target is gone".into()));
        }
        self.taken += 1;
        match *op {
            Op::Machine(_) => {}
            Op::Row(source, seq, row) => {
                self.sent += 1;
                let line = row.line();
                assert!(!line.contains(&b'\n'));
                self.rows.entry(source.clone()).or_default().insert(seq, line);
            }
            Op::Cut(source, seq) => drop(self.rows.entry(source.clone()).or_default().split_off(&seq)),
            Op::Held(source, held, visibility) => {
                self.known.sources.insert(source.clone(), held.clone());
                self.visible.extend(visibility.map(|visibility| (source.clone(), visibility)));
                match visibility {
                    Some(Visibility::Team) => drop(self.known.team.insert(source.clone())),
                    Some(Visibility::Private) => drop(self.known.team.remove(source)),
                    None => {}
                }
            }
            Op::Forget(id) => {
                let is_its = |source: &Source| source.owner() == Some(id);
                self.rows.retain(|source, _| !is_its(source));
                self.known.sources.retain(|source, _: &mut Held| !is_its(source));
                self.forgotten.insert(id.to_string());
                self.known.forgotten.insert(id.to_string());
            }
        }
        Ok(())
    }

    fn note(&mut self, _: &str, replaced: &[Entry]) {
        self.replaced.extend_from_slice(replaced);
    }
}

impl Memory {
    /// The rows of a source.
    pub fn of(&self, source: &str) -> Vec<Row> {
        let rows = Source::parse(source).and_then(|source| self.rows.get(&source));
        rows.into_iter().flat_map(BTreeMap::values).filter_map(|line| Row::parse(line)).collect()
    }

    /// The sources with rows, in order.
    pub fn sources(&self) -> Vec<String> {
        let filled = self.rows.iter().filter(|(_, rows)| !rows.is_empty());
        let mut names: Vec<String> = filled.map(|(source, _)| source.to_string()).collect();
        names.sort();
        names
    }

    /// All that it has, as text.
    pub fn text(&self) -> String {
        let lines = self.rows.values().flat_map(BTreeMap::values);
        lines.map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect()
    }

    /// How many rows and operations it got since this was asked last.
    pub fn news(&mut self) -> (usize, usize) {
        (std::mem::take(&mut self.sent), std::mem::take(&mut self.taken))
    }
}
