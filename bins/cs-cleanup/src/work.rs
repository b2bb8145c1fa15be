//! Owns doing things one after the other: each is reported as it is done. A failure is reported and the work goes on;
//! the code of the first failure is the exit code.

use cli::{Context, Failure, Failures, Form, Outcome, Progress};
use cs_core::store::{Author, Finding, Run, Store, SweepAction};
use cs_core::zone::Zone;
use cs_core::{Result, who};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// The index is stored after this many changes: until then, readers look up each in its record.
const MANY: usize = 256;

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

    /// Calls `act` for each item that was found, and reports what it did. The index and the projects follow after many.
    pub fn each<T>(
        &mut self,
        found: Result<Vec<T>>,
        mut act: impl FnMut(&Store, &T) -> Result<Option<SweepAction>>,
    ) -> Outcome<()> {
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.report_failure(error.into()),
        };
        let mut progress = Progress::new(found.len());
        let store = self.context.store.deferred();
        for (n, item) in found.iter().enumerate() {
            let done = act(&store, item);
            progress.step();
            if self.run == Run::Real && ((n + 1) % MANY == 0 || n + 1 == found.len()) {
                self.context.store.fold_pending(self.context.now);
            }
            match done {
                Ok(Some(done)) => self.report_action(&done)?,
                Ok(None) => {}
                Err(error) => {
                    progress.clear();
                    self.report_failure(error.into())?;
                }
            }
        }
        progress.clear();
        Ok(())
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
