//! Owns the command line: eight reports, and two commands of their own.

use crate::explain::Explain;
use crate::keep::Keep;
use crate::options::Options;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use std::path::PathBuf;

/// The subcommands.
#[derive(ArgsInfo, FromArgs, Debug)]
#[argh(subcommand)]
pub enum Command {
    Daily(Daily),
    Weekly(Weekly),
    Monthly(Monthly),
    Session(Session),
    Project(Project),
    Repo(Repo),
    Model(Model),
    Blocks(Blocks),
    Explain(Explain),
    Keep(Keep),
}

/// A report's subcommand: its type, its word, what it shows, two examples, and its own switches. The argument parser
/// cannot share options among structs, so a macro repeats them.
macro_rules! report {
    ($Name:ident, $word:tt, $about:tt, $first:tt, $second:tt $(, $switch:ident: $help:tt)* $(; $option:ident $long:tt: $hint:tt)* $(=> $also:ident)?) => {
        #[doc = $about]
        #[derive(ArgsInfo, FromArgs, Debug)]
        #[argh(subcommand, name = $word, example = $first, example = $second)]
        pub struct $Name {
            /// only what was used at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time
            /// such as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
            #[argh(option, arg_name = "time")]
            since: Option<String>,
            /// only what was used before TIME; if TIME is a day, up to the end of that day
            #[argh(option, arg_name = "time")]
            until: Option<String>,
            /// only this project: its short name, or its directory if it has none
            #[argh(option)]
            project: Option<String>,
            /// only this repository, in all its clones: a directory in one of them, or its address
            #[argh(option)]
            repo: Option<String>,
            /// only this agent: claude or codex
            #[argh(option, from_str_fn(parse_agent))]
            agent: Option<Agent>,
            /// only this account: its name in config.json, its hash, or default
            #[argh(option)]
            account: Option<String>,
            /// time zone of the days, such as Europe/Berlin (default: the system's)
            #[argh(option, arg_name = "zone")]
            timezone: Option<String>,
            /// also show each model
            #[argh(switch)]
            breakdown: bool,
            /// print comma-separated values, for spreadsheets
            #[argh(switch)]
            csv: bool,
            $(#[doc = $help] #[argh(switch)] pub $switch: bool,)*
            $(#[doc = $hint] #[argh(option, long = $long)] pub $option: Option<String>,)*
            $(/// also show what other machines used, as they counted it, each in rows of its own: a machine's folder, or
            /// a folder of such folders, as `cs-sync pull --into` and `cs-sync push --into` make them; may be repeated
            #[argh(option, arg_name = "dir")]
            pub $also: Vec<PathBuf>,)?
        }

        impl From<$Name> for Options {
            fn from(args: $Name) -> Self {
                let $Name { since, until, project, repo, agent, account, timezone, breakdown, csv, .. } = args;
                Options { since, until, project, repo, agent, account, timezone, breakdown, csv, issue: None, also: Vec::new() }
            }
        }
    };
}

report!(
    Daily,
    "daily",
    "show what was used on each local day",
    "{command_name} --since 7d --breakdown",
    "{command_name} --since 2026-11-01 --until 2026-11-30 --csv"
    => also
);
report!(
    Weekly,
    "weekly",
    "show what was used in each week, from Monday",
    "{command_name} --project api",
    "{command_name} --since 2026-11-01 --breakdown --csv"
    => also
);
report!(
    Monthly,
    "monthly",
    "show what was used in each month",
    "{command_name} --agent codex",
    "{command_name} --project api --agent claude --breakdown --csv"
    => also
);
report!(
    Session,
    "session",
    "show what each conversation used",
    "{command_name} --project api --join",
    "{command_name} --since 2026-11-21 --breakdown",
    join: "also show the sessions' records: intent, outcome, tasks, commits";
    issue "ref": "only conversations that name this issue, such as ABC-12 or #12, in prompts, the branch or commits"
);
report!(
    Project,
    "project",
    "show what was used in each project",
    "{command_name} --since 2w",
    "{command_name} --breakdown --csv"
    => also
);
report!(
    Repo,
    "repo",
    "show what was used in each repository, its clones together",
    "{command_name} --since 2w",
    "{command_name} --repo github.com/owner/name"
);
report!(
    Model,
    "model",
    "show what was used by each model",
    "{command_name} --since 2026-11-21",
    "{command_name} --agent claude --csv"
    => also
);
report!(
    Blocks,
    "blocks",
    "show the five-hour windows of each agent's limits in tokens and dollars, how fast they are used up, and a projection for the open one; the client's own percentage is in cs-limits",
    "{command_name} --since 2026-11-21",
    "{command_name} --agent claude --breakdown"
);

fn parse_agent(word: &str) -> Result<Agent, String> {
    Agent::of_person(word).ok_or_else(|| format!("{word:?} is not an agent; use {}", Agent::shorts()))
}
