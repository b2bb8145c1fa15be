//! `restore`: puts a conversation back where its client looks for it.

use crate::which;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::id::Uuid;
use kept::Restored;
use serde::Serialize;
use std::path::PathBuf;

/// put a conversation back where its client looks for it, so that it can be resumed: with its subagents, long results of
/// tools, and the conversation from which it was forked, if the client needs that. A file is put only where none is. Its time is that of now, so that the next sweep leaves it alone
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "restore",
    example = "{command_name} ca5d",
    example = "{command_name} ca5d --at before-refactoring"
)]
pub struct Restore {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
    /// put it back as it was at this snapshot, as a new conversation; the files of the project stay as they are
    #[argh(option)]
    at: Option<String>,
    /// put it into this folder instead
    #[argh(option)]
    to: Option<PathBuf>,
}

#[derive(Serialize)]
struct Shown {
    action: &'static str,
    path: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
}

/// Prints the files that were put back, and returns how many.
fn show(context: &mut Context, restored: &[Restored], conversation: Option<&Uuid>) -> Outcome<usize> {
    let mut count = 0;
    for one in restored.iter().filter(|one| !one.was_there) {
        count += 1;
        let (path, conversation) = (one.path.display().to_string(), conversation.map(ToString::to_string));
        match context.out.form {
            _ if context.out.quiet => context.out.line(&path)?,
            Form::Json => context.out.json(&Shown { action: "restored", path, bytes: one.bytes, conversation })?,
            Form::Table => context.out.line(&cli::sanitize(&path))?,
        }
    }
    Ok(count)
}

impl Restore {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let lines = which::kept(context, &self.id)?;
        let to = self.to.as_ref().map(std::path::absolute).transpose()?;
        let mut count = 0;
        let mut resumed = lines.first().map(|line| (line.agent, line.conversation.clone()));
        if let Some(name) = &self.at {
            let Some(line) = lines.first() else { return Ok(()) };
            let (home, uuid) = (&context.store.home, line.uuid()?);
            let anew = kept::restore_at(home, line.agent, &uuid, name, to.as_deref(), &which::actor(), context.now)?;
            count += show(context, &anew.restored, Some(&anew.uuid))?;
            resumed = Some((line.agent, anew.uuid.to_string()));
            if let Some(head) = anew.snapshot.head.filter(|_| context.out.form == Form::Table && !context.out.quiet) {
                let branch = anew.snapshot.branch.map_or_else(String::new, |branch| format!(", {branch}"));
                context.out.line(&cli::sanitize(&format!("the commit was {head}{branch}")))?;
            }
        }
        let mut wanted: Vec<(Agent, Uuid)> =
            lines.iter().map(|line| Ok((line.agent, line.uuid()?))).collect::<Outcome<_>>()?;
        let mut at = 0;
        while let Some((agent, uuid)) = wanted.get(at).cloned() {
            at += 1;
            let home = &context.store.home;
            let needed = kept::needed(home, agent, &uuid)?.map(|needed| (agent, needed));
            // Only those before it are needed as they are.
            if self.at.is_none() || at > lines.len() {
                let restored = kept::restore(home, agent, &uuid, to.as_deref(), &which::actor(), context.now)?;
                count += show(context, &restored, None)?;
            }
            wanted.extend(needed.filter(|needed| !wanted.contains(needed)));
        }
        let command = resumed.filter(|_| to.is_none()).map(|(agent, uuid)| agent.resume_command(&uuid));
        if count == 0 {
            let text = "all of it is there, so nothing was put back".to_string();
            return Err(match command {
                Some(command) => Failure::Advised(text, format!("resume it with {command}")),
                None => Failure::Nothing(text),
            });
        }
        if context.out.form == Form::Table && !context.out.quiet {
            command.iter().try_for_each(|command| context.out.line(&format!("resume it with {command}")))?;
        }
        context.out.flush()
    }
}
