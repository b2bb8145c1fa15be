//! Owns the map of programs: the table in README.md, as it was when this program was built.

/// A row of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The program's name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it never does.
    pub never: &'static str,
    /// Who calls it.
    pub callers: &'static str,
}

/// Programs that agents call. They take no arguments, so they say nothing about them.
const OF_AGENTS: [&str; 5] = ["cs-deliver", "cs-guard", "cs-heartbeat", "cs-hook", "cs-wake"];

/// The programs that people run.
pub fn of_people() -> impl Iterator<Item = Row> {
    rows().filter(|row| !OF_AGENTS.contains(&row.name))
}

/// All programs, in the order of the table.
pub fn rows() -> impl Iterator<Item = Row> {
    include_str!(concat!(env!("OUT_DIR"), "/programs.tsv")).lines().filter_map(row)
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    Some(Row { name: cells.next()?, about: cells.next()?, never: cells.next()?, callers: cells.next()? })
}
