//! Owns the rows of what was said and done in a conversation: which parts each mode shows, and as what. Must stay true:
//! memory does not grow with the conversation; a call stands where it ended, and one that did not end before the next
//! prompt; what was put in by the client (reminders, instructions, hooks) is in no report.

use crate::one::One;
use crate::request::Mode;
use crate::row::Row;
use crate::texts::Texts;
use crate::writer::Writer;
use agents::entry::{CallClass, CallEnd, Change, Kind, Lack, Output, Source};
use agents::part::{Part, PartKind};
use cs_core::clock;
use cs_core::error::Result;
use std::collections::VecDeque;

/// How many calls may be open at once; the oldest one is told without its end.
const OPEN: usize = 256;

/// The rows of a conversation.
pub struct Talk<'t, 'a, 'o> {
    one: &'t One<'o>,
    texts: &'t mut Texts<'a>,
    writer: &'t mut Writer,
    open: VecDeque<Open>,
    failed: Result<()>,
}

/// A call that has not ended yet.
struct Open {
    id: String,
    row: Row,
    /// Whether it is told only if it failed: the plan or the question itself is shown.
    is_hidden: bool,
}

impl<'t, 'a, 'o> Talk<'t, 'a, 'o> {
    /// Nothing was told yet.
    pub fn new(one: &'t One<'o>, texts: &'t mut Texts<'a>, writer: &'t mut Writer) -> Self {
        Talk { one, texts, writer, open: VecDeque::new(), failed: Ok(()) }
    }

    /// The kinds that are shown.
    pub fn kinds(one: &One) -> Vec<PartKind> {
        use PartKind::{
            Agent, Answer, Ask, Attachment, Call, Compaction, Gap, Injected, Plan, Prompt, Reasoning, Relation, Result,
            Rewind, Stop,
        };
        let mut kinds = match one.request.mode {
            Mode::Full => {
                vec![
                    Prompt, Answer, Call, Result, Plan, Ask, Agent, Compaction, Stop, Relation, Rewind, Gap, Injected,
                    Attachment,
                ]
            }
            Mode::Actions => vec![Prompt, Call, Result, Plan, Ask, Agent, Stop, Gap],
            _ => vec![Prompt],
        };
        if one.request.with.reasoning {
            kinds.push(Reasoning);
        }
        if one.request.with.results {
            kinds.extend([Call, Result]);
        }
        kinds
    }

    /// Adds a part. After a failure nothing more is added.
    pub fn add(&mut self, part: &Part) {
        if self.failed.is_ok() {
            self.failed = self.tell(part);
        }
    }

    /// Tells the calls that did not end; fails if something could not be told.
    pub fn finish(mut self) -> Result<()> {
        self.failed = std::mem::replace(&mut self.failed, Ok(())).and_then(|()| self.end_calls(0));
        self.failed
    }

    fn tell(&mut self, part: &Part) -> Result<()> {
        let is_full = self.one.request.mode == Mode::Full;
        match &part.entry.kind {
            Kind::Prompt(..) => {
                self.end_calls(0)?;
                let text = self.text(part);
                let row = self.base("prompt", part);
                self.row(row.text("text", Some(text)))
            }
            Kind::Injected(_, Source::Task | Source::Message | Source::News) => self.plain("injected", part),
            Kind::Injected(..) => Ok(()),
            Kind::Answer(_) => self.plain("answer", part),
            Kind::Reasoning(_) => self.plain("reasoning", part),
            Kind::Call { id, asked, .. } => {
                let is_hidden = matches!(asked.class, CallClass::Plan | CallClass::Ask);
                let tool = self.texts.show("", "call", "tool", &asked.name);
                let kept = self.texts.head.kept_by_hand;
                let text = self.text(part);
                let has_kept = self.texts.head.kept_by_hand > kept;
                let text = self.decoded((&text, has_kept)).map(|lines| lines.replace('\n', " ")).unwrap_or(text);
                let row = self.base("call", part).text("tool", Some(tool)).text("text", Some(text));
                let row = match asked.input.as_deref().filter(|_| is_full) {
                    Some(input) => {
                        let kept = self.texts.head.kept_by_hand;
                        let shown = self.texts.show(&part.anchor, "call", "input", input);
                        let has_kept = self.texts.head.kept_by_hand > kept;
                        row.text("input", Some(self.decoded((&shown, has_kept)).unwrap_or(shown)))
                    }
                    None => row,
                };
                self.open.push_back(Open { id: id.to_string(), row, is_hidden });
                self.end_calls(if id.is_empty() { 0 } else { OPEN })
            }
            Kind::Result { call, end, change, output, .. } => {
                self.end_call(call, ended(*end, change.as_ref(), output))?;
                if !self.one.request.with.results {
                    return Ok(());
                }
                self.plain("result", part)
            }
            Kind::Plan { items, .. } => {
                let words: Vec<String> =
                    items.iter().filter_map(|item| item.status.as_deref()).map(str::to_string).collect();
                let words = words.iter().map(|word| self.texts.show("", "plan", "status", word)).collect();
                let text = self.text(part);
                let row = self.base("plan", part);
                self.row(row.text("text", Some(text)).texts("status", words))
            }
            Kind::Ask { .. } => self.plain("ask", part),
            Kind::Agent { .. } => self.plain("agent", part),
            Kind::Compaction { .. } => {
                self.end_calls(0)?;
                let text = self.text(part);
                let row = self.base("compaction", part);
                self.row(row.text("text", Some(text)))
            }
            Kind::Stop(why, _) => {
                let text = self.text(part);
                let row = self.base("stop", part).text("text", Some(text));
                self.row(row.word("status", Some(why.word().replace('_', " "))))
            }
            Kind::Relation(link, other) => {
                let row = self.base("relation", part);
                self.row(row.text("text", Some(format!("{} {other}", link.word().replace('_', " ")))))
            }
            Kind::Rewind { turn, .. } => {
                let row = self.base("rewind", part);
                self.row(row.text("text", Some(format!("to turn {turn}"))))
            }
            Kind::Gap { lack, bytes } => {
                let why = match lack {
                    Lack::TooLong => "is too long",
                    Lack::Broken => "is broken",
                    Lack::Unreadable => "and all behind it cannot be read",
                };
                let row = self.base("gap", part);
                self.row(row.text("text", Some(format!("line {} {why} ({bytes} bytes)", part.line))))
            }
            Kind::Attachment { mime, bytes, path } => {
                let path = path.as_deref().map(|path| self.texts.show(&part.anchor, "attachment", "path", path));
                let mime = mime.as_deref().map(|mime| self.texts.show("", "attachment", "mime", mime));
                let size = bytes.map(|bytes| format!("{bytes} bytes"));
                let words: Vec<String> = [path, mime, size].into_iter().flatten().collect();
                let row = self.base("attachment", part);
                self.row(row.text("text", Some(words.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// A row with nothing but the text of its part; none if that is empty.
    fn plain(&mut self, name: &'static str, part: &Part) -> Result<()> {
        let text = self.text(part);
        if text.trim().is_empty() {
            return Ok(());
        }
        let row = self.base(name, part);
        self.row(row.text("text", Some(text)))
    }

    /// The text of a part, as it may be shown.
    fn text(&mut self, part: &Part) -> String {
        self.texts.show(&part.anchor, part.kind.word(), "text", &part.text())
    }

    /// What JSON that was sanitized says, decoded and sanitized once more, as what people will read; but not if something
    /// of it was kept by hand. `None` if it is no object.
    fn decoded(&mut self, (json, has_kept): (&str, bool)) -> Option<String> {
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).ok()?;
        let lines: Vec<String> = fields.iter().map(|(name, value)| line(name, value)).collect();
        let lines = lines.join("\n");
        Some(if has_kept { lines } else { self.texts.show("", "call", "text", &lines) })
    }

    fn base(&mut self, name: &'static str, part: &Part) -> Row {
        let entry = self.texts.show_name("entry", &part.anchor);
        let thread = self.texts.show_name("thread", &part.thread);
        let at = part.entry.at.and_then(clock::from_millis).map(clock::stamp);
        Row::new(name)
            .word("conversation", Some(self.texts.conversation))
            .word("entry", Some(entry))
            .word("thread", Some(thread))
            .number("turn", Some(part.turn))
            .word("at", at)
    }

    fn row(&mut self, row: Row) -> Result<()> {
        self.texts.head.entries += 1;
        self.writer.add(&row)
    }

    fn end_call(&mut self, id: &str, ended: String) -> Result<()> {
        let Some(open) = self.open.iter().position(|open| open.id == id).and_then(|at| self.open.remove(at)) else {
            return Ok(());
        };
        if open.is_hidden && ended.starts_with("ok") {
            return Ok(());
        }
        self.row(open.row.word("ended", Some(ended)))
    }

    /// Tells the oldest calls without an end, until at most so many are open.
    fn end_calls(&mut self, most: usize) -> Result<()> {
        while self.open.len() > most
            && let Some(open) = self.open.pop_front()
        {
            if !open.is_hidden {
                self.row(open.row.word("ended", Some("no result")))?;
            }
        }
        Ok(())
    }
}

/// A field of what a call was given: texts as they are, all else as JSON.
fn line(name: &str, value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Some(text) => format!("{name}: {text}"),
        None => format!("{name}: {value}"),
    }
}

/// How a call ended: `ok`, `ok, +3 −1`, `failed (exit 101)`, `denied`, `interrupted`.
fn ended(end: CallEnd, change: Option<&Change>, output: &Output) -> String {
    let exit = output.exit.filter(|code| *code != 0).map(|code| format!(" (exit {code})")).unwrap_or_default();
    match (end, change) {
        (CallEnd::Denied, _) => "denied".into(),
        (CallEnd::Interrupted, _) => "interrupted".into(),
        (CallEnd::Failed, _) => format!("failed{exit}"),
        (CallEnd::Done, Some(change)) if change.added + change.removed > 0 => {
            format!("ok{exit}, +{} −{}", change.added, change.removed)
        }
        (CallEnd::Done, _) => format!("ok{exit}"),
    }
}
