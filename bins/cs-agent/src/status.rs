//! `status`: what the agent in a seat says that it is doing.

use argh::{ArgsInfo, FromArgs};
use cli::seat::{Agents, id_of, print_seat};
use cli::{Context, Failure, Form, Outcome, sanitize};
use cs_core::validate;
use seats::Seat;
use serde::Serialize;

/// say what you are doing, for those who list the agents; without a text, print what was said
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "status",
    example = "{command_name} \"rewriting the parser, tests are red\"",
    example = "{command_name} --clear"
)]
pub struct Status {
    /// what you are doing, at most 300 characters
    #[argh(positional)]
    text: Option<String>,
    /// say nothing any more
    #[argh(switch)]
    clear: bool,
}

impl Status {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let doing = match (&self.text, self.clear) {
            (Some(_), true) => return Err(Failure::Usage("a text and --clear cannot be combined".into(), None)),
            (Some(text), false) => Some(Some(validate::text("status", text, validate::ACTIVITY)?)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let agents = Agents::read(&context.store)?;
        let own = agents.own()?;
        let Some(doing) = doing else {
            return print(context, own);
        };
        let changed = agents.files.update(&id_of(own)?, |seat| {
            seat.doing.clone_from(&doing);
            Ok(())
        })?;
        print_seat(context, &changed)
    }
}

#[derive(Serialize)]
struct Said<'a> {
    agent_id: &'a str,
    doing: &'a str,
}

fn print(context: &mut Context, seat: &Seat) -> Outcome<()> {
    let said = seat.doing.as_deref();
    let doing = said.ok_or_else(|| Failure::Nothing("it has not said what it is doing".into()))?;
    let out = &mut context.out;
    match out.form {
        _ if out.quiet => out.line(&seat.agent_id)?,
        Form::Json => out.json(&Said { agent_id: &seat.agent_id, doing })?,
        Form::Table => out.line(&sanitize(doing))?,
    }
    out.flush()
}
