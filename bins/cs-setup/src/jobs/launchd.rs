//! macOS: agents in `~/Library/LaunchAgents`. Source: launchd.plist(5), launchctl(1).

use super::{Job, Unit, fill};
use crate::command;
use crate::places::Places;
use cli::programs;
use cs_core::error::{Error, Result};
use std::path::Path;
use std::time::Duration;

const TEMPLATES: [(&str, &str); 7] = [
    ("dashboard", include_str!("../../../../launchd/claude-sessions.dashboard.plist")),
    ("cleanup", include_str!("../../../../launchd/claude-sessions.cleanup.plist")),
    ("notify", include_str!("../../../../launchd/claude-sessions.notify.plist")),
    ("usage", include_str!("../../../../launchd/claude-sessions.usage.plist")),
    ("keep", include_str!("../../../../launchd/claude-sessions.keep.plist")),
    ("sync", include_str!("../../../../launchd/claude-sessions.sync.plist")),
    ("chat", include_str!("../../../../launchd/claude-sessions.chat.plist")),
];
/// The PATH of jobs: launchd's own has only the system's folders.
const PATH: &str = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// The agents by name, without their texts.
pub fn names(places: &Places) -> Vec<Unit> {
    TEMPLATES.iter().map(|(job, _)| named(places, job, String::new())).collect()
}

fn named(places: &Places, job: &'static str, text: String) -> Unit {
    let name = format!("claude-sessions.{job}");
    let path = places.user.join("Library/LaunchAgents").join(format!("{name}.plist"));
    Unit { job, name, path, text, is_started: true }
}

/// The agent of a job.
pub fn unit(places: &Places, job: &Job) -> Result<Unit> {
    let template = TEMPLATES.iter().find(|(name, _)| *name == job.name).map_or("", |(_, text)| text);
    let words = fill::with_log_limit(places, job)?;
    let words: Vec<String> = words.iter().map(|word| format!("\t\t<string>{}</string>", fill::xml(word))).collect();
    let environment = fill::environment(places)?.into_iter().chain([("PATH", PATH.to_string())]);
    let pair = |(name, value): (&str, String)| {
        format!("\t\t<key>{}</key>\n\t\t<string>{}</string>", fill::xml(name), fill::xml(&value))
    };
    let pairs: Vec<String> = environment.map(pair).collect();
    // Inserted texts are not searched again: they may contain @ signs.
    let mut text = template.replace("@ENVIRONMENT@", "\u{1}").replace("@LOG@", "\u{2}");
    text = text.replace("@COMMAND@", &words.join("\n"));
    text = text.replace('\u{1}', &pairs.join("\n")).replace('\u{2}', &fill::xml(&fill::log(places, job)?));
    Ok(named(places, job.name, text))
}

/// The user's domain of launchd.
#[allow(unsafe_code, reason = "getuid(2)")]
fn domain() -> String {
    // SAFETY: getuid takes and changes nothing.
    format!("gui/{}", unsafe { libc::getuid() })
}

fn launchctl(places: &Places, args: &[&str]) -> Result<command::RunResult> {
    let program = programs::on_path("launchctl").ok_or_else(|| Error::Missing("launchctl was not found".into()))?;
    command::run(&program, args, &places.user)
}

/// Whether launchd knows the agent.
pub fn is_loaded(places: &Places, unit: &Unit) -> bool {
    launchctl(places, &["print", &format!("{}/{}", domain(), unit.name)]).is_ok_and(|done| done.is_success)
}

/// Loads an agent, in place of the one that launchd knows.
pub fn start(places: &Places, unit: &Unit) -> Result<()> {
    if is_loaded(places, unit) {
        stop(places, unit);
    }
    let service = format!("{}/{}", domain(), unit.name);
    launchctl(places, &["enable", &service])?;
    let path = unit.path.to_string_lossy();
    let mut error = String::new();
    // launchd may still be unloading the previous one.
    for _ in 0..10 {
        let done = launchctl(places, &["bootstrap", &domain(), &path])?;
        if done.is_success {
            return Ok(());
        }
        error = done.last_words();
        std::thread::sleep(Duration::from_millis(200));
    }
    Err(Error::Refused(format!("launchctl bootstrap {} {}: {error}", domain(), Path::new(&*path).display())))
}

/// Unloads an agent. An agent that is not loaded is not an error.
pub fn stop(places: &Places, unit: &Unit) {
    let _ = launchctl(places, &["bootout", &format!("{}/{}", domain(), unit.name)]);
}
