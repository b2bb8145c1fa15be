//! `what`: what an agent was to do, what it has done, and what is open, without asking a model. Must stay true: texts are
//! masked; the agent is not disturbed, unless the caller asks it (`--ask`).

use crate::ask;
use crate::summary::{self, Depth, Summary};
use argh::{ArgsInfo, FromArgs};
use cli::seat::{self, Agents};
use cli::{Context, Failure, Form, Outcome, call, sanitize};
use cs_core::masked;
use std::time::Duration;

/// sum up an agent's work: intent, state, tasks, last answer, files, commits, open question, cost
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "what", example = "{command_name} builder", example = "{command_name} builder --deep --json")]
pub struct What {
    /// the agent (default: the seat that runs this)
    #[argh(positional)]
    agent: Option<String>,
    /// add the last messages of its conversation
    #[argh(switch)]
    deep: bool,
    /// send it a message that asks what it is doing, and wait for its reply: until its turn ends, at most 5 minutes
    #[argh(switch)]
    ask: bool,
}

/// How long the command that makes a text of a summary may take.
const LIMIT: Duration = Duration::from_secs(60);

impl What {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let seat = agents.find(self.agent.as_deref())?;
        if context.out.quiet {
            context.out.line(&seat.agent_id)?;
            return context.out.flush();
        }
        let depth = if self.deep { Depth::Deep } else { Depth::Short };
        let mut summary = summary::of(context, &agents, seat, depth)?;
        if self.ask {
            summary.reply = Some(ask::ask(context, &agents, seat)?);
        }
        summary.text = text_of(context, &summary)?;
        print(context, &summary)
    }
}

/// The text that the person's own command makes of the summary, if there is one.
fn text_of(context: &Context, summary: &Summary) -> Outcome<Option<String>> {
    let settings = seat::settings(&context.store);
    if settings.summary_command.is_empty() {
        return Ok(None);
    }
    let input = serde_json::to_vec(summary).unwrap_or_default();
    let mut text = call::answer(&settings.summary_command, &input, LIMIT)
        .map_err(|why| Failure::Nothing(format!("agents.summary_command: {why}")))?;
    masked::text(&mut text);
    Ok(Some(text.trim().to_string()).filter(|text| !text.is_empty()))
}

fn print(context: &mut Context, summary: &Summary) -> Outcome<()> {
    let out = &mut context.out;
    match (out.form, &summary.text) {
        (Form::Json, _) => out.json(summary)?,
        (Form::Table, Some(text)) => text.lines().try_for_each(|line| out.line(&sanitize(line)))?,
        (Form::Table, None) => summary::block(summary, context.now).print(out)?,
    }
    out.flush()
}
