//! Installs, shows, checks and removes the hooks, skills and jobs in Claude Code, Codex and the scheduler.
//!
//! Reads: its own folder, the agents' settings, `config.json`, `logs/`, recent transcripts.
//! Writes: `settings.json`, `hooks.json`, unit files, skills of a project; `config.json` (project); `replaced/` (migrate).
//! Exits: 0 done, 1 cancelled or something is wrong, 64 usage, 65 settings that cannot be read, 74 disk.

mod claude;
mod client;
mod codex;
mod command;
mod diff;
mod doctor;
mod document;
mod elsewhere;
mod entries;
mod guard;
mod jobs;
mod migrate;
mod next;
mod others;
mod places;
mod plan;
mod policy;
mod project;
mod shell;
mod splice;
mod statusline;
mod swap;
mod text;
mod wrapped;

use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome};
use places::Places;
use plan::{Consent, Plan};
use std::process::ExitCode;

/// Sets up the recording of conversations: hooks in Claude Code and Codex, and scheduled jobs. Every change is shown
/// before it is made. Records are never changed.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} install --dry-run", example = "{command_name} doctor")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Install(Install),
    Uninstall(Uninstall),
    Doctor(doctor::Doctor),
    Project(project::Project),
    Jobs(jobs::Jobs),
    Statusline(statusline::Statusline),
    Guard(guard::Guard),
    Migrate(migrate::Migrate),
}

/// register the hooks with Claude Code, or with Codex
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "install", example = "{command_name} --dry-run", example = "{command_name} --codex --yes")]
struct Install {
    /// register with Codex instead of Claude Code
    #[argh(switch)]
    codex: bool,
    /// write the hooks into settings.json, even if a plugin could be registered
    #[argh(switch)]
    settings: bool,
    /// also take out the hook of the Python tool (dashboard/heartbeat.sh)
    #[argh(switch)]
    replace_python: bool,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// undo install and jobs install; records are kept
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "uninstall", example = "{command_name} --dry-run", example = "{command_name} --codex --yes")]
struct Uninstall {
    /// undo the registration with Codex instead of Claude Code
    #[argh(switch)]
    codex: bool,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

fn main() -> ExitCode {
    cli::run("cs-setup", |args: Args, out| work(args.command, out))
}

fn work(command: Command, mut out: Out) -> Outcome<()> {
    let places = &Places::find()?;
    // Much of what doctor checks does not need the folder.
    if !matches!(command, Command::Doctor(_)) {
        places.check_installed()?;
    }
    match command {
        Command::Install(args) => install(places, &args, &mut out),
        Command::Uninstall(args) => uninstall(places, &args, &mut out),
        Command::Doctor(args) => args.run(places, &mut out),
        Command::Project(args) => args.run(places, &mut out),
        Command::Jobs(args) => args.run(places, &mut out),
        Command::Statusline(args) => args.run(places, &mut out),
        Command::Guard(args) => args.run(places, &mut out),
        Command::Migrate(args) => args.run(places, &mut out),
    }
}

fn install(places: &Places, args: &Install, out: &mut Out) -> Outcome<()> {
    let consent = Consent { is_given: args.yes, dry_run: args.dry_run };
    let agent = if args.codex { Agent::Codex } else { Agent::Claude };
    match agent {
        Agent::Codex => codex::install(places, consent, out)?,
        Agent::Claude => match claude::install(places, args.settings, consent, out)? {
            true => others::replace(places, args.replace_python, consent, out)?,
            false if args.replace_python => return Err(others::refusal()),
            false => {}
        },
    }
    if consent.dry_run { Ok(()) } else { next::print(places, agent, out) }
}

fn uninstall(places: &Places, args: &Uninstall, out: &mut Out) -> Outcome<()> {
    let consent = Consent { is_given: args.yes, dry_run: args.dry_run };
    if args.codex {
        return codex::uninstall(places, consent, out);
    }
    let mut plan = Plan::default();
    let undo = claude::uninstall(places, &mut plan)?;
    let removal = jobs::removal(places, jobs::Scheduler::in_use(places)?, &mut plan)?;
    let skills = project::planned_removal_everywhere(places, &mut plan);
    plan.carry_out(out, consent, |plan| {
        removal.carry_out(places)?;
        project::remove(&skills)?;
        Ok(undo.iter().try_for_each(|undo| undo.carry_out(places, plan))?)
    })
}
