//! `index`: rebuilds the index from the records.

use crate::tmp;
use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::store::{Rebuilt, Run, SweepAction};

/// rebuild the index from the records, and report damaged records
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "index", example = "{command_name} --dry-run", example = "{command_name}")]
pub struct Index {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Index {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        tmp::sweep_irregular(&mut work)?;
        let store = &work.context.store;
        // Without a folder there is nothing to index, and the folder is not created for it.
        if store.home.sessions().exists() {
            let Rebuilt { text, damaged, .. } = match work.run {
                Run::Real => store.rebuild_index(work.context.now)?,
                Run::Dry => store.rebuilt()?,
            };
            let count = cs_core::index::parse(&text).unwrap_or_default().len();
            let count = render::format_quantity(count as u64, "record");
            let path = store.home.index();
            work.report_action(&SweepAction::at("rebuilt", &path, format!("made from {count}"), work.run))?;
            for (_, error) in damaged {
                work.report_failure(error.into())?;
            }
        }
        work.finish(NOTHING)
    }
}
