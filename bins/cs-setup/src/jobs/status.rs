//! `jobs status`: lists the jobs, and whether they run.

use super::{Job, Scheduler, State, Unit, all, cron};
use crate::places::Places;
use crate::swap;
use argh::{ArgsInfo, FromArgs};
use cli::{Failure, Form, Out, Outcome};
use cs_core::error::Result;

/// list the jobs, and whether they run
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} --json")]
pub struct Status {
    /// launchd, systemd or cron (default: the one that this machine has)
    #[argh(option)]
    with: Option<String>,
}

/// How each job does.
pub fn states(places: &Places, scheduler: Scheduler) -> Result<Vec<State>> {
    let (jobs, _) = all(places)?;
    if scheduler == Scheduler::Cron {
        return Ok(cron::states(places, &jobs));
    }
    let units = scheduler.units(places, &jobs)?;
    let state = |job: &Job| {
        let own: Vec<&Unit> = units.iter().filter(|unit| unit.job == job.name).collect();
        let text = |unit: &Unit| swap::look(&unit.path).ok().and_then(|seen| seen.text);
        let state = if own.iter().all(|unit| text(unit).is_none()) {
            "not installed"
        } else if own.iter().any(|unit| text(unit).as_deref() != Some(&unit.text)) {
            "outdated"
        } else if own.iter().filter(|unit| unit.is_started).all(|unit| scheduler.is_running(places, unit)) {
            "running"
        } else {
            "stopped"
        };
        let file = own.iter().rfind(|unit| unit.is_started).map(|unit| unit.path.display().to_string());
        State { job: job.name, scheduler: scheduler.as_str(), state, file: file.unwrap_or_default() }
    };
    Ok(jobs.iter().map(state).collect())
}

impl Status {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let states = states(places, Scheduler::pick(self.with.as_deref(), places)?)?;
        match out.form {
            _ if out.quiet => {
                let running = states.iter().filter(|state| state.state == "running");
                running.map(|state| state.job).try_for_each(|job| out.line(job))?;
            }
            Form::Json => states.iter().try_for_each(|state| out.json(state))?,
            Form::Table => {
                let row = |state: &State| {
                    vec![state.job.into(), state.state.into(), state.scheduler.into(), state.file.clone()]
                };
                let rows: Vec<Vec<String>> = states.iter().map(row).collect();
                out.table(&["job", "state", "scheduler", "file"], &rows)?;
            }
        }
        out.flush()?;
        match states.iter().all(|state| state.state == "running") {
            true => Ok(()),
            false => Err(Failure::Nothing("not every job is running; cs-setup jobs install starts them".into())),
        }
    }
}
