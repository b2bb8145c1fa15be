//! `forget`: removes the copies of a conversation.

use crate::which::{self, Client};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::error::Error;
use serde::Serialize;

/// remove all copies of a conversation. It is not copied again, and the ledger keeps a line about it. The client's own
/// log stays; without one, what was said about the conversation (cs-mark) is removed as well
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "forget",
    example = "{command_name} ca5d --reason \"it has a customer's data\"",
    example = "{command_name} ca5d --reason private --yes"
)]
pub struct Forget {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: String,
    /// why, for the ledger
    #[argh(option)]
    reason: String,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

#[derive(Serialize)]
pub struct Shown<'a> {
    pub action: &'static str,
    pub conversation: &'a str,
    pub bytes: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl Forget {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let reason = cs_core::validate::cut(self.reason.trim(), cs_core::validate::REASON);
        if reason.is_empty() {
            return Err(Failure::Core(Error::Invalid("the reason is empty".into())));
        }
        let lines = which::kept(context, &self.id)?;
        let concerned: Vec<String> =
            lines.iter().map(|line| format!("{}, {}", line.conversation, render::format_bytes(line.bytes))).collect();
        cli::confirm(&concerned, "remove all copies of it?", self.yes)?;
        for line in &lines {
            kept::forget(&context.store.home, line.agent, &line.uuid()?, &which::actor(), &reason, context.now)?;
            show(context, "forgotten", line, false)?;
            forget_marks(context, line)?;
        }
        context.out.flush()
    }
}

/// Removes the marks of a conversation without a log. As long as there may be one, its redactions must hold, and so must a
/// damaged line, which may be one.
fn forget_marks(context: &Context, line: &kept::Line) -> Outcome<()> {
    let uuid = line.conversation.as_str();
    if !marks::are_there(&context.store, uuid)? {
        return Ok(());
    }
    let stays = |why: String| {
        cli::note(crate::PROGRAM, &format!("{why}, so what was said about it stays: cs-mark log {uuid}"));
        Ok(())
    };
    match which::client_log(context, line.agent, uuid) {
        Client::Has => stays(format!("the client still has the log of {uuid}")),
        Client::Unseen(path) => stays(format!("the log of {uuid} may be in {}, which cannot be read", path.display())),
        Client::HasNone => Ok(marks::forget(&context.store, uuid)?),
    }
}

/// Prints what was done to a conversation.
pub fn show(context: &mut Context, action: &'static str, line: &kept::Line, dry_run: bool) -> Outcome<()> {
    let (conversation, bytes) = (line.conversation.as_str(), line.bytes);
    let out = &mut context.out;
    match out.form {
        _ if out.quiet => out.line(conversation),
        Form::Json => out.json(&Shown { action, conversation, bytes, dry_run }),
        Form::Table => {
            let would = if dry_run { "would be " } else { "" };
            out.line(&format!("{conversation} {would}{action}, {}", render::format_bytes(bytes)))
        }
    }
}
