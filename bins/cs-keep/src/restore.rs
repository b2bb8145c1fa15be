//! `restore`: puts a conversation back where its client looks for it.

use crate::which;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::id::Uuid;
use serde::Serialize;
use std::path::PathBuf;

/// put a conversation back where its client looks for it, so that it can be resumed: with its subagents, long results of
/// tools, and the conversation from which it was forked, if the client needs that. A file is put only where none is. Its time is that of now, so that the next sweep leaves it alone
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "restore", example = "{command_name} ca5d", example = "{command_name} ca5d --to /tmp/look")]
pub struct Restore {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
    /// put it into this folder instead
    #[argh(option)]
    to: Option<PathBuf>,
}

#[derive(Serialize)]
struct Shown {
    action: &'static str,
    path: String,
    bytes: u64,
}

impl Restore {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let lines = which::kept(context, &self.id)?;
        let to = self.to.as_ref().map(std::path::absolute).transpose()?;
        let mut count = 0;
        let mut wanted: Vec<(Agent, Uuid)> =
            lines.iter().map(|line| Ok((line.agent, line.uuid()?))).collect::<Outcome<_>>()?;
        let mut at = 0;
        while let Some((agent, uuid)) = wanted.get(at).cloned() {
            at += 1;
            let home = &context.store.home;
            let restored = kept::restore(home, agent, &uuid, to.as_deref(), &which::actor(), context.now)?;
            let needed = kept::needed(home, agent, &uuid)?.map(|needed| (agent, needed));
            wanted.extend(needed.filter(|needed| !wanted.contains(needed)));
            for one in restored.iter().filter(|one| !one.was_there) {
                count += 1;
                let path = one.path.display().to_string();
                match context.out.form {
                    _ if context.out.quiet => context.out.line(&path)?,
                    Form::Json => context.out.json(&Shown { action: "restored", path, bytes: one.bytes })?,
                    Form::Table => context.out.line(&cli::sanitize(&path))?,
                }
            }
        }
        let command = lines.first().filter(|_| to.is_none()).map(|line| line.agent.resume_command(&line.conversation));
        if count == 0 {
            let hint = command.map_or_else(String::new, |command| format!("resume it with {command}"));
            return Err(Failure::Advised("all of it is there, so nothing was put back".into(), hint));
        }
        if context.out.form == Form::Table && !context.out.quiet {
            command.iter().try_for_each(|command| context.out.line(&format!("resume it with {command}")))?;
        }
        context.out.flush()
    }
}
