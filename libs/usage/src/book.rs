//! Owns the count over all logs: each call once, however often it is repeated, summed into quarters of an hour, because
//! the days and hours of every time zone begin at one. Must stay true: the rules are those of "Counted once" in
//! `docs/USAGE.md`; a summary that has a message which its conversation's logs no longer have counts as a whole, and
//! then no log counts any of its messages. Every report is made from the book alone.

use crate::call::Call;
use crate::facts::{Facts, Prompt};
use crate::judge::{Fate, Judged, judge, ranks};
use crate::places::Places;
use crate::row::QuarterRow;
use crate::summary::Counted;
use agents::Agent;
use agents::entry::ClientSum;
use agents::logs::Log;
use agents::tokens::Class;
use cs_core::dirs;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Milliseconds in a quarter of an hour.
pub const QUARTER: i64 = 900_000;

/// A conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The agent's conversation, a UUID if the log has one.
    pub id: String,
    /// The agent that wrote the log.
    pub agent: Agent,
    /// The directory in which it began.
    pub dir: String,
    /// The title that a person gave, else the one that the client generated.
    pub title: Option<String>,
    /// Whether a person gave it that title (`/rename`).
    pub is_renamed: bool,
    /// Prompts that a person wrote.
    pub turns: u64,
    /// When they were written, if known.
    pub prompts: Vec<i64>,
    /// The client's own sum.
    pub client: Option<ClientSum>,
    /// Whether its log is gone, or has less than before: then the summary counts, and whatever the log has besides.
    pub is_summary: bool,
    /// Hashes of its messages.
    pub keys: Vec<u64>,
}

impl Session {
    /// Adds the facts of a log about the session that has the number `name` there.
    fn learn(&mut self, log: &Log, facts: &Facts, name: u32) {
        let file = log.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        // A session's own file is the best source of where it began; subagents have directories of their own.
        if self.dir.is_empty() || file.ends_with(&self.id) {
            self.dir.clone_from(&facts.cwd);
        }
        let known = facts.talks.iter().find(|known| known.session == name);
        let given = known.and_then(|known| known.custom_title.clone());
        self.is_renamed |= given.is_some();
        let title = given.or(known.and_then(|known| known.title.clone()).filter(|_| !self.is_renamed));
        self.title = title.or(self.title.take());
        self.client = known.and_then(|known| known.client.clone()).or(self.client.take());
    }
}

/// The count.
#[derive(Debug, Default)]
pub struct Book {
    /// Every conversation once, across all logs.
    pub sessions: Vec<Session>,
    /// Plain names, each once.
    pub models: Vec<String>,
    /// In no particular order.
    pub rows: Vec<QuarterRow>,
    by_id: HashMap<(Agent, String), u32>,
    by_model: HashMap<String, u32>,
    by_row: HashMap<(i64, u32, u32, Class), u32>,
}

/// Counts the calls. `watch` receives every call: the index of its log, the call, and its fate.
pub fn build(logs: &[(Log, Facts)], summaries: Vec<Counted>, mut watch: impl FnMut(usize, &Call, Fate)) -> Book {
    let mut book = Book::default();
    let places: Vec<Places> = logs.iter().map(|(log, facts)| book.places(log, facts)).collect();
    let judged = judge(logs, &places);
    let (summaries, claimed) = book.needed(summaries, &judged, &places);
    for (n, call, fate) in judged {
        let fate = if claimed.contains(&call.message) { Fate::InSummary } else { fate };
        watch(n, &call, fate);
        if fate == Fate::Counted
            && let Some(places) = places.get(n)
        {
            book.add(&call, places);
        }
    }
    book.count_turns(logs, &places, &summaries);
    summaries.into_iter().for_each(|summary| book.add_summary(summary));
    book
}

impl Book {
    /// A book that is only read.
    pub(crate) fn of(models: Vec<String>, sessions: Vec<Session>, rows: Vec<QuarterRow>) -> Self {
        Book { models, sessions, rows, ..Book::default() }
    }

    /// Adds the count of other conversations.
    pub(crate) fn append(&mut self, other: Book) {
        let (sessions, models) = (self.sessions.len() as u32, self.models.len() as u32);
        let moved = |row: QuarterRow| QuarterRow { session: row.session + sessions, model: row.model + models, ..row };
        self.sessions.extend(other.sessions);
        self.models.extend(other.models);
        self.rows.extend(other.rows.into_iter().map(moved));
    }

    /// The same count of these sessions alone, in an order that depends on nothing but what was counted, to be read.
    pub(crate) fn sorted(self, is_kept: impl Fn(usize, &Session) -> bool) -> Self {
        let mut sessions: Vec<(usize, Session)> = self.sessions.into_iter().enumerate().collect();
        let mut places = vec![u32::MAX; sessions.len()];
        sessions.retain(|(n, session)| is_kept(*n, session));
        sessions.sort_by(|(_, a), (_, b)| (a.agent, &a.id).cmp(&(b.agent, &b.id)));
        for ((old, _), new) in sessions.iter().zip(0..) {
            places.get_mut(*old).into_iter().for_each(|place| *place = new);
        }
        let mut rows = self.rows;
        rows.retain_mut(|row| {
            row.session = places.get(row.session as usize).copied().unwrap_or(u32::MAX);
            row.session != u32::MAX
        });
        let used: BTreeSet<u32> = rows.iter().map(|row| row.model).collect();
        let name = |model: &u32| self.models.get(*model as usize).cloned().unwrap_or_default();
        let names: BTreeSet<String> = used.iter().map(name).collect();
        let models: Vec<String> = names.into_iter().collect();
        let renamed: Vec<u32> = self.models.iter().map(|name| models.partition_point(|of| of < name) as u32).collect();
        rows.iter_mut().for_each(|row| row.model = renamed.get(row.model as usize).copied().unwrap_or(u32::MAX));
        // Rows of one quarter follow each other.
        rows.sort_by_key(|row| (row.first, row.session, row.model, row.class));
        Book::of(models, sessions.into_iter().map(|(_, session)| session).collect(), rows)
    }

    /// The summaries that are needed, and their messages. A summary is not needed if the logs count all of its messages
    /// in the same conversation, or if needed summaries have them. Summaries without logs are considered first, then
    /// the largest.
    fn needed(
        &self,
        mut summaries: Vec<Counted>,
        judged: &[Judged],
        places: &[Places],
    ) -> (Vec<Counted>, HashSet<u64>) {
        let place = |summary: &Counted| self.find(summary.agent(), summary.session());
        summaries.sort_by_cached_key(|summary| {
            (place(summary).is_some(), Reverse(summary.messages), summary.session().to_string())
        });
        let mut own: Vec<Vec<u64>> = vec![Vec::new(); self.sessions.len()];
        for (n, call, _) in judged.iter().filter(|(_, call, fate)| *fate == Fate::Counted && call.used_something()) {
            let session = places.get(*n).and_then(|places| own.get_mut(places.session(call.session) as usize));
            session.into_iter().for_each(|keys| keys.push(call.message));
        }
        let mut claimed = HashSet::new();
        summaries.retain(|summary| {
            let own = place(summary).and_then(|place| own.get(place as usize)).map_or(&[][..], Vec::as_slice);
            let elsewhere = summary.keys().filter(|key| claimed.contains(key)).count();
            // The calls are sorted by message.
            let known = summary.keys().all(|key| own.binary_search(&key).is_ok() || claimed.contains(&key));
            // Several calls may have one message.
            let needed = !known || summary.messages > (own.len() + elsewhere) as u64;
            if needed {
                claimed.extend(summary.keys());
            }
            needed
        });
        (summaries, claimed)
    }

    /// The index here of each name of a log that is a session or a model.
    fn places(&mut self, log: &Log, facts: &Facts) -> Places {
        let nowhere = || vec![u32::MAX; facts.names.len()];
        let mut places = Places { sessions: nowhere(), models: nowhere() };
        for name in facts.named_sessions() {
            let place = self.session(log.agent, facts.name(name));
            if let Some(session) = self.sessions.get_mut(place as usize) {
                session.learn(log, facts, name);
            }
            places.sessions.get_mut(name as usize).into_iter().for_each(|to| *to = place);
        }
        for call in &facts.calls {
            if let Some(to) = places.models.get_mut(call.model as usize).filter(|to| **to == u32::MAX) {
                *to = self.model(facts.name(call.model));
            }
        }
        places
    }

    fn session(&mut self, agent: Agent, id: &str) -> u32 {
        let next = self.sessions.len() as u32;
        let place = *self.by_id.entry((agent, id.to_string())).or_insert(next);
        if place == next {
            self.sessions.push(Session {
                id: id.to_string(),
                agent,
                dir: String::new(),
                title: None,
                is_renamed: false,
                turns: 0,
                prompts: Vec::new(),
                client: None,
                is_summary: false,
                keys: Vec::new(),
            });
        }
        place
    }

    fn model(&mut self, name: &str) -> u32 {
        if let Some(place) = self.by_model.get(name) {
            return *place;
        }
        self.models.push(name.to_string());
        let place = self.models.len() as u32 - 1;
        self.by_model.insert(name.to_string(), place);
        place
    }

    fn add(&mut self, call: &Call, places: &Places) {
        let (session, model) = (places.session(call.session), places.model(call.model));
        if !call.used_something() {
            return;
        }
        if let Some(session) = self.sessions.get_mut(session as usize) {
            session.keys.push(call.message);
        }
        self.add_row(QuarterRow { session, model, ..QuarterRow::of(call) });
    }

    fn add_row(&mut self, row: QuarterRow) {
        let key = (row.first.div_euclid(QUARTER), row.session, row.model, row.class);
        let next = self.rows.len() as u32;
        let place = *self.by_row.entry(key).or_insert(next);
        match self.rows.get_mut(place as usize) {
            Some(sum) => {
                sum.calls = sum.calls.saturating_add(row.calls);
                sum.searches = sum.searches.saturating_add(row.searches);
                sum.tokens.add(&row.tokens);
                sum.cost = sum.cost.saturating_add(row.cost);
                sum.first = sum.first.min(row.first);
                sum.last = sum.last.max(row.last);
            }
            None => self.rows.push(row),
        }
    }

    /// Counts prompts. A prompt that is in several logs belongs to the oldest; one that is in a summary is not counted
    /// for a log.
    fn count_turns(&mut self, logs: &[(Log, Facts)], places: &[Places], summaries: &[Counted]) {
        let claimed: HashSet<i64> = summaries.iter().flat_map(|summary| summary.prompts()).copied().collect();
        let mut known = HashSet::new();
        for n in ranks(logs) {
            let (Some((_, facts)), Some(places)) = (logs.get(n), places.get(n)) else { continue };
            let new = |prompt: &&Prompt| !claimed.contains(&prompt.at) && known.insert(prompt.id);
            for prompt in facts.prompts.iter().filter(new) {
                let place = places.session(prompt.session);
                if let Some(session) = self.sessions.get_mut(place as usize) {
                    session.turns += 1;
                    session.prompts.push(prompt.at);
                }
            }
        }
    }

    fn add_summary(&mut self, summary: Counted) {
        let place = self.session(summary.agent(), summary.session());
        for row in summary.rows() {
            let model = self.model(&row.model);
            self.add_row(QuarterRow { session: place, model, ..row.row.clone() });
        }
        if let Some(session) = self.sessions.get_mut(place as usize) {
            // Older summaries name a work tree.
            session.dir = dirs::without_worktree(summary.dir()).to_string();
            session.title = session.title.take().or(summary.title().map(str::to_string));
            session.prompts.extend(summary.prompts());
            session.turns = summary.turns.max(session.prompts.len() as u64);
            session.is_summary = true;
            session.keys.extend(summary.keys());
        }
    }

    /// The index of a conversation.
    pub fn find(&self, agent: Agent, id: &str) -> Option<u32> {
        self.by_id.get(&(agent, id.to_string())).copied()
    }
}
