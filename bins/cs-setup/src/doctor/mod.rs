//! `doctor`: checks that everything works. Each problem comes with the command that fixes it.
//! It changes nothing: the test event goes into a temporary data directory, and the file that tests the disk is removed.

mod codex;
mod cost;
mod dashboard;
mod data;
mod disk;
mod event;
mod hooks;
mod programs;

use crate::jobs::{self, Scheduler};
use crate::places::Places;
use argh::{ArgsInfo, FromArgs};
use cli::{Failure, Form, Out, Outcome, sanitize};
use serde::Serialize;

/// check programs, hooks, data directory, access to the dashboard, jobs, and the cost of hooks; exit with 1 if something
/// is wrong
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "doctor", example = "{command_name}", example = "{command_name} --json")]
pub struct Doctor {
    /// only check whether the hooks are registered
    #[argh(switch)]
    hooks: bool,
}

/// A check and its result.
#[derive(Debug, Serialize)]
pub struct Check {
    pub check: &'static str,
    pub ok: bool,
    pub detail: String,
    pub fix: Option<String>,
}

impl Check {
    /// Everything is in order.
    pub fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Check { check, ok: true, detail: detail.into(), fix: None }
    }

    /// Something is wrong, and this fixes it.
    pub fn bad(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Check { check, ok: false, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// Everything is in order, and this could be done in addition.
    pub fn offer(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Check { ok: true, ..Check::bad(check, detail, fix) }
    }
}

impl Doctor {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let checks = if self.hooks { hooks::check(places).0 } else { check_all(places) };
        for check in &checks {
            match out.form {
                _ if out.quiet && check.ok => {}
                _ if out.quiet => out.line(check.check)?,
                Form::Json => out.json(check)?,
                Form::Table => show(check, out)?,
            }
        }
        out.flush()?;
        if checks.iter().all(|check| check.ok) { Ok(()) } else { Err(Failure::Reported(1)) }
    }
}

fn check_all(places: &Places) -> Vec<Check> {
    let mut checks = programs::check(places);
    let (found, commands) = hooks::check(places);
    checks.extend(found);
    checks.push(event::check(&commands));
    checks.extend(data::check(places));
    checks.extend(dashboard::check(places));
    checks.extend(check_jobs(places));
    checks.extend(cost::check(places));
    checks
}

fn show(check: &Check, out: &mut Out) -> Outcome<()> {
    let word = if check.ok { "ok" } else { "WRONG" };
    out.line(&format!("{word:5}  {:10}  {}", check.check, sanitize(&check.detail)))?;
    match &check.fix {
        Some(fix) => out.line(&format!("{:19}{}: {}", "", if check.ok { "try" } else { "fix" }, sanitize(fix))),
        None => Ok(()),
    }
}

fn check_jobs(places: &Places) -> Vec<Check> {
    let states = Scheduler::pick(None, places).and_then(|scheduler| Ok(jobs::states(places, scheduler)?));
    let states = match states {
        Ok(states) => states,
        Err(failure) => {
            let text = failure.message().map(|(text, _)| text).unwrap_or_default();
            return vec![Check::bad("jobs", text, "cs-setup jobs install")];
        }
    };
    if states.iter().all(|state| state.state == "not installed") {
        return vec![Check::offer("jobs", "none is installed; nothing needs them", "cs-setup jobs install")];
    }
    let check = |state: jobs::State| {
        let detail = format!("{}: {} ({})", state.job, state.state, state.scheduler);
        if state.state == "running" {
            Check::good("jobs", detail)
        } else {
            Check::bad("jobs", detail, "cs-setup jobs install")
        }
    };
    states.into_iter().map(check).collect()
}
