//! `doctor`: checks that everything works. Each problem comes with the command that fixes it.
//! It changes nothing: the test event goes into a temporary data directory, and the file that tests the disk is removed.

mod absent;
mod chat;
mod codex;
mod cost;
mod dashboard;
mod data;
mod disk;
mod event;
mod guard;
mod hooks;
mod keep;
mod left;
mod programs;
mod sync;
mod versions;

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
    /// print only the first thing that is wrong and what fixes it, one line each; skip the slow checks
    #[argh(switch)]
    brief: bool,
}

/// How to install the programs again. Which way they came is not known.
const AGAIN: &str = "install claude-sessions again, as you did: install.sh of an archive, the package, or make install";

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
        if self.brief {
            places.check_installed()?;
            return brief(places, out);
        }
        let is_installed = places.is_installed();
        let mut checks = if is_installed { check_installed(places) } else { vec![programs::nowhere(places)] };
        checks.extend(data::check(places));
        checks.extend(keep::check(places));
        checks.extend(sync::check(places));
        checks.extend(chat::check(places));
        checks.extend(dashboard::check(places));
        if is_installed {
            checks.extend(check_jobs(places));
        }
        checks.extend(left::check(places));
        checks.extend(cost::check(places));
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

/// What can only be checked in an installed folder.
fn check_installed(places: &Places) -> Vec<Check> {
    let mut checks = vec![programs::installed(places), programs::on_path(places)];
    let (found, commands) = hooks::check(places);
    checks.extend(found);
    checks.push(event::check(&commands));
    checks.extend(guard::check(places));
    checks
}

/// Prints the first problem, else the first thing that could be done so that more is recorded. Other programs call this
/// when nothing is recorded, so it stays plain text whatever the form of the output.
fn brief(places: &Places, out: &mut Out) -> Outcome<()> {
    let (mut checks, commands) = hooks::check(places);
    let is_bad = |check: &Check| !check.ok;
    let mut first = checks.iter().position(is_bad).map(|at| checks.swap_remove(at));
    let rest: [&dyn Fn() -> Vec<Check>; 4] =
        [&|| data::check(places), &|| vec![programs::installed(places)], &|| vec![event::check(&commands)], &|| {
            vec![programs::on_path(places)]
        }];
    first = rest.iter().fold(first, |first, check| first.or_else(|| check().into_iter().find(is_bad)));
    let is_wrong = first.is_some();
    let offered = checks.into_iter().find(|check| [hooks::OPEN, hooks::PYTHON].contains(&check.check));
    if let Some(check) = first.or(offered) {
        out.line(&sanitize(&check.detail))?;
        check.fix.iter().try_for_each(|fix| out.line(&sanitize(fix)))?;
    }
    out.flush()?;
    if is_wrong { Err(Failure::Reported(1)) } else { Ok(()) }
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
