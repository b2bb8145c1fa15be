//! Keeps the data directory in order: closes sessions that nobody closed, archives old ones, removes
//! left-over files and old days of the log of tools, and checks everything. Made for timers: the exit code is 0 if there is nothing to do.
//!
//! Reads: the index, `live/`, `config.json`, names of files; `check` reads everything.
//! Writes: records that it closes or moves, and the files derived from them; it removes left-over files; `audit` changes
//! `audit/`; `all` removes readings of limits that are older than 400 days.
//! Exits: 0 done or nothing to do, 1 refused or (check) problems found, 64 usage, 65 invalid, 74 disk, 75 busy.

mod all;
mod archive;
mod audit;
mod check;
mod doubt;
mod gone;
mod index;
mod locks;
mod notes;
mod stale;
mod tmp;
mod work;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use std::process::ExitCode;

const PROGRAM: &str = "cs-cleanup";

/// Keeps the data directory in order. Every command prints one line for each thing that it did,
/// or with --dry-run would do. It exits with 0 if there is nothing to do.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} all --dry-run", example = "{command_name} check --repair")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    All(all::All),
    Stale(stale::Stale),
    Gone(gone::Gone),
    Archive(archive::Archive),
    Audit(audit::Audit),
    Locks(locks::Locks),
    Tmp(tmp::Tmp),
    Index(index::Index),
    Check(check::Check),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = Context::new(out)?;
    if !matches!(command, Command::Index(_) | Command::Check(_)) {
        check_clock(&context)?;
    }
    match command {
        Command::All(args) => args.run(context),
        Command::Stale(args) => args.run(context),
        Command::Gone(args) => args.run(context),
        Command::Archive(args) => args.run(context),
        Command::Audit(args) => args.run(context),
        Command::Locks(args) => args.run(context),
        Command::Tmp(args) => args.run(context),
        Command::Index(args) => args.run(context),
        Command::Check(args) => args.run(context),
    }
}

/// Refuses to run if the clock is wrong, so that nothing is closed, archived or removed because of a wrong age, and no
/// wrong time is written.
fn check_clock(context: &Context) -> Outcome<()> {
    let clocks = [context.now, clock::of_system(std::time::SystemTime::now())];
    match clocks.into_iter().find(|now| clock::is_wrong(*now)) {
        Some(now) => Err(Failure::Core(cs_core::Error::Refused(format!(
            "the clock says {}, which is wrong; set it first: nothing was closed, archived or removed",
            render::format_local_day(now, Zone::system())
        )))),
        None => Ok(()),
    }
}
