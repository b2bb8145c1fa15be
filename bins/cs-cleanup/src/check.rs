//! `check`: reads everything and reports what is wrong; `--repair` repairs what needs no decision.

use crate::PROGRAM;
use crate::work::Work;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, Progress, note};
use cs_core::store::Finding;

/// read everything and report each damaged, oversized, foreign or newer file; exit with 1 if there is any
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "check", example = "{command_name}", example = "{command_name} --repair --dry-run")]
pub struct Check {
    /// move damaged files to quarantine/ with a note, make files private, rebuild a wrong index, count sessions again
    #[argh(switch)]
    repair: bool,
    /// with --repair: only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Check {
    pub fn run(self, context: Context) -> Outcome<()> {
        if self.dry_run && !self.repair {
            let hint = "cs-cleanup check changes nothing without --repair";
            return Err(Failure::Usage("--dry-run needs --repair".into(), Some(hint.into())));
        }
        let mut work = Work::new(context, self.dry_run);
        let all = work.context.store.everything()?;
        let mut progress = Progress::new(all.len());
        let mut left = 0;
        for path in &all {
            let found = work.context.store.check_file(path);
            progress.step();
            if !found.is_empty() {
                progress.clear();
                left += self.treat(&mut work, &found)?;
            }
        }
        progress.clear();
        match work.context.store.contradictions() {
            Ok(found) => left += self.treat(&mut work, &found)?,
            Err(error) => work.report_failure(error.into())?,
        }
        // A project that may have moved is only a hint, not a problem: only a person knows whether it moved.
        let hints = if work.context.out.quiet {
            Vec::new()
        } else {
            cli::repo::moves(&work.context.store, &work.context.store.config())
        };
        hints.iter().for_each(|hint| note(PROGRAM, hint));
        if left > 0 {
            work.set_exit_code(1);
        }
        work.finish(&format!("everything is in order: {} files and folders", all.len()))
    }

    /// Reports what was found, repairs it if that was requested, and returns how many problems are left.
    fn treat(&self, work: &mut Work, found: &[Finding]) -> Outcome<usize> {
        let (run, now) = (work.run, work.context.now);
        let mut left = 0;
        let counted = if self.repair { work.context.store.count_again(found, run, now) } else { Ok(Vec::new()) };
        let mut counted = counted.or_else(|error| work.report_failure(error.into()).map(|()| Vec::new()))?;
        for finding in found {
            work.report_finding(finding)?;
            let known = counted.iter().position(|done| done.path.as_ref() == Some(&finding.path));
            let repaired = match known {
                Some(at) => Ok(Some(counted.swap_remove(at))),
                None if self.repair => work.context.store.repair(finding, run, now),
                None => Ok(None),
            };
            match repaired {
                Ok(Some(done)) => {
                    left += usize::from(self.dry_run);
                    work.report_action(&done)?;
                }
                // The repair of an earlier finding may have moved this file away.
                Ok(None) => left += usize::from(finding.path.symlink_metadata().is_ok()),
                Err(error) => work.report_failure(error.into())?,
            }
        }
        Ok(left)
    }
}
