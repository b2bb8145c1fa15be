//! A data directory with any number of sessions, the same in every run: 20 projects; the newest sessions are active,
//! half of them with a running conversation, then come parked ones, and the rest are completed.
//!
//! Owns the texts of its files. What must stay true: they are as the programs write them, including the layout of the
//! index, and the first session's record is the same in a store of any size. Deliberately absent: the disk, see
//! [`super::measure`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use cs_core::record::Session;
use serde_json::{Value, json};

/// Minutes since 1970 at the sandbox's NOW.
const NOW_MINUTES: u64 = 1_795_255_200 / 60;
/// The minutes between the starts of two sessions.
const PAUSE: u64 = 37;
const PROJECTS: usize = 20;
const ACTIVE: usize = 20;
const PARKED: usize = 30;

/// The agent's process, as live files name it.
#[derive(Clone, Debug)]
pub struct Agent {
    pub pid: u32,
    /// As the system reports it; `None` if it does not.
    pub started: Option<String>,
}

/// The texts of a store.
#[derive(Clone, Debug)]
pub struct Store {
    pub sessions: usize,
    /// Where the projects' checkouts are.
    pub checkouts: PathBuf,
    /// Sessions that are active for long, without a sign of life.
    stale: usize,
    agent: Agent,
}

/// The status of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Parked,
    Completed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Parked => "parked",
            Status::Completed => "completed",
        }
    }
}

impl Store {
    pub fn new(sessions: usize, checkouts: &Path, agent: Agent) -> Store {
        Store { sessions, checkouts: checkouts.to_path_buf(), stale: 0, agent }
    }

    /// The same store, in which so many more sessions are active, but without a sign of life.
    pub fn with_stale(self, stale: usize) -> Store {
        Store { stale, ..self }
    }

    fn active(&self) -> usize {
        ACTIVE.min(self.sessions * 2 / 5)
    }

    /// The sessions that are active without a sign of life.
    pub fn stale(&self) -> Range<usize> {
        self.sessions - self.stale..self.sessions
    }

    fn status(&self, number: usize) -> Status {
        match number {
            n if n < self.active() || self.stale().contains(&n) => Status::Active,
            n if n < self.active() + PARKED.min(self.sessions * 3 / 10) => Status::Parked,
            _ => Status::Completed,
        }
    }

    /// The newest session of a status.
    pub fn newest(&self, status: Status) -> usize {
        (0..self.sessions).find(|number| self.status(*number) == status).expect("a store has sessions of each status")
    }

    /// The sessions with a running conversation.
    pub fn running(&self) -> impl Iterator<Item = usize> {
        0..self.active().div_ceil(2)
    }

    /// The checkout of a session's project.
    pub fn checkout(&self, number: usize) -> PathBuf {
        self.checkouts.join(slug(number))
    }

    /// All files except the records, by their path in the data directory: those that programs may rewrite.
    pub fn caches(&self) -> BTreeMap<PathBuf, String> {
        let mut files = BTreeMap::from([
            (PathBuf::from("config.json"), self.config()),
            (PathBuf::from("sessions/_index.json"), self.index()),
        ]);
        for number in 0..PROJECTS {
            files.insert(format!("projects/{}.json", slug(number)).into(), self.project(number));
            files.insert(format!("context/{}.json", slug(number)).into(), self.context(number));
        }
        for number in self.running() {
            files.insert(format!("live/{}.json", uuid(number)).into(), self.live(number).to_string() + "\n");
        }
        let locks: Vec<PathBuf> = files.keys().map(|path| path.with_extension("lock")).collect();
        files.extend(locks.into_iter().filter(|path| !path.starts_with("context")).map(|path| (path, String::new())));
        files
    }

    /// A record's path in the data directory and its text.
    pub fn record(&self, number: usize) -> (PathBuf, String) {
        (format!("sessions/{}.json", id(number)).into(), as_written(&self.session(number)))
    }

    /// The same with this many events.
    pub fn record_with_events(&self, number: usize, count: usize) -> (PathBuf, String) {
        let mut session = self.session(number);
        session["events"] = events(age(number)).into_iter().cycle().take(count).collect();
        (format!("sessions/{}.json", id(number)).into(), as_written(&session))
    }

    fn session(&self, number: usize) -> Value {
        let (status, began) = (self.status(number), age(number));
        let seen = if number < self.active() { 5 } else { began - 30 };
        let ended = (status != Status::Active).then(|| stamp(began - 30));
        let parked = (status == Status::Parked).then_some("waits for the review of the interface");
        let outcome = (status == Status::Completed).then_some("the endpoint answers, the tests are green, merged");
        let steps = if status == Status::Parked { vec!["ask again", "write the migration", "merge"] } else { vec![] };
        json!({
            "session_id": id(number), "project_slug": slug(number), "status": status.as_str(),
            "intent": intent(number), "roadmap_ref": null, "started_at": stamp(began),
            "last_heartbeat": ended.clone().unwrap_or_else(|| stamp(seen)), "ended_at": ended, "outcome": outcome,
            "parked_reason": parked, "current_activity": "add the test that names the symptom",
            "awaiting_action": null, "events": events(began), "git_branch": "main",
            "worktree_root": self.checkout(number), "claude_session_id": uuid(number),
            "files_changed": Vec::from_iter((0..8).map(|n| format!("src/module_{n}/handlers.rs"))),
            "commits": commits(number, 3), "decisions": ["keep the old endpoint until the next release"],
            "open_questions": ["who signs off the migration?"], "next_steps": steps, "tasks": tasks(number, began),
            "schema_version": 4,
        })
    }

    /// The live file of a session's conversation: a turn runs, the record was written five minutes ago.
    pub fn live(&self, number: usize) -> Value {
        let mut live = self.newcomer(&uuid(number), number);
        live["session_id"] = json!(id(number));
        live["state"] = json!("working");
        live["last_event"] = json!("UserPromptSubmit");
        live["prompt_id"] = json!("11111111-2222-4333-8444-555555555555");
        live["persisted_at"] = json!(stamp(5));
        live
    }

    /// The live file of a conversation that began in a session's project and has no session yet.
    pub fn newcomer(&self, uuid: &str, number: usize) -> Value {
        json!({
            "claude_session_id": uuid, "session_id": null, "project_slug": slug(number), "agent": "claude-code",
            "state": "idle", "since": stamp(6), "last_event": "SessionStart", "last_event_at": stamp(6),
            "started_at": stamp(age(number)), "source": "startup", "pid": self.agent.pid,
            "pid_started": self.agent.started, "place": place(), "cwd": self.checkout(number), "worktree_root": self.checkout(number),
            "transcript_path": self.checkouts.join(format!("{uuid}.jsonl")), "waiting_for": null, "error": null,
            "prompt_id": null, "capture": true, "last_message": "The tests are green.", "persisted_at": null,
        })
    }

    /// The settings of somebody who gets notices.
    pub fn notifying(&self) -> (PathBuf, String) {
        let mut config: Value = serde_json::from_str(&self.config()).expect("it was just written");
        config["settings"] = json!({"notifications_enabled": true, "parked_notify_hours": 1.0});
        config["notify"] = json!({"command": ["true"]});
        ("config.json".into(), config.to_string())
    }

    fn config(&self) -> String {
        let projects: BTreeMap<String, Value> = (0..PROJECTS)
            .map(|n| (slug(n), json!({"name": slug(n), "path": self.checkout(n), "registered_at": stamp(900_000)})))
            .collect();
        serde_json::to_string_pretty(&json!({"version": 1, "projects": projects})).expect("a value can be serialised")
            + "\n"
    }

    /// The index with one entry per line, as the programs splice it; the oldest id first.
    fn index(&self) -> String {
        let lines: Vec<String> = (0..self.sessions).rev().map(|number| self.index_line(number)).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }

    fn index_line(&self, number: usize) -> String {
        let record = self.session(number);
        let fields = ["project_slug", "status", "intent", "started_at", "ended_at", "last_heartbeat"];
        let fields = fields.map(|field| format!("\"{field}\":{}", record[field]));
        // Room for the longest status and an end, as our programs leave it.
        let ended = if record["ended_at"].is_null() { 30 } else { 0 };
        let room = "completed".len() - self.status(number).as_str().len() + ended + 1;
        format!("\"{}\":{{{}{:room$}}}", id(number), fields.join(","), "")
    }

    fn project(&self, number: usize) -> String {
        let of: Vec<Status> = (number..self.sessions).step_by(PROJECTS).map(|n| self.status(n)).collect();
        let count = |status| of.iter().filter(|of| **of == status).count();
        let state = json!({
            "project_slug": slug(number), "current_phase": "beta",
            "roadmap_summary": {"completed": ["login"], "in_progress": ["search"], "next_up": ["rate limits"]},
            "active_sessions": count(Status::Active), "parked_sessions": count(Status::Parked),
            "total_sessions": of.len(), "last_activity": stamp(5), "recent_commits": commits(number, 20),
            "open_questions": ["who signs off the migration?"], "updated_at": stamp(5),
        });
        serde_json::to_string_pretty(&state).expect("a value can be serialised") + "\n"
    }

    fn context(&self, number: usize) -> String {
        let parked: Vec<Value> = (number..self.sessions)
            .step_by(PROJECTS)
            .filter(|n| self.status(*n) == Status::Parked)
            .map(|n| json!({"session_id": id(n), "intent": intent(n), "reason": "waits for the review"}))
            .collect();
        json!({"parked": parked, "last": null}).to_string()
    }
}

/// A record as programs write it: its fields, and those of its events and tasks, in their order.
fn as_written(session: &Value) -> String {
    let session = Session::read(session.to_string().as_bytes()).expect("it is a record");
    String::from_utf8(session.to_bytes()).expect("a record is a text")
}

/// The name of a session's project.
pub fn slug(number: usize) -> String {
    format!("project-{:02}", number % PROJECTS)
}

/// A session's id.
pub fn id(number: usize) -> String {
    let (year, month, day, hour, minute) = civil(NOW_MINUTES - age(number));
    format!("sess_{year}{month:02}{day:02}T{hour:02}{minute:02}_{:04x}", spread(number) & 0xffff)
}

/// A session's conversation.
pub fn uuid(number: usize) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", spread(number))
}

/// A session's intent.
pub fn intent(number: usize) -> String {
    const WHAT: [&str; 5] = [
        "fix the login page, it forgets the language",
        "make the search endpoint answer in time with large tenants",
        "write the migration for the new invoice table and try it on a copy",
        "why does the nightly job fail since the last release?",
        "review of the rate limits",
    ];
    format!("{} ({number})", WHAT[number % WHAT.len()])
}

fn events(began: u64) -> Vec<Value> {
    let event = |n: u64| format!("step {n}: the handler refuses what the old one took; found by reading its tests");
    (0..10).map(|n| json!({"timestamp": stamp(began - n), "message": event(n)})).collect()
}

fn tasks(number: usize, began: u64) -> Vec<Value> {
    const STATUS: [&str; 5] = ["completed", "completed", "in_progress", "pending", "pending"];
    let task = |(n, status): (usize, &&str)| {
        json!({
            "id": format!("t{:08x}", spread(number * 8 + n)), "subject": format!("part {n} of the plan: handlers"),
            "status": status, "added_at": stamp(began), "updated_at": stamp(began - 1),
        })
    };
    STATUS.iter().enumerate().map(task).collect()
}

fn commits(number: usize, count: usize) -> Vec<Value> {
    let sha = |n| format!("{:08x}{:08x}", spread(number * 32 + n), spread(n));
    (0..count).map(|n| json!({"sha": sha(n), "message": format!("handlers: refuse an empty name ({n})")})).collect()
}

/// How long ago a session began, in minutes.
fn age(number: usize) -> u64 {
    60 + number as u64 * PAUSE
}

/// A pseudo-random number, different for each small number.
fn spread(number: usize) -> u32 {
    (number as u32 + 1).wrapping_mul(0x9e37_79b1)
}

/// The instant this many minutes before the sandbox's NOW, in the format of records.
pub fn stamp(minutes_ago: u64) -> String {
    stamp_of(NOW_MINUTES - minutes_ago)
}

/// The instant this many minutes after it.
pub fn stamp_ahead(minutes: u64) -> String {
    stamp_of(NOW_MINUTES + minutes)
}

fn stamp_of(minutes: u64) -> String {
    let (year, month, day, hour, minute) = civil(minutes);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00.000000+00:00")
}

/// Year, month, day, hour and minute of a number of minutes since 1970; the days as in Howard Hinnant's
/// `civil_from_days`.
fn civil(minutes: u64) -> (u64, u64, u64, u64, u64) {
    let day = minutes / 1440 + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, january) = (of_year - (153 * month + 2) / 5 + 1, month >= 10);
    let month = if january { month - 9 } else { month + 3 };
    (year + era * 400 + u64::from(january), month, day, minutes / 60 % 24, minutes % 60)
}

/// The terminal of the agent's process, as hooks record it.
fn place() -> Value {
    json!({
        "host": "box", "tty": "/dev/pts/6", "program": "tmux", "tmux_socket": "/tmp/tmux-1000/default",
        "tmux_pane": "%5",
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use cs_tests::sandbox::NOW;

    fn store(sessions: usize) -> Store {
        Store::new(sessions, Path::new("/w"), Agent { pid: 1, started: None })
    }

    #[test]
    fn instants_have_the_format_of_records() {
        assert!(stamp(0).starts_with(NOW.trim_end_matches('Z')), "{}", stamp(0));
        assert_eq!(stamp(10 * 60 + 1), "2026-11-20T23:59:00.000000+00:00");
        assert_eq!(&stamp((325 + 1461) * 1440)[..10], "2021-12-31");
        assert_eq!(&stamp((325 + 1461 - 60) * 1440)[..10], "2022-03-01");
    }

    #[test]
    fn stores_have_the_documented_contents() {
        let count = |store: &Store, status| (0..store.sessions).filter(|n| store.status(*n) == status).count();
        let all =
            |store: &Store| [Status::Active, Status::Parked, Status::Completed].map(|status| count(store, status));
        assert_eq!(all(&store(10)), [4, 3, 3]);
        assert_eq!(all(&store(10_000)), [20, 30, 9950]);
        assert_eq!((0..10_000).map(id).collect::<BTreeSet<_>>().len(), 10_000);
        assert_eq!(store(10).record(0), store(1000).record(0));
        assert_eq!(serde_json::from_str::<Value>(&store(10).index()).unwrap().as_object().unwrap().len(), 10);
    }
}
