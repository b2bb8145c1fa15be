//! Whether a scenario survives a power failure at any moment.
//!
//! After a failure, each fact ([`super::facts`]) must have a value that programs could see at some moment since the
//! last promise: so what was promised is there, and nothing older is damaged.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use serde_json::Value;

use super::Depth;
use super::disk::Disk;
use super::facts::{Facts, Reader, is_torn, session_of};
use super::loss::{self, Loss};
use super::record::Run;
use super::step::Step;
use super::tree::{Node, Tree};

/// Something that a power failure must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A short form, the same for all failures with the same effect.
    pub what: String,
    /// When the power failed, what was lost, and what was found.
    pub how: String,
}

/// Appended to faults that need a directory's later changes to reach the disk before its earlier ones.
pub const OUT_OF_ORDER: &str = " (out of order)";

/// The result of judging a scenario.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The number of different states in which the disk may be found.
    pub states: usize,
    pub faults: Vec<Fault>,
    /// States without a fault, from which the programs must continue; whether the loss was in order, and what was lost.
    pub good: Vec<(Tree, bool, String)>,
}

/// The promise of a program that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Everything it did is there.
    Done,
    /// Only that nothing older is damaged.
    Nothing,
}

/// A program that ran, and what it promised.
pub type Promised<'r> = (&'r Run, Promise);

/// Tries every power failure during programs that ran one after the other on `before`, in which everything was durable.
pub fn judge(before: &Tree, runs: &[Promised], depth: Depth) -> Verdict {
    let mut judge = Judge::new(before, runs);
    judge.look();
    for (run, promise) in runs {
        for (n, step) in run.steps.iter().enumerate() {
            if depth == Depth::Full || step.is_sync() {
                judge.fail(&format!("before step {} of {} ({step})", n + 1, run.steps.len()), run);
            }
            judge.disk.apply(n, step);
            judge.look();
        }
        if *promise == Promise::Done {
            judge.promised = judge.seen_by_programs.len() - 1;
        }
        judge.fail("after its end", run);
    }
    judge.verdict
}

struct Judge {
    /// The watched part: all directories, the files that a program touched, and others of the same sessions.
    disk: Disk,
    untouched: Tree,
    /// Whether programs read the index correctly at the start.
    is_whole: bool,
    reader: Reader,
    /// The facts after each step.
    seen_by_programs: Vec<Facts>,
    /// The last of those that was promised.
    promised: usize,
    tried: HashSet<u64>,
    reported: BTreeSet<String>,
    verdict: Verdict,
}

impl Judge {
    fn new(before: &Tree, runs: &[Promised]) -> Judge {
        let steps = runs.iter().flat_map(|(run, _)| &run.steps);
        let touched: BTreeSet<&Path> = steps.flat_map(Step::paths).flat_map(Path::ancestors).collect();
        let sessions: BTreeSet<&str> = touched.iter().filter_map(|path| session_of(path)).collect();
        let is_touched = |path: &Path, node: &Node| {
            *node == Node::Dir || touched.contains(path) || session_of(path).is_some_and(|id| sessions.contains(id))
        };
        let (touched, untouched) = before.clone().split(is_touched);
        let mut reader = Reader::default();
        Judge {
            is_whole: reader.misread(&touched, &untouched).is_none(),
            disk: Disk::new(&touched),
            untouched,
            reader,
            seen_by_programs: Vec::new(),
            promised: 0,
            tried: HashSet::new(),
            reported: BTreeSet::new(),
            verdict: Verdict::default(),
        }
    }

    fn look(&mut self) {
        let facts = self.reader.facts(&self.disk.memory());
        if self.seen_by_programs.last() != Some(&facts) {
            self.seen_by_programs.push(facts);
        }
    }

    /// Tries a power failure at this moment.
    fn fail(&mut self, when: &str, run: &Run) {
        let disk = self.disk.clone();
        loss::each(&disk, |loss, tree| {
            if self.tried.insert(hash(&(&tree, self.promised))) {
                self.verdict.states += 1;
                self.examine(&disk, loss, tree, &format!("{}: the power fails {when}", run.name));
            }
        });
    }

    fn examine(&mut self, disk: &Disk, loss: &Loss, tree: Tree, when: &str) {
        let found = self.reader.facts(&tree);
        let mut wrong = self.wrong(&found);
        if wrong.is_empty() && self.is_whole {
            let misread = self.reader.misread(&tree, &self.untouched);
            wrong.extend(misread.map(|detail| ("a wrong index is trusted".to_owned(), detail)));
        }
        if wrong.is_empty() {
            let tree = Tree(self.untouched.0.clone().into_iter().chain(tree.0).collect());
            self.verdict.good.push((tree, loss.in_order, format!("{when}; {}", loss.describe(disk))));
        }
        for (what, detail) in wrong {
            if self.reported.insert(what.clone()) {
                let what = what + if loss.in_order { "" } else { OUT_OF_ORDER };
                let how = format!("{when}; {}: {detail}", loss.describe(disk));
                self.verdict.faults.push(Fault { what, how });
            }
        }
    }

    /// The faults in the facts, in short and in detail.
    fn wrong(&self, found: &Facts) -> Vec<(String, String)> {
        let (older, allowed) = self.seen_by_programs.split_at(self.promised);
        let names: BTreeSet<&String> = allowed.iter().chain([found]).flat_map(Facts::keys).collect();
        let wrong = names.into_iter().filter(|name| !allowed.iter().any(|facts| facts.get(*name) == found.get(*name)));
        let tell = |name: &String| {
            let (is, was) = (found.get(name), allowed.last().and_then(|facts| facts.get(name)));
            let kind = match is {
                Some(is) if is_torn(is) => "cannot be read",
                _ if older.iter().any(|facts| facts.get(name) == is) => "was promised but is lost",
                None => "is gone",
                Some(_) => "is neither old nor new",
            };
            (format!("{} {kind}", short(name)), format!("{name} {kind}: {}", differ(is, was)))
        };
        wrong.map(tell).collect()
    }
}

/// The kind of a fact: ids and names of files differ from run to run.
fn short(name: &str) -> &str {
    match name.split_once(' ') {
        Some((kind, _)) => kind,
        None if name.starts_with("usage/") => "a summary of usage",
        None => name,
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The first difference between two values.
fn differ(is: Option<&Value>, was: Option<&Value>) -> String {
    match (is, was) {
        (Some(Value::Object(is)), Some(Value::Object(was))) => {
            let mut keys = is.keys().chain(was.keys());
            let key = keys.find(|key| is.get(*key) != was.get(*key)).map(String::as_str).unwrap_or_default();
            format!("{key}: {}", differ(is.get(key), was.get(key)))
        }
        (Some(Value::Array(is)), Some(Value::Array(was))) if is.len() == was.len() => {
            let n = (0..is.len()).find(|n| is[*n] != was[*n]).unwrap_or_default();
            differ(is.get(n), was.get(n))
        }
        _ => format!("{} instead of {}", cut(is), cut(was)),
    }
}

fn cut(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string().chars().take(160).collect())
}
