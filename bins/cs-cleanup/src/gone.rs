//! `gone`: closes conversations whose process ended without reporting it.

use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// close sessions whose process ended without SessionEnd, in the way that hook would have closed them
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "gone", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Gone {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Gone {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        sweep(&mut work)?;
        work.finish(NOTHING)
    }
}

pub fn sweep(work: &mut Work) -> Outcome<()> {
    // Loading the settings prints what is wrong with them; the value is not needed here.
    let _ = work.context.config();
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.gone();
    work.each(found, |store, uuid| store.close_gone(uuid, run, now))
}
