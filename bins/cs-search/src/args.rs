//! Owns the command line.

use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use conversations::search::Scope;

/// Finds what was said in conversations of all agents: every entry that contains all words, in the
/// newest conversation first. A word in small letters is found in any case; with a capital letter
/// it is exact. Several words in quotes stay together. Nothing is indexed: the logs themselves are
/// searched, also what cs-keep kept, and session records.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} \"rate limit\" retry",
    example = "{command_name} -q retry --since 30d",
    example = "{command_name} --files src/parser.rs",
    example = "{command_name} -e 'time(out|r) after [0-9]+ms' --in results"
)]
pub struct Args {
    /// the words; all of them are in one entry
    #[argh(positional)]
    pub words: Vec<String>,
    /// a regular expression that the entry must match, too; may be repeated. Without a capital letter it matches ASCII
    /// letters in any case
    #[argh(option, short = 'e')]
    pub regex: Vec<String>,
    /// where to look, several with commas: said (prompts, answers, reasoning, plans, titles, questions, session
    /// records), prompts, answers, reasoning, calls, results, records or all (default: said)
    #[argh(option, from_str_fn(parse_scope))]
    pub r#in: Option<Scope>,
    /// only this project, by its short name
    #[argh(option)]
    pub project: Option<String>,
    /// only conversations with this tag, on them or on an entry; may be repeated, then with all of them
    #[argh(option)]
    pub tag: Vec<String>,
    /// only conversations with an entry of this disposition, such as followed or needs-review; may be repeated
    #[argh(option)]
    pub disposition: Vec<String>,
    /// only conversations that name this issue, such as ABC-12 or #12, in prompts, the branch or commits
    #[argh(option, long = "ref")]
    pub issue: Option<String>,
    /// only this agent: claude or codex
    #[argh(option, from_str_fn(parse_agent))]
    pub agent: Option<Agent>,
    /// only entries at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such as 09:30 or
    /// 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    pub since: Option<String>,
    /// only entries before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    pub until: Option<String>,
    /// only conversations in which a tool was called for this file, or a file in this folder; a part of the path is
    /// enough. Without words, those calls are shown
    #[argh(option)]
    pub files: Option<String>,
    /// also show this many lines of the entry before and after the one that fits
    #[argh(option, short = 'C', default = "0")]
    pub context: usize,
    /// at most this many entries, with -q or -c conversations; 0: all (default: 50, and on a terminal 3 of each
    /// conversation)
    #[argh(option, from_str_fn(parse_limit))]
    pub limit: Option<usize>,
    /// not the conversation that runs this command
    #[argh(switch)]
    pub exclude_current: bool,
    /// only the number of entries of each conversation
    #[argh(switch, short = 'c')]
    pub count: bool,
    /// show secrets instead of masking them
    #[argh(switch)]
    pub raw: bool,
}

fn parse_limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of entries"))
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    let words = Scope::WORDS;
    let (last, others) = words.split_last().unwrap_or((&"", &[]));
    Scope::parse(text).map_err(|word| format!("{word:?} is not a place to look; use {} or {last}", others.join(", ")))
}

fn parse_agent(text: &str) -> Result<Agent, String> {
    Agent::of_person(text).ok_or_else(|| format!("{text:?} is not an agent; use {}", Agent::shorts()))
}
