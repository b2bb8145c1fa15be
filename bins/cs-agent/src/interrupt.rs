//! `interrupt`: stops the turn of an agent.

use argh::{ArgsInfo, FromArgs};
use cli::seat::found;
use cli::seat::interrupt::{Interrupted, interrupt};
use cli::seat::{self, Agents};
use cli::{Context, Failure, Form, Outcome, note};
use seats::Seat;
use serde::Serialize;

/// stop the turn of an agent that works, with a single Esc; an idle agent gets nothing, and one that waits for an answer
/// is left alone
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "interrupt",
    example = "{command_name} builder",
    example = "{command_name} agent_20261129T1134_1f0c -q"
)]
pub struct Interrupt {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
}

impl Interrupt {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let found = agents.find(Some(&self.agent))?;
        agents.must_own(found, "interrupt")?;
        found::refuse_ended(found)?;
        match interrupt(context, found)? {
            Interrupted::Stopped => tell(context, found, true),
            Interrupted::WasIdle => tell(context, found, false),
            Interrupted::Waits => Err(Failure::Advised(
                format!("{} waits for an answer, and Esc would answer no; nothing was sent", found.title()),
                format!("cs-agent attach {} shows the question", found.agent_id),
            )),
        }
    }
}

/// A seat, and whether its turn was stopped.
#[derive(Serialize)]
struct Told<'a> {
    interrupted: bool,
    #[serde(flatten)]
    seat: &'a Seat,
}

/// Says whether a turn was stopped; an idle agent got nothing.
fn tell(context: &mut Context, seat: &Seat, interrupted: bool) -> Outcome<()> {
    if context.out.quiet {
        return seat::print_seat(context, seat);
    }
    if context.out.form == Form::Json {
        context.out.json(&Told { interrupted, seat })?;
        return context.out.flush();
    }
    let what = if interrupted { "its turn was stopped" } else { "it was idle, so nothing was sent" };
    note(crate::PROGRAM, &format!("{}: {what}", seat.title()));
    seat::print_seat(context, seat)
}
