//! Owns the sessions and conversations of other machines in memory. Must stay true: what is kept has a bound in bytes; the
//! oldest go first, and how many went is known.

use crate::query::Query;
use cs_core::search;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use sync::also::{Head, OtherSession};

/// How many bytes are kept. While folders are read, it is up to twice as much.
const BYTES: usize = 24 * 1024 * 1024;
/// About how many bytes a row needs beside its texts.
const ROW: usize = 320;
/// Maximum number of tags of a row, and of characters of one.
const TAGS: usize = 20;
const TAG: usize = 60;

/// A session of another machine, or a conversation of which no session came.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// The number of the machine.
    pub machine: usize,
    /// `None`: it is a conversation without a session.
    pub session_id: Option<String>,
    /// Its conversation, if that came.
    pub conversation: Option<String>,
    /// What it is for, or called.
    pub title: String,
    pub project: String,
    pub status: Option<&'static str>,
    pub agent: Option<String>,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub last_heartbeat: String,
    /// The tags of its conversation.
    pub tags: Vec<String>,
}

/// All rows, the newest first.
#[derive(Debug, Default)]
pub struct Works {
    pub rows: Vec<Work>,
    /// How many were left out, because there are too many.
    pub left_out: usize,
    bytes: usize,
}

/// Counts of one machine.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    pub sessions: usize,
    /// How many of them are not over, as far as it said.
    pub active: usize,
    pub conversations: usize,
}

/// The rows of one machine on their way into the list.
pub struct Adding<'w> {
    works: &'w mut Works,
    machine: usize,
    pub counts: Counts,
    /// The tags of each conversation that came.
    heads: HashMap<String, Vec<String>>,
    /// The conversations of sessions.
    worked: HashSet<String>,
}

impl Work {
    fn bytes(&self) -> usize {
        let own = [&self.title, &self.project, &self.started_at, &self.last_heartbeat].map(String::len);
        let others = [&self.session_id, &self.conversation, &self.agent, &self.ended_at];
        let others = others.map(|text| text.as_ref().map_or(0, String::len));
        let tags: usize = self.tags.iter().map(|tag| tag.len() + 24).sum();
        ROW + own.iter().sum::<usize>() + others.iter().sum::<usize>() + tags
    }

    /// Whether it has all these words.
    fn has(&self, words: &[String]) -> bool {
        if words.is_empty() {
            return true;
        }
        let ids = [&self.session_id, &self.conversation].map(|id| id.as_deref().unwrap_or_default());
        let text = search::fold(&[ids[0], ids[1], &self.title, &self.project].join("\n"));
        words.iter().all(|word| text.contains(word.as_str()))
    }

    /// What decides about its place: the newest first.
    fn key(&self) -> (&str, Option<&str>, Option<&str>, usize) {
        (&self.started_at, self.session_id.as_deref(), self.conversation.as_deref(), self.machine)
    }
}

impl Works {
    /// Begins with the rows of the machine with this number.
    pub fn add(&mut self, machine: usize) -> Adding<'_> {
        Adding { works: self, machine, counts: Counts::default(), heads: HashMap::new(), worked: HashSet::new() }
    }

    /// Sorts all rows, and leaves out what is too much.
    pub fn finish(&mut self) {
        self.prune();
        self.rows.shrink_to_fit();
    }

    fn push(&mut self, row: Work) {
        self.bytes += row.bytes();
        self.rows.push(row);
        if self.bytes > 2 * BYTES {
            self.prune();
        }
    }

    fn prune(&mut self) {
        self.rows.sort_by(|a, b| b.key().cmp(&a.key()));
        let mut bytes = 0;
        let fits = |row: &&Work| {
            bytes += row.bytes();
            bytes <= BYTES
        };
        let kept = self.rows.iter().take_while(fits).count();
        self.left_out += self.rows.len() - kept;
        self.rows.truncate(kept);
        self.bytes = self.rows.iter().map(Work::bytes).sum();
    }

    /// The rows that a query selects, of one machine if its number is given. `is_of` says whether a machine is meant.
    pub fn matching<'w>(&'w self, query: &Query, is_of: &dyn Fn(usize) -> bool) -> Vec<&'w Work> {
        let words = query.words();
        let tag = query.tag.as_ref().map(|tag| tag.to_lowercase());
        let project = query.project.as_ref().map(|slug| slug.as_str());
        let fits = |row: &&Work| {
            is_of(row.machine)
                && project.is_none_or(|project| row.project == project)
                && tag.as_ref().is_none_or(|tag| row.tags.iter().any(|own| own.to_lowercase() == *tag))
                && row.has(&words)
        };
        self.rows.iter().filter(fits).collect()
    }
}

impl Adding<'_> {
    /// Adds a conversation.
    pub fn conversation(&mut self, head: Head) {
        self.counts.conversations += 1;
        let tags = head.tags.iter().take(TAGS).filter(|tag| tag.chars().count() <= TAG).cloned();
        let tags: Vec<String> = tags.collect();
        self.heads.insert(head.id.clone(), tags.clone());
        self.works.push(Work {
            machine: self.machine,
            title: head.title.unwrap_or_default(),
            conversation: Some(head.id),
            project: head.project.unwrap_or_default(),
            agent: head.agent,
            started_at: head.started_at.unwrap_or_default(),
            tags,
            ..Work::default()
        });
    }

    /// Adds a session. All conversations come before.
    pub fn session(&mut self, session: OtherSession) {
        let OtherSession { id, entry, agent, conversation } = session;
        let tags = conversation.as_ref().and_then(|uuid| self.heads.get(uuid).cloned());
        let conversation = conversation.filter(|_| tags.is_some());
        self.worked.extend(conversation.clone());
        self.counts.sessions += 1;
        self.counts.active += usize::from(entry.status.as_str() == "active");
        self.works.push(Work {
            machine: self.machine,
            session_id: Some(id.to_string()),
            conversation,
            title: entry.intent.into_owned(),
            project: entry.project_slug.into_owned(),
            status: Some(entry.status.as_str()),
            agent,
            started_at: entry.started_at.into_owned(),
            ended_at: entry.ended_at.map(|at| at.into_owned()),
            last_heartbeat: entry.last_heartbeat.into_owned(),
            tags: tags.unwrap_or_default(),
        });
    }

    /// A conversation that has a session is in the list as that.
    pub fn end(self) -> Counts {
        let Adding { works, machine, counts, worked, .. } = self;
        let is_told = |row: &Work| {
            let is_alone = row.machine == machine && row.session_id.is_none();
            is_alone && row.conversation.as_ref().is_some_and(|uuid| worked.contains(uuid))
        };
        works.rows.retain(|row| !is_told(row));
        works.bytes = works.rows.iter().map(Work::bytes).sum();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_bound_and_is_the_newest() {
        let mut works = Works::default();
        let long = "é".repeat(300);
        for n in 0..100_000 {
            let title = format!("{n} {long}");
            works.push(Work { title, started_at: format!("{:08}", n * 7 % 100_000), ..Work::default() });
            assert!(works.bytes <= 2 * BYTES + 2000);
        }
        works.finish();
        assert!(works.bytes <= BYTES && works.bytes > BYTES / 2, "{}", works.bytes);
        assert_eq!(works.rows.len() + works.left_out, 100_000);
        let newest: Vec<&str> = works.rows.iter().take(2).map(|row| row.started_at.as_str()).collect();
        assert_eq!(newest, ["00099999", "00099998"]);
    }

    #[test]
    fn a_conversation_with_a_session_is_one_row() {
        let mut works = Works::default();
        let mut adding = works.add(0);
        for id in ["a", "b"] {
            adding.conversation(Head { id: id.into(), tags: vec!["Urgent".into()], ..Head::default() });
        }
        let entry = cs_core::index::IndexEntry {
            project_slug: "api".into(),
            status: cs_core::record::Status::Active,
            intent: "x".into(),
            started_at: "2026-11-21T08:00:00.000000+00:00".into(),
            ended_at: None,
            last_heartbeat: "".into(),
        };
        let id = cs_core::id::SessionId::parse("sess_20261121T0800_ca5d").unwrap();
        for conversation in ["a", "gone"] {
            let (id, entry) = (id.clone(), entry.clone().into_owned());
            adding.session(OtherSession { id, entry, agent: None, conversation: Some(conversation.into()) });
        }
        let Counts { sessions, active, conversations } = adding.end();
        assert_eq!((sessions, active, conversations), (2, 2, 2));
        works.finish();
        let shown = |row: &Work| (row.session_id.is_some(), row.conversation.clone(), row.tags.len());
        let rows: Vec<_> = works.rows.iter().map(shown).collect();
        assert_eq!(rows, [(true, Some("a".into()), 1), (true, None, 0), (false, Some("b".into()), 1)]);
        let query = Query { tag: Some("urgent".into()), ..Query::default() };
        assert_eq!(works.matching(&query, &|_| true).len(), 2);
        assert!(works.matching(&query, &|machine| machine > 0).is_empty());
    }
}
