//! Owns how things are done one after the other: each is told as it is done, a failure is told and
//! the work goes on; the first failure's code is the exit code.

use crate::progress::Progress;
use cli::{Context, Failure, Failures, Form, Outcome};
use cs_core::Result;
use cs_core::store::{Author, Finding, Run, Store, SweepAction};
use cs_core::zone::Zone;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// A run of the program.
pub struct Work {
    pub context: Context,
    pub run: Run,
    /// What the ages of files are compared with.
    pub system_now: SystemTime,
    rows: Vec<Vec<String>>,
    /// How often each thing was done.
    counts: BTreeMap<&'static str, usize>,
    failures: Failures,
}

impl Work {
    pub fn new(mut context: Context, dry_run: bool) -> Self {
        // What it notes in a record does not make that a person's.
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

    /// Does one thing for each of what was found.
    pub fn each<T>(
        &mut self,
        found: Result<Vec<T>>,
        mut act: impl FnMut(&Store, &T) -> Result<Option<SweepAction>>,
    ) -> Outcome<()> {
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.failed(error.into()),
        };
        let mut progress = Progress::new(found.len());
        for item in &found {
            let done = act(&self.context.store, item);
            progress.step();
            match done {
                Ok(Some(done)) => self.done(&done)?,
                Ok(None) => {}
                Err(error) => {
                    progress.clear();
                    self.failed(error.into())?;
                }
            }
        }
        progress.clear();
        Ok(())
    }

    /// Notes a failure and tells it; only output that nobody can read ends the work.
    pub fn failed(&mut self, failure: Failure) -> Outcome<()> {
        self.failures.report(failure)
    }

    /// Tells one thing that was done, at once: the job that runs us may be stopped.
    pub fn done(&mut self, done: &SweepAction) -> Outcome<()> {
        let conversation = done.claude_session_id.as_ref().map(|uuid| format!("claude:{uuid}"));
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
                let subject = self.short(&subject);
                let reason = render::format_stamps(&done.reason, Zone::system());
                self.rows.push(vec![format!("{would}{}", done.action), subject, reason]);
                return Ok(());
            }
        }
        out.flush()
    }

    /// Tells something that is wrong.
    pub fn found(&mut self, finding: &Finding) -> Outcome<()> {
        let out = &mut self.context.out;
        let path = finding.path.display().to_string();
        match out.form {
            _ if out.quiet => out.line(&path)?,
            Form::Json => out.json(finding)?,
            Form::Table => {
                let path = self.short(&path);
                self.rows.push(vec![finding.found.as_str().into(), path, finding.reason.clone()]);
                return Ok(());
            }
        }
        out.flush()
    }

    /// A path as people want to see it: from the data directory.
    fn short(&self, subject: &str) -> String {
        let inside = Path::new(subject).strip_prefix(self.context.store.home.root()).ok();
        let inside = inside.filter(|inside| !inside.as_os_str().is_empty());
        inside.map_or_else(|| subject.to_string(), |inside| inside.display().to_string())
    }

    /// Shows the table, or the text `nothing` where it would be empty. Other forms of output print nothing then.
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
                out.line(&in_all(&counts, run))?;
            }
        }
        out.flush()?;
        failures.end()
    }

    /// The work ends with this code, unless something failed before.
    pub fn ends_with(&mut self, code: u8) {
        self.failures.ends_with(code);
    }
}

/// How often each thing was done: `in all: 1 forgotten, 2 parked`.
fn in_all(counts: &BTreeMap<&'static str, usize>, run: Run) -> String {
    let parts: Vec<String> = counts.iter().map(|(action, count)| format!("{count} {action}")).collect();
    let begin = if run == Run::Dry { "in all there would be" } else { "in all" };
    format!("{begin}: {}", parts.join(", "))
}

/// What is said where nothing was to be done.
pub const NOTHING: &str = "nothing to do";
