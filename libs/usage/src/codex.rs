//! Owns what lines of Codex's rollouts mean. Must stay true: usage is counted once although the
//! client writes running totals, repeats them, and copies a parent's lines into forks.
//!
//! Two sources stand side by side. `token_usage_record` (0.153 and newer) is one response; before, only `token_count`
//! says what the whole thread has used so far (see [`crate::counter`]). Where a thread has records, counts add nothing.

mod line;

use self::line::{Line, Payload};
use crate::call::{Call, Class, Tier, Tokens};
use crate::claude::millis;
use crate::counter::{Counter, Counters};
use crate::explain::Named;
use crate::facts::{Facts, Places, Prompt, Understood, hash};
use agents::typed;
use cs_core::{dirs, repair};
use memchr::memmem;
use serde::{Deserialize, Serialize};

/// Where we are in a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The thread: the file's own, whatever is copied into it.
    thread: String,
    /// The thread that the user talks to: a subagent's calls belong to it.
    root: String,
    model: String,
    subagent: bool,
    /// What stands here was copied from the parent.
    copied: bool,
    /// Turns have names here.
    named: bool,
    /// The counter may begin with the parent's total.
    inherits: bool,
    /// When the file was begun, in milliseconds.
    born: i64,
    /// What the thread's counters have told.
    counters: Counters,
    /// The last call that was taken from a counter.
    guessed: Option<Guess>,
    /// The thread has records.
    recorded: bool,
    #[serde(default)]
    tier: Tier,
}

/// A call that was taken from a counter. A record may tell of it, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Guess {
    /// The counter after it.
    total: u64,
    message: u64,
    tokens: Tokens,
    at: i64,
}

/// Words of which one stands near the beginning of every line that matters.
const WORDS: [&str; 7] =
    ["session_meta", "turn_context", "token_", "task_started", "thread_settings", "user_message", "item_completed"];
/// A copy is written in one go; without turn ids it is known by that, in milliseconds.
const COPIED_WITHIN: i64 = 1000;
/// A record and a count of one response are written so soon after each other, in milliseconds.
const TOGETHER_WITHIN: i64 = 60_000;

/// Takes a line into the facts.
pub fn line(facts: &mut Facts, places: &mut Places, line: &[u8]) -> Understood {
    let head = line.get(..400).unwrap_or(line);
    if !WORDS.iter().any(|word| memmem::find(head, word.as_bytes()).is_some()) {
        return Understood::AsItIs;
    }
    let mut room = Vec::new();
    let Ok(line) = repair::decode::<Line>(line, &mut room) else { return Understood::Not };
    let Some(payload) = &line.payload else { return Understood::after(&room) };
    let Some(at) = line.timestamp.as_deref().and_then(millis) else { return Understood::Not };
    let mut state = facts.codex.take().unwrap_or_default();
    match (line.kind.as_deref().unwrap_or_default(), payload.kind.as_deref().unwrap_or_default()) {
        ("session_meta", _) => state.meta(facts, payload, at),
        ("turn_context", _) | (_, "thread_settings_applied") => state.context(payload),
        ("token_usage_record", _) => state.record(facts, places, payload, at),
        (_, "token_count") => state.count(facts, places, payload, at),
        (_, "task_started") => state.turn(payload),
        (_, "user_message") if payload.message.as_deref().is_none_or(|text| typed::typed(text).is_some()) => {
            state.prompt(facts, at, None);
        }
        (_, "item_completed") => {
            let item = payload.item.as_ref().filter(|item| item.is_typed());
            item.into_iter().for_each(|item| state.prompt(facts, at, item.id.as_deref()));
        }
        _ => {}
    }
    facts.codex = Some(state);
    Understood::after(&room)
}

impl State {
    /// The first describes the file; a second is the parent's, and what follows is copied.
    fn meta(&mut self, facts: &mut Facts, meta: &Payload, at: i64) {
        let id = meta.id.as_deref().unwrap_or_default();
        if !self.thread.is_empty() {
            self.copied |= id != self.thread;
            return;
        }
        self.thread = id.to_string();
        self.root = meta.session_id.as_deref().or(meta.parent_thread_id.as_deref()).unwrap_or(id).to_string();
        let spawned = meta.source.as_ref().is_some_and(|source| source.get("subagent").is_some());
        self.subagent = spawned || meta.thread_source.as_deref() == Some("subagent") || self.root != self.thread;
        self.inherits = meta.forked_from_id.is_some();
        facts.forked |= self.inherits;
        self.born = at;
        facts.cwd = dirs::without_worktree(meta.cwd.as_deref().unwrap_or_default()).to_string();
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

    /// The first turn that is younger than the file ends the copy: turn ids are UUIDs of version 7,
    /// which begin with the time.
    fn turn(&mut self, turn: &Payload) {
        let age = |id: &str| id.get(..13).map(|time| time.replace('-', ""));
        self.named |= turn.turn_id.is_some();
        if self.copied && turn.turn_id.as_deref().and_then(age) >= age(&self.thread) {
            self.copied = false;
            // The copied counts have told the parent's total.
            self.inherits &= self.counters.is_empty();
        }
    }

    /// Without turn ids, what comes later than the copy can have been written is our own.
    fn is_copied(&mut self, at: i64) -> bool {
        if self.copied && !self.named && at > self.born + COPIED_WITHIN {
            self.copied = false;
            self.inherits &= self.counters.is_empty();
        }
        self.copied
    }

    fn record(&mut self, facts: &mut Facts, places: &mut Places, record: &Payload, at: i64) {
        let (Some(usage), Some(id)) = (record.usage, record.response_id.as_deref()) else { return };
        let tokens = usage.counter().unwrap_or_default().tokens();
        if record.thread_id.as_deref().is_none_or(|id| id == self.thread) {
            let total = record.thread_token_usage.and_then(|written| written.counter()).map(|counter| counter.total);
            self.withdraw(facts, places, |guess| {
                Some(guess.total) == total
                    || (guess.tokens == tokens && at.abs_diff(guess.at) <= TOGETHER_WITHIN as u64)
            });
            self.recorded = true;
            self.inherits = false;
            self.counters = Counters::default();
        }
        self.call(facts, places, tokens, hash(id), at);
    }

    /// Takes the last call from a counter back if a record tells of it, which knows its name.
    fn withdraw(&mut self, facts: &mut Facts, places: &mut Places, is_it: impl Fn(&Guess) -> bool) {
        if let Some(guess) = self.guessed.take().filter(is_it) {
            facts.calls.retain(|call| call.message != guess.message);
            *places = Places::of(facts);
        }
    }

    fn count(&mut self, facts: &mut Facts, places: &mut Places, count: &Payload, at: i64) {
        let Some(info) = count.info.as_ref().filter(|_| !self.recorded) else { return };
        let limit = count.rate_limits.as_ref().and_then(|limits| limits.limit_id.as_deref()).unwrap_or_default();
        let last = info.last_token_usage.and_then(|written| written.counter());
        let total = info.total_token_usage.and_then(|written| written.counter());
        let Some(total) = total.or_else(|| self.counters.after(limit, last?)) else { return };
        let is_copied = self.is_copied(at);
        // A fork's first total begins with its parent's.
        if is_copied || (self.inherits && last.is_none()) {
            self.inherits &= is_copied;
            return self.counters.skip(limit, total);
        }
        self.inherits = false;
        if let Some(news) = self.counters.news(limit, total, last) {
            self.guess(facts, places, total, news.tokens(), at);
        }
    }

    fn guess(&mut self, facts: &mut Facts, places: &mut Places, total: Counter, tokens: Tokens, at: i64) {
        let message = self.name(facts, places, total.total, at);
        self.guessed = Some(Guess { total: total.total, message, tokens, at });
        self.call(facts, places, tokens, message, at);
    }

    /// Names a call by the counter after it; a counter that began anew may come to the same a second time.
    fn name(&self, facts: &Facts, places: &Places, total: u64, at: i64) -> u64 {
        let plain = hash(&format!("{}#{total}", self.thread));
        let earlier = places.newest(plain).and_then(|place| facts.calls.get(place as usize));
        match earlier {
            Some(call) if call.at != at => hash(&format!("{}#{total}@{at}", self.thread)),
            _ => plain,
        }
    }

    fn call(&self, facts: &mut Facts, places: &mut Places, tokens: Tokens, message: u64, at: i64) {
        let class = Class::default().of_prompt(tokens.prompt()).of_tier(self.tier);
        let model = if self.model.is_empty() { "unknown" } else { &self.model };
        let call = Call {
            at,
            message,
            request: 0,
            reference: 0,
            session: facts.number(&self.root),
            model: facts.number(model),
            class: if self.subagent { class.with(Class::SIDE) } else { class },
            lines: 1,
            searches: 0,
            tokens,
            cost: 0,
        };
        places.add(facts, call);
    }

    fn prompt(&mut self, facts: &mut Facts, at: i64, id: Option<&str>) {
        if self.is_copied(at) || self.subagent {
            return;
        }
        let id = hash(&id.map_or_else(|| format!("{}@{at}", self.thread), str::to_string));
        let session = facts.number(&self.root);
        facts.prompts.push(Prompt { at, id, session });
    }
}

/// The tier of service that a word in a thread's settings means. The client calls priority fast; flex costs what a
/// batch does.
fn tier(word: &str) -> Tier {
    match word {
        "" | "default" | "auto" | "standard" => Tier::Standard,
        "flex" | "batch" => Tier::Batch,
        "priority" | "fast" => Tier::Priority,
        _ => Tier::Other,
    }
}

/// The response on a line, for people; see `explain`.
pub fn named(line: &[u8]) -> Vec<Named> {
    let mut room = Vec::new();
    let line = repair::decode::<Line>(line, &mut room).ok();
    let id = line.and_then(|line| line.payload?.response_id);
    id.map(|id| Named::new(hash(&id), &id, None, None)).into_iter().collect()
}
