//! The results of a power failure, one line per operation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::judge::{Fault, Verdict};

/// The tries and faults of each operation.
#[derive(Debug, Default)]
pub struct Report {
    rows: BTreeMap<String, OperationRow>,
}

#[derive(Debug, Default)]
struct OperationRow {
    states: usize,
    gone_on: usize,
    faults: Vec<Fault>,
}

impl Report {
    /// Adds the result of one operation; the programs continued from `gone_on` states, with these `faults`.
    pub fn add(&mut self, operation: &str, verdict: &Verdict, gone_on: usize, faults: Vec<Fault>) {
        let row = self.rows.entry(operation.to_owned()).or_default();
        row.states += verdict.states;
        row.gone_on += gone_on;
        row.faults.extend(verdict.faults.iter().cloned().chain(faults));
    }

    /// Adds that an operation could not be tried.
    pub fn failed(&mut self, operation: &str, said: String) {
        let fault = Fault { what: "could not be tried".to_owned(), how: said };
        self.rows.entry(operation.to_owned()).or_default().faults.push(fault);
    }

    /// A Markdown table.
    pub fn table(&self) -> String {
        let mut text = "| operation | states | continued from | a power failure |\n|---|--:|--:|---|\n".to_owned();
        for (name, OperationRow { states, gone_on, faults }) in &self.rows {
            let found = faults.iter().map(|fault| fault.what.as_str()).collect::<Vec<_>>().join("; ");
            let found = if found.is_empty() { "is harmless" } else { &found };
            // Writing to a text cannot fail.
            let _ = writeln!(text, "| {name} | {states} | {gone_on} | {found} |");
        }
        text
    }

    /// All faults, each with its cause.
    pub fn faults(&self) -> Vec<String> {
        let of = |(name, row): (&String, &OperationRow)| {
            row.faults.iter().map(|fault| format!("{name}: {}\n    {}", fault.what, fault.how)).collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// How many states were tried, and from how many of them the programs continued.
    pub fn sum(&self) -> (usize, usize) {
        self.rows.values().fold((0, 0), |(states, gone), row| (states + row.states, gone + row.gone_on))
    }

    /// Panics if something was wrong.
    #[track_caller]
    pub fn check(&self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}
