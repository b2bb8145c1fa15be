//! `spawn`: starts an agent in a new seat with a prompt. `options.rs` decides what may be chosen, `begin.rs` does it.

use crate::begin::begin;
use crate::found::refuse_switched_off;
use crate::options::Options;
use crate::wait::{self, parse_seconds};
use crate::watch::{Goal, Plan};
use argh::{ArgsInfo, FromArgs};
use cli::seat::{self, Agents};
use cli::{Context, Failure, Outcome};
use std::time::Duration;

/// start an agent in a seat of its own. PROMPT is one word (quote it), `-` for standard input, or a file; what follows
/// after `--` are arguments of the client, which only a person may give
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "spawn",
    example = "{command_name} --name builder \"build the login page\"",
    example = "{command_name} --template tester --key tests-of-login -q - <task.md"
)]
pub struct Spawn {
    /// its name (default: made from its client and an id)
    #[argh(option)]
    pub name: Option<String>,
    /// the client: claude or codex (default: claude)
    #[argh(option)]
    pub agent: Option<String>,
    /// a prepared agent: an entry of agents.templates in config.json
    #[argh(option)]
    pub template: Option<String>,
    /// the model
    #[argh(option)]
    pub model: Option<String>,
    /// how much it thinks
    #[argh(option)]
    pub effort: Option<String>,
    /// the folder in which it works (default: this one)
    #[argh(option)]
    pub cwd: Option<String>,
    /// which tools run without a question (Claude Code, and only a person may choose)
    #[argh(option)]
    pub permission_mode: Option<String>,
    /// a text by which a repeated call finds the same agent and starts nothing
    #[argh(option)]
    pub key: Option<String>,
    /// do not tell the parent when a turn ends, fails or asks
    #[argh(switch)]
    pub no_tell: bool,
    /// tell the parent when it works for so long without an event, such as 20m
    #[argh(option)]
    pub silent_after: Option<String>,
    /// wait until it is idle, waiting or at its end, or several of these: idle,waiting
    #[argh(option, arg_name = "goals")]
    pub wait: Option<String>,
    /// with --wait: at most this many seconds
    #[argh(option, from_str_fn(parse_seconds))]
    pub timeout: Option<Duration>,
    /// a file with the prompt
    #[argh(option)]
    pub prompt_file: Option<String>,
    /// the prompt, and arguments of the client after --
    #[argh(positional, arg_name = "prompt")]
    pub words: Vec<String>,
}

impl Spawn {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let settings = seat::settings(&context.store);
        let plan = self.plan()?;
        let chosen = Options::of(&self, &agents, &settings)?.choose()?;
        refuse_switched_off()?;
        let found = begin(context, &agents, &settings, chosen)?;
        match plan {
            Some(plan) => wait::wait(context, &[&found], &plan),
            None => seat::print_seat(context, &found),
        }
    }

    /// How to wait for it; `None` if nobody asks for that.
    fn plan(&self) -> Outcome<Option<Plan>> {
        let Some(goals) = &self.wait else {
            return match self.timeout {
                None => Ok(None),
                Some(_) => Err(Failure::Usage("--timeout needs --wait".into(), None)),
            };
        };
        let goals = goals.split(',').map(Goal::parse).collect::<Outcome<_>>()?;
        Ok(Some(Plan { goals, any: false, timeout: self.timeout, since: None }))
    }
}
