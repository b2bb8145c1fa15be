//! `head`: the last line of the log, to be stored elsewhere. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};

/// print the number and the hash of the last line; stored elsewhere, they prove later that
/// everything up to it is as it was
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "head",
    example = "{command_name}",
    example = "{command_name} | mail -s audit me@example.org"
)]
pub struct Head {}

impl Head {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let head = audit::Head::read(&context.store.home)?;
        let Some(head) = head else {
            let is_empty = audit::begins_at(&context.store)?.is_none();
            let why = if is_empty { "nothing was logged yet" } else { "head.json is missing; see cs-audit verify" };
            return Err(Failure::Nothing(why.into()));
        };
        match context.out.form {
            _ if context.out.quiet => context.out.line(&head.hash)?,
            Form::Json => context.out.json(&head)?,
            Form::Table => context.out.line(&format!("{} {} {}", head.file, head.seq, head.hash))?,
        }
        context.out.flush()
    }
}
