//! `log`: all that was ever said about a conversation. Writes nothing.

use crate::{list, shown, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use marks::Marks;

/// show all that was ever said about a conversation, the oldest first, with what was undone
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "log", example = "{command_name} ca5d", example = "{command_name} ca5d --json")]
pub struct Log {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
}

impl Log {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let uuid = which::any(context, &self.id)?.uuid;
        let marks = Marks::read(&context.store, &uuid)?;
        list::tell_damaged(&uuid, &marks);
        for mark in &marks.all {
            let undone = marks.is_undone(&mark.id);
            match context.out.form {
                _ if context.out.quiet => context.out.line(&mark.id)?,
                Form::Json => shown::print_json(context, &uuid, mark, undone)?,
                Form::Table => {
                    let undone = if undone { " (undone)" } else { "" };
                    let why = mark.said.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                    let (at, what) = (shown::time(mark), shown::describe(mark));
                    let line = format!("{at}  {}  {}  {what}{undone}{why}", mark.id, mark.actor);
                    context.out.line(&cli::sanitize(&line))?;
                }
            }
        }
        context.out.flush()?;
        match marks.all.is_empty() {
            true => Err(Failure::Nothing(format!("nothing was said about {uuid}"))),
            false => Ok(()),
        }
    }
}
