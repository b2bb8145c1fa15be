//! `path`: where the logs of conversations are. Writes nothing.

use crate::chosen;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome};
use conversations::{Conversation, Log, MAIN};
use serde::Serialize;

/// print the paths of logs: of a conversation itself, or with --all those of its subagents, too
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "path", example = "{command_name} ca5d -q", example = "{command_name} ca5d --all")]
pub struct PathOf {
    /// conversations: ids, their starts or ends, those of sessions, or claude:UUID (default: the one that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// also the logs of subagents
    #[argh(switch)]
    all: bool,
}

/// A log as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    conversation: &'a str,
    thread: &'a str,
    path: String,
    bytes: u64,
    /// Whether it is a copy that cs-keep made, which may be compressed.
    kept: bool,
}

impl PathOf {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        chosen::each(context, &self.id, |context, all| {
            for one in all {
                for log in one.logs.iter().filter(|log| self.all || log.thread == MAIN) {
                    print(context, one, log)?;
                }
            }
            context.out.flush()
        })
    }
}

fn print(context: &mut Context, one: &Conversation, log: &Log) -> Outcome<()> {
    let path = log.path.display().to_string();
    match context.out.form == Form::Table || context.out.quiet {
        true => context.out.line(&cli::sanitize(&path)),
        false => {
            let (conversation, thread) = (one.uuid.as_str(), log.thread.as_str());
            context.out.json(&Shown { conversation, thread, path, bytes: log.bytes, kept: log.is_kept })
        }
    }
}
