//! `show`: everything that is known about a call. Writes `audit/<day>.index`.

use crate::shown::{self, Sessions};
use crate::wanted;
use argh::{ArgsInfo, FromArgs};
use audit::{Call, Filter, Transcripts};
use cli::{Block, Context, Failure, Form, Outcome};
use cs_core::zone::Zone;
use serde::Serialize;
use std::collections::BTreeSet;

/// show everything that is known about calls: what was called and said about it, how it ended, and the prompt that led to
/// it; a call that the log does not have is searched for in what the clients wrote themselves
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name} 835lq9",
    example = "cs-audit list --denied -q | {command_name} -"
)]
pub struct Show {
    /// the calls' ids (tool_use_id), or starts or ends of them as in the table of cs-audit list, or - for ids on standard
    /// input
    #[argh(positional)]
    tool_use_id: Vec<String>,
}

/// Parts of ids that are shorter find nothing.
const SHORTEST: usize = 4;
/// How many ids are named if a part is that of several.
const NAMED: usize = 5;

/// A call as JSON.
#[derive(Serialize)]
struct Known<'a> {
    #[serde(flatten)]
    call: shown::Shown<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_added: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_removed: Option<u64>,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let ids = ids(&self.tool_use_id)?;
        let mut failures = cli::Failures::default();
        let alone = ids.len() == 1;
        for id in ids {
            match show(context, &id) {
                Ok(()) => {}
                Err(failure) if alone => return Err(failure),
                Err(failure) => failures.report(failure)?,
            }
        }
        context.out.flush()?;
        failures.end()
    }
}

/// The ids that the words are, or those on standard input.
fn ids(words: &[String]) -> Outcome<Vec<String>> {
    let mut ids = Vec::new();
    for word in words {
        if word == cli::STDIN {
            ids.extend(cli::read_names_of(&["tool_use_id"], std::io::stdin().lock())?);
        } else {
            ids.push(word.clone());
        }
    }
    if ids.is_empty() {
        return Err(Failure::Usage(
            "no call was given".into(),
            Some("cs-audit list -q prints the ids of calls".into()),
        ));
    }
    Ok(ids)
}

fn show(context: &mut Context, id: &str) -> Outcome<()> {
    let whole = Filter { tool_use_id: Some(id.to_string()), ..Filter::default() };
    let part = match id.len() >= SHORTEST {
        true => Filter { id_part: Some(id.to_string()), ..Filter::default() },
        false => whole.clone(),
    };
    let mut calls = wanted::calls(&context.store, &whole, context.now)?;
    if calls.is_empty() {
        calls = wanted::calls(&context.store, &part, context.now)?;
    }
    if calls.is_empty() {
        let rules = wanted::settings(context).all_rules();
        calls = audit::from_transcripts(&context.store, &part, &rules, &|_| false);
        let is_whole = |call: &Call| call.tool_use_id.as_deref() == Some(id);
        if calls.iter().any(is_whole) {
            calls.retain(is_whole);
        }
    }
    let ids: BTreeSet<&str> = calls.iter().filter_map(|call| call.tool_use_id.as_deref()).collect();
    match ids.len() {
        0 => Err(Failure::Nothing(format!("no call {id:?}; cs-audit list shows all"))),
        1 => calls.iter().try_for_each(|call| print(context, call)),
        count => {
            let some = ids.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            let rest = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
            Err(Failure::Advised(format!("{id:?} is a part of the ids of {count} calls"), format!("{some}{rest}")))
        }
    }
}

fn print(context: &mut Context, call: &Call) -> Outcome<()> {
    let transcripts = Transcripts::of(&context.store);
    let told = transcripts.about(call);
    let known = told.as_ref().zip(call.tool_use_id.as_deref()).and_then(|(told, id)| told.call(id));
    let prompt = told.as_ref().zip(known).and_then(|(told, known)| told.prompt(known));
    let change = known.and_then(|known| known.change);
    let purpose = known.and_then(|known| known.purpose.as_deref());
    match context.out.form {
        _ if context.out.quiet => context.out.line(&cli::sanitize(call.tool_use_id.as_deref().unwrap_or_default())),
        Form::Json => {
            let (added, removed) = (change.map(|change| change.added), change.map(|change| change.removed));
            let call = shown::Shown::of(call);
            context.out.json(&Known { call, purpose, prompt, lines_added: added, lines_removed: removed })
        }
        Form::Table => {
            let mut block = block(call, Zone::system());
            let session = Sessions::of(&context.store).name(call.claude_session_id.as_deref());
            block.field("session", &session);
            block.field("purpose", purpose.unwrap_or_default());
            block.field("prompt", prompt.unwrap_or_default());
            let lines = change.map(|change| format!("{} added, {} removed", change.added, change.removed));
            block.field("lines", &lines.unwrap_or_default());
            block.print(&mut context.out)
        }
    }
}

/// What follows the word for how a call ended.
fn end(call: &Call) -> String {
    let took = call.ms.map(|ms| format!(" after {}", render::format_took(ms)));
    let took = took.filter(|_| call.outcome != audit::Outcome::Denied).unwrap_or_default();
    let hint = match (call.outcome, call.decision.as_deref()) {
        (audit::Outcome::Denied, Some("deny")) => " by the guard, so it was not run",
        (audit::Outcome::Denied, Some("ask")) => "; the guard asked, so it was not run",
        (audit::Outcome::Denied, _) => " by a person or a rule of the client, so it was not run",
        (audit::Outcome::Waiting, Some("ask")) => " for an answer; the guard asked",
        (audit::Outcome::Waiting, _) => " for a person",
        (_, Some("ask")) => "; the guard asked",
        (audit::Outcome::Failed, _) if call.input.command.is_some() => "; parts of the command may have been done",
        _ => "",
    };
    format!("{took}{hint}")
}

fn block(call: &Call, zone: &Zone) -> Block {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut block = Block::new(&format!("{} {}", call.tool, call.tool_use_id.as_deref().unwrap_or_default()));
    block.field("command", &text(&call.input.command));
    block.field("file", &text(&call.input.path));
    let word = call.outcome.word();
    block.marked_field("outcome", word, shown::style(call.outcome), &end(call));
    for said in &call.verdicts {
        let text = format!(" by the rule {}, severity {}", said.rule, said.severity);
        block.marked_field("verdict", &said.verdict, shown::verdict_style(call), &text);
    }
    block.field("target", &text(&call.target));
    let at = cs_core::clock::parse(&call.at).map(|at| render::format_local_second(at, zone));
    block.field("at", &at.unwrap_or_else(|| call.at.clone()));
    block.field("project", &text(&call.project));
    block.field("folder", &text(&call.cwd));
    block.field("conversation", &text(&call.claude_session_id));
    let subagent = call.agent_id.as_ref().map(|id| match &call.agent_type {
        Some(kind) => format!("{id} ({kind})"),
        None => id.clone(),
    });
    block.field("subagent", &subagent.unwrap_or_default());
    block.field("seat", &text(&call.agent_seat));
    let bytes = call.bytes.unwrap_or_default();
    let sizes = [("input", bytes.input), ("response", bytes.response)].into_iter();
    let sizes = sizes.filter_map(|(name, size)| Some(format!("{name} {}", render::format_bytes(size?))));
    block.field("size", &sizes.collect::<Vec<_>>().join(", "));
    block.field(
        "source",
        &match call.seq {
            0 => "the client's transcript".to_string(),
            seq => format!("the log, line {seq}"),
        },
    );
    block
}
