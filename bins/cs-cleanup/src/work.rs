//! Owns doing things one after the other: each is reported as it is done. A failure is reported and the work goes on;
//! the code of the first failure is the exit code.

use cli::{Context, Failure, Failures, Form, Outcome, Progress};
use cs_core::parallel;
use cs_core::store::{Author, Finding, Run, Store, SweepAction};
use cs_core::zone::Zone;
use cs_core::{Result, who};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// The index is stored after this many changes: until then, readers look up each in its record.
const MANY: usize = 256;
/// Number of threads that wait for the disk.
const AT_ONCE: usize = 8;
/// How many items each of them gets before all are reported.
const SHARE: usize = 8;

/// A run of the program.
pub struct Work {
    pub context: Context,
    pub run: Run,
    /// The time from which the ages of files are counted.
    pub system_now: SystemTime,
    rows: Vec<Vec<String>>,
    /// How often each thing was done.
    counts: BTreeMap<&'static str, usize>,
    failures: Failures,
}

impl Work {
    pub fn new(mut context: Context, dry_run: bool) -> Self {
        // A note that this program adds must not count as an edit by a person.
        context.store.author = Author::Machine;
        let run = if dry_run { Run::Dry } else { Run::Real };
        Work {
            context,
            run,
            system_now: SystemTime::now(),
            rows: Vec::new(),
            counts: BTreeMap::new(),
            failures: Failures::default(),
        }
    }

    /// Calls `act` for each item that was found, and reports what it did.
    pub fn each<T: Sync>(
        &mut self,
        found: Result<Vec<T>>,
        act: impl Fn(&Store, &T) -> Result<Option<SweepAction>> + Sync,
    ) -> Outcome<()> {
        self.with_threads(1, found, act)
    }

    /// [`Work::each`] for different sessions, each of which waits for the disk: several at once.
    pub fn each_at_once<T: Sync>(
        &mut self,
        found: Result<Vec<T>>,
        act: impl Fn(&Store, &T) -> Result<Option<SweepAction>> + Sync,
    ) -> Outcome<()> {
        self.with_threads(AT_ONCE, found, act)
    }

    /// The index and the projects follow after many items. Each is reported when its neighbours are done.
    fn with_threads<T: Sync>(
        &mut self,
        threads: usize,
        found: Result<Vec<T>>,
        act: impl Fn(&Store, &T) -> Result<Option<SweepAction>> + Sync,
    ) -> Outcome<()> {
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.report_failure(error.into()),
        };
        let mut progress = Progress::new(found.len());
        let store = self.context.store.deferred();
        let neighbours = if threads == 1 { 1 } else { threads * SHARE };
        for chunk in found.chunks(MANY) {
            for part in chunk.chunks(neighbours) {
                let work = |n: usize| part.get(n).map(|item| act(&store, item));
                // A few are not worth so many threads.
                let mut done = parallel::with_workers(threads.min(part.len().div_ceil(2)), part.len(), work);
                done.sort_by_key(|(n, _)| *n);
                let mut done = done.into_iter().filter_map(|(_, done)| done);
                done.try_for_each(|done| self.report(done, &mut progress))?;
            }
            if self.run == Run::Real {
                self.context.store.fold_pending(self.context.now);
            }
        }
        progress.clear();
        Ok(())
    }

    fn report(&mut self, done: Result<Option<SweepAction>>, progress: &mut Progress) -> Outcome<()> {
        progress.step();
        match done {
            Ok(Some(done)) => self.report_action(&done),
            Ok(None) => Ok(()),
            Err(error) => {
                progress.clear();
                self.report_failure(error.into())
            }
        }
    }

    /// Records and reports a failure. The work goes on, unless the output can no longer be written.
    pub fn report_failure(&mut self, failure: Failure) -> Outcome<()> {
        self.failures.report(failure)
    }

    /// Reports one thing that was done, at once, because the job that runs this program may be stopped.
    pub fn report_action(&mut self, done: &SweepAction) -> Outcome<()> {
        let conversation = done.claude_session_id.as_ref().map(who::word_of);
        let session = done.session_id.as_ref().map(ToString::to_string);
        let subject = session.or(done.path.as_deref().map(|path| path.display().to_string())).or(conversation);
        let subject = subject.unwrap_or_default();
        *self.counts.entry(done.action).or_default() += 1;
        let out = &mut self.context.out;
        match out.form {
            _ if out.quiet => out.line(&subject)?,
            Form::Json => out.json(done)?,
            Form::Table => {
                let would = if done.dry_run { "would be " } else { "" };
                let subject = self.shorten(&subject);
                let reason = render::format_stamps(&done.reason, Zone::system());
                self.rows.push(vec![format!("{would}{}", done.action), subject, reason]);
                return Ok(());
            }
        }
        out.flush()
    }

    /// Reports something that is wrong.
    pub fn report_finding(&mut self, finding: &Finding) -> Outcome<()> {
        let out = &mut self.context.out;
        let path = finding.path.display().to_string();
        match out.form {
            _ if out.quiet => out.line(&path)?,
            Form::Json => out.json(finding)?,
            Form::Table => {
                let path = self.shorten(&path);
                self.rows.push(vec![finding.found.as_str().into(), path, finding.reason.clone()]);
                return Ok(());
            }
        }
        out.flush()
    }

    /// Shortens a path in the data directory, for people.
    fn shorten(&self, subject: &str) -> String {
        let inside = Path::new(subject).strip_prefix(self.context.store.home.root()).ok();
        let inside = inside.filter(|inside| !inside.as_os_str().is_empty());
        inside.map_or_else(|| subject.to_string(), |inside| inside.display().to_string())
    }

    /// Prints the table, or the text `nothing` if it is empty; in JSON and with `-q` an empty result prints nothing.
    pub fn finish(self, nothing: &str) -> Outcome<()> {
        let Work { mut context, run, rows, counts, failures, .. } = self;
        let out = &mut context.out;
        if out.form == Form::Table && !out.quiet {
            match (rows.is_empty(), failures.is_empty()) {
                (true, true) => out.line(nothing)?,
                (true, false) => {}
                (false, _) => out.table(&["what", "where", "why"], &rows)?,
            }
            if counts.values().sum::<usize>() > 1 {
                out.line(&format_counts(&counts, run))?;
            }
        }
        out.flush()?;
        failures.end()
    }

    /// Sets the exit code, unless something failed before.
    pub fn set_exit_code(&mut self, code: u8) {
        self.failures.set_exit_code(code);
    }
}

/// How often each thing was done: `total: 1 removed, 2 parked`.
fn format_counts(counts: &BTreeMap<&'static str, usize>, run: Run) -> String {
    let parts: Vec<String> = counts.iter().map(|(action, count)| format!("{count} {action}")).collect();
    let begin = if run == Run::Dry { "total without --dry-run" } else { "total" };
    format!("{begin}: {}", parts.join(", "))
}

/// The text if there was nothing to do.
pub const NOTHING: &str = "nothing to do";
