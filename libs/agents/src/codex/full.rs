//! Owns the entries of a rollout's line for readers that want everything. Must stay true: usage and the limits of copies
//! are those of counting; what the client writes twice is told once (`told`); a copied line gives the same entries, marked.

use super::State;
use super::line::{Line, Payload};
use super::piece::Piece;
use super::told::{From, Held};
use super::{said, work};
use crate::entry::{Context, Entry, Kind, Link, Source, Stop, Thread, Via};
use std::borrow::Cow;

/// Lines that say nothing about what was held back before them.
const ASIDES: [&str; 7] = [
    "session_meta",
    "turn_context",
    "world_state",
    "token_usage_record",
    "token_count",
    "thread_settings_applied",
    "inter_agent_communication_metadata",
];

impl State {
    /// All entries of a line.
    pub(super) fn full<'a>(&mut self, line: Line<'a>, at: i64, number: u64) -> Vec<Entry<'a>> {
        let Some(payload) = line.payload else { return Vec::new() };
        let is_summary = line.metadata.is_some_and(|metadata| metadata.compaction_output == Some(true));
        let kind = line.kind.unwrap_or_default();
        let form = payload.kind.clone().unwrap_or_default();
        let mut pieces = Vec::new();
        self.settle(&kind, &payload, &form);
        let held = if ASIDES.contains(&&*kind) || ASIDES.contains(&&*form) { Vec::new() } else { self.release() };
        let mut is_copy = self.is_copied(at);
        match (&*kind, &*form) {
            ("session_meta", _) => {
                self.begin(payload, at, &mut pieces);
                is_copy = self.copied;
            }
            ("turn_context", _) | (_, "thread_settings_applied") => {
                self.context(&payload);
                if !is_copy {
                    pieces.push(Piece::new(None, 0, surroundings(payload)));
                }
            }
            ("compacted", _) => {
                let text = payload.message.unwrap_or_default();
                let (trigger, tokens_before, tokens_after) = (None, None, None);
                let kind = Kind::Compaction { trigger, tokens_before, tokens_after, text };
                pieces.push(Piece::new(None, 0, kind));
            }
            ("token_usage_record", _) => {
                let mut kinds = Vec::new();
                self.record(payload, at, &mut kinds);
                pieces.extend(kinds.into_iter().map(|kind| Piece::new(None, 0, kind)));
            }
            (_, "token_count") => pieces.extend(self.count(&payload, at).map(|kind| Piece::new(None, 0, kind))),
            (_, "task_started") => {
                self.turn(&payload);
                self.told.begin_turn();
                is_copy = self.copied;
            }
            (_, "task_complete") => {
                let text = payload.error.map(|fault| fault.message.unwrap_or_default());
                pieces.extend(text.map(|text| Piece::new(None, 0, Kind::Stop(Stop::Failed, text))));
            }
            (_, "turn_aborted") => {
                let reason = payload.reason.filter(|reason| reason != "interrupted").unwrap_or_default();
                pieces.push(Piece::new(None, 0, Kind::Stop(Stop::Interrupted, reason)));
            }
            ("response_item", _) if !is_summary => self.item_of_model(payload, at, number, &mut pieces),
            ("event_msg", "user_message") => {
                let text = super::message(payload.message.as_deref());
                self.typed_prompt(None, text, self.told.via, &mut pieces);
            }
            ("event_msg", "agent_message") => self.answer(None, payload.message.unwrap_or_default(), &mut pieces),
            ("event_msg", "agent_reasoning") => self.thought(None, 0, payload.text, From::Client, &mut pieces),
            ("event_msg", "item_completed") => self.item_of_client(payload, &mut pieces),
            ("event_msg", _) => work::of_event(payload, &mut self.told, &mut pieces),
            _ => {}
        }
        let mut before: Vec<Entry> = held.into_iter().map(|held| self.held_entry(held)).collect();
        let own = pieces.into_iter().map(|piece| {
            let (id, block) = (piece.id, piece.block);
            self.entry(id, Some(at), block, is_copy, piece.kind)
        });
        let mut own: Vec<Entry> = own.collect();
        // Pictures belong to the prompt that this line tells.
        let is_picture = |entry: &Entry| matches!(entry.kind, Kind::Attachment { .. });
        if own.iter().any(|entry| matches!(entry.kind, Kind::Prompt(..))) && before.iter().all(is_picture) {
            own.append(&mut before);
        }
        before.append(&mut own);
        before
    }

    fn entry<'a>(
        &self,
        id: Option<Cow<'a, str>>,
        at: Option<i64>,
        block: u32,
        is_copy: bool,
        kind: Kind<'a>,
    ) -> Entry<'a> {
        Entry {
            at,
            line: None,
            id,
            conversation: Cow::Owned(self.root.clone()),
            thread: if self.subagent { Thread::Side } else { Thread::Main },
            agent_id: self.subagent.then(|| Cow::Owned(self.thread.clone())),
            block,
            is_copy,
            is_repaired: false,
            kind,
        }
    }

    /// What was held back at the end of the log.
    pub(crate) fn finish(&mut self) -> Vec<Entry<'static>> {
        let held = self.release();
        held.into_iter().map(|held| self.held_entry(held)).collect()
    }

    fn held_entry<'a>(&self, held: Held) -> Entry<'a> {
        let kind = match held.kind {
            // Where the client tells prompts, one that it does not tell is not a person's.
            Kind::Prompt(text, _) if self.subagent => Kind::Injected(text, Source::Task),
            kind => kind,
        };
        Entry { line: Some(held.number), ..self.entry(held.id, held.at, held.block, held.is_copy, kind) }
    }

    /// What was held back, now that the next line does not tell it again.
    fn release(&mut self) -> Vec<Held> {
        let held = std::mem::take(&mut self.told.held);
        for one in &held {
            if let Kind::Answer(text) = &one.kind {
                self.told.add_twin("answer", one.id.as_deref(), text, From::Model);
            }
        }
        held
    }

    /// Drops what was held back if this line tells it again.
    fn settle(&mut self, kind: &str, payload: &Payload, form: &str) {
        if self.told.held.is_empty() {
            return;
        }
        match (kind, form) {
            ("compacted", _) => {
                let summary = payload.message.as_deref().unwrap_or_default();
                self.told.drop_answers(|_, text| summary.trim_end().ends_with(text));
            }
            (_, "user_message") => {
                self.told.drop_prompt(&super::message(payload.message.as_deref()).unwrap_or_default());
            }
            (_, "agent_message") if kind == "event_msg" => {
                let answer = payload.message.as_deref().unwrap_or_default();
                self.told.drop_answers(|_, text| text == answer.trim());
            }
            (_, "item_completed") => {
                let Some(item) = &payload.item else { return };
                match item.kind.as_deref() {
                    Some("UserMessage") => self.told.drop_prompt(&item.typed().unwrap_or_default()),
                    Some("AgentMessage") => {
                        let answer = said::words(&said::blocks(item.content));
                        self.told.drop_answers(|held, text| held.id == item.id || text == answer);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The first line: which thread this is, and what it comes from.
    fn begin<'a>(&mut self, meta: Payload<'a>, at: i64, pieces: &mut Vec<Piece<'a>>) {
        let mut push = |kind| pieces.push(Piece::new(None, 0, kind));
        let is_first = self.thread.is_empty();
        let (client, branch) = (meta.cli_version.clone(), meta.git.as_ref().and_then(|git| git.branch.clone()));
        let (forked, parent) = (meta.forked_from_id.clone(), meta.parent_thread_id.clone());
        let word = meta.source.as_ref().and_then(|source| source.as_str()).unwrap_or_default();
        let via = if matches!(word, "exec" | "mcp") { Via::Sdk } else { Via::Unknown };
        let Some(Kind::Context(context)) = self.meta(meta, at) else { return };
        if !is_first {
            return;
        }
        self.told.via = via;
        push(Kind::Context(Context { client, branch, ..context }));
        match (parent, forked) {
            (Some(parent), _) => push(Kind::Relation(Link::Parent, parent)),
            (None, Some(forked)) => push(Kind::Relation(Link::ForkedFrom, Cow::Owned(forked))),
            (None, None) => {}
        }
    }

    /// A prompt as the client tells it.
    pub(super) fn typed_prompt<'a>(
        &mut self,
        id: Option<Cow<'a, str>>,
        text: Option<String>,
        via: Via,
        pieces: &mut Vec<Piece<'a>>,
    ) {
        let Some(text) = text else { return };
        self.told.has_prompts = true;
        let text = Cow::Owned(text);
        let kind = if self.subagent { Kind::Injected(text, Source::Task) } else { Kind::Prompt(text, via) };
        pieces.push(Piece::new(id, 0, kind));
    }

    /// An answer as the client tells it.
    pub(super) fn answer<'a>(&mut self, id: Option<Cow<'a, str>>, text: Cow<'a, str>, pieces: &mut Vec<Piece<'a>>) {
        if !text.trim().is_empty() && self.told.is_new_text("answer", id.as_deref(), &text, From::Client) {
            pieces.push(Piece::new(id, 0, Kind::Answer(text)));
        }
    }

    pub(super) fn thought<'a>(
        &mut self,
        id: Option<Cow<'a, str>>,
        block: u32,
        text: Option<Cow<'a, str>>,
        from: From,
        pieces: &mut Vec<Piece<'a>>,
    ) {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
        if self.told.is_new_text("thought", None, &text, from) {
            pieces.push(Piece::new(id, block, Kind::Reasoning(text)));
        }
    }

    /// A message, a thought or a call in the model's words.
    fn item_of_model<'a>(&mut self, payload: Payload<'a>, at: i64, number: u64, pieces: &mut Vec<Piece<'a>>) {
        let id = payload.id.clone();
        match (payload.kind.as_deref().unwrap_or_default(), payload.role.as_deref().unwrap_or_default()) {
            ("message", "assistant") => {
                let text = said::words(&said::blocks(payload.content));
                if !text.is_empty() && !self.told.take_twin("answer", id.as_deref(), &text, From::Model) {
                    self.hold(id, at, number, 0, Kind::Answer(Cow::Owned(text)));
                }
            }
            ("message", role) => {
                let labels = payload.labels.and_then(|labels| labels.content_item_kinds);
                let message = said::message(&said::blocks(payload.content), role, labels);
                let Some(text) = message.typed else {
                    let pieces_of = |(block, kind)| Piece::new(id.clone(), block, kind);
                    return pieces.extend(message.parts.into_iter().map(pieces_of));
                };
                let is_prompt = message.is_labelled || !self.told.has_prompts;
                let text = Cow::Owned(text);
                let kind =
                    if is_prompt { Kind::Prompt(text, self.told.via) } else { Kind::Injected(text, Source::Client) };
                self.hold(id.clone(), at, number, 0, kind);
                for (block, kind) in message.parts {
                    self.hold(id.clone(), at, number, block, kind);
                }
            }
            ("agent_message", _) => {
                let text = said::words(&said::blocks(payload.content));
                if !text.is_empty() {
                    pieces.push(Piece::new(id, 0, Kind::Injected(Cow::Owned(text), Source::Message)));
                }
            }
            ("reasoning", _) => {
                for (block, text) in (0..).zip(said::each_text(payload.summary)) {
                    self.thought(id.clone(), block, Some(text), From::Model, pieces);
                }
            }
            _ => work::of_model(payload, &mut self.told, pieces),
        }
    }

    fn hold(&mut self, id: Option<Cow<str>>, at: i64, number: u64, block: u32, kind: Kind<'static>) {
        let id = id.map(|id| Cow::Owned(id.into_owned()));
        let is_copy = self.copied;
        self.told.held.push(Held { id, at: Some(at), number, block, is_copy, kind });
    }

    /// An item that the client tells when it is complete.
    fn item_of_client<'a>(&mut self, payload: Payload<'a>, pieces: &mut Vec<Piece<'a>>) {
        let thread = payload.thread_id.filter(|thread| !thread.is_empty() && *thread != self.thread);
        let Some(item) = payload.item else { return };
        let id = item.id.clone();
        match item.kind.as_deref().unwrap_or_default() {
            "UserMessage" => {
                // A review works in a thread of its own; its prompt, which nobody typed, is told here too.
                let thread = thread.filter(|_| !self.copied);
                let via = if thread.is_some() { Via::Command } else { self.told.via };
                self.typed_prompt(id.clone(), item.typed(), via, pieces);
                if let Some(thread) = thread.filter(|thread| self.told.is_new_agent(thread)) {
                    let (call, purpose, agent_type) = (Cow::Borrowed(""), None, Some(Cow::Borrowed("review")));
                    pieces.push(Piece::new(id, 1, Kind::Agent { call, thread, agent_type, purpose }));
                }
            }
            "AgentMessage" => self.answer(id, Cow::Owned(said::words(&said::blocks(item.content))), pieces),
            "Reasoning" => {
                for (block, text) in (0..).zip(said::each_text(item.summary_text)) {
                    self.thought(id.clone(), block, Some(text), From::Client, pieces);
                }
            }
            _ => work::of_client(item, &mut self.told, pieces),
        }
    }
}

/// What the client says about the surroundings of a turn.
fn surroundings(context: Payload) -> Kind {
    let sandbox = context.sandbox_policy.and_then(|sandbox| sandbox.kind);
    let mode = context.approval_policy.map(|policy| match sandbox {
        Some(sandbox) => Cow::Owned(format!("{policy}, {sandbox}")),
        None => policy,
    });
    Kind::Context(Context { cwd: context.cwd, mode, model: context.model, ..Context::default() })
}
