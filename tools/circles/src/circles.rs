//! Circles in a graph: the largest sets of files in which each file can be reached from every other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::package::Arrows;

/// The circles, each in the order of its files' names.
pub fn circles(arrows: &Arrows) -> Vec<Vec<PathBuf>> {
    let mut done: BTreeSet<&PathBuf> = BTreeSet::new();
    let mut circles = Vec::new();
    for file in arrows.keys() {
        if done.contains(file) {
            continue;
        }
        let ahead = reached(arrows, file);
        let circle: Vec<PathBuf> =
            ahead.iter().filter(|other| reached(arrows, other).contains(file)).map(|path| (*path).clone()).collect();
        done.extend(ahead.iter().filter(|path| circle.contains(path)));
        if circle.len() > 1 {
            circles.push(circle);
        }
    }
    circles
}

/// The files that can be reached from one, by one arrow or more.
fn reached<'a>(arrows: &'a Arrows, from: &PathBuf) -> BTreeSet<&'a PathBuf> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&PathBuf> = arrows.get(from).into_iter().flat_map(|to| to.keys()).collect();
    while let Some(file) = waiting.pop() {
        if found.insert(file) {
            waiting.extend(arrows.get(file).into_iter().flat_map(|to| to.keys()));
        }
    }
    found
}
