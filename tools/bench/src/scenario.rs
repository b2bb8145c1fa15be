//! The measured calls, each with its budget and the changes that it must make.
//!
//! Payloads are the recorded ones of `fixtures/claude-code/hooks`, adapted to the store's own conversations.

mod audit;
mod guard;
mod limits;
mod seats;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::store::{self, Status, Store};

/// A conversation that has only sent its start event.
const NEWCOMER: &str = "0c0ffee0-1111-4222-8333-000000000001";
/// A conversation that has not sent any event.
const STRANGER: &str = "0c0ffee0-1111-4222-8333-000000000002";

/// The status line with which others are compared.
pub const PLAIN: &str = "status line, figures kept";

/// The budget of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// This many times the cost of a program that does nothing.
    Floors(f64),
    /// This many times that cost more than the call of this name on the same store, at best.
    More(f64, &'static str),
    Millis(f64),
    /// No budget, for this reason.
    None(&'static str),
}

/// What changes the index, whatever its size.
const CHANGE: Budget = Budget::Floors(2.8);

/// The kind of file that a call changes. Caches are not included, since programs may rewrite them at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A running conversation's file is written.
    Live,
    /// A conversation's file is moved from `live/` to `ended/`.
    Ended,
    /// A record is rewritten.
    Record,
    /// A record is created.
    Created,
    /// A note about a session is written.
    Spool,
    /// A line is appended to the log of tools.
    Logged,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub program: &'static str,
    pub args: Vec<String>,
    /// Standard input.
    pub input: String,
    /// Environment variables besides those of the sandbox.
    pub variables: Vec<(&'static str, String)>,
    /// The directory in which it runs.
    pub folder: PathBuf,
    /// Files of the data directory that differ from the store or are added to it.
    pub given: Vec<(PathBuf, String)>,
    pub budget: Budget,
    pub changes: &'static [Kind],
}

impl Scenario {
    /// Whether an agent calls it.
    pub fn is_hook(&self) -> bool {
        matches!(self.program, "cs-heartbeat" | "cs-hook" | "cs-deliver" | "cs-wake" | "cs-guard" | "cs-audit")
    }

    /// Whether the number of sessions may mean something to it. Of the status lines one shows it for all.
    pub fn reads_store(&self) -> bool {
        match self.program {
            "cs-guard" | "cs-audit" | "cs-deliver" | "cs-wake" | "cs-limits" => false,
            "cs-statusline" => self.name == PLAIN,
            _ => true,
        }
    }
}

/// All calls on a store.
pub fn all(store: &Store) -> Vec<Scenario> {
    let mut all = heartbeats(store);
    all.extend(hooks(store));
    all.extend(seats::hooks(store));
    all.extend(audit::hooks(store));
    all.extend(guard::hooks(store));
    all.extend(statusline(store));
    all.push(bar(store));
    all.extend(changes(store));
    all.extend(questions(store));
    all.extend(judged(store));
    all.push(seats::list(store));
    all.push(crowded(store));
    all.extend(long(store, &all));
    all
}

/// Some of the calls again, on sessions with many events.
fn long(store: &Store, all: &[Scenario]) -> Vec<Scenario> {
    let names = [
        ("heartbeat", "heartbeat, 5,000 events", Budget::Floors(1.3)),
        ("UserPromptSubmit, next prompt", "next prompt, 5,000 events", Budget::Floors(2.5)),
        ("event", "event, 5,000 events", Budget::Floors(2.5)),
        ("show", "show, 5,000 events", Budget::None("long")),
    ];
    let find = |name: &str| all.iter().find(|scenario| scenario.name == name).expect("it is one of them").clone();
    let with_events = |(name, new, budget)| {
        let mut scenario = find(name);
        (scenario.name, scenario.budget) = (new, budget);
        scenario.given.push(store.record_with_events(0, 5000));
        scenario
    };
    names.map(with_events).into()
}

fn heartbeats(store: &Store) -> Vec<Scenario> {
    let stop = |uuid: &str| payload(store, "Stop.plain", uuid);
    let failed = payload(store, "StopFailure", &store::uuid(0));
    let of = |name, input, changes| hook(store, "cs-heartbeat", name, input, changes, Budget::Floors(2.0));
    let by_hand = of("heartbeat by hand, no payload", Value::Null, &[Kind::Spool]);
    vec![
        Scenario { budget: Budget::Floors(1.3), ..of("heartbeat", stop(&store::uuid(0)), &[Kind::Live, Kind::Spool]) },
        of("heartbeat, conversation unknown", stop(STRANGER), &[Kind::Live, Kind::Spool]),
        of("StopFailure", failed, &[Kind::Live, Kind::Spool]),
        Scenario { input: String::new(), ..by_hand },
    ]
}

fn hooks(store: &Store) -> Vec<Scenario> {
    const BOTH: &[Kind] = &[Kind::Live, Kind::Spool];
    let synchronous = Budget::Floors(3.0);
    let of = |name, file, uuid: &str, changes, budget| {
        hook(store, "cs-hook", name, payload(store, file, uuid), changes, budget)
    };
    let known = store::uuid(0);
    let mut first =
        of("UserPromptSubmit, first prompt", "UserPromptSubmit.plain", NEWCOMER, &[Kind::Live, Kind::Created], CHANGE);
    let newcomer = store.newcomer(NEWCOMER, 0).to_string();
    first.given.push((format!("live/{NEWCOMER}.json").into(), newcomer));
    vec![
        of("SessionStart, startup", "SessionStart.startup", STRANGER, &[Kind::Live], synchronous),
        of("UserPromptSubmit, next prompt", "UserPromptSubmit.plain", &known, BOTH, Budget::Floors(1.55)),
        of("PermissionRequest", "PermissionRequest.Bash", &known, BOTH, synchronous),
        of("Notification", "Notification.permission_prompt", &known, BOTH, synchronous),
        of("PostToolUse, Bash", "PostToolUse.Bash", &known, &[Kind::Live], Budget::Floors(1.2)),
        of("PostToolUse, Edit", "PostToolUse.Edit", &known, BOTH, Budget::None("async")),
        of("PostToolUse, TaskUpdate", "PostToolUse.TaskUpdate", &known, BOTH, Budget::None("async")),
        of("PreCompact", "PreCompact", &known, BOTH, synchronous),
        first,
        of("SessionEnd", "SessionEnd.prompt_input_exit", &known, &[Kind::Ended, Kind::Record], CHANGE),
    ]
}

fn statusline(store: &Store) -> Vec<Scenario> {
    let figures = payload(store, "../statusline/resumed", &store::uuid(0));
    let of = |name, input, budget| hook(store, "cs-statusline", name, input, &[], budget);
    let said = limits::said(figures.clone());
    let with = |name, more, used, days| Scenario {
        given: limits::files(used, days),
        ..of(name, said.clone(), Budget::More(more, PLAIN))
    };
    let shown = |name, format: &str, given| Scenario {
        args: vec!["--format".into(), format.into()],
        given,
        ..of(name, said.clone(), Budget::Floors(3.0))
    };
    let placeholders = "[{limit:five_hour}][ {pace_5h}][ {runs_out}][ {limit:seven_day}]";
    vec![
        of(PLAIN, figures.clone(), Budget::Floors(3.0)),
        with("status line, no limit rose", 0.05, limits::USED, 0),
        with("status line, limits appended", 0.1, limits::USED - 5.0, 0),
        with("status line, limits of 400 days appended", 0.1, limits::USED - 5.0, 400),
        shown("status line, limits of 400 days shown", placeholders, limits::files(limits::USED, 400)),
        shown("status line, a budget, 5 MB of days", "{budget}", limits::spent(50_000)),
    ]
}

/// The status line beside a thousand other running conversations.
fn crowded(store: &Store) -> Scenario {
    let figures = payload(store, "../statusline/resumed", &store::uuid(0));
    let live = |n: usize| {
        let uuid = format!("0c0ffee1-2222-4222-8333-{n:012}");
        (PathBuf::from(format!("live/{uuid}.json")), store.newcomer(&uuid, n).to_string() + "\n")
    };
    Scenario {
        given: (0..1000).map(live).collect(),
        ..hook(store, "cs-statusline", "status line, 1,000 live files", figures, &[], Budget::Floors(2.0))
    }
}

/// The line for bars, with the readings of two limits over 400 days.
fn bar(store: &Store) -> Scenario {
    Scenario {
        given: limits::files(limits::USED, 400),
        ..command(store, "cs-limits", "bar, 400 days of readings", &["bar"], &[], Budget::Floors(2.0))
    }
}

fn changes(store: &Store) -> Vec<Scenario> {
    const RECORD: &[Kind] = &[Kind::Record];
    let (slug, id) = (store::slug(0), store::id(0));
    let parked = store::id(store.newest(Status::Parked));
    let of = |name, args: &[&str], changes, budget| command(store, "cs-session", name, args, changes, budget);
    let soon = CHANGE;
    vec![
        of("create", &["create", "--project", &slug, "--intent", "a new session"], &[Kind::Created], soon),
        of("update --intent", &["update", &id, "--intent", "another intent"], RECORD, soon),
        of("event", &["event", &id, "--message", "the tests are green"], RECORD, Budget::None("")),
        of("park", &["park", &id, "--reason", "waits for the review"], RECORD, soon),
        of("complete", &["complete", &id, "--outcome", "merged"], RECORD, soon),
        of("resume", &["resume", &parked, "-q"], &[Kind::Record, Kind::Created], Budget::None("")),
    ]
}

fn questions(store: &Store) -> Vec<Scenario> {
    let of = |program, name, args: &[&str], budget| command(store, program, name, args, &[], budget);
    vec![
        of("cs-session", "show", &["show", &store::id(0)], Budget::None("")),
        of("cs-session", "list --status active", &["list", "--status", "active"], Budget::Millis(10.0)),
        of("cs-session", "list", &["list", "--json"], Budget::Millis(30.0)),
        of("cs-top", "first screen", &["--once"], Budget::Millis(30.0)),
        of("cs-session", "list --limit 20", &["list", "--limit", "20", "--json"], Budget::Millis(3.0)),
        Scenario {
            given: vec![store.notifying()],
            ..of("cs-notify", "notices, dry run", &["--dry-run", "--json"], Budget::Millis(6.0))
        },
        of("cs-session", "list --full", &["list", "--full", "--json"], Budget::Millis(80.0)),
        of("cs-project", "overview", &["overview", "--json"], Budget::Millis(30.0)),
        of("cs-project", "list", &["list", "--json"], Budget::None("")),
    ]
}

/// Closing what nobody works on any more: a batch of changes.
pub fn cleanup(store: &Store) -> Scenario {
    let changes = &[Kind::Record];
    let given = store.stale().map(|number| store.record(number)).collect();
    Scenario {
        given,
        ..command(store, "cs-cleanup", "all, 1,000 stale of 10,000", &["all"], changes, Budget::Millis(1000.0))
    }
}

/// The usage of all transcripts below this home.
pub fn usage(store: &Store, home: &Path) -> Vec<Scenario> {
    let of = |name, args: &[&str]| command(store, "cs-usage", name, args, &[], Budget::None(""));
    // A log that is removed after each call is new in each.
    let text = payload(store, "UserPromptSubmit.plain", &store::uuid(0)).to_string() + "\n";
    let log = home.join(".claude/projects/-home-dev-new/0c0ffee0-1111-4222-8333-000000000003.jsonl");
    let new = Scenario { given: vec![(log, text)], ..of("daily, a new transcript", &["daily", "--json"]) };
    vec![of("daily, nothing new", &["daily", "--json"]), new, of("session, nothing new", &["session", "--json"])]
}

/// What the rules say about a command of 2 kB, and about the longest one that is read whole.
fn judged(store: &Store) -> Vec<Scenario> {
    const PART: &str =
        "cd web && git status --short; grep -n 'rm -rf' src/*.rs | head -5; cat README.md .env.example\n";
    let fill = |bytes: usize| PART.repeat(bytes / PART.len());
    let short = fill(2 << 10) + "rm -rf build";
    // A long command is a file that it writes.
    let long = format!("{}cat > notes.md <<'EOF'\n{}EOF\nrm -rf build", fill(4 << 10), fill(59 << 10));
    let of =
        |name, line: &str, floors| command(store, "cs-audit", name, &["test", "-q", line], &[], Budget::Floors(floors));
    vec![of("test, a command of 2 kB", &short, 3.0), of("test, a command of 64 KiB", &long, 5.0)]
}

fn hook(
    store: &Store,
    program: &'static str,
    name: &'static str,
    payload: Value,
    changes: &'static [Kind],
    budget: Budget,
) -> Scenario {
    Scenario { input: payload.to_string(), ..command(store, program, name, &[], changes, budget) }
}

fn command(
    store: &Store,
    program: &'static str,
    name: &'static str,
    args: &[&str],
    changes: &'static [Kind],
    budget: Budget,
) -> Scenario {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let (input, variables, folder, given) = (String::new(), vec![], store.checkout(0), vec![]);
    Scenario { name, program, args, input, variables, folder, given, budget, changes }
}

/// A recorded payload, as a conversation in the first session's checkout would send it.
fn payload(store: &Store, name: &str, uuid: &str) -> Value {
    let file = cs_tests::replay::fixtures().join(format!("claude-code/hooks/{name}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let here = store.checkout(0).display().to_string();
    let mut payload: Value = serde_json::from_str(&text.replace("/home/dev/repo", &here)).expect("a payload is JSON");
    payload["session_id"] = json!(uuid);
    payload
}
