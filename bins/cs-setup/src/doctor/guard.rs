//! Checks the guard, if it is switched on: whether each client runs the one of this version, whether its settings can be
//! used, and whether it failed lately. A guard that fails lets every call go on, so that nothing else shows it. The clients'
//! own transcripts and the log of the hooks are the evidence.

use super::{AGAIN, Check, codex, cost};
use crate::document::Document;
use crate::entries;
use crate::guard;
use crate::places::Places;
use agents::Agent;
use agents::event::GUARD;
use agents::hook_runs::{self, HookFault};
use cli::programs;
use cs_core::clock::{self, TimeDelta};
use cs_core::{file, validate};

const CHECK: &str = "guard";
const ON: &str = "cs-setup guard on";
/// Older failures are not reported.
const RECENT_HOURS: i64 = 24;
/// Maximum number of bytes of the log that are read.
const LOG_BYTES: u64 = 256 * 1024;

/// Returns nothing if it is switched off everywhere.
pub fn check(places: &Places) -> Vec<Check> {
    let clients = [
        (Agent::Claude, "Claude Code", Document::read(&places.settings())),
        (Agent::Codex, "Codex", Document::read(&places.codex_hooks())),
    ];
    let mut checks = Vec::new();
    for (agent, name, document) in &clients {
        let Ok(document) = document else { continue };
        if !entries::guards(&document.value).is_empty() {
            checks.push(registered(places, *agent, name, document));
        }
    }
    if checks.is_empty() {
        return checks;
    }
    checks.extend(settings(places));
    checks.extend(failures(places));
    checks
}

fn registered(places: &Places, agent: Agent, name: &str, document: &Document) -> Check {
    let found = entries::guards(&document.value);
    let wanted = entries::guard_for(agent, &places.share);
    let is_wanted = found.len() == 1 && wanted.is_ok_and(|wanted| entries::has(&document.value, &wanted));
    let program = places.program(GUARD);
    if !is_wanted {
        let path = document.seen.path.display();
        return Check::bad(CHECK, format!("the guard in {path} is not that of this version, or is there twice"), ON);
    }
    if !programs::is_program(&program) {
        let detail =
            format!("{} is missing, so {name} shows an error at each call, and nothing is guarded", program.display());
        return Check::bad(CHECK, detail, format!("{AGAIN}, or cs-setup guard off"));
    }
    if agent == Agent::Codex && !codex::is_guard_approved(places, document) {
        return Check::bad(CHECK, "it is not approved, so Codex skips it", codex::APPROVE);
    }
    Check::good(CHECK, format!("on for {name}"))
}

/// What it does, unless it is what people expect of a guard.
fn settings(places: &Places) -> Option<Check> {
    let (settings, troubles) = guard::settings(places);
    if let Some(trouble) = troubles.first() {
        let fix = format!("repair {} by hand", places.data.config().display());
        return Some(Check::bad(CHECK, format!("it only logs, because of its settings: {trouble}"), fix));
    }
    let does_nothing = || Check::offer(CHECK, "its settings let every call go on", "cs-setup guard off");
    settings.only_logs().then(does_nothing)
}

/// The runs of the last day after which a call went on although nothing was decided.
fn failures(places: &Places) -> Option<Check> {
    let since = clock::now() - TimeDelta::hours(RECENT_HOURS);
    let is_recent = |at: &str| clock::parse(at).is_some_and(|at| at > since);
    let mut found = Vec::new();
    for transcript in cost::recent(&places.claude.join("projects")) {
        // A transcript that cannot be read is skipped.
        let _ = hook_runs::faults(&transcript, cost::FILE_BYTES, &mut |fault: HookFault| {
            if fault.command.trim_end_matches(['\'', '"']).ends_with(&format!("/{GUARD}")) && is_recent(&fault.at) {
                found.push((fault.at, fault.what));
            }
        });
    }
    let log = file::tail(&places.data.hook_log(), LOG_BYTES).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let mark = format!(" {GUARD}: ");
    let logged = log.lines().filter_map(|line| line.split_once(&mark)).filter(|(at, _)| is_recent(at));
    found.extend(logged.map(|(at, what)| (at.to_string(), what.to_string())));
    found.sort();
    let (_, last) = found.last()?;
    let detail = format!(
        "failures in the last day, after which the calls went on: {}; the last one: {}",
        found.len(),
        validate::cut(last, 200)
    );
    Some(Check::bad(CHECK, detail, format!("read {}", places.data.hook_log().display())))
}
