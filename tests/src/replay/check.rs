//! Rules that hold for any data directory, whatever the programs did and whenever they were killed.
//!
//! Everything here only reads. Each fault is one line of text; no lines means no fault.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cs_core::clock;
use cs_core::paths::Home;
use cs_core::store::{Run, Store};
use serde_json::{Value, json};
use std::time::SystemTime;
use tempfile::TempDir;

use super::record::{name, read, try_whole};
use crate::{Sandbox, status, stderr, stdout};

/// The prefix of the name of a file that is being written.
const TEMP: &str = ".tmp-";

/// Checks what holds for any data directory if no program was killed: every JSON file is complete, there are no
/// temporary files, readers see what the records say, and so do the index and the projects' counts once they are
/// stored.
pub fn check_store(sandbox: &Sandbox) {
    let data = sandbox.data();
    let litter = litter(&data).into_iter().map(|path| format!("litter: {}", path.display()));
    let faults = [damage(&data), unfinished(&data), litter.collect()].concat();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The differences between the index, as readers correct it, and the records.
pub fn misread(data: &Path) -> Vec<String> {
    let store = Store::for_people(Home::at(data), agents::WITNESS);
    let index = store.index().expect("the index can be read");
    let entries = index.entries(|_| true).into_iter();
    let seen: Value = entries.map(|(id, entry)| (id.to_string(), json!(entry))).collect();
    differences("the index as read", &index_of(&seen), &index_of(&json!(records(&data.join("sessions")))))
}

/// A copy of the data directory after all the work that hooks leave to other programs.
pub fn settled(data: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("there is a folder for that");
    for from in files(data).iter().filter(|path| path.is_file()) {
        let to = copy.path().join(from.strip_prefix(data).expect("it is inside"));
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("can be created");
        fs::copy(from, to).expect("can be copied");
    }
    let store = Store::for_people(Home::at(copy.path()), agents::WITNESS);
    for id in store.ids_with_notes().expect("can be listed") {
        store.sweep_notes(&id, Run::Real, clock::now(), SystemTime::now()).expect("can be folded");
    }
    store.repair_index(Run::Real, clock::now()).expect("can be stored");
    copy
}

/// The files of unfinished writes. Only a killed program may leave them.
pub fn litter(data: &Path) -> Vec<PathBuf> {
    let mut found = files(data);
    found.retain(|path| name(path).starts_with(TEMP));
    found
}

/// The violations of what must hold at any moment: each JSON file is complete, a record is in the file with its name,
/// the two fields of a pair agree, and no file has an unexpected name.
pub fn damage(data: &Path) -> Vec<String> {
    let mut ours = files(data);
    ours.retain(|path| !name(path).starts_with(TEMP) && !path.starts_with(data.join("quarantine")));
    ours.iter().filter_map(|path| wrong_with(data, path)).collect()
}

fn wrong_with(data: &Path, path: &Path) -> Option<String> {
    let name = name(path);
    let known = [".json", ".lock", ".log", ".log.1", ".pending", ".stale", ".folding", ".jsonl", ".missed"];
    if !known.iter().any(|end| name.ends_with(end)) {
        return Some(format!("an unexpected file: {}", path.display()));
    }
    // Readers correct a torn index, and the next change by a person stores it.
    if !name.ends_with(".json") || name == "_index.json" {
        return None;
    }
    let value = match read(path) {
        Ok(Some(value)) => value,
        Ok(None) => return None,
        Err(fault) => return Some(fault),
    };
    let is_record = path.starts_with(data.join("sessions"));
    let stem = name.trim_end_matches(".json");
    (is_record && value["session_id"] != stem).then(|| format!("another session: {}: {value}", path.display()))
}

/// The violations of what must hold when all programs have ended: readers see what the records say, and so do the index
/// and the project files once the pending work is done.
pub fn unfinished(data: &Path) -> Vec<String> {
    [misread(data), unstored(settled(data).path())].concat()
}

/// Where the index and the project files differ from the records, and which work is pending.
pub fn unstored(data: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for name in ["_index.pending", "_index.folding", "_index.stale"] {
        if data.join("sessions").join(name).exists() {
            faults.push(format!("unfinished: {name}"));
        }
    }
    let records = records(&data.join("sessions"));
    if records.is_empty() {
        return faults;
    }
    let index = read(&data.join("sessions/_index.json")).ok().flatten().unwrap_or(Value::Null);
    faults.extend(differences("the index", &index_of(&index), &index_of(&json!(records))));
    let mut slugs: Vec<&str> = records.values().filter_map(|record| record["project_slug"].as_str()).collect();
    slugs.sort();
    slugs.dedup();
    faults.extend(slugs.into_iter().filter_map(|slug| wrong_counts(data, slug, &records)));
    faults
}

/// The differences between `cs-session list` and the records; none are allowed even after a program was killed.
pub fn unseen(sandbox: &Sandbox) -> Vec<String> {
    let output = sandbox.cs("cs-session", &["list"]);
    let records = records(&sandbox.data().join("sessions"));
    if ![0, 1].contains(&status(&output)) {
        return vec![format!("cs-session list: {}: {}", status(&output), stderr(&output))];
    }
    let rows = stdout(&output);
    let rows = rows.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let listed: Value = rows.map(|row| (row["session_id"].as_str().unwrap_or_default().to_owned(), row)).collect();
    differences("cs-session list", &index_of(&listed), &index_of(&json!(records)))
}

/// The records of a folder with the hooks' notes, by id, without those that cannot be parsed, which [`damage`] reports.
pub fn records(folder: &Path) -> BTreeMap<String, Value> {
    let listing = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_record = |path: &PathBuf| name(path).starts_with("sess_") && name(path).ends_with(".json");
    let read = |path: PathBuf| Some((name(&path).trim_end_matches(".json").to_owned(), try_whole(&path)?));
    listing.filter(is_record).filter_map(read).collect()
}

/// An index without the heartbeats, which may be out of date.
fn index_of(index: &Value) -> BTreeMap<String, Value> {
    const FIELDS: [&str; 5] = ["project_slug", "status", "intent", "started_at", "ended_at"];
    let entry = |entry: &Value| FIELDS.iter().map(|field| (*field, entry[field].clone())).collect::<BTreeMap<_, _>>();
    let entries = index.as_object().into_iter().flatten();
    entries.map(|(id, fields)| (id.clone(), json!(entry(fields)))).collect()
}

fn differences(what: &str, found: &BTreeMap<String, Value>, truth: &BTreeMap<String, Value>) -> Vec<String> {
    let ids = found.keys().chain(truth.keys().filter(|id| !found.contains_key(*id)));
    let differing = ids.filter(|id| found.get(*id) != truth.get(*id));
    let tell = |id: &String| format!("{what} has {:?} for {id}, the record {:?}", found.get(id), truth.get(id));
    differing.map(tell).collect()
}

fn wrong_counts(data: &Path, slug: &str, records: &BTreeMap<String, Value>) -> Option<String> {
    let ours: Vec<_> = records.values().filter(|record| record["project_slug"] == slug).collect();
    let of = |status: &str| ours.iter().filter(|record| record["status"] == status).count();
    let project = read(&data.join(format!("projects/{slug}.json"))).ok().flatten().unwrap_or(Value::Null);
    let counts = ["active_sessions", "parked_sessions", "total_sessions"].map(|field| project[field].as_u64());
    let expected = [of("active"), of("parked"), ours.len()].map(|count| Some(count as u64));
    (counts != expected)
        .then(|| format!("active, parked and total of {slug}: {counts:?}, from the records {expected:?}"))
}

/// All files below a folder, at any depth.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let paths = listing.map(|entry| entry.expect("a folder can be read").path());
    let mut found: Vec<PathBuf> =
        paths.flat_map(|path| if path.is_dir() && !path.is_symlink() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}
