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
        let Some(head) = head else { return Err(none(context)) };
        match context.out.form {
            _ if context.out.quiet => context.out.line(&head.hash)?,
            Form::Json => context.out.json(&head)?,
            Form::Table => context.out.line(&format!("{} {} {}", head.file, head.seq, head.hash))?,
        }
        context.out.flush()
    }
}

fn none(context: &Context) -> Failure {
    match audit::begins_at(&context.store) {
        Ok(Some(_)) => Failure::Advised(
            "head.json is missing, although the log has lines".into(),
            "cs-audit verify reads the log and says which line is the last one".into(),
        ),
        _ => Failure::Nothing("nothing was logged yet".into()),
    }
}
