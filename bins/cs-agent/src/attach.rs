//! `attach`: shows the terminal of a seat in this one. Must stay true: nothing is attached without a terminal.

use crate::row;
use argh::{ArgsInfo, FromArgs};
use cli::seat::{Agents, pane};
use cli::{Context, Failure, Outcome};
use render::Table;
use seats::{Seat, tmux};
use std::io::{IsTerminal, stdin, stdout};

/// show an agent's terminal in this one (Ctrl-B, then d, leaves it)
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "attach",
    example = "{command_name} builder",
    example = "{command_name} agent_20261129T1134_1f0c --print"
)]
pub struct Attach {
    /// the agent (default: choose from a list)
    #[argh(positional)]
    agent: Option<String>,
    /// print the command that shows it, and do not run it
    #[argh(switch)]
    print: bool,
}

impl Attach {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let found = match &self.agent {
            Some(name) => agents.find(Some(name))?.clone(),
            None => choose(context, &agents)?,
        };
        if self.print {
            context.out.line(&cli::shell_line(&tmux::attach(pane::checked(&found)?)))?;
            return context.out.flush();
        }
        attach(context, &found)
    }
}

/// Becomes tmux, which shows the terminal of the seat.
pub fn attach(context: &mut Context, seat: &Seat) -> Outcome<()> {
    let command = tmux::attach(pane::checked(seat)?);
    must_be_on_terminal("show an agent in")?;
    context.out.flush()?;
    // Inside another tmux: a person who asks for it gets it. That one takes the first Ctrl-B for itself.
    if std::env::var_os("TMUX").is_some() {
        cli::note(crate::PROGRAM, "this is tmux in tmux: to leave, press Ctrl-B twice, then d");
    }
    let outside = ["env", "-u", "TMUX"].map(str::to_string);
    cli::call::replace(&[&outside, command.as_slice()].concat(), None)
}

/// Refuses to go on without a terminal.
pub fn must_be_on_terminal(doing: &str) -> Outcome<()> {
    if stdin().is_terminal() && stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::Usage(format!("there is no terminal to {doing}"), None))
}

/// Lets a person choose one of the open seats by its number.
fn choose(context: &mut Context, agents: &Agents) -> Outcome<Seat> {
    let open: Vec<&Seat> = agents.seats.iter().filter(|seat| seat.status.is_open()).collect();
    if open.is_empty() {
        return Err(Failure::Nothing("no agent runs in a seat".into()));
    }
    must_be_on_terminal("choose an agent in; name one")?;
    let ids: Vec<&str> = open.iter().map(|seat| seat.agent_id.as_str()).collect();
    let row = |(n, seat): (usize, &&Seat)| {
        vec![(n + 1).to_string(), seat.name.clone(), row::short(&seat.agent_id, &ids).to_string(), seat.cwd.clone()]
    };
    let rows: Vec<Vec<String>> = open.iter().enumerate().map(row).collect();
    context.out.show(&Table::of_texts(&["NUMBER", "NAME", "ID", "FOLDER"], &rows))?;
    context.out.flush()?;
    let answer = cli::ask_for("number: ")?;
    let chosen = answer.parse::<usize>().ok().and_then(|n| open.get(n.checked_sub(1)?));
    chosen.map(|seat| (*seat).clone()).ok_or_else(|| Failure::Nothing("no agent was chosen".into()))
}
