//! Owns a line of the list, and how it is found out. Must stay true: a log that cannot be read gives a row without what
//! only the log says.

use agents::Agent;
use cli::Outcome;
use conversations::{About, Conversation, Filter, Heading, Left, Sessions};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::refs::{self, Links};
use cs_core::store::Store;
use marks::Tags;
use serde::Serialize;
use std::collections::BTreeMap;

/// A line of the list.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The client's id.
    pub conversation: String,
    /// Its records, the oldest first.
    pub session_ids: Vec<String>,
    /// Whose it is.
    pub agent: Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    pub prompts: u64,
    pub bytes: u64,
    /// Where it is: live, kept, both or prompts-only.
    #[serde(rename = "where")]
    pub place: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dispositions: Vec<String>,
    /// The issues that it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// By what the list is ordered: when the conversation went on last, in milliseconds since the epoch.
    #[serde(skip)]
    pub newest: i64,
}

/// Which issues there are, and which one is asked for.
#[derive(Debug)]
pub struct Issues {
    pub links: Links,
    pub only: Option<String>,
}

/// What rows are made from.
pub struct Rows<'a> {
    sessions: Sessions<'a>,
    config: &'a Config,
    left: &'a BTreeMap<(Agent, String), Left>,
    filter: &'a Filter,
    tags: &'a Tags,
    issues: &'a Issues,
}

impl<'a> Rows<'a> {
    pub fn of(
        store: &'a Store,
        config: &'a Config,
        left: &'a BTreeMap<(Agent, String), Left>,
        filter: &'a Filter,
        tags: &'a Tags,
        issues: &'a Issues,
    ) -> Outcome<Self> {
        Ok(Rows { sessions: Sessions::of(store)?, config, left, filter, tags, issues })
    }

    /// Passes the rows of these conversations to `take`, the newest first, until it returns false. They come in the order in
    /// which their logs were written: a log may have been written after what it says last (a copy, a backup that was put
    /// back), not before, so a row waits until no later log can have a newer one. `seen` hears of each conversation.
    pub fn each(
        &self,
        all: &[&Conversation],
        batch: usize,
        seen: &mut dyn FnMut(),
        take: &mut dyn FnMut(Row) -> Outcome<bool>,
    ) -> Outcome<()> {
        let mut waiting: Vec<Row> = Vec::new();
        let mut rest = all;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch.clamp(1, rest.len()));
            waiting.extend(self.read(now).into_iter().flatten());
            waiting.sort_by(|a, b| (a.newest, &b.conversation).cmp(&(b.newest, &a.conversation)));
            now.iter().for_each(|_| seen());
            let next = later.first().map_or(i64::MIN, |one| latest(one));
            while let Some(row) = waiting.pop_if(|row| row.newest >= next) {
                if !take(row)? {
                    return Ok(());
                }
            }
            rest = later;
        }
        Ok(())
    }

    /// The rows of these conversations, in their order; `None` for one that does not fit.
    fn read(&self, all: &[&Conversation]) -> Vec<Option<Row>> {
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get()).min(4);
        let share = all.len().div_ceil(workers).max(1);
        let read = |part: &[&Conversation]| part.iter().map(|one| self.row(one)).collect::<Vec<_>>();
        std::thread::scope(|scope| {
            let started: Vec<_> = all.chunks(share).map(|part| scope.spawn(move || read(part))).collect();
            started.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    }

    fn row(&self, one: &Conversation) -> Option<Row> {
        let mut about = self.about(one);
        let records = self.sessions.records(&one.uuid);
        let mut refs = std::mem::take(&mut about.issues);
        records.iter().for_each(|record| refs.extend(refs::of_record(record, &self.issues.links)));
        if self.issues.only.as_ref().is_some_and(|name| !refs.iter().any(|own| refs::is_named(own, name))) {
            return None;
        }
        let Heading { about, project, title, session_ids, .. } = Heading::of(about, &records, self.config);
        if !self.filter.fits(&about, project.as_deref()) {
            return None;
        }
        let stamp = |millis: Option<i64>| millis.and_then(clock::from_millis).map(clock::stamp);
        Some(Row {
            conversation: one.uuid.clone(),
            agent: one.agent,
            project,
            title,
            started_at: stamp(about.first_at),
            last_at: stamp(about.last_at),
            prompts: about.prompts,
            bytes: one.bytes(),
            place: one.place.word(),
            tags: self.tags.of(&one.uuid).to_vec(),
            dispositions: self.tags.dispositions(&one.uuid).to_vec(),
            refs: refs.into_iter().collect(),
            newest: about.last_at.unwrap_or(latest(one)),
            cwd: about.cwd,
            session_ids,
        })
    }

    fn about(&self, one: &Conversation) -> About {
        match self.left.get(&(one.agent, one.uuid.clone())) {
            Some(left) => left.about(),
            None => About::whole(one, &self.issues.links).unwrap_or_default(),
        }
    }
}

/// When a conversation's logs were written last, in milliseconds since the epoch.
fn latest(one: &Conversation) -> i64 {
    one.modified() / 1_000_000
}
