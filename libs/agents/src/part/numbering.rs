//! Owns the place of entries in a conversation: their order, turn, thread and anchor, and which of them repeat others.
//! Must stay true: usage is told once for each response, as it is counted; a call has one result at most; a part of the
//! surroundings is told when it changes. Bounded by the number of lines: a few bytes for each.

use super::{Part, PartKind};
use crate::entry::{CallClass, Context, Entry, Kind, Lack, Response, Thread};
use cs_core::id::{Uuid, fnv1a};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Gives entries their place in a conversation.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    seq: u64,
    turn: u64,
    /// The turns in which threads were started.
    turns: HashMap<String, u64>,
    /// The thread whose log is read, and where other logs were left.
    thread: String,
    left: HashMap<String, Left>,
    /// Hashes of what was told: ids of lines, responses, plans.
    seen: HashSet<u64>,
    /// The calls that were told, by the hash of their id: in which turn, and whether their result was told.
    calls: HashMap<u64, (u64, bool)>,
    /// Whether what was copied into the main log counts as its own.
    owns_copies: bool,
    /// What subagents are for, and their types, as the calls say that start them.
    started: HashMap<u64, (Option<String>, Option<String>)>,
    /// The last title, and whether a person gave it.
    title: Option<(String, bool)>,
    place: Left,
    /// Usage and a compaction, of which later lines may say more.
    held: Vec<Part<'static>>,
}

/// A place in a log.
#[derive(Clone, Debug, Default)]
struct Left {
    /// The turn, for a log to which the reader comes back.
    turn: u64,
    /// The present line: its number, the hash of its id, whether it is a copy.
    line: (u64, u64, bool),
    /// The surroundings, as they were told last.
    context: Context<'static>,
    /// When the log was begun, if it says so in its first line with a time; what is older was copied into it.
    begun: Option<i64>,
    /// The first line with a time.
    timed: Option<u64>,
    /// The turns of the lines, by the hashes of their ids.
    lines: HashMap<u64, u64>,
}

impl Numbering {
    /// Goes to the log of a thread, to its beginning or to where it was left; a subagent's belongs to the turn in which it
    /// was started.
    pub fn begin_log(&mut self, thread: &str, each: &mut dyn FnMut(&Part)) {
        self.flush(each);
        if thread == self.thread {
            return;
        }
        self.place.turn = self.turn;
        let before = std::mem::replace(&mut self.thread, thread.to_string());
        self.left.insert(before, std::mem::take(&mut self.place));
        let turn = self.turns.get(thread).copied().unwrap_or(self.turn);
        self.place = self.left.remove(thread).unwrap_or(Left { turn, ..Left::default() });
        self.turn = self.place.turn;
    }

    /// Lines with these ids, as [`line_hash`] gives them, are copies: another conversation had them before.
    pub fn know(&mut self, lines: impl IntoIterator<Item = u64>) {
        self.seen.extend(lines);
    }

    /// The log that is read was begun then; what is older was copied into it.
    pub fn know_begun(&mut self, at: Option<i64>) {
        self.place.begun = self.place.begun.or(at);
    }

    /// What was copied into the main log is told as its own, because no other log has it any more.
    pub fn own_copies(&mut self) {
        self.owns_copies = true;
    }

    /// Passes the part that an entry is to `each`, perhaps later or not at all; `number` is that of its line, `thread` the
    /// log's.
    pub fn take(&mut self, mut entry: Entry, number: u64, thread: &str, each: &mut dyn FnMut(&Part)) {
        let number = entry.line.unwrap_or(number);
        let owns_copies = self.owns_copies && self.thread == "main";
        entry.is_copy &= !owns_copies;
        self.enter(&entry, number, owns_copies);
        if let Kind::Withdrawn(message) = &entry.kind {
            self.held.retain(|part| !is_response(part, message));
        }
        let Some(kind) = PartKind::of(&entry.kind) else { return };
        // What surrounded a copy is no change here.
        let is_copy = entry.is_copy || self.place.line.2;
        if let Kind::Rewind { to, turn } = &mut entry.kind {
            match self.place.lines.get(&line_hash(to)).filter(|turn| **turn < self.turn && !is_copy) {
                Some(earlier) => *turn = *earlier,
                None => return,
            }
        }
        if let Kind::Context(context) = &mut entry.kind
            && (is_copy || !self.changed(context))
        {
            return;
        }
        if self.is_merged(&entry) {
            return;
        }
        let thread = thread_of(&entry, thread);
        self.flush_before(&entry, &thread, each);
        // A copied line is told as it is. An entry that has the id of its call is no line: it tells the call in other words.
        let is_line = |call: &str| entry.id.as_deref().is_none_or(|id| !id.starts_with(call));
        let may_repeat = match &entry.kind {
            Kind::Call { id: call, .. } | Kind::Result { call, .. } => is_copy && is_line(call),
            _ => is_copy,
        };
        if !may_repeat && self.is_repeated(&entry.kind) {
            return;
        }
        if kind == PartKind::Prompt && thread == "main" && !is_copy {
            self.turn += 1;
            self.place.lines.insert(self.place.line.1, self.turn);
        }
        self.tell_purpose(&mut entry.kind);
        if let Kind::Agent { thread, .. } = &entry.kind {
            self.turns.entry(thread.to_string()).or_insert(self.turn);
        }
        let part = self.placed(kind, entry, number, thread);
        match &part.entry.kind {
            Kind::Response(_) => self.held.push(held(part)),
            Kind::Compaction { text, .. } if text.is_empty() => self.held.push(held(part)),
            _ => self.tell(part, each),
        }
    }

    /// Completes what is said about a subagent by what the call says that started it.
    fn tell_purpose(&mut self, kind: &mut Kind) {
        let own = |text: &Option<Cow<str>>| text.as_deref().map(str::to_string);
        match kind {
            Kind::Call { id, asked, .. } if asked.class == CallClass::Agent && !id.is_empty() => {
                self.started.insert(hash("call", id), (own(&asked.purpose), own(&asked.agent_type)));
            }
            Kind::Agent { call, agent_type, purpose, .. } => {
                let Some((known, of_type)) = self.started.get(&hash("call", call)) else { return };
                *purpose = purpose.take().or_else(|| known.clone().map(Cow::Owned));
                *agent_type = agent_type.take().or_else(|| of_type.clone().map(Cow::Owned));
            }
            _ => {}
        }
    }

    /// Passes on that a line is missing.
    pub fn gap(&mut self, lack: Lack, bytes: u64, number: u64, thread: &str, each: &mut dyn FnMut(&Part)) {
        let kind = Kind::Gap { lack, bytes };
        self.take(Entry::of_line(kind), number, thread, each);
    }

    /// Passes on what was held back.
    pub fn finish(&mut self, each: &mut dyn FnMut(&Part)) {
        self.flush(each);
    }

    /// Number of parts that were passed on.
    pub fn told(&self) -> u64 {
        self.seq
    }

    /// Begins a line, unless the entry is another one of the same line.
    fn enter(&mut self, entry: &Entry, number: u64, owns_copies: bool) {
        if entry.at.is_some() && *self.place.timed.get_or_insert(number) == number && entry.kind == Kind::Begun {
            self.place.begun = entry.at;
        }
        let id = entry.id.as_deref().map_or(0, line_hash);
        if (self.place.line.0, self.place.line.1) == (number, id) {
            return;
        }
        let is_known = id != 0 && !self.seen.insert(id);
        let is_older = !owns_copies && self.place.begun.zip(entry.at).is_some_and(|(begun, at)| at < begun);
        self.place.line = (number, id, is_known || is_older);
        if id != 0 && entry.thread == Thread::Main {
            self.place.lines.entry(id).or_insert(self.turn);
        }
    }

    /// Leaves only what changed in the surroundings; false if nothing did.
    fn changed(&mut self, context: &mut Context) -> bool {
        let known = &mut self.place.context;
        let pairs = [
            (&mut known.cwd, &mut context.cwd),
            (&mut known.branch, &mut context.branch),
            (&mut known.mode, &mut context.mode),
            (&mut known.model, &mut context.model),
            (&mut known.client, &mut context.client),
        ];
        let mut is_new = false;
        for (known, new) in pairs {
            if new.as_deref().is_none_or(str::is_empty) || *known == *new {
                *new = None;
            } else {
                *known = new.as_deref().map(|text| Cow::Owned(text.to_string()));
                is_new = true;
            }
        }
        is_new
    }

    /// Whether the entry only completes one that was held back.
    fn is_merged(&mut self, entry: &Entry) -> bool {
        match &entry.kind {
            Kind::Response(new) => self.held.iter_mut().any(|part| match &mut part.entry.kind {
                Kind::Response(old) if response_key(old) == response_key(new) => {
                    // The line with the most tokens is the last one, as in counting.
                    if new.tokens.total() >= old.tokens.total() {
                        *old = owned(new.clone());
                    }
                    true
                }
                _ => false,
            }),
            Kind::Compaction { trigger: None, text: summary, .. } => {
                self.held.iter_mut().any(|part| match &mut part.entry.kind {
                    Kind::Compaction { text, .. } if text.is_empty() => {
                        *text = Cow::Owned(summary.to_string());
                        true
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// Passes on what this entry ends: a response by another one of its thread, a prompt or a stop, but not by a result, which
    /// may come before the response is complete; a compaction by anything.
    fn flush_before(&mut self, entry: &Entry, thread: &str, each: &mut dyn FnMut(&Part)) {
        let is_over = |part: &Part| match (&part.entry.kind, &entry.kind) {
            (Kind::Response(old), Kind::Response(new)) => part.thread == thread && old.message != new.message,
            (Kind::Response(_), kind) => matches!(kind, Kind::Prompt(..) | Kind::Rewind { .. } | Kind::Stop(..)),
            _ => true,
        };
        let (over, kept) = std::mem::take(&mut self.held).into_iter().partition(is_over);
        self.held = kept;
        let over: Vec<Part> = over;
        over.into_iter().for_each(|part| self.tell(part, each));
    }

    /// Whether it was told before: a call, its result, its plan, a response, a title that is written again.
    fn is_repeated(&mut self, kind: &Kind) -> bool {
        let key = match kind {
            Kind::Title(text) => return self.has_title(text, false),
            Kind::Renamed(text) => return self.has_title(text, true),
            Kind::Plan { call, step, .. } if !call.is_empty() => hash(step.word(), call) ^ self.turn,
            Kind::Agent { thread, .. } => hash("agent", thread),
            Kind::Relation(link, other) => hash(link.word(), other),
            Kind::Call { id, .. } if !id.is_empty() => return self.is_known_call(hash("call", id)),
            Kind::Result { call, .. } if !call.is_empty() => {
                let (_, has_result) = self.calls.entry(hash("call", call)).or_insert((self.turn, false));
                return std::mem::replace(has_result, true);
            }
            Kind::Response(response) => response_key(response),
            _ => return false,
        };
        !self.seen.insert(key)
    }

    /// Whether a call is told a second time. A client that begins anew may count its calls from the beginning.
    fn is_known_call(&mut self, key: u64) -> bool {
        let turn = self.turn;
        match self.calls.get_mut(&key) {
            Some((told, has_result)) if *told == turn || !*has_result => true,
            _ => {
                self.calls.insert(key, (turn, false));
                false
            }
        }
    }

    fn has_title(&mut self, text: &str, is_given: bool) -> bool {
        let is_same = self.title.as_ref().is_some_and(|(known, given)| known == text && *given == is_given);
        self.title = Some((text.to_string(), is_given));
        is_same
    }

    fn placed<'a>(&self, kind: PartKind, entry: Entry<'a>, line: u64, thread: Cow<'a, str>) -> Part<'a> {
        let anchor = match (&entry.id, entry.block) {
            (Some(id), block) if !id.is_empty() => format!("{id}#{block}"),
            (_, block) => {
                let block = if block == 0 { String::new() } else { format!("#{block}") };
                let thread = if thread == "main" { String::new() } else { format!("{thread}:") };
                format!("{thread}L{line}{block}")
            }
        };
        let is_copy = entry.is_copy || self.place.line.2;
        Part { kind, anchor, line, seq: 0, turn: self.turn, thread, is_copy, entry }
    }

    fn flush(&mut self, each: &mut dyn FnMut(&Part)) {
        for part in std::mem::take(&mut self.held) {
            self.tell(part, each);
        }
    }

    fn tell(&mut self, mut part: Part, each: &mut dyn FnMut(&Part)) {
        part.seq = self.seq;
        self.seq += 1;
        each(&part);
    }
}

/// A hash of the id of a line.
pub fn line_hash(id: &str) -> u64 {
    hash("line", id)
}

/// The thread of an entry: that of the log, or of the side chain inside it.
fn thread_of<'a>(entry: &Entry, log: &str) -> Cow<'a, str> {
    match (&entry.agent_id, entry.thread) {
        (Some(id), Thread::Side) if log == "main" && Uuid::parse(id).is_err() => Cow::Owned(format!("agent-{id}")),
        (_, Thread::Side) if log == "main" && entry.agent_id.is_none() => Cow::Borrowed("side"),
        _ => Cow::Owned(log.to_string()),
    }
}

/// Responses are the same as in counting: with the same message and request.
fn response_key(response: &Response) -> u64 {
    hash("response", &response.key()) ^ response.reference.as_deref().map_or(0, |name| hash("request", name))
}

fn hash(kind: &str, text: &str) -> u64 {
    fnv1a(kind.as_bytes()) ^ fnv1a(text.as_bytes()).rotate_left(17)
}

fn is_response(part: &Part, message: &str) -> bool {
    matches!(&part.entry.kind, Kind::Response(response) if response.message == message)
}

/// A part that can be held back: only responses and compactions are.
fn held(part: Part) -> Part<'static> {
    let text = |text: Cow<str>| Cow::<'static, str>::Owned(text.into_owned());
    let entry = part.entry;
    let kind = match entry.kind {
        Kind::Response(response) => Kind::Response(owned(response)),
        Kind::Compaction { trigger, tokens_before, tokens_after, text: summary } => {
            Kind::Compaction { trigger: trigger.map(text), tokens_before, tokens_after, text: text(summary) }
        }
        _ => Kind::Begun,
    };
    let entry = Entry {
        at: entry.at,
        line: entry.line,
        id: entry.id.map(text),
        conversation: text(entry.conversation),
        thread: entry.thread,
        agent_id: entry.agent_id.map(text),
        block: entry.block,
        is_copy: entry.is_copy,
        is_repaired: entry.is_repaired,
        kind,
    };
    let Part { kind, anchor, line, seq, turn, is_copy, .. } = part;
    Part { kind, anchor, line, seq, turn, thread: text(part.thread), is_copy, entry }
}

fn owned(response: Response) -> Response<'static> {
    let text = |text: Cow<str>| Cow::<'static, str>::Owned(text.into_owned());
    Response {
        message: text(response.message),
        part: response.part,
        is_named: response.is_named,
        request: response.request.map(text),
        reference: response.reference.map(text),
        model: text(response.model),
        class: response.class,
        lines: response.lines,
        searches: response.searches,
        tokens: response.tokens,
        cost_pico_usd: response.cost_pico_usd,
    }
}
