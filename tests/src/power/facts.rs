//! What of a folder must never be lost, as values: records, what was said about projects, settings, sums of usage,
//! files of other programs that ours edit, exports.
//!
//! Caches, markers, locks and logs are no facts. A file that cannot be understood is a fact of its own kind: torn.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::tree::{Node, Tree};

/// The data directory in the watched folder.
pub const DATA: &str = ".claude/dashboard";

/// What is known about each thing; things that are not there are left out.
pub type Facts = BTreeMap<String, Value>;

/// Fields of a project's file that are made from its records.
const COUNTED: [&str; 7] = [
    "active_sessions",
    "parked_sessions",
    "total_sessions",
    "last_activity",
    "recent_commits",
    "open_questions",
    "updated_at",
];

/// Reads facts, each version of a file once.
#[derive(Debug, Default)]
pub struct Reader {
    known: HashMap<(String, usize), (Arc<[u8]>, Option<(String, Value)>)>,
}

impl Reader {
    /// The facts of a folder.
    pub fn facts(&mut self, tree: &Tree) -> Facts {
        let mut facts = Facts::new();
        for (path, node) in &tree.0 {
            let (Node::File(bytes), Some(text)) = (node, path.to_str()) else { continue };
            let key = (text.to_owned(), bytes.as_ptr() as usize);
            let (_, fact) = self.known.entry(key).or_insert_with(|| (bytes.clone(), fact(text, bytes)));
            match fact {
                // A record may have two names while it is archived.
                Some((name, value)) => match facts.get_mut(name) {
                    Some(Value::Array(places)) => places.push(value.clone()),
                    _ => _ = facts.insert(name.clone(), json!([value])),
                },
                None => {}
            }
        }
        facts
    }
}

/// Whether a value of a fact says that the file cannot be understood.
pub fn is_torn(value: &Value) -> bool {
    let of = |place: &Value| place.get("torn").or(place.get("is").and_then(|is| is.get("torn"))).is_some();
    value.as_array().into_iter().flatten().any(of)
}

fn fact(path: &str, bytes: &[u8]) -> Option<(String, Value)> {
    let name = path.rsplit('/').next()?;
    if name.starts_with(".tmp-") || name.starts_with(".cs-setup-") || name.ends_with(".lock") {
        return None;
    }
    let Some(path) = path.strip_prefix(DATA).and_then(|path| path.strip_prefix('/')) else {
        return Some((path.to_owned(), json!(String::from_utf8_lossy(bytes))));
    };
    let (folder, _) = path.rsplit_once('/').unwrap_or_default();
    let stem = name.strip_suffix(".json");
    match (folder, stem) {
        ("sessions" | "sessions/archive", Some(id)) if id.starts_with("sess_") => {
            let value = cs_core::store::parse(Path::new(path), bytes).map(|_| json(bytes));
            let value = value.unwrap_or_else(|error| torn(&error.to_string()));
            Some((format!("session {id}"), json!({"in": folder, "is": value})))
        }
        ("projects", Some(slug)) => said(json(bytes)).map(|value| (format!("project {slug}"), value)),
        ("", Some(_)) => Some((path.to_owned(), json(bytes))),
        ("usage", Some(stem)) if stem != "days" && stem != "keep" => Some((path.to_owned(), json(bytes))),
        // What is set aside is the same thing in another place.
        ("quarantine", Some(stem)) if stem.starts_with("sessions-sess_") => {
            let id = stem.trim_start_matches("sessions-");
            Some((format!("session {id}"), json!({"in": folder, "is": String::from_utf8_lossy(bytes)})))
        }
        ("quarantine", _) => Some((path.to_owned(), json!(String::from_utf8_lossy(bytes)))),
        _ => None,
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| torn(&error.to_string()))
}

fn torn(why: &str) -> Value {
    json!({ "torn": why })
}

/// What people said about a project; none where nobody said anything.
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
