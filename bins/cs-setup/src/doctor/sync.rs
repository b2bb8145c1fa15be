//! Checks sharing, if it is set: the settings, this machine's id, the program that reaches the database, whether the target
//! answers, and when something was last sent. The target is asked by `cs-sync`, which knows how.

use super::Check;
use crate::command;
use crate::places::Places;
use cli::programs;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::store::Store;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;
use sync::{Last, Machine, Place, Program, Settings};

const CHECK: &str = "sync";
const PROGRAM: &str = "cs-sync";
/// How long the target may take to answer.
const LIMIT: Duration = Duration::from_secs(10);
/// A job that has not done its work for so long does not do it.
const LATE_HOURS: i64 = 24;

/// Returns nothing if nothing is to be sent.
pub fn check(places: &Places) -> Vec<Check> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let (settings, errors) = Settings::read(&config, &places.data.config(), Some(&places.user));
    if let Some(error) = errors.first() {
        let fix = format!("repair {} by hand", places.data.config().display());
        return vec![Check::bad(CHECK, error.to_string(), fix)];
    }
    match (&settings.place, settings.enabled) {
        (None, false) => Vec::new(),
        (None, true) => {
            let detail = "sync.enabled is set, but not where to send";
            vec![Check::bad(CHECK, detail, "set sync.psql, sync.sqlite or sync.into in config.json; see docs/SYNC.md")]
        }
        (Some(place), _) => {
            let missing = machine(places).or_else(|| program(place)).or_else(|| target(places));
            vec![missing.unwrap_or_else(|| last(places, settings.enabled))]
        }
    }
}

/// An id that cannot be read: nothing is sent under another one.
fn machine(places: &Places) -> Option<Check> {
    let error = Machine::read(&places.data).err()?;
    let fix = "restore it from a backup, or remove it: this machine then counts as another one";
    Some(Check::bad(CHECK, error.to_string(), fix))
}

/// The program for a database, if it is not there.
fn program(place: &Place) -> Option<Check> {
    let program = match place {
        Place::Psql(_) => Program::Psql,
        Place::Sqlite(_) => Program::Sqlite3,
        Place::Folder(_) => return None,
    };
    let (name, fix) = (program.name(), format!("install the package {}", program.packages()));
    let is_there = programs::on_path(name).is_some();
    (!is_there).then(|| Check::bad(CHECK, format!("{name} is not on PATH, so nothing is sent"), fix))
}

/// What keeps the target from taking something.
fn target(places: &Places) -> Option<Check> {
    let beside = Some(places.program(PROGRAM)).filter(|path| programs::is_program(path));
    let path = beside.or_else(|| programs::on_path(PROGRAM)).unwrap_or_else(|| places.program(PROGRAM));
    let mut call = Command::new(&path);
    call.args(["status", "--quick", "--json"]).env("CS_HOME", places.data.root());
    let done = match command::collect(call, &path, LIMIT) {
        Ok(done) => done,
        Err(error) => return Some(Check::bad(CHECK, format!("the target does not answer: {error}"), "cs-sync status")),
    };
    let said: Value = serde_json::from_str(&done.stdout).unwrap_or_default();
    if said.get("reachable").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_string);
    let detail = text("error").unwrap_or_else(|| match text("target") {
        Some(target) => format!("nothing was sent to {target} yet"),
        None => done.last_words(),
    });
    Some(Check::bad(CHECK, detail, text("hint").unwrap_or_else(|| "cs-sync push --dry-run".into())))
}

/// How the last run ended, and how long ago one did all that it was to do.
fn last(places: &Places, is_enabled: bool) -> Check {
    let last = match Last::read(&places.data) {
        Ok(last) => last.unwrap_or_default(),
        Err(error) => return Check::bad(CHECK, error.to_string(), "cs-sync push"),
    };
    let now = clock::now();
    let ago = |at: Instant| render::format_ago_by_minute(at, now);
    let done = last.done_at.as_deref().and_then(clock::parse);
    let said = done.map_or("nothing was sent yet".to_string(), |at| format!("last sent {}", ago(at)));
    if let Some(error) = &last.error {
        // What refused says what is to be done; what could not be reached may answer now.
        let may_pass = matches!(last.code, 74 | 75);
        let fix = if may_pass { "cs-sync push" } else { "cs-sync status" };
        return Check::bad(CHECK, format!("the last run failed: {error}; {said}"), fix);
    }
    match done {
        Some(at) if !is_enabled || now - at < TimeDelta::hours(LATE_HOURS) => {
            Check::good(CHECK, format!("{} answers; {said}", last.target))
        }
        _ if !is_enabled => Check::offer(CHECK, format!("the target answers; {said}"), "cs-sync push"),
        _ => Check::bad(CHECK, format!("the target answers, but {said}"), "cs-setup jobs install, or cs-sync push"),
    }
}
