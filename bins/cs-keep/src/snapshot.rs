//! `snapshot`: gives a name to how a conversation is now.

use crate::{settings, which};
use agents::Agent;
use agents::logs::{Roots, conversation_of};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::Error;
use cs_core::id::Uuid;
use cs_core::store::Run;
use kept::{Done, Job, Listen};
use serde::Serialize;

/// give a name to how a conversation is now, so that it can be resumed from there under a new id: see restore --at. What
/// is new in it is copied first; nothing else is copied. The commit that is checked out is noted, not its files
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "snapshot",
    note = "During a turn it names the last place at which no call of a tool was open.",
    example = "{command_name} ca5d before-refactoring",
    example = "{command_name} before-refactoring"
)]
pub struct Snapshot {
    /// the conversation (an id, its start or end, or that of a session; default: the one in whose shell this runs), and
    /// the name
    #[argh(positional, arg_name = "id name")]
    words: Vec<String>,
}

/// A snapshot, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    conversation: &'a str,
    #[serde(flatten)]
    snapshot: &'a kept::Snapshot,
}

/// Remembers the first thing that could not be copied.
#[derive(Default)]
struct Quiet(Option<Error>);

impl Listen for Quiet {
    fn done(&mut self, _: &Done) {}

    fn failed(&mut self, error: Error) {
        self.0.get_or_insert(error);
    }

    fn step(&mut self, _: usize) {}
}

impl Snapshot {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (id, name) = match self.words.as_slice() {
            [name] => (None, name),
            [id, name] => (Some(id.as_str()), name),
            _ => {
                let hint = "cs-keep snapshot [ID] NAME".to_string();
                return Err(Failure::Usage("write the conversation and a name".into(), Some(hint)));
            }
        };
        let (agent, uuid) = match id {
            Some(word) => which::conversation(context, word)?,
            None => which::own(context)?,
        };
        keep(context, agent, &uuid)?;
        let snapshot = kept::snapshot(&context.store.home, agent, &uuid, name, &which::actor(), context.now)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(&snapshot.name)?,
            Form::Json => context.out.json(&Shown { conversation: uuid.as_str(), snapshot: &snapshot })?,
            Form::Table => context.out.line(&cli::sanitize(&words(&snapshot)))?,
        }
        context.out.flush()
    }
}

/// `before-refactoring: 1.2 MB, main at 1a2b3c4`.
pub fn words(snapshot: &kept::Snapshot) -> String {
    let at = match (&snapshot.branch, &snapshot.head) {
        (Some(branch), Some(head)) => format!(", {branch} at {}", head.get(..7).unwrap_or(head)),
        _ => String::new(),
    };
    format!("{}: {}{at}", snapshot.name, render::format_bytes(snapshot.bytes))
}

/// Copies what is new of a conversation.
fn keep(context: &Context, agent: Agent, uuid: &Uuid) -> Outcome<()> {
    let (config, settings) = settings::read(context);
    let mut found = Roots::from_env().logs();
    let is_its = |path: &std::path::Path| conversation_of(agent, path).is_some_and(|(other, _)| other == uuid.as_str());
    found.logs.retain(|log| log.agent == agent && is_its(&log.path));
    let home = &context.store.home;
    let job = Job { home, config: &config, settings: &settings, run: Run::Real, now: context.now };
    let mut quiet = Quiet::default();
    let summary = kept::run(&job, found, &mut quiet)?;
    match quiet.0 {
        Some(error) => Err(error.into()),
        None if summary.forgotten > 0 => {
            Err(Error::Refused(format!("the copies of {uuid} were removed by cs-keep forget")).into())
        }
        None if summary.left_out > 0 => {
            Err(Error::Refused(format!("by the group keep of config.json, {uuid} is not kept")).into())
        }
        None => Ok(()),
    }
}
