//! What holds for any data directory, whatever the programs were told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Sandbox;

/// What holds for any data directory that only whole programs touched: every JSON file is whole, nothing
/// half-written lies about, the index and the projects' counts say what the records say.
pub fn check_store(sandbox: &Sandbox) {
    for path in files(&sandbox.data()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(!name.starts_with(".tmp-"), "litter: {}", path.display());
        assert!(!name.ends_with(".pending") && !name.ends_with(".stale"), "unfinished: {}", path.display());
        if name.ends_with(".json") {
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "torn: {}: {text}", path.display());
        }
    }
    let records = sandbox.records();
    if records.is_empty() {
        return;
    }
    assert_eq!(index_of(&sandbox.json("sessions/_index.json")), index_of(&index_from(&records)));
    for slug in records.iter().filter_map(|record| record["project_slug"].as_str()) {
        check_counts(sandbox, slug, &records);
    }
}

/// An index without the heartbeats, which may lag.
fn index_of(index: &Value) -> BTreeMap<String, Value> {
    const FIELDS: [&str; 5] = ["project_slug", "status", "intent", "started_at", "ended_at"];
    let entry = |entry: &Value| FIELDS.iter().map(|field| (*field, entry[field].clone())).collect::<BTreeMap<_, _>>();
    let entries = index.as_object().expect("an index is an object").iter();
    entries.map(|(id, fields)| (id.clone(), json!(entry(fields)))).collect()
}

fn index_from(records: &[Value]) -> Value {
    let id = |record: &Value| record["session_id"].as_str().expect("a record has an id").to_owned();
    records.iter().map(|record| (id(record), record.clone())).collect()
}

fn check_counts(sandbox: &Sandbox, slug: &str, records: &[Value]) {
    let ours: Vec<_> = records.iter().filter(|record| record["project_slug"] == slug).collect();
    let of = |status: &str| ours.iter().filter(|record| record["status"] == status).count();
    let project = sandbox.json(&format!("projects/{slug}.json"));
    let counts = ["active_sessions", "parked_sessions", "total_sessions"].map(|field| project[field].as_u64());
    let expected = [of("active"), of("parked"), ours.len()].map(|count| Some(count as u64));
    assert_eq!(counts, expected, "active, parked, total of {slug}");
}

/// All files below a folder, with those in folders of it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let paths = listing.map(|entry| entry.expect("a folder can be read").path());
    let mut found: Vec<PathBuf> =
        paths.flat_map(|path| if path.is_dir() && !path.is_symlink() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}
