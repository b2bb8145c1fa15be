//! Linux: units of the user's systemd. Source: systemd.service(5), systemd.timer(5), systemctl(1).

use super::{Job, Unit, fill};
use crate::command;
use crate::places::{Places, set};
use cli::programs;
use cs_core::error::{Error, Result};
use std::path::PathBuf;

/// Job, kind of unit, text, and whether it is started by itself.
const TEMPLATES: [(&str, &str, &str, bool); 12] = [
    ("dashboard", "service", include_str!("../../../../systemd/claude-sessions-dashboard.service"), true),
    ("cleanup", "service", include_str!("../../../../systemd/claude-sessions-cleanup.service"), false),
    ("cleanup", "timer", include_str!("../../../../systemd/claude-sessions-cleanup.timer"), true),
    ("notify", "service", include_str!("../../../../systemd/claude-sessions-notify.service"), false),
    ("notify", "timer", include_str!("../../../../systemd/claude-sessions-notify.timer"), true),
    ("usage", "service", include_str!("../../../../systemd/claude-sessions-usage.service"), false),
    ("usage", "timer", include_str!("../../../../systemd/claude-sessions-usage.timer"), true),
    ("keep", "service", include_str!("../../../../systemd/claude-sessions-keep.service"), false),
    ("keep", "timer", include_str!("../../../../systemd/claude-sessions-keep.timer"), true),
    ("sync", "service", include_str!("../../../../systemd/claude-sessions-sync.service"), false),
    ("sync", "timer", include_str!("../../../../systemd/claude-sessions-sync.timer"), true),
    ("chat", "service", include_str!("../../../../systemd/claude-sessions-chat.service"), true),
];

/// The units by name, without their texts.
pub fn names(places: &Places) -> Vec<Unit> {
    TEMPLATES.iter().map(|(job, kind, _, is_started)| named(places, job, kind, *is_started, String::new())).collect()
}

fn named(places: &Places, job: &'static str, kind: &str, is_started: bool, text: String) -> Unit {
    let config = set("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let dir = config.unwrap_or_else(|| places.user.join(".config")).join("systemd/user");
    let name = format!("claude-sessions-{job}.{kind}");
    Unit { job, path: dir.join(&name), name, text, is_started }
}

/// The units of the jobs.
pub fn units(places: &Places, jobs: &[Job]) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for job in jobs {
        let environment = fill::environment(places)?.into_iter();
        let lines: Vec<String> = environment
            .map(|(name, value)| format!("Environment={}", fill::unit_word(&format!("{name}={value}"))))
            .collect();
        for (_, kind, template, is_started) in TEMPLATES.iter().filter(|(name, ..)| *name == job.name) {
            // Inserted texts are not searched again: they may contain @ signs.
            let text =
                template.replace("@ENVIRONMENT@", "\u{1}").replace("@COMMAND@", &fill::unit_command(&job.command));
            units.push(named(places, job.name, kind, *is_started, text.replace('\u{1}', &lines.join("\n"))));
        }
    }
    Ok(units)
}

fn systemctl(places: &Places, args: &[&str]) -> Result<command::RunResult> {
    let program = programs::on_path("systemctl").ok_or_else(|| Error::Missing("systemctl was not found".into()))?;
    command::run(&program, &[&["--user"], args].concat(), &places.user)
}

/// Runs systemctl, where failing is an error.
fn must_run(places: &Places, args: &[&str]) -> Result<()> {
    let done = systemctl(places, args)?;
    if done.is_success {
        return Ok(());
    }
    Err(Error::Refused(format!("systemctl --user {}: {}", args.join(" "), done.last_words())))
}

/// Whether the user's systemd is running.
pub fn is_there(places: &Places) -> bool {
    systemctl(places, &["show-environment"]).is_ok_and(|done| done.is_success)
}

/// Whether a unit is active.
pub fn is_active(places: &Places, unit: &Unit) -> bool {
    systemctl(places, &["is-active", "--quiet", &unit.name]).is_ok_and(|done| done.is_success)
}

/// Starts units now and at every login.
pub fn start(places: &Places, units: &[&Unit]) -> Result<()> {
    reload(places)?;
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    must_run(places, &[&["enable"], names.as_slice()].concat())?;
    must_run(places, &[&["restart"], names.as_slice()].concat())
}

/// Stops units for good. A unit that is not running is not an error.
pub fn stop(places: &Places, units: &[Unit]) {
    let names: Vec<&str> = units.iter().filter(|unit| unit.is_started).map(|unit| unit.name.as_str()).collect();
    let _ = systemctl(places, &[&["disable", "--now"], names.as_slice()].concat());
}

/// Makes systemd read the units again.
pub fn reload(places: &Places) -> Result<()> {
    must_run(places, &["daemon-reload"])
}
