//! `stale`: sessions of which nothing was heard for too long.

use crate::doubt;
use crate::work::{NOTHING, Work};
use argh::FromArgs;
use cli::{Context, Outcome};

/// close active sessions that showed no sign of life for stale_threshold_hours
#[derive(FromArgs)]
#[argh(subcommand, name = "stale", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Stale {
    /// show what would be done
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
    // Read for what it tells.
    let _ = work.context.config();
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.stale(now);
    work.each(found, |store, id| store.close_stale(id, run, now))
}
