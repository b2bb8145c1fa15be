//! Owns the command line: five reports with the same options.

use crate::args::{Options, parse_format, parse_with};
use crate::verify::Verify;
use argh::{ArgsInfo, FromArgs};
use render::Format;
use reports::With;
use std::path::PathBuf;

/// The subcommands.
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub enum Command {
    Prompts(Prompts),
    Actions(Actions),
    Full(Full),
    Tokens(Tokens),
    Evidence(Evidence),
    Verify(Verify),
}

/// A report's subcommand: its type, its word, what it shows, and two examples. The argument parser cannot share options
/// among structs, so a macro repeats them.
macro_rules! report {
    ($Name:ident, $word:tt, $about:tt, $first:tt, $second:tt $(, $with:ident: $help:tt)*) => {
        #[doc = $about]
        #[derive(ArgsInfo, FromArgs)]
        #[argh(subcommand, name = $word, example = $first, example = $second)]
        pub struct $Name {
            /// conversations: ids, their starts or ends, those of sessions, claude:UUID, or - for ids on standard input
            /// (default: all that fit the options; without options the one that runs this)
            #[argh(positional)]
            id: Vec<String>,
            /// only the conversations that made the commits of this range, such as main..HEAD, in the repository around
            /// the current directory
            #[argh(option, arg_name = "range")]
            commits: Option<String>,
            /// only this project, by its short name
            #[argh(option)]
            project: Option<String>,
            /// only conversations that went on at or after TIME: a day such as 2026-11-21, yesterday, monday or last
            /// week, a time such as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
            #[argh(option, arg_name = "time")]
            since: Option<String>,
            /// only conversations that began before TIME; if TIME is a day, up to the end of that day
            #[argh(option, arg_name = "time")]
            until: Option<String>,
            /// only conversations with this tag; may be repeated
            #[argh(option)]
            tag: Vec<String>,
            /// only conversations with an entry of this disposition; may be repeated
            #[argh(option)]
            disposition: Vec<String>,
            /// only conversations whose branch, commits or prompts name this issue, such as ABC-12 or #12; may be repeated
            #[argh(option, long = "ref")]
            refs: Vec<String>,
            $(#[doc = $help] #[argh(option, from_str_fn(parse_with))] $with: Option<With>,)*
            /// md, csv, json, jsonl or html (default: from the extension of the file; without a file, md on a terminal
            /// and jsonl in a pipe)
            #[argh(option, from_str_fn(parse_format))]
            format: Option<Format>,
            /// write to this file
            #[argh(option, short = 'o', arg_name = "file")]
            output: Option<PathBuf>,
            /// write one report for each conversation into this folder, md unless you say --format
            #[argh(option, arg_name = "folder")]
            output_dir: Option<PathBuf>,
            /// replace files that cs-report did not write
            #[argh(switch)]
            force: bool,
            /// also use the rules in this file; may be repeated (default: .claude-sessions/redact.toml, upwards)
            #[argh(option, arg_name = "file")]
            rules: Vec<PathBuf>,
            /// replace nothing; needs --i-know, and never writes into a git work tree
            #[argh(switch)]
            raw: bool,
            /// with --raw: you know that secrets and personal data are in the report
            #[argh(switch)]
            i_know: bool,
        }

        impl From<$Name> for Options {
            fn from(args: $Name) -> Self {
                let $Name { id, commits, project, since, until, tag, disposition, refs, format, output, output_dir, .. } = args;
                let $Name { force, rules, raw, i_know, .. } = args;
                #[allow(unused_mut)]
                let mut shown = With::default();
                $(shown = args.$with.unwrap_or(shown);)*
                Options {
                    id, commits, project, since, until, tag, disposition, refs, with: shown, format, output, output_dir,
                    force, rules, raw, i_know,
                }
            }
        }
    };
}

report!(
    Prompts,
    "prompts",
    "show what people asked",
    "{command_name} --commits main..HEAD -o prompts.md",
    "{command_name} --project api --since 7d --format csv"
);
report!(
    Actions,
    "actions",
    "show what people asked and what was done: prompts, plans, calls as one line each, files, commits",
    "{command_name} ca5d",
    "{command_name} --project api --format html -o api.html",
    with: "also show reasoning, results, or both: reasoning,results"
);
report!(
    Full,
    "full",
    "show all that was said and done, but for reasoning and the results of tools",
    "{command_name} ca5d --with reasoning,results",
    "{command_name} --tag release --format json -o release.json",
    with: "also show reasoning, results, or both: reasoning,results"
);
report!(
    Tokens,
    "tokens",
    "show how many tokens were used, by session, day and model",
    "{command_name} --project api --since 1mo",
    "{command_name} --commits main..HEAD --format csv -o tokens.csv"
);
report!(
    Evidence,
    "evidence",
    "show a row for each session, for reviewers: who, when, what was used, changed, asked and denied",
    "{command_name} --commits main..HEAD --format csv -o evidence.csv",
    "{command_name} --project api --since 3mo --format html -o evidence.html"
);
