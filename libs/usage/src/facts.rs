//! Owns the facts in the entries of one log: calls, prompts, titles, the client's own sums. Must stay true: facts can
//! be stored, and continued when the file has grown; lines that repeat a call are one call. Deliberately absent: other
//! files, prices, days.

use crate::call::Call;
use crate::pack::{Pack, Packed, Unpack, json, of_json, packed};
use agents::entry::{ClientSum, Context, Entry, Kind, Response, Thread, Understood};
use agents::limit::Reported;
use cs_core::clock;
use cs_core::dirs;
use cs_core::id::fnv1a;
use limits::reading::Reading;
use std::collections::{BTreeSet, HashMap};

/// A prompt that a person wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Hash of the line's id.
    pub id: u64,
    /// The index of its session in [`Facts::names`].
    pub session: u32,
}

/// What a client said about a limit of its account.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The index of the window's name in [`Facts::names`].
    pub window: u32,
    /// How much was used, when, and until when.
    pub reading: Reading,
}

packed!(Prompt { at, id, session });

impl Packed for Told {
    fn pack(&self, to: &mut Pack) {
        let Told { window, reading: Reading { at, used, resets_at } } = self;
        window.pack(to);
        at.timestamp_millis().pack(to);
        used.to_bits().pack(to);
        resets_at.timestamp_millis().pack(to);
    }

    fn unpack(from: &mut Unpack) -> Option<Self> {
        let instant = |millis| clock::from_millis(millis).unwrap_or_default();
        let (window, at, used) = (u32::unpack(from)?, i64::unpack(from)?, f64::from_bits(u64::unpack(from)?));
        Some(Told { window, reading: Reading { at: instant(at), used, resets_at: instant(i64::unpack(from)?) } })
    }
}

/// The most that is kept of a file; the oldest go.
const TOLD: usize = 4000;
/// How many of the last ones decide whether the next one is news.
const LAST: usize = 8;

/// The facts of a session besides its calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFacts {
    /// An index in [`Facts::names`].
    pub session: u32,
    /// The title that the client generated.
    pub title: Option<String>,
    /// The title that a person gave.
    pub custom_title: Option<String>,
    /// The client's own sum.
    pub client: Option<ClientSum>,
}

impl Packed for SessionFacts {
    fn pack(&self, to: &mut Pack) {
        self.session.pack(to);
        self.title.pack(to);
        self.custom_title.pack(to);
        json(&self.client, to);
    }

    fn unpack(from: &mut Unpack) -> Option<Self> {
        let (session, title, custom_title) = (Packed::unpack(from)?, Packed::unpack(from)?, Packed::unpack(from)?);
        Some(SessionFacts { session, title, custom_title, client: of_json(from)? })
    }
}

/// The facts of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Names of sessions and models, by index.
    pub names: Vec<String>,
    /// The directory in which it began.
    pub cwd: String,
    /// Whether it contains lines that were copied from another session.
    pub forked: bool,
    /// Responses of models, in the order of their lines.
    pub calls: Vec<Call>,
    /// In the order of their lines.
    pub prompts: Vec<Prompt>,
    /// One for each session that has a title or a client's sum.
    pub talks: Vec<SessionFacts>,
    /// What the client said about limits of its account, if it was news in this file, in the order of the lines.
    pub limits: Vec<Told>,
    /// Lines in all.
    pub lines: u64,
    /// Lines that cannot be parsed.
    pub broken: u64,
    /// Lines that were parsed after a repair.
    pub repaired: u64,
    /// Lines that were skipped because of their length.
    pub too_long: u64,
}

packed!(Facts { names, cwd, forked, calls, prompts, talks, limits, lines, broken, repaired, too_long });

impl Facts {
    /// Adds an entry of a line.
    pub fn fold(&mut self, places: &mut Places, entry: Entry) {
        match entry.kind {
            Kind::Context(Context { cwd, is_copy, .. }) => {
                let cwd = cwd.filter(|_| self.cwd.is_empty());
                self.cwd = cwd.map_or_else(|| std::mem::take(&mut self.cwd), |cwd| dirs::without_worktree(&cwd).into());
                self.forked |= is_copy;
            }
            Kind::Prompt(..) if entry.thread == Thread::Main => self.prompt(&entry),
            Kind::Response(ref response) => {
                let call = entry.at.map(|at| self.call(at, &entry.conversation, response));
                call.into_iter().for_each(|call| places.add(self, call));
            }
            Kind::Withdrawn(key) => {
                let message = hash(&key);
                self.calls.retain(|call| call.message != message);
                *places = Places::of(self);
            }
            Kind::Title(title) => self.change_session_facts(&entry.conversation, |facts| facts.title = Some(title)),
            Kind::Renamed(title) => {
                // An empty title removes the name.
                let custom_title = Some(title).filter(|title| !title.is_empty());
                self.change_session_facts(&entry.conversation, |facts| facts.custom_title = custom_title);
            }
            Kind::Limits(told) => self.told(entry.at, told),
            Kind::Sum(sum) => self.change_session_facts(&entry.conversation, |facts| facts.client = Some(sum)),
            _ => {}
        }
    }

    /// Adds a prompt. A prompt without a time has the latest one so far.
    fn prompt(&mut self, entry: &Entry) {
        let noted = || self.prompts.iter().map(|prompt| prompt.at).chain(self.calls.iter().map(|call| call.at));
        let Some(at) = entry.at.or_else(|| noted().max()) else { return };
        let session = self.intern_name(&entry.conversation);
        let id = entry.id.as_deref().map_or_else(|| hash(&format!("{}@{at}#{}", entry.conversation, self.lines)), hash);
        self.prompts.push(Prompt { at, id, session });
    }

    fn call(&mut self, at: i64, conversation: &str, response: &Response) -> Call {
        Call {
            at,
            message: hash(&response.key()),
            request: response.request.as_deref().map_or(0, hash),
            reference: response.reference.as_deref().map_or(0, hash),
            session: self.intern_name(conversation),
            model: self.intern_name(&response.model),
            class: response.class,
            lines: response.lines,
            searches: response.searches,
            tokens: response.tokens,
            cost: response.cost_pico_usd,
        }
    }

    fn change_session_facts(&mut self, conversation: &str, change: impl FnOnce(&mut SessionFacts)) {
        let session = self.intern_name(conversation);
        self.session_facts_mut(session).map(change);
    }

    /// Adds what was said about limits, as far as it is news.
    fn told(&mut self, at: Option<i64>, told: Vec<Reported>) {
        let Some(at) = at.and_then(clock::from_millis) else { return };
        for Reported { window, used, resets_at } in told {
            let reading = Reading { at, used, resets_at };
            let window = self.intern_name(&window);
            let known = self.limits.iter().rev().filter(|told| told.window == window).take(LAST);
            if reading.is_news(known.map(|told| told.reading)) {
                self.limits.push(Told { window, reading });
            }
        }
        self.limits.drain(..self.limits.len().saturating_sub(TOLD));
    }

    /// Counts the result of parsing a line.
    pub(crate) fn count(&mut self, understood: Understood) {
        self.broken += u64::from(understood == Understood::Not);
        self.repaired += u64::from(understood == Understood::Repaired);
    }

    /// The name with this index.
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    /// The sessions that it tells anything of, as indexes in its names.
    pub fn named_sessions(&self) -> BTreeSet<u32> {
        let of_calls = self.calls.iter().map(|call| call.session);
        let with_facts = self.talks.iter().map(|known| known.session);
        of_calls.chain(with_facts).chain(self.prompts.iter().map(|prompt| prompt.session)).collect()
    }

    /// The ids of the sessions of its calls.
    pub fn sessions(&self) -> BTreeSet<&str> {
        let numbers: BTreeSet<u32> = self.calls.iter().map(|call| call.session).collect();
        numbers.into_iter().map(|number| self.name(number)).collect()
    }

    /// The index of a name, which is added if it is new. A linear search is enough, because a file has few names.
    pub fn intern_name(&mut self, name: &str) -> u32 {
        let at = self.names.iter().rposition(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        });
        at as u32
    }

    /// The facts of a session, added if it is new. Always `Some`; the `Option` only avoids a panicking index.
    pub fn session_facts_mut(&mut self, session: u32) -> Option<&mut SessionFacts> {
        let at = self.talks.iter().position(|known| known.session == session).unwrap_or_else(|| {
            self.talks.push(SessionFacts { session, ..SessionFacts::default() });
            self.talks.len() - 1
        });
        self.talks.get_mut(at)
    }
}

/// The indexes of calls by the ids of their messages, while a file is read.
#[derive(Debug, Default)]
pub struct Places {
    newest: HashMap<u64, u32>,
    /// For each call the previous one with the same message.
    older: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Places {
    /// The indexes for facts that were read before.
    pub fn of(facts: &Facts) -> Self {
        let mut places = Places::default();
        facts.calls.iter().for_each(|call| places.push(call.message));
        places
    }

    /// The index of the last call with this message.
    pub fn newest(&self, message: u64) -> Option<u32> {
        self.newest.get(&message).copied()
    }

    fn push(&mut self, message: u64) {
        let place = self.older.len() as u32;
        self.older.push(self.newest.insert(message, place).unwrap_or(NONE));
    }

    /// Adds a call to the facts, or to the call that it repeats.
    pub fn add(&mut self, facts: &mut Facts, call: Call) {
        let mut place = self.newest(call.message).unwrap_or(NONE);
        while let Some(known) = facts.calls.get_mut(place as usize) {
            if known.is(&call) {
                return known.merge(&call);
            }
            place = self.older.get(place as usize).copied().unwrap_or(NONE);
        }
        self.push(call.message);
        facts.calls.push(call);
    }
}

/// A hash of a text; never 0.
pub fn hash(text: &str) -> u64 {
    fnv1a(text.as_bytes()).max(1)
}
