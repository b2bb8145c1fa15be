//! Owns the command line: eight reports that take the same options, and two commands of their own.

use crate::explain::Explain;
use crate::keep::Keep;
use agents::Agent;
use argh::{CommandInfo, EarlyExit, FromArgs, SubCommand, SubCommands};
use usage::report::By;

/// show what was used
#[derive(FromArgs, Debug)]
#[argh(
    example = "{command_name} --since 2026-11-01 --until 2026-11-30",
    example = "{command_name} --project api --agent claude --breakdown --csv"
)]
pub struct Options {
    /// only what was used at or after TIME: a day such as 2026-11-21 or today, a time such as 2026-11-21T09:30, or
    /// an age such as 90m, 12h, 7d or 2w
    #[argh(option)]
    pub since: Option<String>,
    /// only what was used before TIME (a day includes that whole day)
    #[argh(option)]
    pub until: Option<String>,
    /// project: its short name, or its directory where it has none
    #[argh(option)]
    pub project: Option<String>,
    /// repository, in all its clones: a directory in one, or an address
    #[argh(option)]
    pub repo: Option<String>,
    /// claude or codex
    #[argh(option, from_str_fn(agent))]
    pub agent: Option<Agent>,
    /// time zone of the days, such as Europe/Berlin (the system's)
    #[argh(option)]
    pub timezone: Option<String>,
    /// by model, too
    #[argh(switch)]
    pub breakdown: bool,
    /// comma-separated values
    #[argh(switch)]
    pub csv: bool,
    /// with the records: intent, outcome, tasks, commits (session only)
    #[argh(switch)]
    pub join: bool,
}

fn agent(word: &str) -> Result<Agent, String> {
    Agent::of_person(word).ok_or_else(|| format!("{word:?} is not an agent; use {}", Agent::shorts()))
}

/// What is to be done.
pub enum Command {
    Periods(By, Options),
    Blocks(Options),
    Explain(Explain),
    Keep(Keep),
}

const fn report(name: &'static str, description: &'static str) -> CommandInfo {
    CommandInfo { name, short: &'\0', description }
}

const DAILY: CommandInfo = report("daily", "what was used by local day");
const WEEKLY: CommandInfo = report("weekly", "what was used by week, from Monday");
const MONTHLY: CommandInfo = report("monthly", "what was used by month");
const SESSION: CommandInfo = report("session", "what each conversation used");
const PROJECT: CommandInfo = report("project", "what was used by project");
const REPO: CommandInfo = report("repo", "what was used by repository, its clones together");
const MODEL: CommandInfo = report("model", "what was used by model");
const BLOCKS: CommandInfo = report("blocks", "five-hour windows of each agent, with burn rate and projection");

impl SubCommands for Command {
    const COMMANDS: &'static [&'static CommandInfo] = &[
        &DAILY,
        &WEEKLY,
        &MONTHLY,
        &SESSION,
        &PROJECT,
        &REPO,
        &MODEL,
        &BLOCKS,
        <Explain as SubCommand>::COMMAND,
        <Keep as SubCommand>::COMMAND,
    ];
}

impl FromArgs for Command {
    fn from_args(name: &[&str], args: &[&str]) -> Result<Self, EarlyExit> {
        let by = |by| Options::from_args(name, args).map(|options| Command::Periods(by, options));
        match name.last().copied().unwrap_or_default() {
            "weekly" => by(By::Week),
            "monthly" => by(By::Month),
            "session" => by(By::Session),
            "project" => by(By::Project),
            "repo" => by(By::Repo),
            "model" => by(By::Model),
            "blocks" => Options::from_args(name, args).map(Command::Blocks),
            "explain" => Explain::from_args(name, args).map(Command::Explain),
            "keep" => Keep::from_args(name, args).map(Command::Keep),
            _ => by(By::Day),
        }
    }
}
