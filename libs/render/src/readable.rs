//! Owns how a conversation is laid out for people: prompts, answers, calls on one line each with how they ended, plans,
//! questions, subagents, stops, compactions, gaps. Pure.
//! Must stay true: a line is never wider than its room; invisible characters are shown; secrets are masked unless raw
//! output is asked for. A call stands where it ended; one that did not end stands before what comes next.

mod call;
mod input;
mod plan;

use crate::number::{format_bytes, format_count};
use crate::time::format_local_minute;
use crate::{Style, cut_to_width, wrap_indented};
use agents::entry::{Kind, Lack, Question, Source, Stop};
use agents::part::{Part, PartKind};
use call::Open;
use cs_core::clock;
use cs_core::visible::visible;
use cs_core::zone::Zone;
use std::borrow::Cow;
use std::collections::HashMap;

/// The kinds that are shown if nobody asks for others.
pub const READABLE: [PartKind; 13] = [
    PartKind::Prompt,
    PartKind::Answer,
    PartKind::Call,
    PartKind::Result,
    PartKind::Plan,
    PartKind::Ask,
    PartKind::Agent,
    PartKind::Compaction,
    PartKind::Stop,
    PartKind::Attachment,
    PartKind::Relation,
    PartKind::Rewind,
    PartKind::Gap,
];

/// A line: texts with their styles.
pub type StyledLine = Vec<(String, Style)>;

/// How a conversation is shown.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'z> {
    /// Columns of a line.
    pub width: usize,
    /// Whether calls are shown with all that they were given and answered.
    pub is_full: bool,
    /// Whether secrets are shown.
    pub is_raw: bool,
    /// The zone of times.
    pub zone: &'z Zone,
}

/// Lays out parts, one after the other.
#[derive(Debug)]
pub struct Readable<'z> {
    how: Reading<'z>,
    /// Calls that have not ended yet, in their order.
    open: Vec<Open>,
    /// The subjects of the agent's tasks, by their ids.
    tasks: HashMap<String, String>,
    /// What subagents are for, by their threads.
    purposes: HashMap<String, String>,
    /// The thread of the part before.
    thread: String,
    /// Whether the line before is not blank and of another kind than calls.
    is_block: bool,
}

/// How far texts below others are indented.
const INDENT: &str = "  ";

impl<'z> Readable<'z> {
    /// Nothing was laid out yet.
    pub fn new(how: Reading<'z>) -> Self {
        Readable {
            how,
            open: Vec::new(),
            tasks: HashMap::new(),
            purposes: HashMap::new(),
            thread: "main".into(),
            is_block: false,
        }
    }

    /// Appends the lines of a part.
    pub fn add(&mut self, part: &Part, lines: &mut Vec<StyledLine>) {
        if self.thread != part.thread {
            self.end_calls(lines);
            self.thread = part.thread.to_string();
            let thread = match self.purposes.get(&self.thread) {
                Some(purpose) => format!("{purpose} (thread {})", part.thread),
                None => format!("thread {}", part.thread),
            };
            self.rule(&thread, lines);
        }
        match &part.entry.kind {
            Kind::Prompt(text, _) => self.prompt(part, text, lines),
            Kind::Answer(text) => self.text(text, "", Style::Plain, lines),
            Kind::Reasoning(text) => self.text(text, "~ ", Style::Dim, lines),
            Kind::Injected(text, Source::Task) => self.text(text, "> ", Style::Turn, lines),
            Kind::Injected(text, source) => {
                self.text(&format!("[{}] {text}", source.word()), "", Style::Dim, lines);
            }
            Kind::Call { id, tool, asked } => self.call(id, tool, asked, lines),
            Kind::Result { call, end, text, change, output, .. } => {
                self.result(call, *end, text, change.as_ref(), output, lines);
            }
            Kind::Plan { step, items, text, .. } => self.plan(*step, items, text, lines),
            Kind::Ask { questions, .. } => questions.iter().for_each(|question| self.question(question, lines)),
            Kind::Agent { thread, agent_type, purpose, .. } => {
                let kind = agent_type.as_deref().unwrap_or("subagent");
                if let Some(purpose) = purpose {
                    self.purposes.insert(thread.to_string(), purpose.to_string());
                }
                let purpose = purpose.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
                self.note(&format!("{kind}{purpose} (thread {thread})"), Style::Busy, lines);
            }
            Kind::Compaction { trigger, tokens_before, tokens_after, text } => {
                self.compaction(trigger.as_deref(), *tokens_before, *tokens_after, text, lines);
            }
            Kind::Stop(why, text) => self.stop(*why, text, lines),
            Kind::Relation(link, other) => {
                self.rule(&format!("{} {other}", link.word().replace('_', " ")), lines);
            }
            Kind::Rewind { turn, .. } => self.rule(&format!("went back to turn {turn}"), lines),
            Kind::Gap { lack, bytes } => self.gap(part.line, *lack, *bytes, lines),
            Kind::Title(text) | Kind::Renamed(text) => self.note(&format!("title: {text}"), Style::Dim, lines),
            Kind::Context(context) => {
                let all = [&context.cwd, &context.branch, &context.mode, &context.model, &context.client];
                let words: Vec<&str> = all.into_iter().filter_map(|text| text.as_deref()).collect();
                self.note(&words.join(" · "), Style::Dim, lines);
            }
            Kind::Response(response) => {
                let tokens = format_count(response.tokens.total());
                self.note(&format!("{}: {tokens} tokens", response.model), Style::Dim, lines);
            }
            Kind::Attachment { mime, bytes, path } => {
                let is_picture = mime.as_deref().is_some_and(|mime| mime.starts_with("image/"));
                let words = [path.as_deref().or(mime.as_deref()).map(str::to_string), bytes.map(format_bytes)];
                let words = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
                self.note(&format!("{}: {words}", if is_picture { "picture" } else { "attached" }), Style::Dim, lines);
            }
            _ => {}
        }
    }

    /// Appends the calls that did not end.
    pub fn finish(&mut self, lines: &mut Vec<StyledLine>) {
        self.end_calls(lines);
    }

    fn prompt(&mut self, part: &Part, text: &str, lines: &mut Vec<StyledLine>) {
        self.end_calls(lines);
        let at = part.entry.at.and_then(clock::from_millis).map(|at| format_local_minute(at, self.how.zone));
        let turn = (part.turn > 0).then(|| part.turn.to_string());
        self.rule(&turn.into_iter().chain(at).collect::<Vec<_>>().join(" · "), lines);
        let text = if text.is_empty() { "[a picture]" } else { text };
        self.paragraph(text, "> ", Style::Turn, lines);
        lines.push(Vec::new());
        self.is_block = false;
    }

    /// A text of several lines, apart from what stands before it.
    fn text(&mut self, text: &str, mark: &str, style: Style, lines: &mut Vec<StyledLine>) {
        if text.trim().is_empty() {
            return;
        }
        self.end_calls(lines);
        self.begin_block(lines);
        self.paragraph(text, mark, style, lines);
        lines.push(Vec::new());
        self.is_block = false;
    }

    fn question(&mut self, question: &Question, lines: &mut Vec<StyledLine>) {
        self.end_calls(lines);
        self.begin_block(lines);
        self.paragraph(&question.text, "? ", Style::Asking, lines);
        let is_given = |option: &str| question.answer.as_deref() == Some(option);
        for option in question.options.iter().filter(|option| !is_given(option)) {
            self.paragraph(option, "    ", Style::Dim, lines);
        }
        if let Some(answer) = &question.answer {
            self.paragraph(answer, "  > ", Style::Turn, lines);
        }
        lines.push(Vec::new());
        self.is_block = false;
    }

    fn compaction(
        &mut self,
        trigger: Option<&str>,
        before: Option<u64>,
        after: Option<u64>,
        text: &str,
        lines: &mut Vec<StyledLine>,
    ) {
        let tokens = match (before, after) {
            (Some(before), Some(after)) => Some(format!("{} to {} tokens", format_count(before), format_count(after))),
            (before, after) => before.or(after).map(|count| format!("{} tokens", format_count(count))),
        };
        let words: Vec<String> = trigger.map(str::to_string).into_iter().chain(tokens).collect();
        let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
        self.end_calls(lines);
        self.rule(&format!("compacted{words}"), lines);
        self.is_block = true;
        if self.how.is_full {
            self.text(text, "| ", Style::Dim, lines);
        }
    }

    fn stop(&mut self, why: Stop, text: &str, lines: &mut Vec<StyledLine>) {
        let word = match why {
            Stop::Interrupted => "interrupted",
            Stop::Failed => "a request to the model failed",
            Stop::EndedByModel => "the model ended the conversation",
            Stop::Hook => "a hook stopped the turn",
        };
        let text = if text.is_empty() || why == Stop::Interrupted { String::new() } else { format!(": {text}") };
        self.end_calls(lines);
        self.note(&format!("{word}{text}"), Style::Wrong, lines);
    }

    fn gap(&mut self, line: u64, lack: Lack, bytes: u64, lines: &mut Vec<StyledLine>) {
        let size = format_bytes(bytes);
        let text = match lack {
            Lack::TooLong => format!("line {line} is missing here: it is too long ({size})"),
            Lack::Broken => format!("line {line} is missing here: it is broken ({size})"),
            Lack::Unreadable => format!("all from line {line} of this log on is missing: it cannot be read ({size})"),
        };
        self.end_calls(lines);
        self.note(&text, Style::Wrong, lines);
    }

    /// A text on one line, which is cut.
    fn note(&mut self, text: &str, style: Style, lines: &mut Vec<StyledLine>) {
        let text = self.masked(text).replace(['\n', '\t'], " ");
        lines.push(vec![(cut_to_width(&format!("{INDENT}{text}"), self.how.width), style)]);
        self.is_block = true;
    }

    /// A line across the room, with a text in it.
    fn rule(&mut self, text: &str, lines: &mut Vec<StyledLine>) {
        self.begin_block(lines);
        let text = self.masked(text).replace(['\n', '\t'], " ");
        let text = cut_to_width(&format!("── {text} "), self.how.width);
        let rest = self.how.width.saturating_sub(crate::width_of(&text));
        lines.push(vec![(format!("{text}{}", "─".repeat(rest)), Style::Dim)]);
        self.is_block = false;
    }

    /// A blank line after lines that stand close together.
    fn begin_block(&mut self, lines: &mut Vec<StyledLine>) {
        if std::mem::take(&mut self.is_block) {
            lines.push(Vec::new());
        }
    }

    /// The lines of a text, each behind the mark.
    fn paragraph(&self, text: &str, mark: &str, style: Style, lines: &mut Vec<StyledLine>) {
        let room = self.how.width.saturating_sub(crate::width_of(mark));
        for line in self.masked(text).trim_end().lines() {
            let line = line.replace('\t', "    ");
            for piece in wrap_indented(&line, room) {
                lines.push(vec![(format!("{mark}{piece}").trim_end().to_string(), style)]);
            }
        }
    }

    /// The text without secrets and invisible characters.
    fn masked(&self, text: &str) -> String {
        let text = if self.how.is_raw { Cow::Borrowed(text) } else { redact::mask(text) };
        visible(&text)
    }
}

#[cfg(test)]
mod tests;
