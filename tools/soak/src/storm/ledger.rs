//! Verifies everything that was acknowledged.
//!
//! A change that was not acknowledged may be there or not, but only as a whole. If several changes set the same field,
//! a later one must win over an earlier one, unless the two overlapped in time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cs_tests::replay::check::records;
use serde_json::Value;

use super::claim::{Change, Claim};

/// The files after a storm, and what was promised.
pub struct Ledger<'a> {
    claims: &'a [Claim],
    /// The claims by session, project or conversation.
    by_name: BTreeMap<&'a str, Vec<&'a Claim>>,
    records: BTreeMap<String, Value>,
    archived: BTreeMap<String, Value>,
    /// The sessions that have a record outside quarantine.
    places: BTreeSet<String>,
    /// The records in quarantine.
    deleted: BTreeMap<String, Value>,
    projects: BTreeMap<String, Value>,
    config: Value,
}

impl<'a> Ledger<'a> {
    /// Reads the data directory.
    pub fn new(data: &Path, claims: &'a [Claim]) -> Ledger<'a> {
        let mut by_name: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
        claims.iter().for_each(|claim| by_name.entry(&claim.of).or_default().push(claim));
        let mut archived = records(&data.join("sessions/archive"));
        let active = records(&data.join("sessions"));
        let places = archived.keys().chain(active.keys()).cloned().collect();
        // Deleted ones keep what was acknowledged before.
        archived.extend(deleted(data, "sessions-archive-"));
        let deleted = deleted(data, "sessions-");
        let mut all = archived.clone();
        all.extend(deleted.clone());
        all.extend(active);
        let json = |path: &Path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            serde_json::from_str::<Value>(&text).unwrap_or_default()
        };
        let slugs = super::PROJECTS.iter();
        let projects = slugs.map(|slug| (slug.to_string(), json(&data.join(format!("projects/{slug}.json")))));
        let (projects, config) = (projects.collect(), json(&data.join("config.json")));
        Ledger { claims, by_name, records: all, archived, places, deleted, projects, config }
    }

    /// Everything that is lost, incomplete or duplicated. For hooks, which promise nothing, see
    /// [`Ledger::find_lost_events`].
    pub fn faults(&self) -> Vec<String> {
        let created = self.acknowledged(Change::Create).filter(|claim| !self.records.contains_key(&claim.printed));
        let mut faults: Vec<String> = created.map(|claim| format!("lost: {claim:?}")).collect();
        for (id, record) in &self.records {
            let claims = self.by_name.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
            faults.extend(claims.iter().filter_map(|claim| check_additions(claim, record)));
            faults.extend(check_endings(claims, record));
            faults.extend(self.check_successors(claims, record));
            faults.extend(check_pair(record));
            let creation = self.claims.iter().filter(|claim| claim.change == Change::Create && claim.printed == *id);
            let updates: Vec<&Claim> =
                claims.iter().copied().filter(|claim| claim.change == Change::Update).chain(creation).collect();
            faults.extend(check_newest(&updates, record["roadmap_ref"].as_str(), id));
        }
        let twice = self.deleted.keys().filter(|id| self.places.contains(*id));
        faults.extend(twice.map(|id| format!("deleted and not deleted: {id}")));
        faults.extend(self.check_projects());
        faults.extend(self.find_duplicates());
        faults
    }

    fn acknowledged(&self, change: Change) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.acknowledged && claim.change == change)
    }

    /// Checks the successor of a session. A session that was already archived is not changed, and may have several.
    fn check_successors(&self, claims: &[&Claim], record: &Value) -> Vec<String> {
        let resumed = claims.iter().filter(|claim| claim.acknowledged && claim.change == Change::Resume);
        let is_kept = |claim: &&&Claim| {
            let heir = self.records.get(&claim.printed);
            let is_archived = self.archived.contains_key(&claim.of);
            (is_archived || record["resumed_as"] == claim.printed.as_str())
                && heir.is_some_and(|heir| heir["resumed_from"] == record["session_id"])
        };
        resumed.filter(|claim| !is_kept(claim)).map(|claim| format!("not resumed: {claim:?}: {record}")).collect()
    }

    fn check_projects(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (slug, project) in &self.projects {
            let of = |change: Change| {
                let claims = self.by_name.get(slug.as_str()).into_iter().flatten().copied();
                claims.filter(|claim| claim.change == change).collect::<Vec<_>>()
            };
            let roadmap = &project["roadmap_summary"];
            let phase = &project["current_phase"];
            if *phase != roadmap["in_progress"][0] || *phase != roadmap["next_up"][0] {
                faults.push(format!("half a roadmap: {project}"));
            }
            faults.extend(check_newest(&of(Change::Roadmap), phase.as_str(), slug));
            let name = self.config["projects"][slug]["name"].as_str();
            faults.extend(check_newest(&of(Change::Rename), name, &format!("the name of {slug}")));
        }
        faults
    }

    /// Conversations with two active sessions, and sessions with two successors.
    fn find_duplicates(&self) -> Vec<String> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let mut faults = Vec::new();
        for (id, record) in &self.records {
            let active = record["claude_session_id"].as_str().filter(|_| record["status"] == "active");
            // A session may be resumed once more after its successor was deleted.
            let is_deleted = self.deleted.contains_key(id);
            let active = active.filter(|_| !is_deleted);
            let from = record["resumed_from"].as_str().filter(|id| !self.archived.contains_key(*id) && !is_deleted);
            for key in [active, from].into_iter().flatten() {
                if let Some(other) = seen.insert(key, id) {
                    faults.push(format!("two of {key}: {other} and {id}"));
                }
            }
        }
        faults
    }

    /// The events of a conversation up to a claim: the names of its hooks, killed ones in brackets.
    pub fn history(&self, claim: &Claim) -> String {
        let reported =
            self.by_name.get(claim.of.as_str()).into_iter().flatten().filter(|other| other.ended <= claim.ended);
        let name = |reported: &&Claim| {
            if reported.acknowledged { reported.name.to_owned() } else { format!("({})", reported.name) }
        };
        let names: Vec<String> = reported.map(name).collect();
        format!("lost {:?} {} after {}", claim.change, claim.token, names.join(" "))
    }

    /// Events that are in no record of their conversation. Hooks give up when a lock is busy and log it, so there must
    /// be a log line for each.
    pub fn find_lost_events(&self) -> Vec<&Claim> {
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for record in self.records.values() {
            if let Some(uuid) = record["claude_session_id"].as_str() {
                *texts.entry(uuid).or_default() += &record.to_string();
            }
        }
        let reported = self.claims.iter().filter(|claim| claim.acknowledged);
        // Before its first prompt a conversation may have no session to store anything in.
        let has_a_session = |claim: &Claim| {
            let of_it = self.by_name.get(claim.of.as_str()).into_iter().flatten();
            let prompts = of_it.filter(|other| other.change == Change::Prompt && other.ended <= claim.began);
            prompts.max_by_key(|prompt| prompt.began).is_some_and(|prompt| prompt.acknowledged)
        };
        let lost = |claim: &&Claim| match (&claim.change, texts.get(claim.of.as_str())) {
            (Change::File, text) if has_a_session(claim) => !text.is_some_and(|text| text.contains(&claim.token)),
            (Change::Prompt, text) => text.is_none(),
            _ => false,
        };
        reported.filter(lost).collect()
    }
}

/// The records in quarantine whose names begin like this, by id.
fn deleted(data: &Path, begin: &str) -> BTreeMap<String, Value> {
    let listing = fs::read_dir(data.join("quarantine")).into_iter().flatten().flatten().map(|entry| entry.path());
    let record = |path: std::path::PathBuf| {
        // A deletion that was killed may have taken the first name, so this is `.json` or `.json.2`.
        let (id, number) = path.file_name()?.to_str()?.strip_prefix(begin)?.split_once(".json")?;
        let id = number.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()).then(|| id.to_owned())?;
        Some((id, serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?))
    };
    listing.filter_map(record).filter(|(id, _)| id.starts_with("sess_")).collect()
}

/// Checks that an added list entry is there once, and that entries added together are there together.
fn check_additions(claim: &Claim, record: &Value) -> Option<String> {
    let Change::Add(list) = claim.change else { return None };
    let items: Vec<String> = record[list].as_array().into_iter().flatten().map(Value::to_string).collect();
    let count = |text: &str| items.iter().filter(|item| item.contains(&format!("\"{text}\""))).count();
    let first = count(&claim.token);
    let fine = match list {
        "tasks" => first == count(&format!("{} too", claim.token)) && first <= 1,
        _ => first <= 1,
    };
    (!fine || claim.acknowledged && first != 1).then(|| format!("{first} times in {list}: {claim:?}: {record}"))
}

/// Checks that a session ended once, as requested, in two fields.
fn check_endings(claims: &[&Claim], record: &Value) -> Vec<String> {
    let of = |change: Change| claims.iter().filter(move |claim| claim.acknowledged && claim.change == change);
    let mut faults = Vec::new();
    let mut check = |fine: bool, what: &str| {
        if !fine {
            faults.push(format!("{what}: {record}: {claims:?}"));
        }
    };
    check(of(Change::Park).count() <= 1, "parked twice");
    check(of(Change::Complete).count() <= 1, "completed twice");
    for claim in of(Change::Complete) {
        check(record["outcome"] == claim.token.as_str() && record["status"] == "completed", "not completed");
    }
    let ended = of(Change::Park).count() + of(Change::Resume).count() > 0;
    check(!ended || record["status"] != "active", "not ended");
    let is_ours = |field: &Value| field.as_str().is_some_and(|text| claims.iter().any(|claim| claim.token == text));
    if record["status"] == "parked" && is_ours(&record["parked_reason"]) {
        check(record["parked_reason"] == record["next_steps"][0], "incompletely parked");
    }
    if is_ours(&record["outcome"]) {
        check(record["outcome"] == record["next_steps"][0], "incompletely completed");
    }
    faults
}

/// Checks that roadmap reference and branch agree, since they are always set together.
fn check_pair(record: &Value) -> Option<String> {
    let (reference, branch) = (record["roadmap_ref"].as_str().unwrap_or_default(), record["git_branch"].as_str());
    (branch != Some(reference)).then(|| format!("half old, half new: {record}"))
}

/// Checks that the field's value comes from a change that no acknowledged change followed.
fn check_newest(claims: &[&Claim], value: Option<&str>, of: &str) -> Option<String> {
    let set = claims.iter().find(|claim| Some(claim.token.as_str()) == value);
    let later = claims.iter().filter(|claim| claim.acknowledged).find(|claim| match set {
        Some(set) => claim.began > set.ended,
        None => true,
    });
    later.map(|later| format!("{of} is {value:?}, which {later:?} followed"))
}
