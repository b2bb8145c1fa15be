//! Owns how calls of tools and their results are laid out.

use super::input::{self, InputLine};
use super::{INDENT, Readable, StyledLine};
use crate::number::{format_bytes, format_quantity};
use crate::{Style, cut_to_width, width_of};
use agents::entry::{Asked, CallClass, CallEnd, Change, Output, Tool};
use std::borrow::Cow;

/// A call that has not ended yet.
#[derive(Debug)]
pub(super) struct Open {
    id: String,
    what: String,
    /// What it was given, for all who want to see it.
    input: Vec<InputLine>,
    is_hidden: bool,
}

impl Readable<'_> {
    pub(super) fn call(&mut self, id: &str, tool: &Tool, asked: &Asked, lines: &mut Vec<StyledLine>) {
        let command = match tool {
            Tool::Run(command) if !command.is_empty() => Some(command.as_ref()),
            _ => None,
        };
        let subject = command.or(asked.purpose.as_deref()).map(str::to_string);
        let files = || asked.files.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" ");
        let subject =
            if command.is_none() && !asked.files.is_empty() { files() } else { subject.unwrap_or_else(files) };
        let name = if self.how.is_raw { Cow::Borrowed(&*asked.name) } else { redact::mask_tool(&asked.name) };
        // Codex puts the group of such a tool before its name.
        let name = name.strip_prefix("collaboration").filter(|name| name.ends_with("_agent")).unwrap_or(&name);
        let what = format!("{name} {}", subject.replace('\n', "⏎")).trim_end().to_string();
        // The plan and the question themselves are shown.
        let is_hidden = matches!(asked.class, CallClass::Plan | CallClass::Ask) && !self.how.is_full;
        let input = if self.how.is_full { input::lines(tool, asked, self.how.is_raw) } else { Vec::new() };
        self.open.push(Open { id: id.to_string(), what, input, is_hidden });
        if id.is_empty() {
            self.end_calls(lines);
        }
    }

    pub(super) fn result(
        &mut self,
        call: &str,
        end: CallEnd,
        text: &str,
        change: Option<&Change>,
        output: &Output,
        lines: &mut Vec<StyledLine>,
    ) {
        let at = self.open.iter().position(|open| open.id == call);
        let open = at.map(|at| self.open.remove(at));
        let is_hidden = open.as_ref().is_some_and(|open| open.is_hidden) && end == CallEnd::Done;
        if !is_hidden {
            let what = open.as_ref().map_or("a call", |open| open.what.as_str());
            let (ended, style) = ended(end, change, output, text.len() as u64);
            self.call_line(what, &ended, style, lines);
        }
        if self.how.is_full {
            self.input(&open.map(|open| open.input).unwrap_or_default(), lines);
            self.paragraph(&without_colors(text), "    | ", Style::Dim, lines);
        }
    }

    /// The calls of which no end is known.
    pub(super) fn end_calls(&mut self, lines: &mut Vec<StyledLine>) {
        for open in std::mem::take(&mut self.open) {
            if !open.is_hidden {
                self.call_line(&open.what, "no result", Style::Dim, lines);
            }
        }
    }

    /// What was called, cut so that there is room for how it ended.
    fn call_line(&mut self, what: &str, ended: &str, style: Style, lines: &mut Vec<StyledLine>) {
        let ended = format!(" — {ended}");
        let room = self.how.width.saturating_sub(width_of(&ended));
        let what = self.masked(what).replace(['\n', '\t'], " ");
        lines.push(vec![(cut_to_width(&format!("{INDENT}{what}"), room), Style::Dim), (ended, style)]);
        self.is_block = true;
    }
}

/// The text without the sequences that colour it on a terminal (ECMA-48, SGR).
fn without_colors(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let end = after.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'));
        let (sequence, after) = after.split_at(end.unwrap_or(after.len()));
        plain.push_str(before);
        if let Some(after) = after.strip_prefix('m') {
            rest = after;
        } else {
            plain.push_str("\u{1b}[");
            plain.push_str(sequence);
            rest = after;
        }
    }
    if rest.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(plain + rest) }
}

/// How a call ended, and its style.
fn ended(end: CallEnd, change: Option<&Change>, output: &Output, length: u64) -> (String, Style) {
    let exit = output.exit.filter(|code| *code != 0).map(|code| format!(" (exit {code})")).unwrap_or_default();
    match (end, change) {
        (CallEnd::Denied, _) => ("denied".into(), Style::Turn),
        (CallEnd::Interrupted, _) => ("interrupted".into(), Style::Turn),
        (CallEnd::Failed, _) => (format!("failed{exit}"), Style::Wrong),
        (CallEnd::Done, Some(change)) if change.added + change.removed > 0 => {
            let files =
                if change.files > 1 { format!("{}, ", format_quantity(change.files, "file")) } else { String::new() };
            (format!("{files}+{} −{}", change.added, change.removed), Style::Good)
        }
        (CallEnd::Done, _) if !exit.is_empty() => (format!("done{exit}"), Style::Dim),
        (CallEnd::Done, _) => match output.bytes.unwrap_or(length) {
            0..1_000 => ("done".into(), Style::Dim),
            bytes => (format!("done, {}", format_bytes(bytes)), Style::Dim),
        },
    }
}
