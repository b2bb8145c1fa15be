//! Finds what is wrong with a scene after a disturbed operation, and whether the next ones can continue from there.

use std::collections::BTreeMap;
use std::process::Output;

use cs_tests::replay::check::{damage, litter, records, unfinished, unseen};
use cs_tests::{Sandbox, stderr};
use serde_json::Value;

use super::operation::Operation;
use super::scene::{LATER, Scene, truth};

/// The result of an undisturbed operation on the scene.
pub struct Expected {
    before: Value,
    after: Value,
    known: Vec<String>,
    in_steps: bool,
}

impl Expected {
    /// Runs the operation undisturbed.
    pub fn of(scene: &Scene, operation: &Operation) -> Expected {
        operation.set(scene);
        // Sessions created by its preparation have a different id each time.
        let known: Vec<String> = records(&scene.furnished().join("sessions")).into_keys().collect();
        let before = truth(&scene.sandbox.data(), &known);
        let output = operation.run(scene);
        assert_eq!(output.status.code(), Some(0), "{}: {}", operation.name, stderr(&output));
        Expected { before, after: truth(&scene.sandbox.data(), &known), known, in_steps: operation.in_steps }
    }

    /// Whether the operation changes something that must not be lost.
    pub fn is_a_change(&self) -> bool {
        self.before != self.after
    }
}

/// How much of an operation is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Nothing,
    /// Some of its files, each of them whole.
    Some,
    Everything,
}

/// How much of the operation is on disk; `Err` describes a state that must never occur.
pub fn done(scene: &Scene, expected: &Expected) -> Result<Done, String> {
    let found = truth(&scene.sandbox.data(), &expected.known);
    if found == expected.before {
        return Ok(if expected.is_a_change() { Done::Nothing } else { Done::Everything });
    }
    if found == expected.after {
        return Ok(Done::Everything);
    }
    let parts = [&expected.before, &expected.after, &found].map(flatten);
    let [before, after, found] = &parts;
    let keys = parts.iter().flat_map(BTreeMap::keys);
    let is_begun =
        |key: &String| expected.in_steps && found.get(key).is_some() && begun(found.get(key)) == begun(after.get(key));
    let odd =
        |key: &&String| found.get(*key) != before.get(*key) && found.get(*key) != after.get(*key) && !is_begun(key);
    match keys.into_iter().find(odd) {
        None => Ok(Done::Some),
        Some(key) => Err(format!(
            "neither old nor new: {key}: {:?}\n  old: {:?}\n  new: {:?}",
            found.get(key),
            before.get(key),
            after.get(key)
        )),
    }
}

/// A session that was created or reopened, before it was changed further.
fn begun(record: Option<&Value>) -> Option<Value> {
    let mut record = record?.clone();
    record["history"].as_array_mut().into_iter().for_each(|moments| moments.retain(|moment| moment["text"] != "token"));
    record["current_activity"] = Value::Null;
    record["last_heartbeat"] = Value::Null;
    record["files_changed"] = Value::Null;
    record.as_object_mut()?.retain(|_, value| !value.is_null() && *value != Value::Array(Vec::new()));
    record.as_object_mut()?.remove("last_message");
    Some(record)
}

/// All files in a `truth` value, keyed `place/name`.
fn flatten(truth: &Value) -> BTreeMap<String, Value> {
    let places = truth.as_object().into_iter().flatten();
    let files = |(place, files): (&String, &Value)| {
        let place = place.clone();
        let files = files.as_object().cloned().unwrap_or_default();
        files.into_iter().map(move |(name, value)| (format!("{place}/{name}"), value)).collect::<Vec<_>>()
    };
    places.flat_map(files).collect()
}

/// Everything that is wrong right after the disturbance, and after continuing from there. `reported` is whether the program
/// reported success.
pub fn faults(scene: &Scene, operation: &Operation, expected: &Expected, reported: bool) -> Vec<String> {
    let data = scene.sandbox.data();
    let mut faults = [damage(&data), unseen(&scene.sandbox)].concat();
    let done = done(scene, expected);
    match &done {
        Err(odd) => faults.push(odd.clone()),
        Ok(done) if reported && *done != Done::Everything => faults.push(format!("reported as done, but: {done:?}")),
        Ok(_) => {}
    }
    if faults.is_empty() && done != Ok(Done::Everything) {
        faults.extend(check_repeat(scene, operation, expected));
    }
    faults.extend(check_next_operations(scene, operation));
    faults
}

/// Repeats an operation that was not done, as the person or the next hook would; then there must be no trace of the
/// first try.
fn check_repeat(scene: &Scene, operation: &Operation, expected: &Expected) -> Vec<String> {
    let output = operation.run(scene);
    match (output.status.code(), done(scene, expected)) {
        (Some(0), Ok(Done::Everything)) => Vec::new(),
        // A session created by a hook does not wait for its project, which the next session registers.
        (Some(0), Ok(Done::Some)) if operation.is_hook() && lacks_only_registration(scene, expected) => Vec::new(),
        (code, done) => vec![format!("repeated: {code:?} {} {done:?}", stderr(&output))],
    }
}

/// Whether only the project's registration is missing.
fn lacks_only_registration(scene: &Scene, expected: &Expected) -> bool {
    let found = truth(&scene.sandbox.data(), &expected.known);
    ["sessions", "archive", "projects"].iter().all(|part| found[part] == expected.after[part])
}

/// Checks that the next operations work at once and repair what needs repair.
fn check_next_operations(scene: &Scene, operation: &Operation) -> Vec<String> {
    let data = scene.sandbox.data();
    let mut faults = Vec::new();
    let mut next = |words: &[&str]| {
        let mut command = scene.sandbox.command(words[0]);
        command.args(&words[1..]).env("CS_NOW", LATER);
        faults.extend(refusal(words, &cs_tests::run(command, "")));
    };
    let sessions = records(&data.join("sessions"));
    let mut slugs: Vec<&str> = sessions.values().filter_map(|record| record["project_slug"].as_str()).collect();
    slugs.sort();
    slugs.dedup();
    slugs.iter().for_each(|slug| next(&["cs-session", "create", "--project", slug, "--intent", "next", "-q"]));
    for follower in &operation.rest {
        faults.extend(refusal(&[follower.name], &follower.run(scene)));
    }
    faults.extend(damage(&data));
    faults.extend(unfinished(&data));
    faults.extend(find_duplicates(scene));
    faults.extend(operation.ending().and_then(|uuid| check_ended(scene, &uuid)));
    faults.extend(check_sweep(&scene.sandbox));
    faults
}

fn refusal(words: &[&str], output: &Output) -> Option<String> {
    (output.status.code() != Some(0)).then(|| format!("the next one fails: {words:?}: {}", stderr(output)))
}

/// Checks that an ended conversation has no active session left.
pub fn check_ended(scene: &Scene, uuid: &str) -> Option<String> {
    let sessions = records(&scene.sandbox.data().join("sessions"));
    let left = sessions.values().find(|record| record["claude_session_id"] == uuid && record["status"] == "active");
    left.map(|record| format!("the conversation ended but not its session: {record}"))
}

/// Conversations with two active sessions, and sessions with two successors.
pub fn find_duplicates(scene: &Scene) -> Vec<String> {
    let sessions = records(&scene.sandbox.data().join("sessions"));
    let of = |field: &str, active: bool| {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, record) in &sessions {
            if let Some(value) = record[field].as_str().filter(|_| !active || record["status"] == "active") {
                found.entry(value.to_owned()).or_default().push(id.clone());
            }
        }
        found.into_iter().filter(|(_, ids)| ids.len() > 1)
    };
    let talks = of("claude_session_id", true).map(|(uuid, ids)| format!("two sessions of {uuid}: {ids:?}"));
    let heirs = of("resumed_from", false).map(|(id, ids)| format!("two successors of {id}: {ids:?}"));
    talks.chain(heirs).collect()
}

/// Checks that `cs-cleanup tmp` removes old files of killed writers.
pub fn check_sweep(sandbox: &Sandbox) -> Vec<String> {
    let found = litter(&sandbox.data());
    if found.is_empty() || !cs_tests::programs().join("cs-cleanup").exists() {
        return Vec::new();
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    for path in &found {
        let file = std::fs::File::options().write(true).open(path);
        file.and_then(|file| file.set_modified(long_ago)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    let output = sandbox.cs("cs-cleanup", &["tmp", "-q"]);
    let left = litter(&sandbox.data()).into_iter().map(|path| format!("temporary files remain: {}", path.display()));
    left.chain(refusal(&["cs-cleanup", "tmp"], &output)).collect()
}
