//! `locks`: removes lock files of files that do not exist.

use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// remove lock files that are not held, whose record is gone, and that are older than an hour
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "locks", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Locks {
    /// only show what would be done
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
