//! Owns how parts are written as JSON, one object a line (`docs/CONVERSATION.md`). Written by hand, because `show` must be
//! faster than a parser of JSON. Must stay true: each line is valid JSON without a raw control character; secrets are
//! masked in every text unless raw output is asked for.

use super::{Part, PartKind, VERSION};
use crate::entry::{Asked, CallEnd, Context, Kind, Output, PlanItem, Question, Response, Tool};
use cs_core::clock;
use std::borrow::Cow;

/// The first line of a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head<'a> {
    /// Its id.
    pub conversation: &'a str,
    /// The agent's word.
    pub agent: &'a str,
    /// The client's version.
    pub client: Option<&'a str>,
    /// The project's name.
    pub project: Option<&'a str>,
    /// The directory in which it began.
    pub cwd: Option<&'a str>,
    /// The branch there.
    pub branch: Option<&'a str>,
    /// Its title.
    pub title: Option<&'a str>,
    /// When it began, RFC 3339, UTC.
    pub started_at: Option<&'a str>,
    /// `live`, `kept` or `history`.
    pub source: &'a str,
    /// The conversation from which it was copied.
    pub forked_from: Option<&'a str>,
    /// The conversation that started it.
    pub parent: Option<&'a str>,
    /// The sessions that recorded it.
    pub session_ids: &'a [String],
}

impl Head<'_> {
    /// Appends the line to `out`.
    pub fn write_json(&self, is_raw: bool, out: &mut Vec<u8>) {
        let mut line = Line::new(PartKind::Head, self.conversation, is_raw, out);
        line.word("agent", self.agent);
        line.word("source", self.source);
        let texts = [("client", self.client), ("project", self.project), ("cwd", self.cwd), ("branch", self.branch)];
        for (name, text) in texts {
            line.some_text(name, text);
        }
        line.some_text("title", self.title);
        line.some_text("started_at", self.started_at);
        line.some_text("forked_from", self.forked_from);
        line.some_text("parent", self.parent);
        line.list("session_ids", self.session_ids, |line, id| line.string(id));
        line.end();
    }
}

/// The last line of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End<'a> {
    /// Number of parts, without the first and the last line.
    pub entries: u64,
    /// Number of lines that could not be parsed.
    pub not_understood: u64,
    /// Number of lines that were too long.
    pub too_long: u64,
    /// How the conversation ended: `exit`, `killed`, `running` or `unknown`.
    pub ends: &'a str,
}

impl End<'_> {
    /// Appends the line to `out`.
    pub fn write_json(&self, conversation: &str, out: &mut Vec<u8>) {
        let mut line = Line::new(PartKind::End, conversation, true, out);
        line.number("entries", self.entries);
        line.number("not_understood", self.not_understood);
        line.number("too_long", self.too_long);
        line.word("ends", self.ends);
        line.end();
    }
}

impl Part<'_> {
    /// Appends the part as one line of JSON to `out`; secrets are masked unless `is_raw`.
    pub fn write_json(&self, conversation: &str, is_raw: bool, out: &mut Vec<u8>) {
        let mut line = Line::new(self.kind, conversation, is_raw, out);
        line.plain("entry", &self.anchor);
        line.number("seq", self.seq);
        line.number("turn", self.turn);
        line.plain("thread", &self.thread);
        if let Some(at) = self.entry.at.and_then(clock::from_millis) {
            line.word("at", &clock::stamp(at));
        }
        line.flag("copy", self.is_copy);
        line.flag("repaired", self.entry.is_repaired);
        self.write_kind(&mut line);
        line.end();
    }

    fn write_kind(&self, line: &mut Line) {
        match &self.entry.kind {
            Kind::Prompt(text, via) => {
                line.text("text", text);
                line.word("via", via.word());
            }
            Kind::Injected(text, source) => {
                line.text("text", text);
                line.word("source", source.word());
            }
            Kind::Answer(text) | Kind::Reasoning(text) => line.text("text", text),
            Kind::Call { id, tool, asked } => call(line, id, tool, asked),
            Kind::Result { call, end, text, change, agent_id, output } => {
                line.text("call", call);
                result(line, *end, text, output);
                if let Some(change) = change {
                    let counts = [("files", change.files), ("added", change.added), ("removed", change.removed)];
                    line.object("change", |line| counts.iter().for_each(|(name, count)| line.number(name, *count)));
                }
                line.some_text("agent", agent_id.as_deref());
            }
            Kind::Plan { call, step, items, text } => {
                line.text("call", call);
                line.word("step", step.word());
                line.list("items", items, plan_item);
                line.filled_text("text", text);
            }
            Kind::Ask { call, questions } => {
                line.text("call", call);
                line.list("questions", questions, question);
            }
            Kind::Agent { call, thread, agent_type, purpose } => {
                line.filled_text("call", call);
                line.text("agent", thread);
                line.some_text("agent_type", agent_type.as_deref());
                line.some_text("purpose", purpose.as_deref());
            }
            Kind::Context(context) => write_context(line, context),
            Kind::Response(response) => usage(line, response),
            Kind::Compaction { trigger, tokens_before, tokens_after, text } => {
                line.some_text("trigger", trigger.as_deref());
                line.some_number("tokens_before", *tokens_before);
                line.some_number("tokens_after", *tokens_after);
                line.filled_text("text", text);
            }
            Kind::Stop(why, text) => {
                line.word("why", why.word());
                line.filled_text("text", text);
            }
            Kind::Attachment { mime, bytes, path } => {
                line.some_text("mime", mime.as_deref());
                line.some_number("bytes", *bytes);
                line.some_text("path", path.as_deref());
            }
            Kind::Title(text) => {
                line.text("text", text);
                line.word("by", "client");
            }
            Kind::Renamed(text) => {
                line.text("text", text);
                line.word("by", "person");
            }
            Kind::Relation(link, other) => {
                line.word("relation", link.word());
                line.text("to", other);
            }
            Kind::Gap { lack, bytes } => {
                line.number("line", self.line);
                line.number("bytes", *bytes);
                line.word("why", lack.word());
            }
            Kind::Withdrawn(_)
            | Kind::Synthetic(_)
            | Kind::Sum(_)
            | Kind::HookRun { .. }
            | Kind::HookFault { .. }
            | Kind::Begun => {}
        }
    }
}

fn call(line: &mut Line, id: &str, tool: &Tool, asked: &Asked) {
    line.text("call", id);
    line.text("tool", &asked.name);
    line.word("class", asked.class.word());
    if let Some(input) = &asked.input {
        line.json("input", input);
    }
    if !asked.files.is_empty() {
        line.list("paths", &asked.files, |line, path| line.string(path));
    }
    if let Tool::Run(command) = tool {
        line.command("command", command);
    }
    line.some_text("purpose", asked.purpose.as_deref());
    line.some_text("agent_type", asked.agent_type.as_deref());
}

fn result(line: &mut Line, end: CallEnd, text: &str, output: &Output) {
    line.field("ok", if end.is_failure() { "false" } else { "true" });
    match end {
        CallEnd::Denied => line.word("ended", "denied"),
        CallEnd::Interrupted => line.word("ended", "interrupted"),
        CallEnd::Done | CallEnd::Failed => {}
    }
    if let Some(exit) = output.exit {
        line.field("exit", &exit.to_string());
    }
    line.text("text", text);
    line.number("bytes", output.bytes.unwrap_or(text.len() as u64));
    line.field("cut", if output.is_cut { "true" } else { "false" });
    line.some_text("spilled", output.spilled.as_deref());
}

fn plan_item(line: &mut Line, item: &PlanItem) {
    line.braces(|line| {
        line.some_text("id", item.id.as_deref());
        line.some_text("subject", item.subject.as_deref());
        line.some_text("status", item.status.as_deref());
    });
}

fn question(line: &mut Line, question: &Question) {
    line.braces(|line| {
        line.text("question", &question.text);
        line.list("options", &question.options, |line, option| line.string(option));
        line.some_text("answer", question.answer.as_deref());
    });
}

fn write_context(line: &mut Line, context: &Context) {
    line.some_text("cwd", context.cwd.as_deref());
    line.some_text("branch", context.branch.as_deref());
    line.some_text("mode", context.mode.as_deref());
    line.some_text("model", context.model.as_deref());
    line.some_text("client", context.client.as_deref());
}

fn usage(line: &mut Line, response: &Response) {
    let tokens = &response.tokens;
    line.text("message", &response.message);
    line.text("model", &response.model);
    line.number("input_tokens", tokens.input);
    line.number("output_tokens", tokens.output);
    line.number("cache_creation_input_tokens", tokens.written());
    line.number("cache_read_input_tokens", tokens.read);
    line.number("total_tokens", tokens.total());
    line.some_number("searches", Some(u64::from(response.searches)).filter(|count| *count > 0));
}

/// Writes the fields of a line.
struct Line<'o> {
    out: &'o mut Vec<u8>,
    is_raw: bool,
}

impl<'o> Line<'o> {
    fn new(kind: PartKind, conversation: &str, is_raw: bool, out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"{\"v\":");
        out.extend_from_slice(VERSION.to_string().as_bytes());
        let mut line = Line { out, is_raw };
        line.word("kind", kind.word());
        line.plain("conversation", conversation);
        line
    }

    fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// The name of a field of ours, which needs no escape.
    fn name(&mut self, name: &str) {
        if !matches!(self.out.last(), Some(b'{')) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn field(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.extend_from_slice(value.as_bytes());
    }

    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.field(name, "true");
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        self.field(name, &number.to_string());
    }

    fn some_number(&mut self, name: &str, number: Option<u64>) {
        number.into_iter().for_each(|number| self.number(name, number));
    }

    /// A word of ours, which needs no escape.
    fn word(&mut self, name: &str, word: &str) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    /// An id, in which nothing is masked.
    fn plain(&mut self, name: &str, text: &str) {
        self.name(name);
        write_text(text, self.out);
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    fn filled_text(&mut self, name: &str, text: &str) {
        self.some_text(name, Some(text).filter(|text| !text.is_empty()));
    }

    fn some_text(&mut self, name: &str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    fn string(&mut self, text: &str) {
        let text = if self.is_raw { Cow::Borrowed(text) } else { redact::mask(text) };
        write_text(&text, self.out);
    }

    fn command(&mut self, name: &str, text: &str) {
        self.name(name);
        let text = if self.is_raw { Cow::Borrowed(text) } else { redact::mask_command(text) };
        write_text(&text, self.out);
    }

    fn braces(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        fields(self);
        self.out.push(b'}');
    }

    fn object(&mut self, name: &str, fields: impl FnOnce(&mut Self)) {
        self.name(name);
        self.braces(fields);
    }

    fn list<T>(&mut self, name: &str, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.name(name);
        self.out.push(b'[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            each(self, item);
        }
        self.out.push(b']');
    }

    /// A value that is JSON already. It is left out if it is nested deeper than readers of JSON accept.
    fn json(&mut self, name: &str, json: &str) {
        if let Some(json) = crate::part::input::masked(json, self.is_raw) {
            self.field(name, &json);
        }
    }
}

/// Appends a text as a string of JSON.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(at) = bytes.get(start..).and_then(|rest| rest.iter().position(|byte| is_escaped(*byte))) {
        out.extend_from_slice(bytes.get(start..start + at).unwrap_or_default());
        escape(bytes.get(start + at).copied().unwrap_or_default(), out);
        start += at + 1;
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

/// Whether a string of JSON cannot contain the byte as it is; also the control character 127.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, 0..32 | b'"' | b'\\' | 127)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or(b'0');
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
