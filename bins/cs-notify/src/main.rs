//! Sends notices about sessions that wait for the user, failed, went stale or stay parked. Checks once; timers run it.
//! `hook`, which agents call, checks soon after an event.
//!
//! Reads: `config.json`, the index, `live/`, `ended/`, `notify_state.json`, and the records of the sessions in a notice.
//! Writes: `notify_state.json`, after a notice was delivered; `notify/<uuid>.lock`.
//! Exits: 0 done (also if no notice is due), 1 not delivered, 64 usage, 65 invalid, 74 disk, 75 busy. `hook`: always 0;
//! its errors go to `logs/hook.log`.

mod channel;
mod delivered;
mod due;
mod handler;
mod hook;
mod notice;
mod quiet;
mod reasons;
mod run;
mod send;
mod settings;
mod show;
mod subject;
mod template;
mod watch;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome};
use settings::Settings;
use std::process::ExitCode;

/// Sends a notice when a session waits for you, fails, goes stale or stays parked: on the desktop, or
/// by your own command. It is off until settings.notifications_enabled in config.json is true.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} --dry-run", example = "{command_name} --test")]
struct Args {
    /// print what would be sent and by which channel, but send and write nothing
    #[argh(switch)]
    dry_run: bool,
    /// send one test notice by the channel in use
    #[argh(switch)]
    test: bool,
    #[argh(subcommand)]
    command: Option<Command>,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    Hook(hook::Hook),
}

const PROGRAM: &str = "cs-notify";

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    if let Some(Command::Hook(hook)) = args.command {
        return hook.run();
    }
    let context = &mut Context::new(out)?;
    let config = context.config();
    let settings = Settings::read(&config, &context.store.home.config())?;
    match (args.dry_run, args.test) {
        (true, true) => Err(Failure::Usage("--dry-run and --test cannot be combined".into(), None)),
        (true, false) => run::rehearse(context, &config, &settings),
        (false, true) => run::test(context, &settings),
        (false, false) => run::send_due(context, &config, &settings),
    }
}
