//! Owns how parts are written as JSON, one object a line (`docs/CONVERSATION.md`). Written by hand, because `show` must be
//! faster than a parser of JSON. Must stay true: each line is valid JSON without a raw control character; secrets are
//! masked in every text unless raw output is asked for.

use super::line::{Line, Show, Texts};
use super::{Part, PartKind};
use crate::entry::{Asked, CallEnd, Context, Kind, Output, PlanItem, Question, Response, Tool};
use cs_core::clock;

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
    /// Whether the conversation begins anew, although only what comes after a part of it was asked for.
    pub is_anew: bool,
}

impl Head<'_> {
    /// Appends the line to `out`; secrets are masked unless `is_raw`.
    pub fn write_json(&self, is_raw: bool, out: &mut Vec<u8>) {
        self.write(Texts::raw(is_raw), out);
    }

    /// The same, with the texts that `show` says.
    pub fn write_shown(&self, show: &mut Show, out: &mut Vec<u8>) {
        self.write(Texts::By(show), out);
    }

    fn write<'o>(&self, texts: Texts<'o>, out: &'o mut Vec<u8>) {
        let mut line = Line::new(PartKind::Head, self.conversation, texts, out);
        line.word("agent", self.agent);
        line.word("source", self.source);
        let texts = [("client", self.client), ("project", self.project), ("cwd", self.cwd), ("branch", self.branch)];
        for (name, text) in texts {
            line.some_text(name, text);
        }
        line.some_text("title", self.title);
        if let Some(at) = self.started_at {
            line.word("started_at", at);
        }
        line.some_text("forked_from", self.forked_from);
        line.some_text("parent", self.parent);
        line.strings("session_ids", self.session_ids);
        if self.is_anew {
            line.field("anew", "true");
        }
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
    /// Number of logs that could not be read, or not to their ends.
    pub unread: u64,
    /// How the conversation ended: `exit`, `killed`, `running` or `unknown`.
    pub ends: &'a str,
}

impl End<'_> {
    /// Appends the line to `out`.
    pub fn write_json(&self, conversation: &str, out: &mut Vec<u8>) {
        let mut line = Line::new(PartKind::End, conversation, Texts::Raw, out);
        line.number("entries", self.entries);
        line.number("not_understood", self.not_understood);
        line.number("too_long", self.too_long);
        if self.unread > 0 {
            line.number("unread", self.unread);
        }
        line.word("ends", self.ends);
        line.end();
    }
}

impl Part<'_> {
    /// Appends the part as one line of JSON to `out`; secrets are masked unless `is_raw`.
    pub fn write_json(&self, conversation: &str, is_raw: bool, out: &mut Vec<u8>) {
        self.write(conversation, self.seq, Texts::raw(is_raw), out);
    }

    /// The same, with the texts that `show` says, and with this place in the order.
    pub fn write_shown(&self, conversation: &str, seq: u64, show: &mut Show, out: &mut Vec<u8>) {
        self.write(conversation, seq, Texts::By(show), out);
    }

    fn write<'o>(&self, conversation: &str, seq: u64, texts: Texts<'o>, out: &'o mut Vec<u8>) {
        let mut line = Line::new(self.kind, conversation, texts, out);
        line.plain("entry", &self.anchor);
        line.number("seq", seq);
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
            Kind::Rewind { to, turn } => {
                line.text("to", to);
                line.number("to_turn", *turn);
            }
            Kind::Gap { lack, bytes } => {
                line.number("line", self.line);
                line.number("bytes", *bytes);
                line.word("why", lack.word());
            }
            Kind::Withdrawn(_)
            | Kind::Synthetic(_)
            | Kind::Sum(_)
            | Kind::Limits(_)
            | Kind::HookRun { .. }
            | Kind::HookFault { .. }
            | Kind::Begun => {}
        }
    }
}

fn call(line: &mut Line, id: &str, tool: &Tool, asked: &Asked) {
    line.text("call", id);
    line.tool("tool", &asked.name);
    line.word("class", asked.class.word());
    if let Some(input) = &asked.input {
        line.json("input", input);
    }
    if !asked.files.is_empty() {
        line.strings("paths", &asked.files);
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
        line.strings("options", &question.options);
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
