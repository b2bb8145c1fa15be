//! Owns what `user` lines of Claude Code's transcripts mean: a prompt of a person, results of calls, or what the client put
//! in. Facts (2.1.332): `promptSource` says how a prompt came; a prompt that is typed while a turn runs is an attachment
//! `queued_command` and no `user` line.

use super::line::Line;
use super::result::Answer;
use crate::content::{self, Block};
use crate::entry::{Kind, Output, Source, Stop, Via, Wanted};
use crate::typed;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The entries of a line, each with its block; true if a repair was needed.
pub(super) fn of_line(line: &Line, wanted: Wanted, kinds: &mut Vec<(u32, Kind)>) -> bool {
    let content = line.message.as_ref().and_then(|message| message.content);
    let prompt = prompt(line, content);
    let is_prompt = prompt.is_some();
    if let Some(text) = prompt {
        let to = line.parent.as_deref().filter(|_| wanted == Wanted::Full);
        kinds.extend(to.map(|to| (0, Kind::Rewind { to: Cow::Owned(to.to_string()), turn: 0 })));
        kinds.push((0, Kind::Prompt(Cow::Owned(text), via(line, content))));
    }
    if wanted == Wanted::Counted || (is_prompt && wanted == Wanted::All) {
        return false;
    }
    let room = &mut Vec::new();
    let (blocks, is_repaired) = content::marked_blocks(content, room);
    match wanted {
        Wanted::Full => each_block(line, &blocks, is_prompt, kinds),
        Wanted::All | Wanted::Counted => said(&blocks, kinds),
    }
    results(line, &blocks, wanted, kinds);
    is_repaired
}

/// What turns and audits need to know of a text that is no prompt.
fn said(blocks: &[Block], kinds: &mut Vec<(u32, Kind)>) {
    let words = content::words(blocks);
    if words.starts_with(typed::INTERRUPTED) {
        kinds.push((0, Kind::Stop(Stop::Interrupted, Cow::Borrowed(""))));
    }
    if words.starts_with(typed::NEWS) {
        kinds.push((0, Kind::Injected(Cow::Borrowed(""), Source::News)));
    }
}

/// The texts that are no prompt, and what is attached.
fn each_block(line: &Line, blocks: &[Block], is_prompt: bool, kinds: &mut Vec<(u32, Kind)>) {
    for (block, n) in blocks.iter().zip(0..) {
        match (block.kind.as_deref().unwrap_or("text"), &block.text) {
            ("text", Some(text)) if !is_prompt && !text.trim().is_empty() => kinds.push((n, injected(line, text))),
            ("image" | "document", _) => kinds.extend(attachment(block).map(|kind| (n, kind))),
            _ => {}
        }
    }
}

fn injected(line: &Line, text: &str) -> Kind<'static> {
    let own = Cow::Owned(text.to_string());
    if line.summary == Some(true) {
        return Kind::Compaction { trigger: None, tokens_before: None, tokens_after: None, text: own };
    }
    if text.starts_with(typed::INTERRUPTED) {
        return Kind::Stop(Stop::Interrupted, own);
    }
    let is_task = line.side == Some(true) && line.parent.is_none();
    let unknown = if is_task { Source::Task } else { Source::Client };
    Kind::Injected(own, typed::source(text).unwrap_or(unknown))
}

/// A picture or a document.
pub(super) fn attachment(block: &Block) -> Option<Kind<'static>> {
    let source = block.source.as_ref()?;
    let mime = source.media_type.as_deref().map(|text| Cow::Owned(text.to_string()));
    Some(Kind::Attachment { mime, bytes: source.bytes(), path: None })
}

/// The results of calls. What the line itself says is about its only one.
fn results(line: &Line, blocks: &[Block], wanted: Wanted, kinds: &mut Vec<(u32, Kind)>) {
    let results: Vec<(u32, &Block)> = (0..).zip(blocks).filter(|(_, block)| is_result(block)).collect();
    let ending = if results.len() == 1 { line.ending() } else { Default::default() };
    for (n, block) in results {
        let mut room = Vec::new();
        let inner = content::blocks(block.content, &mut room);
        let text = content::words(&inner);
        let is_error = block.is_error == Some(true);
        let answer = Answer::of(ending.result);
        let call = block.call.as_deref().unwrap_or_default();
        let is_full = wanted == Wanted::Full;
        let session = line.session.as_deref().unwrap_or_default();
        let output = if is_full { answer.output(&text, is_error, session) } else { Output::default() };
        kinds.push((
            n,
            Kind::Result {
                end: ending.end(is_error, &text),
                change: answer.change(),
                agent_id: answer.agent_id.clone().map(Cow::Owned),
                call: Cow::Owned(call.to_string()),
                text: Cow::Owned(text),
                output,
            },
        ));
        if is_full {
            kinds.extend(inner.iter().filter_map(attachment).map(|kind| (n, kind)));
            kinds.extend(answer.parts(call).into_iter().map(|kind| (n, kind)));
        }
    }
}

/// Whether a block is the result of a call: of the client's, or of one that the server made.
fn is_result(block: &Block) -> bool {
    block.kind.as_deref() == Some("tool_result")
}

/// The text that a person typed; `None` if the client wrote the line.
fn prompt(line: &Line, content: Option<&RawValue>) -> Option<String> {
    let injected = [line.meta, line.summary, line.side].contains(&Some(true));
    if injected || line.origin().is_some_and(|kind| kind != "human") {
        return None;
    }
    // Results of tools that mention usage get here too.
    let content = content.filter(|content| !content.get().contains("\"tool_result\""))?;
    content::typed(content, line.origin().is_some())
}

/// How a prompt came.
fn via(line: &Line, content: Option<&RawValue>) -> Via {
    let is_command = content.is_some_and(|content| content.get().starts_with("\"<command-"));
    match line.prompt_source.as_deref() {
        _ if is_command => Via::Command,
        Some("typed") => Via::Typed,
        Some("queued") => Via::Queued,
        Some("sdk") => Via::Sdk,
        _ => Via::Unknown,
    }
}
