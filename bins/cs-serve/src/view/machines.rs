//! Owns what other machines sent (`--also`), read again when their folders have changed. Must stay true: all of it is text of
//! others; nothing of this machine is in it but what it shares; what is kept in memory has a bound.

mod replaced;
mod spent;
mod works;

pub use replaced::{Replaced, ReplacedRow};
pub use spent::SpendRow;
pub use works::{Counts, Work};

use super::usage::today;
use crate::http::Refusal;
use crate::query::Query;
use cs_core::Error;
use cs_core::days::Amount;
use cs_core::paths::Home;
use marks::Marks;
use replaced::Counting;
use serde::Serialize;
use spent::Sums;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use sync::also::{Also, Head, Other, Sought, Unseen};
use works::Works;

/// How long a search takes at most, and how many hits it has.
const TIME: Duration = Duration::from_secs(2);
const HITS: usize = 60;

/// The folders, and what was read of them.
#[derive(Debug, Default)]
pub struct Machines {
    /// The folders that were named.
    pub dirs: Vec<PathBuf>,
    last: Mutex<Option<(String, Arc<Seen>)>>,
}

/// What other machines sent.
#[derive(Debug, Default)]
pub struct Seen {
    pub also: Also,
    pub machines: Vec<MachineRow>,
    /// Sessions and conversations.
    pub works: Works,
    /// What this machine shares.
    pub own: Option<Shares>,
    /// What each person spent in each project in the last 30 days, the most first.
    pub spend: Vec<SpendRow>,
    pub replaced: Replaced,
    /// Folders that could not be read.
    pub failures: Vec<String>,
}

/// A machine.
#[derive(Clone, Debug, Serialize)]
pub struct MachineRow {
    pub id: String,
    pub name: String,
    pub owner: Option<String>,
    /// When its last news were written.
    pub news_at: Option<String>,
    #[serde(flatten)]
    pub counts: Counts,
    /// The last 7 and the last 30 days; no amount if nothing was counted.
    pub week: Option<Amount>,
    pub month: Option<Amount>,
}

/// What this machine shares.
#[derive(Clone, Debug, Serialize)]
pub struct Shares {
    pub news_at: Option<String>,
    /// How many conversations the team sees, and how many nobody else does.
    pub team: usize,
    pub private: usize,
}

/// A hit of a search.
#[derive(Clone, Debug, Serialize)]
pub struct HitRow {
    pub machine: String,
    pub machine_name: String,
    pub owner: Option<String>,
    pub conversation: String,
    pub title: Option<String>,
    pub project: Option<String>,
    pub entry: String,
    pub kind: String,
    pub at: Option<String>,
    /// The text before the first word, the word, and the text behind it.
    pub parts: [String; 3],
}

/// All hits.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hits {
    pub hits: Vec<HitRow>,
    /// Whether there may be more, and whether the time was over.
    pub is_cut: bool,
    pub is_late: bool,
    /// What was not looked at.
    pub unseen: Unseen,
}

impl Machines {
    /// What there is now.
    pub fn seen(&self, home: &Home) -> Result<Arc<Seen>, Refusal> {
        if self.dirs.is_empty() {
            return Err(without_also());
        }
        let also = Also::beside(home, &self.dirs)?;
        let stamp = stamp(&also);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, seen)) = last.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(seen.clone());
        }
        let seen = Arc::new(Seen::read(also));
        *last = Some((stamp, seen.clone()));
        Ok(seen)
    }
}

/// What changes when something in the folders does, and at midnight.
fn stamp(also: &Also) -> String {
    let all = also.machines.iter().chain(&also.own).map(|one| format!("{} {}", one.id(), one.stamp()));
    let failures = also.failures.iter().map(ToString::to_string);
    let today = today().to_string();
    all.chain(failures).chain([today]).collect::<Vec<String>>().join("\n")
}

fn without_also() -> Refusal {
    let text = "this dashboard shows only this machine; start it with --also DIR to show others";
    Refusal::new(404, "NO_MACHINES", text)
}

impl Seen {
    fn read(also: Also) -> Seen {
        let mut seen = Seen { failures: also.failures.iter().map(ToString::to_string).collect(), ..Seen::default() };
        let (mut sums, mut counting) = (Sums::default(), Counting::default());
        for (number, machine) in also.machines.iter().enumerate() {
            if let Err(error) = seen.add(number, machine, &mut sums, &mut counting) {
                seen.failures.push(format!("{}: {error}", machine.name()));
            }
        }
        seen.works.finish();
        (seen.spend, seen.replaced) = (sums.finish(), counting.finish());
        seen.own = also.own.as_ref().map(|own| {
            let (team, private) = own.visible().unwrap_or_default();
            Shares { news_at: own.news_at(), team, private }
        });
        seen.also = also;
        seen
    }

    fn add(&mut self, number: usize, machine: &Other, sums: &mut Sums, counting: &mut Counting) -> cs_core::Result<()> {
        let (id, name) = (machine.id().to_string(), machine.name().to_string());
        let (owner, news_at) = (machine.owner().map(str::to_string), machine.news_at());
        let row = MachineRow { id, name, owner, news_at, counts: Counts::default(), week: None, month: None };
        self.machines.push(row);
        let mut adding = self.works.add(number);
        let read = machine.heads(&mut |head| {
            counting.add(&head);
            adding.conversation(head);
            Ok(())
        });
        let read = read.and_then(|()| {
            machine.sessions(&mut |session, _| {
                adding.session(session);
                Ok(())
            })
        });
        let counts = adding.end();
        let usage = machine.usage();
        if let Some(row) = self.machines.last_mut() {
            row.counts = counts;
            let person = machine.owner().unwrap_or_else(|| machine.name());
            if let Some([week, month]) = sums.add(person, usage.as_deref().unwrap_or_default()) {
                (row.week, row.month) = (Some(week), Some(month));
            }
        }
        read.and(usage.map(drop))
    }

    /// The machine that a query names.
    pub fn machine(&self, query: &Query) -> Result<Option<&Other>, Refusal> {
        let Some(word) = &query.machine else { return Ok(None) };
        let none =
            || Refusal::new(404, "NOT_FOUND", &format!("there is no machine {word:?}, or several have that name"));
        self.also.machine(word).map(Some).ok_or_else(none)
    }

    /// The sessions and conversations that a query selects, the newest first.
    pub fn matching(&self, query: &Query, machine: Option<&Other>) -> Vec<&Work> {
        let is_of = |row: &MachineRow| {
            machine.is_none_or(|machine| row.id == machine.id())
                && query.owner.as_ref().is_none_or(|owner| row.owner.as_ref() == Some(owner))
        };
        let wanted: Vec<bool> = self.machines.iter().map(is_of).collect();
        self.works.matching(query, &|number| wanted.get(number).copied().unwrap_or_default())
    }

    /// What was said where; nothing without words.
    pub fn search(&self, query: &Query) -> Result<Hits, Refusal> {
        let words = query.words();
        if words.is_empty() {
            return Ok(Hits::default());
        }
        let machine = self.machine(query)?.map(Other::id);
        let project = query.project.as_ref().map(|slug| slug.as_str());
        let owner = query.owner.as_deref();
        let sought = Sought { words: &words, machine, owner, project, most: HITS, until: Instant::now() + TIME };
        let finding = self.also.search(&sought);
        let (is_cut, is_late, unseen) = (finding.is_cut, finding.is_late, finding.unseen);
        let hits = finding.hits.into_iter().map(|hit| HitRow {
            machine: hit.machine.id().to_string(),
            machine_name: hit.machine.name().to_string(),
            owner: hit.machine.owner().map(str::to_string),
            conversation: hit.head.id,
            title: hit.head.title,
            project: hit.head.project,
            entry: hit.entry,
            kind: hit.kind,
            at: hit.at,
            parts: hit.parts,
        });
        Ok(Hits { hits: hits.collect(), is_cut, is_late, unseen })
    }

    /// The machine that has a conversation, and what it says of it. Without a machine in the query it is the first one.
    pub fn conversation(&self, query: &Query, uuid: &str) -> Result<(&Other, Head), Refusal> {
        let wanted = self.machine(query)?.map(Other::id);
        for machine in self.also.machines.iter().filter(|one| wanted.is_none_or(|id| one.id() == id)) {
            if let Some(head) = machine.head(uuid)? {
                return Ok((machine, head));
            }
        }
        Err(Refusal::new(404, "NOT_FOUND", &format!("no other machine sent the conversation {uuid}")))
    }

    /// What people said about a conversation, on whichever machine.
    pub fn said(&self, uuid: &str) -> (Marks, Vec<Error>) {
        self.also.said(uuid)
    }
}
