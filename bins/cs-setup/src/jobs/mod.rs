//! `jobs`: the scheduled programs. The dashboard starts at login, and so does, if somebody is allowed to write to its bot,
//! the chat; cleanup, usage and, if it is enabled, keep run
//! every hour, notices every 5 minutes and, if it is enabled, sync every 15. They are run by launchd or systemd or, without
//! either, by crontab lines.

mod cron;
mod fill;
pub mod launchd;
mod run;
mod status;
mod systemd;

pub use cron::lines as crontab;
pub use status::states;

use crate::places::Places;
use crate::plan::{Consent, Plan};
use crate::swap::{self, Seen};
use argh::{ArgsInfo, FromArgs};
use cli::programs;
use cli::{Failure, Out, Outcome};
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use serde::Serialize;
use std::path::PathBuf;

/// The state of a job.
#[derive(Debug, Serialize)]
pub struct State {
    pub job: &'static str,
    pub scheduler: &'static str,
    /// `running`, `outdated`, `stopped` or `not installed`.
    pub state: &'static str,
    pub file: String,
}

/// manage the scheduled jobs: dashboard at login, cleanup and usage hourly, notices every 5 minutes; copies of
/// conversations hourly, if keep.enabled is set; what is new to a database or folder every 15 minutes, if
/// sync.enabled is set; and what is written in a chat, from login on, if somebody is allowed to
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "jobs", example = "{command_name} install --dry-run", example = "{command_name} status")]
pub struct Jobs {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Install(Install),
    Remove(Remove),
    Status(status::Status),
    Run(run::Run),
}

/// write the jobs' files and start them; without a scheduler, print crontab lines
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "install", example = "{command_name}", example = "{command_name} --with cron -q")]
struct Install {
    /// launchd, systemd or cron (default: the one that this machine has)
    #[argh(option)]
    with: Option<String>,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// stop the jobs and remove their files
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "remove", example = "{command_name}", example = "{command_name} --dry-run")]
struct Remove {
    /// launchd, systemd or cron (default: the one that this machine has)
    #[argh(option)]
    with: Option<String>,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// A program and its arguments, to be run at its times.
#[derive(Debug)]
pub struct Job {
    pub name: &'static str,
    /// The program's path and its arguments.
    pub command: Vec<String>,
    /// The times as cron spells them.
    pub cron: &'static str,
}

/// A file that describes a job to the scheduler.
#[derive(Debug)]
pub struct Unit {
    pub job: &'static str,
    /// The scheduler's name for it.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
    /// Whether it is started itself; otherwise another unit starts it.
    pub is_started: bool,
}

/// The programs that can start jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    Launchd,
    Systemd,
    Cron,
}

impl Jobs {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        match self.command {
            Command::Install(args) => {
                let consent = Consent { is_given: args.yes, dry_run: args.dry_run };
                install(places, Scheduler::pick(args.with.as_deref(), places)?, consent, out)
            }
            Command::Remove(args) => {
                let consent = Consent { is_given: args.yes, dry_run: args.dry_run };
                let scheduler = Scheduler::pick(args.with.as_deref(), places)?;
                let mut plan = Plan::default();
                let removal = removal(places, scheduler, &mut plan)?;
                plan.carry_out(out, consent, |_| Ok(removal.carry_out(places)?))
            }
            Command::Status(args) => args.run(places, out),
            Command::Run(args) => args.run(places),
        }
    }
}

impl Scheduler {
    /// Returns the named scheduler, or the one that this machine has.
    pub fn pick(name: Option<&str>, places: &Places) -> Outcome<Self> {
        match name {
            Some("launchd") => Ok(Scheduler::Launchd),
            Some("systemd") => Ok(Scheduler::Systemd),
            Some("cron") => Ok(Scheduler::Cron),
            Some(other) => {
                let hint = "use launchd, systemd or cron".to_string();
                Err(Failure::Usage(format!("{other:?} is not a scheduler"), Some(hint)))
            }
            None if cfg!(target_os = "macos") => Ok(Scheduler::Launchd),
            None if systemd::is_there(places) => Ok(Scheduler::Systemd),
            None => Ok(Scheduler::Cron),
        }
    }

    /// Returns the scheduler that has our files, whether or not it can be reached now, or the one of `pick`.
    pub fn in_use(places: &Places) -> Outcome<Self> {
        let has_files = |units: &[Unit]| units.iter().any(|unit| unit.path.exists());
        if has_files(&systemd::names(places)) {
            return Ok(Scheduler::Systemd);
        }
        Scheduler::pick(None, places)
    }

    fn as_str(self) -> &'static str {
        match self {
            Scheduler::Launchd => "launchd",
            Scheduler::Systemd => "systemd",
            Scheduler::Cron => "cron",
        }
    }

    fn units(self, places: &Places, jobs: &[Job]) -> Result<Vec<Unit>> {
        match self {
            Scheduler::Launchd => jobs.iter().map(|job| launchd::unit(places, job)).collect(),
            Scheduler::Systemd => systemd::units(places, jobs),
            Scheduler::Cron => Ok(Vec::new()),
        }
    }

    fn is_running(self, places: &Places, unit: &Unit) -> bool {
        match self {
            Scheduler::Launchd => launchd::is_loaded(places, unit),
            Scheduler::Systemd => systemd::is_active(places, unit),
            Scheduler::Cron => false,
        }
    }
}

/// Returns the jobs, and the programs of jobs that are not installed. Conversations are copied, and sent, only if the
/// settings say so.
pub fn all(places: &Places) -> Result<(Vec<Job>, Vec<&'static str>)> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let port = config.settings.dashboard_port.to_string();
    let (keep, _) = kept::Settings::read(&config, &places.data.config());
    let (sync, _) = sync::Settings::read(&config, &places.data.config(), Some(&places.user));
    let (chat, _) = chat::Settings::read(&config, &places.data.config(), Some(&places.user));
    let is_wanted = |name: &str| match name {
        "keep" => keep.enabled,
        "sync" => sync.enabled,
        "chat" => chat.as_ref().is_some_and(chat::Settings::reads),
        _ => true,
    };
    let table: [(&str, &str, &[&str], &str); 7] = [
        ("dashboard", "cs-serve", &["--port", &port], "@reboot"),
        ("cleanup", "cs-cleanup", &["all"], "17 * * * *"),
        ("notify", "cs-notify", &[], "*/5 * * * *"),
        ("usage", "cs-usage", &["keep"], "37 * * * *"),
        ("keep", "cs-keep", &["run", "--if-enabled"], "47 * * * *"),
        ("sync", "cs-sync", &["push", "--if-enabled", "-q"], "7-59/15 * * * *"),
        ("chat", "cs-chat", &["run"], "@reboot"),
    ];
    let (mut jobs, mut missing) = (Vec::new(), Vec::new());
    for (name, program, args, cron) in table.into_iter().filter(|(name, ..)| is_wanted(name)) {
        let path = places.program(program);
        if !programs::is_program(&path) {
            missing.push(program);
            continue;
        }
        let words = std::iter::once(crate::places::text_of(&path)?).chain(args.iter().copied());
        jobs.push(Job { name, command: words.map(str::to_string).collect(), cron });
    }
    Ok((jobs, missing))
}

fn install(places: &Places, scheduler: Scheduler, consent: Consent, out: &mut Out) -> Outcome<()> {
    let (jobs, missing) = all(places)?;
    let mut plan = Plan::default();
    missing.iter().for_each(|program| plan.note(format!("{program} is not installed, so its job is skipped")));
    if jobs.is_empty() {
        return Err(Error::Missing(format!("none of the jobs' programs is installed: {}", missing.join(", "))).into());
    }
    let make_logs = || cs_core::file::make_dir(&places.data.root().join("logs"));
    if scheduler == Scheduler::Cron {
        if !consent.dry_run {
            make_logs()?; // the lines send their output there
        }
        return cron::show(places, &jobs, &plan.notes, out);
    }
    let units = scheduler.units(places, &jobs)?;
    let changed = changes(&units, &mut plan)?;
    let is_due = |unit: &&Unit| {
        let is_changed = changed.iter().any(|(other, _)| other.job == unit.job);
        unit.is_started && (is_changed || !scheduler.is_running(places, unit))
    };
    let due: Vec<&Unit> = units.iter().filter(is_due).collect();
    due.iter().for_each(|unit| plan.step("start", &unit.name, format!("{} runs it", scheduler.as_str())));
    plan.carry_out(out, consent, |_| {
        make_logs()?;
        changed.iter().try_for_each(|(unit, seen)| seen.replace(&unit.text))?;
        match scheduler {
            Scheduler::Launchd => due.iter().try_for_each(|unit| launchd::start(places, unit))?,
            Scheduler::Systemd => systemd::start(places, &due)?,
            Scheduler::Cron => {}
        }
        Ok(())
    })
}

/// Returns the files that are missing or differ.
fn changes<'a>(units: &'a [Unit], plan: &mut Plan) -> Result<Vec<(&'a Unit, Seen)>> {
    let mut changed = Vec::new();
    for unit in units {
        let seen = swap::look(&unit.path)?;
        if seen.text.as_deref() != Some(&unit.text) {
            plan.rewrite(&seen, format!("the {} job", unit.job), &unit.text)?;
            changed.push((unit, seen));
        }
    }
    Ok(changed)
}

/// Jobs to stop, and files to remove.
#[derive(Debug)]
pub struct Removal {
    scheduler: Scheduler,
    units: Vec<Unit>,
}

/// Plans a removal.
pub fn removal(places: &Places, scheduler: Scheduler, plan: &mut Plan) -> Result<Removal> {
    let mut units = match scheduler {
        Scheduler::Launchd => launchd::names(places),
        Scheduler::Systemd => systemd::names(places),
        Scheduler::Cron => Vec::new(),
    };
    units.retain(|unit| unit.path.symlink_metadata().is_ok());
    for unit in &units {
        plan.step("remove", unit.path.display(), format!("{} stops the {} job", scheduler.as_str(), unit.job));
    }
    if scheduler == Scheduler::Cron && cron::lines(places).iter().any(|line| cron::is_ours(line)) {
        plan.note("your crontab contains our lines; remove them with crontab -e");
    }
    Ok(Removal { scheduler, units })
}

impl Removal {
    /// Stops the jobs and removes the files.
    pub fn carry_out(&self, places: &Places) -> Result<()> {
        if self.units.is_empty() {
            return Ok(());
        }
        match self.scheduler {
            Scheduler::Launchd => self.units.iter().for_each(|unit| launchd::stop(places, unit)),
            Scheduler::Systemd => systemd::stop(places, &self.units),
            Scheduler::Cron => {}
        }
        for unit in &self.units {
            std::fs::remove_file(&unit.path).map_err(|error| Error::io(&unit.path, "remove", error))?;
        }
        if self.scheduler == Scheduler::Systemd {
            // If systemd cannot be reached now, it will not find the files later.
            let _ = systemd::reload(places);
        }
        Ok(())
    }
}
