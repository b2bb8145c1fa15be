//! `output`: the last lines of a seat's terminal. Must stay true: what a client printed cannot act on the terminal of the
//! person who reads it, and secrets are masked.

use argh::{ArgsInfo, FromArgs};
use cli::seat::{Agents, pane};
use cli::{Context, Form, Outcome, sanitize};
use cs_core::masked;
use seats::tmux;
use serde::Serialize;

/// print the last lines of an agent's terminal
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "output",
    example = "{command_name} builder",
    example = "{command_name} builder --lines 100 --table | grep -i error"
)]
pub struct Output {
    /// the agent (default: the seat that runs this)
    #[argh(positional)]
    agent: Option<String>,
    /// how many lines, at most 10000 (30)
    #[argh(option, default = "30", from_str_fn(parse_lines))]
    lines: u32,
}

/// Maximum number of lines.
const LINES: u32 = 10_000;

fn parse_lines(text: &str) -> Result<u32, String> {
    let lines = text.parse().ok().filter(|lines| (1..=LINES).contains(lines));
    lines.ok_or_else(|| format!("{text:?} is not a number of lines from 1 to {LINES}"))
}

#[derive(Serialize)]
struct Shown<'a> {
    agent_id: &'a str,
    name: &'a str,
    lines: &'a [String],
}

impl Output {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let seat = agents.find(self.agent.as_deref())?;
        let captured = pane::run(&tmux::capture(pane::checked(seat)?, self.lines))?;
        let lines = last_lines(captured, self.lines);
        let out = &mut context.out;
        match out.form {
            _ if out.quiet => out.line(&seat.agent_id)?,
            Form::Json => out.json(&Shown { agent_id: &seat.agent_id, name: &seat.name, lines: &lines })?,
            Form::Table => lines.iter().try_for_each(|line| out.line(line))?,
        }
        out.flush()
    }
}

/// The last lines without the empty ones at both ends, masked and without control characters.
fn last_lines(mut text: String, count: u32) -> Vec<String> {
    text.retain(|c| c == '\n' || !c.is_control());
    masked::text(&mut text);
    let lines: Vec<String> = text.trim_end().lines().map(|line| sanitize(line.trim_end())).collect();
    let last = lines.into_iter().rev().take(count as usize).collect::<Vec<_>>();
    last.into_iter().rev().skip_while(String::is_empty).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_harmless_and_masked() {
        // Built at run time, so that secret scanners do not report this file.
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        let text = format!("one\ntwo \u{1b}[31m\u{7}\r\n\nkey {secret}\u{202e}x\n\n  \n");
        assert_eq!(last_lines(text, 3), ["two [31m", "", "key [masked]\u{fffd}x"]);
        assert_eq!(last_lines(String::new(), 3), [""; 0]);
        assert_eq!(last_lines("\n \nready\n\n".into(), 3), ["ready"], "empty lines at both ends");
    }
}
