//! `locks`: lock files of files that are not there.

use crate::work::{NOTHING, Work};
use argh::FromArgs;
use cli::{Context, Outcome};

/// remove lock files that are not held and whose record is gone, after an hour
#[derive(FromArgs)]
#[argh(subcommand, name = "locks", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Locks {
    /// show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Locks {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        sweep(&mut work)?;
        work.finish(NOTHING)
    }
}

pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now) = (work.run, work.system_now);
    let found = work.context.store.orphan_locks(now);
    work.each(found, |store, path| store.remove_lock(path, run, now))
}
