//! `tmp`: removes the files of writes that were killed.

use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// remove files of unfinished writes that are older than an hour
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "tmp", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Tmp {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Tmp {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        sweep(&mut work)?;
        work.finish(NOTHING)
    }
}

pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now) = (work.run, work.system_now);
    let found = work.context.store.left_over(now);
    work.each(found, |store, path| store.remove_left_over(path, run, now))
}

/// Moves to quarantine what has stood for an hour where the index, a lock or notes belong and is no file: all others could
/// not go on.
pub fn sweep_irregular(work: &mut Work) -> Outcome<()> {
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.irregular(work.system_now);
    work.each(found, |store, finding| store.repair(finding, run, now))
}
