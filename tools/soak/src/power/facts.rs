//! The contents of a folder that must never be lost, as values: records, data about projects, settings, usage totals,
//! files of other programs that ours edit, exports.
//!
//! Caches, markers, locks and logs are not facts. A file that cannot be parsed is a special fact: torn.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cs_core::id::SessionId;
use cs_core::paths::Home;
use cs_core::record::Session;
use cs_core::store::Store;
use cs_tests::replay::check::misread;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::in_memory;
use super::tree::{Node, Tree};

/// The data directory in the watched folder.
pub const DATA: &str = ".claude/dashboard";

/// The facts by name, without missing ones.
pub type Facts = BTreeMap<String, Value>;

/// Fields of a project's file that are computed from its records.
const COUNTED: [&str; 7] = [
    "active_sessions",
    "parked_sessions",
    "total_sessions",
    "last_activity",
    "recent_commits",
    "open_questions",
    "updated_at",
];

/// Where the record of a session may be, and the notes about it.
const PLACES: [(&str, &str, &str); 5] = [
    ("sessions", "", "json"),
    ("sessions/archive", "", "json"),
    ("quarantine", "sessions-", "json"),
    ("spool", "", "jsonl"),
    ("spool", "", "folding"),
];
/// The number of those that hold the record itself.
const RECORDS: usize = 3;

/// The files of one session, in the order of [`PLACES`].
type Files<'t> = [Option<&'t Arc<[u8]>>; PLACES.len()];

/// The session that a file is about.
pub fn session_of(path: &Path) -> Option<&str> {
    place(path.to_str()?.strip_prefix(DATA)?.strip_prefix('/')?).map(|(id, _)| id)
}

/// The session that a file of the data directory is about, and which of its files it is.
fn place(path: &str) -> Option<(&str, usize)> {
    let (folder, name) = path.rsplit_once('/')?;
    let id = |(place, prefix, suffix): &(&str, &str, &str)| {
        let (id, rest) = name.strip_prefix(prefix)?.split_once('.')?;
        // Quarantine never overwrites: the next file gets a number.
        let fits = rest == *suffix || (*place == "quarantine" && !rest.ends_with("note"));
        (folder == *place && id.starts_with("sess_") && fits).then_some(id)
    };
    PLACES.iter().enumerate().find_map(|(n, place)| id(place).map(|id| (id, n)))
}

/// Reads facts, each version of a file once.
#[derive(Debug)]
pub struct Reader {
    known: HashMap<(String, Vec<Option<usize>>), Known>,
    /// A data directory with only the files in question, which core reads as our programs would.
    scratch: Tree,
    home: TempDir,
}

/// A parsed value, and the bytes it was read from, which are kept so that their address stays unique.
#[derive(Debug)]
struct Known {
    _files: Vec<Option<Arc<[u8]>>>,
    fact: Option<Value>,
}

impl Default for Reader {
    fn default() -> Reader {
        let dirs = ["sessions", "sessions/archive", "quarantine", "spool"].map(|dir| (dir.into(), Node::Dir));
        let home = TempDir::with_prefix_in("cs-", in_memory()).expect("the temporary directory can be written");
        Reader { known: HashMap::new(), scratch: Tree(dirs.into_iter().collect()), home }
    }
}

impl Reader {
    /// The facts of a folder.
    pub fn facts(&mut self, tree: &Tree) -> Facts {
        let mut facts = Facts::new();
        let mut sessions: BTreeMap<&str, Files> = BTreeMap::new();
        for (path, node) in &tree.0 {
            let (Node::File(bytes), Some(path)) = (node, path.to_str()) else { continue };
            let ours = path.strip_prefix(DATA).and_then(|path| path.strip_prefix('/'));
            match ours.and_then(place) {
                Some((id, n)) => sessions.entry(id).or_default()[n] = Some(bytes),
                None => {
                    let fact = self.known(ours.unwrap_or(path), &[Some(bytes)], |_| match ours {
                        Some(path) => fact(path, bytes),
                        None => foreign(path, bytes),
                    });
                    facts.extend(fact.map(|fact| (called(ours.unwrap_or(path)), fact)));
                }
            }
        }
        for (id, files) in sessions {
            let fact = self.known(id, &files, |reader| reader.session(id, files));
            facts.extend(fact.map(|fact| (format!("session {id}"), fact)));
        }
        facts
    }

    fn known(
        &mut self,
        name: &str,
        files: &[Option<&Arc<[u8]>>],
        read: impl FnOnce(&Reader) -> Option<Value>,
    ) -> Option<Value> {
        let addresses = files.iter().map(|file| file.map(|bytes| bytes.as_ptr() as usize)).collect();
        let key = (name.to_owned(), addresses);
        if let Some(known) = self.known.get(&key) {
            return known.fact.clone();
        }
        let fact = read(self);
        let kept = files.iter().map(|file| file.cloned()).collect();
        self.known.insert(key, Known { _files: kept, fact: fact.clone() });
        fact
    }

    /// Where the index, as programs read it, differs from the records. `rest` is what no program touched.
    pub fn misread(&mut self, tree: &Tree, rest: &Tree) -> Option<String> {
        let [sessions, spool] = ["sessions", "spool"].map(|dir| Path::new(DATA).join(dir));
        let matters = |path: &Path| {
            let is_index = path.parent() == Some(&sessions) && path.extension().is_none_or(|end| end != "lock");
            is_index && !path.ends_with("archive") || path.parent() == Some(&spool)
        };
        let files = |tree: &Tree| -> Vec<(PathBuf, Arc<[u8]>)> {
            let files = tree.0.keys().filter(|path| matters(path));
            files.filter_map(|path| Some((path.clone(), tree.file(path)?.clone()))).collect()
        };
        let touched = files(tree);
        let names: Vec<&str> = touched.iter().filter_map(|(path, _)| path.to_str()).collect();
        let bytes: Vec<Option<&Arc<[u8]>>> = touched.iter().map(|(_, bytes)| Some(bytes)).collect();
        let wrong = self.known(&format!("index of {}", names.join(" ")), &bytes, |reader| {
            let mut scratch = reader.scratch.clone();
            for (path, bytes) in touched.iter().cloned().chain(files(rest)) {
                let path = path.strip_prefix(DATA).expect("it is inside").to_path_buf();
                scratch.0.insert(path, Node::File(bytes));
            }
            scratch.put(reader.home.path());
            misread(reader.home.path()).into_iter().next().map(Value::String)
        });
        wrong.and_then(|wrong| wrong.as_str().map(str::to_owned))
    }

    /// A session with all its notes, as programs read it, and where its record is.
    fn session(&self, id: &str, files: Files) -> Option<Value> {
        let places: Vec<&str> = (0..RECORDS).filter(|n| files[*n].is_some()).map(|n| PLACES[n].0).collect();
        let mut scratch = self.scratch.clone();
        for ((folder, prefix, suffix), bytes) in PLACES.iter().zip(files) {
            let path = format!("{folder}/{prefix}{id}.{suffix}").into();
            scratch.0.extend(bytes.map(|bytes| (path, Node::File(bytes.clone()))));
        }
        scratch.put(self.home.path());
        let parsed = SessionId::parse(id).ok()?;
        let is = match Store::for_people(Home::at(self.home.path()), agents::WITNESS).session(&parsed) {
            // The list of merged notes is not a fact.
            Ok(session) => json!(Session { folded: None, ..session }),
            Err(_) if places == ["quarantine"] => Value::Null,
            Err(error) => torn(&error.to_string()),
        };
        (!places.is_empty()).then(|| json!({"in": places, "is": is}))
    }
}

/// Whether a fact says that a file cannot be parsed.
pub fn is_torn(fact: &Value) -> bool {
    fact.get("torn").or(fact.get("is").and_then(|is| is.get("torn"))).is_some()
}

/// The name of the fact of a file in or outside the data directory.
fn called(path: &str) -> String {
    match path.strip_prefix("projects/").and_then(|name| name.strip_suffix(".json")) {
        Some(slug) => format!("project {slug}"),
        None => path.to_owned(),
    }
}

/// The fact in a file outside the data directory.
fn foreign(path: &str, bytes: &[u8]) -> Option<Value> {
    let name = path.rsplit('/').next()?;
    let is_passing = name.starts_with(".tmp-") || name.starts_with(".cs-setup-") || name.ends_with(".lock");
    (!is_passing).then(|| json!(String::from_utf8_lossy(bytes)))
}

/// The fact in a file of the data directory that is not about a session.
fn fact(path: &str, bytes: &[u8]) -> Option<Value> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match (folder, name.strip_suffix(".json")) {
        _ if name.starts_with(".tmp-") => None,
        ("projects", Some(_)) => said(json(bytes)),
        ("", Some(_)) => Some(json(bytes)),
        ("usage", Some(stem)) if stem != "days" && stem != "keep" => Some(json(bytes)),
        ("quarantine", _) => Some(json!(String::from_utf8_lossy(bytes))),
        _ => None,
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| torn(&error.to_string()))
}

fn torn(why: &str) -> Value {
    json!({ "torn": why })
}

/// The data that people set for a project; `None` if there is none.
fn said(mut state: Value) -> Option<Value> {
    let fields = state.as_object_mut()?;
    COUNTED.iter().for_each(|field| drop(fields.remove(*field)));
    fields.retain(|_, value| !is_blank(value));
    let is_nothing = fields.keys().all(|key| key == "project_slug");
    (!is_nothing).then_some(state)
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_blank),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
