//! `all`: does what the timer needs. If something fails, the rest is still done.

use crate::work::{NOTHING, Work};
use crate::{archive, doubt, gone, locks, notes, stale, tmp};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::clock;
use cs_core::config::SessionEnd;
use cs_core::store::Run;

/// do all of it: tmp, index (if it is damaged), gone, stale, archive, locks; also note the projects' repositories, remove
/// old files and trim long logs
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "all", example = "{command_name} --dry-run", example = "{command_name}")]
pub struct All {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl All {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        let (run, system_now, now) = (work.run, work.system_now, work.context.now);
        tmp::sweep(&mut work)?;
        tmp::sweep_irregular(&mut work)?;
        // This comes first: with a damaged index, all others would read all records.
        work.each(Ok(vec![()]), |store, ()| store.repair_index(run, now))?;
        notes::sweep(&mut work)?;
        gone::sweep(&mut work)?;
        doubt::sweep(&mut work)?;
        if !keeps_sessions_open(&work) {
            stale::sweep(&mut work)?;
        }
        archive::sweep(&mut work, None)?;
        work.each(Ok(vec![()]), |store, ()| store.learn_repos(run))?;
        locks::sweep(&mut work)?;
        let ended = work.context.store.old_ended(system_now);
        work.each(ended, |store, uuid| store.remove_ended(uuid, run, system_now))?;
        let launches = work.context.store.old_launches(system_now);
        work.each(launches, |store, path| store.remove_launch(path, run, system_now))?;
        let belongings = work.context.store.old_belongings(system_now);
        work.each(belongings, |store, path| store.remove_belonging(path, run, system_now))?;
        let messages = work.context.store.old_messages(system_now);
        work.each(messages, |store, path| store.remove_message(path, run, system_now))?;
        let figures = work.context.store.old_figures(system_now);
        work.each(figures, |store, path| store.remove_figures(path, run, system_now))?;
        let untold = work.context.store.old_untold(system_now);
        work.each(untold, |store, path| store.remove_untold(path, run, system_now))?;
        let earlier = now.min(clock::of_system(system_now));
        let limits = ::limits::trim::overdue(&work.context.store.home, earlier);
        work.each(limits, |store, key| ::limits::trim::trim(&store.home, key, run, earlier))?;
        if run == Run::Real {
            // Nobody needs to know of it: without an index a question takes longer.
            let days = ::audit::days_without_index(&work.context.store);
            work.each(days, |_, day| ::audit::make_index(day).map(|()| None))?;
        }
        let logs = work.context.store.long_logs();
        work.each(logs, |store, path| store.trim_log(path, run))?;
        work.finish(NOTHING)
    }
}

/// Whether the user closes sessions by hand. The other steps report settings that cannot be understood.
fn keeps_sessions_open(work: &Work) -> bool {
    work.context.config().hooks.session_end == SessionEnd::Keep
}
