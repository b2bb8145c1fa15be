//! Owns what other machines sent (`--also`), read again when their folders have changed. Must stay true: all of it is text of
//! others; nothing of this machine is in it but what it shares.

use super::usage::{DayRange, last_days, today};
use crate::http::Refusal;
use crate::query::Query;
use cs_core::clock::Date;
use cs_core::days::{Amount, DayRow};
use cs_core::paths::Home;
use cs_core::search;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use sync::also::{Also, Head, Other, Sought, Unseen};

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
    /// The newest first.
    pub sessions: Vec<SessionRow>,
    /// What this machine shares.
    pub own: Option<Shares>,
    secrets: Vec<(String, Head)>,
    usage: Vec<(usize, Vec<DayRow>)>,
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
    pub sessions: usize,
    /// How many of them are not over, as far as it said.
    pub active: usize,
    pub conversations: usize,
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

/// A session of another machine.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRow {
    pub session_id: String,
    /// The machine's id and name.
    pub machine: String,
    pub machine_name: String,
    pub owner: Option<String>,
    pub project: String,
    pub status: &'static str,
    pub intent: String,
    pub agent: Option<String>,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub last_heartbeat: String,
    /// Its conversation, if lines of that came.
    pub conversation: Option<String>,
}

/// What a person spent in a project.
#[derive(Clone, Debug, Serialize)]
pub struct SpendRow {
    /// The owner, else the machine's name.
    pub person: String,
    pub project: String,
    pub week: Amount,
    pub month: Amount,
}

/// How often a rule found something.
#[derive(Clone, Debug, Serialize)]
pub struct SecretRow {
    pub rule: String,
    pub found: u64,
    pub conversations: usize,
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
        for (number, machine) in also.machines.iter().enumerate() {
            if let Err(error) = seen.add(number, machine) {
                seen.failures.push(format!("{}: {error}", machine.name()));
            }
        }
        seen.sessions.sort_by(|a, b| {
            b.started_at.cmp(&a.started_at).then_with(|| (&b.session_id, &b.machine).cmp(&(&a.session_id, &a.machine)))
        });
        seen.own = also.own.as_ref().map(|own| {
            let (team, private) = own.visible().unwrap_or_default();
            Shares { news_at: own.news_at(), team, private }
        });
        seen.also = also;
        seen
    }

    fn add(&mut self, number: usize, machine: &Other) -> cs_core::Result<()> {
        let (id, name) = (machine.id().to_string(), machine.name().to_string());
        let owner = machine.owner().map(str::to_string);
        self.machines.push(MachineRow {
            id: id.clone(),
            name: name.clone(),
            owner: owner.clone(),
            news_at: machine.news_at(),
            sessions: 0,
            active: 0,
            conversations: 0,
            week: None,
            month: None,
        });
        let talks: HashSet<String> = machine.talks()?.into_iter().collect();
        let mut conversations = 0;
        let mut secrets = Vec::new();
        machine.heads(&mut |head| {
            conversations += 1;
            if !head.secrets.is_empty() {
                secrets.push((id.clone(), head));
            }
            Ok(())
        })?;
        self.secrets.extend(secrets);
        let mut sessions = Vec::new();
        machine.sessions(&mut |session, _| {
            let entry = session.entry;
            sessions.push(SessionRow {
                session_id: session.id.to_string(),
                machine: id.clone(),
                machine_name: name.clone(),
                owner: owner.clone(),
                project: entry.project_slug.into_owned(),
                status: entry.status.as_str(),
                intent: entry.intent.into_owned(),
                agent: session.agent,
                started_at: entry.started_at.into_owned(),
                ended_at: entry.ended_at.map(|at| at.into_owned()),
                last_heartbeat: entry.last_heartbeat.into_owned(),
                conversation: session.conversation.filter(|uuid| talks.contains(uuid)),
            });
            Ok(())
        })?;
        let usage = machine.usage()?;
        if let Some(row) = self.machines.last_mut() {
            row.conversations = conversations;
            row.sessions = sessions.len();
            row.active = sessions.iter().filter(|one| one.status == "active").count();
            if !usage.is_empty() {
                row.week = Some(sum(&usage, last_days(7)));
                row.month = Some(sum(&usage, last_days(30)));
            }
        }
        self.sessions.extend(sessions);
        self.usage.push((number, usage));
        Ok(())
    }

    /// The machine that a query names.
    pub fn machine(&self, query: &Query) -> Result<Option<&Other>, Refusal> {
        let Some(word) = &query.machine else { return Ok(None) };
        let none =
            || Refusal::new(404, "NOT_FOUND", &format!("there is no machine {word:?}, or several have that name"));
        self.also.machine(word).map(Some).ok_or_else(none)
    }

    /// The sessions that a query selects.
    pub fn matching<'a>(
        &'a self,
        query: &'a Query,
        machine: Option<&'a Other>,
    ) -> impl Iterator<Item = &'a SessionRow> {
        let words = query.words();
        let says = move |one: &SessionRow| {
            let text = search::fold(&[&*one.session_id, &one.intent, &one.project].join("\n"));
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let is_of = move |one: &&SessionRow| {
            machine.is_none_or(|machine| one.machine == machine.id())
                && query.owner.as_ref().is_none_or(|owner| one.owner.as_ref() == Some(owner))
                && query.project.as_ref().is_none_or(|project| one.project == project.as_str())
        };
        self.sessions.iter().filter(is_of).filter(move |one| says(one))
    }

    /// What each person spent in each project in the last 30 days, the most first.
    pub fn spend(&self) -> Vec<SpendRow> {
        let (week, month) = (last_days(7), last_days(30));
        let mut sums: BTreeMap<(String, &str), [Amount; 2]> = BTreeMap::new();
        for (number, rows) in &self.usage {
            let Some(machine) = self.machines.get(*number) else { continue };
            let person = machine.owner.clone().unwrap_or_else(|| machine.name.clone());
            for row in rows.iter().filter(|row| is_in(row, month)) {
                let [seven, thirty] = sums.entry((person.clone(), &row.project)).or_default();
                thirty.add(&row.amount);
                if is_in(row, week) {
                    seven.add(&row.amount);
                }
            }
        }
        let row = |((person, project), [week, month]): ((String, &str), [Amount; 2])| SpendRow {
            person,
            project: project.to_string(),
            week,
            month,
        };
        let mut rows: Vec<SpendRow> = sums.into_iter().map(row).collect();
        let worth = |row: &SpendRow| row.month.cost_usd.unwrap_or_default();
        rows.sort_by(|a, b| {
            worth(b).total_cmp(&worth(a)).then_with(|| b.month.total_tokens.cmp(&a.month.total_tokens))
        });
        rows
    }

    /// What was found in conversations before they left their machines, the most first.
    pub fn secrets(&self) -> Vec<SecretRow> {
        let mut rules: HashMap<&str, (u64, usize)> = HashMap::new();
        for (rule, found) in self.secrets.iter().flat_map(|(_, head)| &head.secrets) {
            let sum = rules.entry(rule).or_default();
            *sum = (sum.0.saturating_add(*found), sum.1 + 1);
        }
        let row = |(rule, (found, conversations)): (&str, (u64, usize))| SecretRow {
            rule: rule.to_string(),
            found,
            conversations,
        };
        let mut rows: Vec<SecretRow> = rules.into_iter().map(row).collect();
        rows.sort_by(|a, b| b.found.cmp(&a.found).then_with(|| a.rule.cmp(&b.rule)));
        rows
    }

    /// What was said where; nothing without words.
    pub fn search(&self, query: &Query) -> Result<Hits, Refusal> {
        let words = query.words();
        if words.is_empty() {
            return Ok(Hits::default());
        }
        let machine = self.machine(query)?.map(Other::id);
        let project = query.project.as_ref().map(|slug| slug.as_str());
        let sought = Sought { words: &words, machine, project, most: HITS, until: Instant::now() + TIME };
        let finding = self.also.search(&sought);
        let owner = query.owner.as_deref();
        let (is_cut, is_late, unseen) = (finding.is_cut, finding.is_late, finding.unseen);
        let hits = finding.hits.into_iter().filter(|hit| owner.is_none() || hit.machine.owner() == owner);
        let hits = hits.map(|hit| HitRow {
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

    /// The machine that has a conversation, and what it says of it.
    pub fn conversation(&self, query: &Query, uuid: &str) -> Result<(&Other, Head), Refusal> {
        let wanted = self.machine(query)?.map(Other::id);
        for machine in self.also.machines.iter().filter(|one| wanted.is_none_or(|id| one.id() == id)) {
            let mut found = None;
            machine.heads(&mut |head| {
                if head.id == uuid {
                    found = Some(head);
                }
                Ok(())
            })?;
            if let Some(head) = found {
                return Ok((machine, head));
            }
        }
        Err(Refusal::new(404, "NOT_FOUND", &format!("no other machine sent the conversation {uuid}")))
    }
}

fn day(row: &DayRow) -> Option<Date> {
    row.date.as_deref()?.parse().ok()
}

fn is_in(row: &DayRow, range: DayRange) -> bool {
    day(row).is_some_and(|day| range.from <= day && day <= range.until)
}

fn sum(rows: &[DayRow], range: DayRange) -> Amount {
    let mut sum = Amount::default();
    rows.iter().filter(|row| is_in(row, range)).for_each(|row| sum.add(&row.amount));
    sum
}
