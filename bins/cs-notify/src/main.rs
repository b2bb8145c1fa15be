//! Notices: who waits for the user, failed, went stale, stays parked. Checks once; timers call it.
//!
//! Reads: `config.json`, the index, `live/`, `ended/`, `notify_state.json`, and the records that it tells of.
//! Writes: `notify_state.json`, after a notice was delivered.
//! Exits: 0 done (also with nothing to tell), 1 not delivered, 64 usage, 65 invalid, 74 disk, 75 busy.

mod channel;
mod due;
mod notice;
mod quiet;
mod run;
mod send;
mod settings;
mod show;
mod told;

use argh::FromArgs;
use cli::{Context, Failure, Out, Outcome};
use settings::Settings;
use std::process::ExitCode;

/// Tells when a session waits for you, fails, goes stale or stays parked: as a desktop notice, or by
/// a command of yours. Off until settings.notifications_enabled in config.json is true.
#[derive(FromArgs)]
#[argh(example = "{command_name} --dry-run", example = "{command_name} --test")]
struct Args {
    /// say what would be told and how; tell nothing, write nothing
    #[argh(switch)]
    dry_run: bool,
    /// send one test notice by the channel in use
    #[argh(switch)]
    test: bool,
}

const PROGRAM: &str = "cs-notify";

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    let config = context.config();
    let settings = Settings::read(&config, &context.store.home.config())?;
    match (args.dry_run, args.test) {
        (true, true) => Err(Failure::Usage("--dry-run and --test contradict each other".into(), None)),
        (true, false) => run::rehearse(context, &config, &settings),
        (false, true) => run::test(context, &settings),
        (false, false) => run::tell(context, &config, &settings),
    }
}
