//! Sends notices about sessions that wait for the user, failed, went stale or stay parked, and about limits, budgets and
//! planned starts; starts what a person planned. Checks once; timers run it. `hook`, which agents call, checks soon after
//! an event.
//!
//! Reads: `config.json`, the index, `live/`, `ended/`, `notify_state.json`, the records of the sessions in a notice,
//! `limits/`, `usage/days.json` and `statusline/` if there are budgets, and `audit/` and transcripts if destructive calls
//! are reported.
//! Writes: `audit/<day>.index`, a cache; `notify_state.json`, before and after a notice is delivered;
//! `notify/<uuid>.lock`; with `on` and `off`, `config.json`.
//! Exits: 0 done (also if no notice is due), 1 not delivered, 64 usage, 65 invalid, 74 disk, 75 busy. `hook`: always 0;
//! its errors go to `logs/hook.log`.

mod button;
mod channel;
mod click;
mod deliver;
mod delivered;
mod due;
mod follow;
mod handler;
mod hook;
mod notice;
mod planned;
mod quiet;
mod quip;
mod reasons;
mod registered;
mod run;
mod send;
mod settings;
mod show;
mod status;
mod subject;
mod switch;
mod template;
mod watch;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome, defer};
use settings::Settings;
use std::process::ExitCode;

/// Sends a notice when a session waits for you, fails, goes stale or stays parked, and when a limit or a
/// budget is nearly used up: on the desktop, or by your own command. It is off until you switch it on.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} on", example = "{command_name} --test")]
struct Args {
    /// print what would be sent and by which channel, but send and write nothing
    #[argh(switch)]
    dry_run: bool,
    /// send a test notice by each handler, and report each
    #[argh(switch)]
    test: bool,
    #[argh(subcommand)]
    command: Option<Command>,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    On(switch::On),
    Off(switch::Off),
    Status(status::Status),
    Hook(hook::Hook),
}

const PROGRAM: &str = "cs-notify";

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    let has_switch = args.dry_run || args.test;
    match args.command {
        Some(_) if has_switch => {
            Err(Failure::Usage("--dry-run and --test cannot be combined with a command".into(), None))
        }
        Some(Command::Hook(hook)) => hook.run(),
        Some(Command::On(on)) => on.run(&mut Context::new(out)?),
        Some(Command::Off(off)) => off.run(&mut Context::new(out)?),
        other => check(args.dry_run, args.test, other, out),
    }
}

/// What needs the settings.
fn check(dry_run: bool, test: bool, command: Option<Command>, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    let config = context.config();
    let (settings, errors) = Settings::read_all(&config, &context.store.home.config())?;
    errors.iter().for_each(defer);
    match (command, dry_run, test) {
        (Some(Command::Status(status)), ..) => status.run(context, &settings),
        (_, true, true) => Err(Failure::Usage("--dry-run and --test cannot be combined".into(), None)),
        (_, true, false) => run::rehearse(context, &config, &settings),
        (_, false, true) => run::test(context, &settings),
        (_, false, false) => run::send_due(context, &config, &settings),
    }
}
