//! `judge`: what the rules say about calls on standard input, the parts of conversations. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::Error;
use rules::{Call, Rules, Verdict};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};

/// print what the rules say about calls on standard input, as cs-transcript prints them, one a line; parts of other kinds
/// are skipped. 0 if a rule applies to one of them, 1 if none does. The same as cs-audit -
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "judge",
    example = "cs-transcript show ca5d --kinds call | cs-audit -",
    example = "cs-transcript show ca5d --kinds call | {command_name} - --table"
)]
pub struct Judge {
    /// stands for standard input
    #[argh(positional)]
    input: String,
}

/// Maximum number of bytes of a line: a call may have the content of a file.
const LINE: u64 = 16 * 1024 * 1024;

/// A part of a conversation, as far as it matters here.
#[derive(Deserialize)]
struct Part {
    kind: String,
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    paths: Vec<String>,
}

/// What says which call it is.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
}

/// A call to which rules apply, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    named: &'a Named,
    verdicts: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    rule: &'a str,
    verdict: &'a str,
    severity: u8,
    target: &'a str,
}

impl Judge {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.input != cli::STDIN {
            return Err(Failure::Usage("give the calls on standard input, and - here".into(), None));
        }
        let rules = crate::own::rules(context);
        let mut input = std::io::stdin().lock();
        let (mut calls, mut found) = (0_u64, 0_u64);
        let mut rows = Vec::new();
        while let Some(line) = next_line(&mut input)? {
            let Some(part) = part(&line)? else { continue };
            calls += 1;
            let verdicts = judge(&part, &rules);
            if !verdicts.is_empty() {
                found += 1;
                print(context, &part.named, &verdicts, &mut rows)?;
            }
        }
        if !rows.is_empty() {
            context.out.table(&["turn", "call", "tool", "rule", "verdict", "severity", "target"], &rows)?;
        }
        context.out.flush()?;
        match (calls, found) {
            (0, _) => Err(Failure::Nothing("no call on standard input".into())),
            (calls, 0) => {
                Err(Failure::Nothing(format!("no rule applies to {}", render::format_quantity(calls, "call"))))
            }
            _ => Ok(()),
        }
    }
}

/// The next line that is not blank.
fn next_line(input: &mut impl BufRead) -> Outcome<Option<Vec<u8>>> {
    let unreadable = |error| Error::Invalid(format!("cannot read standard input: {error}"));
    loop {
        let mut line = Vec::new();
        if input.take(LINE).read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Ok(None);
        }
        if line.len() as u64 == LINE {
            return Err(Error::Invalid(format!("a line on standard input has more than {LINE} bytes")).into());
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(line));
        }
    }
}

/// The call on a line; `None` if it is another part of a conversation.
fn part(line: &[u8]) -> Outcome<Option<Part>> {
    let read = serde_json::from_slice::<Part>(line);
    let part = read
        .map_err(|error| Error::Invalid(format!("a line on standard input is no part of a conversation: {error}")))?;
    Ok(Some(part).filter(|part| part.kind == "call"))
}

fn judge(part: &Part, rules: &Rules) -> Vec<Verdict> {
    let paths = part.paths.iter().map(String::as_str).collect();
    audit::judge(&Call { command: part.command.as_deref(), paths, ..Call::default() }, rules)
}

fn print(context: &mut Context, named: &Named, verdicts: &[Verdict], rows: &mut Vec<Vec<String>>) -> Outcome<()> {
    let id = named.call.as_deref().or(named.entry.as_deref()).unwrap_or_default();
    match context.out.form {
        _ if context.out.quiet => context.out.line(&cli::sanitize(id)),
        Form::Json => {
            let verdicts = verdicts.iter().map(|one| Said {
                rule: &one.rule,
                verdict: one.kind.word(),
                severity: one.severity,
                target: &one.target,
            });
            context.out.json(&Shown { named, verdicts: verdicts.collect() })
        }
        Form::Table => {
            for verdict in verdicts {
                let turn = named.turn.map(|turn| turn.to_string()).unwrap_or_default();
                let tool = named.tool.clone().unwrap_or_default();
                let (kind, severity) = (verdict.kind.word().to_string(), verdict.severity.to_string());
                let id = crate::shown::short_id(id).to_string();
                rows.push(vec![turn, id, tool, verdict.rule.to_string(), kind, severity, verdict.target.clone()]);
            }
            Ok(())
        }
    }
}
