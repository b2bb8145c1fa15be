//! `run`: copies what is new.

use crate::PROGRAM;
use crate::settings;
use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failures, Form, Out, Outcome, Progress, note};
use cs_core::Error;
use cs_core::store::Run as Mode;
use kept::{Done, Job, Listen, Summary};
use serde::Serialize;

/// copy what is new in the conversations of all clients: what was appended to a log is appended to its copy; a log that
/// its client wrote anew gets a new copy, and the old one stays
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "run",
    note = "Which projects are kept is set by the group keep of config.json, whatever asks for it.",
    example = "{command_name} --dry-run",
    example = "{command_name} --if-enabled -q"
)]
pub struct Run {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
    /// do nothing unless keep.enabled is set, as the hourly job does
    #[argh(switch)]
    if_enabled: bool,
}

/// What was done, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    action: &'static str,
    conversation: &'a str,
    agent: agents::Agent,
    path: String,
    bytes: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// Prints what is done.
struct Teller<'o> {
    out: &'o mut Out,
    dry_run: bool,
    progress: Option<Progress>,
    failures: Failures,
    broken: Outcome<()>,
    /// The conversation whose id was printed last.
    told: String,
}

impl Teller<'_> {
    fn print(&mut self, done: &Done) -> Outcome<()> {
        let path = done.origin.display().to_string();
        let word = done.what.word();
        match self.out.form {
            _ if self.out.quiet && self.told == done.conversation => Ok(()),
            _ if self.out.quiet => {
                self.told.clone_from(&done.conversation);
                self.out.line(&done.conversation)
            }
            Form::Json => self.out.json(&Shown {
                action: word,
                conversation: &done.conversation,
                agent: done.agent,
                path,
                bytes: done.bytes,
                dry_run: self.dry_run,
            }),
            Form::Table => Ok(()),
        }
    }
}

impl Listen for Teller<'_> {
    fn done(&mut self, done: &Done) {
        if self.broken.is_ok() {
            self.broken = self.print(done);
        }
    }

    fn failed(&mut self, error: Error) {
        self.progress.iter_mut().for_each(Progress::clear);
        if self.broken.is_ok() {
            self.broken = self.failures.report(error);
        }
    }

    fn step(&mut self, all: usize) {
        self.progress.get_or_insert_with(|| Progress::new(all)).step();
    }
}

impl Run {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (config, settings) = settings::read(context);
        if self.if_enabled && !settings.enabled {
            return Ok(());
        }
        let found = Roots::from_env().logs();
        let mut failures = Failures::default();
        for (path, source) in &found.unseen {
            failures.report(Error::io(path, "read", std::io::Error::new(source.kind(), source.to_string())))?;
        }
        let mode = if self.dry_run { Mode::Dry } else { Mode::Real };
        let job = Job { home: &context.store.home, config: &config, settings: &settings, run: mode, now: context.now };
        let (dry_run, progress) = (self.dry_run, None);
        let mut teller =
            Teller { out: &mut context.out, dry_run, progress, failures, broken: Ok(()), told: String::new() };
        let summary = kept::run(&job, found, &mut teller);
        teller.progress.iter_mut().for_each(Progress::clear);
        let Teller { failures, broken, .. } = teller;
        broken?;
        let summary = summary?;
        if context.out.form == Form::Table && !context.out.quiet {
            context.out.line(&words(&summary, self.dry_run))?;
        }
        context.out.flush()?;
        if let Some(excess) = settings.excess(summary.bytes) {
            note(PROGRAM, &format!("the copies have {} more than keep.max_gb", render::format_bytes(excess)));
        }
        failures.end()
    }
}

/// `3 conversations copied (1.2 MB), 20 unchanged`.
fn words(summary: &Summary, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let size = render::format_bytes(summary.copied);
    let changed = render::format_quantity(summary.changed, "conversation");
    let mut parts = vec![format!("{changed} {would}changed ({size})")];
    let more = [
        (summary.unchanged, "unchanged"),
        (summary.left_out, "left out by the settings"),
        (summary.forgotten, "forgotten"),
        (summary.links, "links or odd names not copied"),
    ];
    let more = more.iter().filter(|(count, word)| *count > 0 || *word == "unchanged");
    parts.extend(more.map(|(count, word)| format!("{} {word}", render::format_number(*count))));
    parts.join(", ")
}
