//! Owns what lines of Codex's rollouts mean. Must stay true: usage is counted once, although the client writes running
//! totals, repeats them, and copies a parent's lines into forks.
//!
//! There are two sources. `token_usage_record` (0.153 and newer) is one response. Older versions only have
//! `token_count`, the running total of the thread (see [`counter`]). In a thread with records, counts add nothing.

mod calls;
mod counter;
mod full;
mod limits;
mod line;
mod output;
mod piece;
mod plan;
mod said;
mod told;
mod work;

use self::counter::Counters;
use self::line::{Item, Line, Payload};
use self::told::Told;
use crate::entry::{Context, Entry, Kind, Response, Stop, Thread, Via, Wanted};
use crate::mark::Mark;
use crate::tokens::{Class, Tier, Tokens};
use crate::{lenient, typed};
use cs_core::repair;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Facts from earlier lines of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The file's own thread, not one that was copied into it.
    thread: String,
    /// The thread that the user talks to: a subagent's calls belong to it.
    root: String,
    model: String,
    subagent: bool,
    /// Whether the current line was copied from the parent.
    copied: bool,
    /// Whether turns have ids here.
    named: bool,
    /// Whether the counter may begin with the parent's total.
    inherits: bool,
    /// When the file was created, in milliseconds since the epoch.
    born: i64,
    /// The thread's counters so far.
    counters: Counters,
    /// The last call that was taken from a counter.
    guessed: Option<Guess>,
    /// Whether the thread has records.
    recorded: bool,
    /// When each total was first reported.
    counted: BTreeMap<u64, i64>,
    tier: Tier,
    /// What was told to a reader that wants everything.
    #[serde(skip)]
    told: Told,
}

/// A call that was derived from a counter. A record may report the same call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Guess {
    /// The counter after it.
    total: u64,
    message: String,
    tokens: Tokens,
    at: i64,
}

/// Every relevant line has one of these words near its beginning.
static WORDS: [Mark; 7] = [
    Mark::new("session_meta"),
    Mark::new("turn_context"),
    Mark::new("token_"),
    Mark::new("task_started"),
    Mark::new("thread_settings"),
    Mark::new("user_message"),
    Mark::new("item_completed"),
];
/// Without turn ids, a copy is recognised because it is written at once, within this many milliseconds.
const COPIED_WITHIN: i64 = 1000;
/// A record and a count of one response are written within this many milliseconds.
const TOGETHER_WITHIN: i64 = 60_000;

/// The same for tool calls and their ends.
static CALLS: [Mark; 2] = [Mark::new("_call"), Mark::new("turn_aborted")];

/// Lines that only the client needs; they may be large.
static ALIEN: [Mark; 2] = [Mark::new("\"type\":\"world_state\""), Mark::new("\"type\":\"additional_tools\"")];

/// Whether a line may have entries.
pub(crate) fn may_matter(line: &[u8], wanted: Wanted) -> bool {
    let head = line.get(..400).unwrap_or(line);
    let has = |mark: &Mark| mark.is_in(head);
    if wanted == Wanted::Full {
        return !ALIEN.iter().any(has);
    }
    WORDS.iter().any(has) || (wanted != Wanted::Counted && CALLS.iter().any(has))
}

impl State {
    /// The entries of a line; `None` if it cannot be parsed.
    pub(crate) fn entries<'a>(
        &mut self,
        line: &'a [u8],
        number: u64,
        wanted: Wanted,
        room: &'a mut Vec<u8>,
    ) -> Option<Vec<Entry<'a>>> {
        let (line, is_repaired): (Line, bool) = match serde_json::from_slice(line) {
            Ok(line) => (line, false),
            Err(_) => (repair::decode(line, room).ok()?, true),
        };
        if line.payload.is_none() {
            return Some(Vec::new());
        }
        let at = line.timestamp.as_deref().and_then(lenient::millis)?;
        if wanted == Wanted::Full {
            let mut entries = self.full(line, at, number);
            entries.iter_mut().for_each(|entry| entry.is_repaired |= is_repaired);
            return Some(entries);
        }
        let payload = line.payload?;
        let mut kinds = Vec::new();
        let mut id = None;
        match (line.kind.as_deref().unwrap_or_default(), payload.kind.as_deref().unwrap_or_default()) {
            ("session_meta", _) => kinds.extend(self.meta(payload, at)),
            ("turn_context", _) | (_, "thread_settings_applied") => self.context(&payload),
            ("token_usage_record", _) => self.record(payload, at, &mut kinds),
            (_, "token_count") => {
                kinds.extend(self.count(&payload, at));
                kinds.extend(self.limits(&payload, at));
            }
            (_, "task_started") => self.turn(&payload),
            (_, "user_message") => kinds.extend(self.prompt(message(payload.message.as_deref()), at)),
            ("response_item", _) if wanted != Wanted::Counted && !self.is_copied(at) => {
                calls::of_response(&payload, &mut kinds)
            }
            (_, "turn_aborted") if wanted != Wanted::Counted && !self.is_copied(at) => {
                kinds.push(Kind::Stop(Stop::Interrupted, Cow::Borrowed("")))
            }
            (_, "item_completed") => {
                if wanted != Wanted::Counted && !self.is_copied(at) {
                    payload.item.iter().for_each(|item| calls::of_item(item, &mut kinds));
                }
                let text = payload.item.as_ref().and_then(Item::typed);
                id = payload.item.and_then(|item| item.id);
                kinds.extend(self.prompt(text, at));
            }
            _ => {}
        }
        let thread = if self.subagent { Thread::Side } else { Thread::Main };
        let (at, conversation) = (Some(at), Cow::<str>::Owned(self.root.clone()));
        let id = id.or_else(|| Some(Cow::Owned(format!("{}@{}", self.thread, at?))));
        let agent_id = self.subagent.then(|| Cow::<str>::Owned(self.thread.clone()));
        let entry = |kind| Entry {
            at,
            line: None,
            id: id.clone(),
            conversation: conversation.clone(),
            thread,
            agent_id: agent_id.clone(),
            block: 0,
            is_copy: false,
            is_repaired: false,
            kind,
        };
        Some(kinds.into_iter().map(entry).collect())
    }

    /// The first `session_meta` line describes the file; a second one is the parent's, and the lines after it are
    /// copied.
    fn meta<'a>(&mut self, meta: Payload<'a>, at: i64) -> Option<Kind<'a>> {
        let id = meta.id.as_deref().unwrap_or_default();
        if !self.thread.is_empty() {
            self.copied |= id != self.thread;
            return None;
        }
        self.thread = id.to_string();
        self.root = meta.session_id.as_deref().or(meta.parent_thread_id.as_deref()).unwrap_or(id).to_string();
        let spawned = meta.source.as_ref().is_some_and(|source| source.get("subagent").is_some());
        self.subagent = spawned || meta.thread_source.as_deref() == Some("subagent") || self.root != self.thread;
        self.inherits = meta.forked_from_id.is_some();
        self.born = at;
        Some(Kind::Context(Context { cwd: meta.cwd, is_copy: self.inherits, ..Context::default() }))
    }

    fn context(&mut self, context: &Payload) {
        let settings = context.thread_settings.as_ref();
        if let Some(settings) = settings {
            self.tier = settings.service_tier.as_deref().map_or(Tier::Standard, tier);
        }
        let settings = settings.and_then(|settings| settings.model.as_deref());
        if let Some(model) = context.model.as_deref().or(settings) {
            self.model = model.to_string();
        }
    }

    /// The first turn that is newer than the file ends the copy: turn ids are UUIDs of version 7,
    /// which begin with the time.
    fn turn(&mut self, turn: &Payload) {
        let age = |id: &str| id.get(..13).map(|time| time.replace('-', ""));
        self.named |= turn.turn_id.is_some();
        if self.copied && turn.turn_id.as_deref().and_then(age) >= age(&self.thread) {
            self.copied = false;
            // If counts were copied, they included the parent's total, so there is nothing left to inherit.
            self.inherits &= self.counters.is_empty();
        }
    }

    /// Without turn ids, a line written too late to be part of the copy is our own.
    fn is_copied(&mut self, at: i64) -> bool {
        if self.copied && !self.named && at > self.born + COPIED_WITHIN {
            self.copied = false;
            self.inherits &= self.counters.is_empty();
        }
        self.copied
    }

    fn record<'a>(&mut self, record: Payload<'a>, at: i64, kinds: &mut Vec<Kind<'a>>) {
        let (Some(usage), Some(id)) = (record.usage, record.response_id) else { return };
        let tokens = usage.counter().unwrap_or_default().tokens();
        if record.thread_id.as_deref().is_none_or(|id| id == self.thread) {
            let total = record.thread_token_usage.and_then(|written| written.counter()).map(|counter| counter.total);
            // The last response that was taken from a counter is this one; the record has its name.
            let is_it = |guess: &Guess| {
                Some(guess.total) == total
                    || (guess.tokens == tokens && at.abs_diff(guess.at) <= TOGETHER_WITHIN as u64)
            };
            kinds.extend(self.guessed.take().filter(is_it).map(|guess| Kind::Withdrawn(guess.message)));
            self.recorded = true;
            self.inherits = false;
            self.counters = Counters::default();
        }
        kinds.push(self.response(tokens, id, true));
    }

    fn count(&mut self, count: &Payload, at: i64) -> Option<Kind<'static>> {
        let info = count.info.as_ref().filter(|_| !self.recorded)?;
        let limit = count.rate_limits.as_ref().and_then(|limits| limits.limit_id.as_deref()).unwrap_or_default();
        let last = info.last_token_usage.and_then(|written| written.counter());
        let total = info.total_token_usage.and_then(|written| written.counter());
        let total = total.or_else(|| self.counters.after(limit, last?))?;
        let is_copied = self.is_copied(at);
        // A fork's first total begins with its parent's.
        if is_copied || (self.inherits && last.is_none()) {
            self.inherits &= is_copied;
            self.counters.skip(limit, total);
            return None;
        }
        self.inherits = false;
        let tokens = self.counters.news(limit, total, last)?.tokens();
        let message = self.name(total.total, at);
        self.guessed = Some(Guess { total: total.total, message: message.clone(), tokens, at });
        Some(self.response(tokens, Cow::Owned(message), false))
    }

    /// What the client says about the limits of its account. Copied lines have the time of the copy.
    fn limits(&mut self, count: &Payload, at: i64) -> Option<Kind<'static>> {
        let limits = count.rate_limits.as_ref().filter(|_| !self.is_copied(at))?.reported(at);
        (!limits.is_empty()).then_some(Kind::Limits(limits))
    }

    /// Names a response by the counter after it; after a reset, a counter may reach the same total again.
    fn name(&mut self, total: u64, at: i64) -> String {
        match *self.counted.entry(total).or_insert(at) {
            first if first != at => format!("{}#{total}@{at}", self.thread),
            _ => format!("{}#{total}", self.thread),
        }
    }

    fn response<'a>(&self, tokens: Tokens, message: Cow<'a, str>, is_named: bool) -> Kind<'a> {
        let class = Class::default().of_prompt(tokens.prompt()).of_tier(self.tier);
        let model = if self.model.is_empty() { "unknown" } else { &self.model };
        Kind::Response(Response {
            message,
            part: None,
            is_named,
            request: None,
            reference: None,
            model: Cow::Owned(model.to_string()),
            class: if self.subagent { class.with(Class::SIDE) } else { class },
            lines: 1,
            searches: 0,
            tokens,
            cost_pico_usd: 0,
        })
    }

    /// A prompt of this thread, not one that was copied or that the parent gave.
    fn prompt(&mut self, text: Option<String>, at: i64) -> Option<Kind<'static>> {
        let text = text?;
        // A reader that wants only some lines whole may have seen the same prompt in the model's words.
        self.told.drop_prompt(&text);
        let is_own = !self.is_copied(at) && !self.subagent;
        is_own.then_some(Kind::Prompt(Cow::Owned(text), Via::Unknown))
    }
}

/// The text that a person typed in a message; a missing text stands for a picture.
fn message(text: Option<&str>) -> Option<String> {
    text.map_or_else(|| Some(String::new()), |text| typed::typed(text).map(|typed| typed.text.into_owned()))
}

/// The tier of service for a word in a thread's settings. The client calls priority "fast"; flex costs as much as a
/// batch.
fn tier(word: &str) -> Tier {
    match word {
        "" | "default" | "auto" | "standard" => Tier::Standard,
        "flex" | "batch" => Tier::Batch,
        "priority" | "fast" => Tier::Priority,
        _ => Tier::Other,
    }
}
