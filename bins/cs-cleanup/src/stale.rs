//! `stale`: closes sessions without a sign of life for too long.

use crate::doubt;
use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// close active sessions without a sign of life for stale_threshold_hours
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "stale", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Stale {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Stale {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        doubt::sweep(&mut work)?;
        sweep(&mut work)?;
        work.finish(NOTHING)
    }
}

pub fn sweep(work: &mut Work) -> Outcome<()> {
    // Reports what is wrong with the settings.
    let _ = work.context.config();
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.stale(now);
    work.each_at_once(found, |store, id| store.close_stale(id, run, now))
}
