//! Cycles in a graph: its strongly connected components of more than one file.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::package::Edges;

/// The cycles, each in the order of its files' names.
pub fn cycles(edges: &Edges) -> Vec<Vec<PathBuf>> {
    let mut done: BTreeSet<&PathBuf> = BTreeSet::new();
    let mut cycles = Vec::new();
    for file in edges.keys() {
        if done.contains(file) {
            continue;
        }
        let ahead = reachable(edges, file);
        let cycle: Vec<PathBuf> =
            ahead.iter().filter(|other| reachable(edges, other).contains(file)).map(|path| (*path).clone()).collect();
        done.extend(ahead.iter().filter(|path| cycle.contains(path)));
        if cycle.len() > 1 {
            cycles.push(cycle);
        }
    }
    cycles
}

/// The files that can be reached from one, by one edge or more.
fn reachable<'a>(edges: &'a Edges, from: &PathBuf) -> BTreeSet<&'a PathBuf> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&PathBuf> = edges.get(from).into_iter().flat_map(|to| to.keys()).collect();
    while let Some(file) = waiting.pop() {
        if found.insert(file) {
            waiting.extend(edges.get(file).into_iter().flat_map(|to| to.keys()));
        }
    }
    found
}
