//! The tries and the faults found, as a table.

use std::collections::BTreeMap;
use std::fmt::Write;

/// How many faults are printed in full.
const MAX_PRINTED: usize = 20;

/// The tries by kind of operation, and the faults.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The kind of disturbance: `kills`, `failing calls` …
    pub part: String,
    rows: BTreeMap<String, [u64; 3]>,
    /// The faults, each with its place.
    pub faults: Vec<String>,
}

impl Tally {
    /// Creates an empty tally.
    pub fn new(part: &str) -> Tally {
        Tally { part: part.to_owned(), ..Tally::default() }
    }

    /// Adds one try of the operation, and what was wrong after it.
    pub fn tried(&mut self, operation: &str, disturbed: bool, place: &str, faults: Vec<String>) {
        self.count(operation, 1, u64::from(disturbed));
        if let Some(row) = self.rows.get_mut(operation) {
            row[2] += u64::from(!faults.is_empty());
        }
        self.faults.extend(faults.iter().map(|fault| format!("{operation}: {place}: {fault}")));
    }

    /// Adds several operations, some of them disturbed.
    pub fn count(&mut self, operation: &str, tries: u64, disturbed: u64) {
        let row = self.rows.entry(operation.to_owned()).or_default();
        row[0] += tries;
        row[1] += disturbed;
    }

    /// Adds the results of another tally.
    pub fn add(&mut self, other: Tally) {
        for (operation, [tries, disturbed, faulty]) in other.rows {
            self.count(&operation, tries, disturbed);
            if let Some(row) = self.rows.get_mut(&operation) {
                row[2] += faulty;
            }
        }
        self.faults.extend(other.faults);
    }

    /// The number of tries, of disturbed ones, and of faulty ones.
    pub fn sum(&self) -> [u64; 3] {
        self.rows.values().fold([0; 3], |sum, row| [sum[0] + row[0], sum[1] + row[1], sum[2] + row[2]])
    }

    /// A Markdown table, one row per operation, the total last.
    pub fn table(&self) -> String {
        let mut text = format!("| {} | tried | disturbed | wrong after it |\n|---|--:|--:|--:|\n", self.part);
        let [tries, disturbed, faulty] = self.sum();
        let sum = ("**all**".to_owned(), [tries, disturbed, faulty]);
        let rows = self.rows.iter().map(|(name, row)| (name.clone(), *row)).chain([sum]);
        for (name, [tries, disturbed, faulty]) in rows {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "| {name} | {tries} | {disturbed} | {faulty} |");
        }
        text
    }

    /// The first faults, for people.
    pub fn first_faults(&self) -> String {
        let more = self.faults.len().saturating_sub(MAX_PRINTED);
        let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
        self.faults.iter().take(MAX_PRINTED).cloned().collect::<Vec<_>>().join("\n") + &more
    }

    /// Panics if something was wrong.
    #[track_caller]
    pub fn check(&self) {
        assert!(self.faults.is_empty(), "{} faults:\n{}", self.faults.len(), self.first_faults());
    }
}
