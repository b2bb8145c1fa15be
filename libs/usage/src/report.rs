//! Owns grouping: a book's rows by day, week, month, session, project, repository, model or five-hour window.
//! Pure; every number of a report and of the dashboard comes from here.

use crate::book::{Book, QUARTER, Session};
use crate::prices::Prices;
use crate::row::QuarterRow;
use crate::sum::Sum;
use agents::Agent;
use chrono::{Datelike, NaiveDate};
use cs_core::zone::{Zone, monday};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Local days.
    Day,
    /// Local weeks, which begin on Monday.
    Week,
    /// Local months.
    Month,
    /// Conversations.
    Session,
    /// Slugs, or directories where no project is registered.
    Project,
    /// Repositories, by identity.
    Repo,
    /// Models by agent.
    Model,
}

/// Which rows count. Times are compared with a row's first call, so they are exact to a quarter of an hour.
#[derive(Debug, Default)]
pub struct Filter {
    /// Milliseconds since the epoch; inclusive.
    pub since: Option<i64>,
    /// Milliseconds since the epoch; exclusive.
    pub until: Option<i64>,
    /// A slug.
    pub project: Option<String>,
    /// The identity of a repository.
    pub repo: Option<String>,
    /// Only this agent's conversations.
    pub agent: Option<Agent>,
    /// Only these conversations: indexes in [`Book::sessions`].
    pub only: Option<HashSet<u32>>,
}

/// The key of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A day, the Monday of a week, the first of a month.
    Date(NaiveDate),
    /// An index in [`Book::sessions`].
    Session(u32),
    /// A slug, or a directory where no project is registered.
    Project(String),
    /// The identity of a repository.
    Repo(String),
    /// The model's plain name.
    Model(Agent, String),
}

/// Rows with the same key.
#[derive(Clone, Debug)]
pub struct Group {
    /// The key.
    pub key: Key,
    /// The sum of its rows.
    pub sum: Sum,
    /// By model.
    pub models: BTreeMap<String, Sum>,
}

/// A book with the facts needed to report on it.
pub struct View<'a> {
    /// The counted calls.
    pub book: &'a Book,
    /// List prices of models.
    pub prices: &'a Prices,
    /// The zone in which days begin.
    pub zone: &'a Zone,
    /// For each session its project: the slug, or the directory where none is registered.
    pub projects: &'a [String],
    /// For each session the identity of its repository; its project if that is unknown.
    pub repos: &'a [String],
}

impl View<'_> {
    fn session(&self, row: &QuarterRow) -> Option<&Session> {
        self.book.sessions.get(row.session as usize)
    }

    fn agent(&self, row: &QuarterRow) -> Agent {
        self.session(row).map_or(Agent::Claude, |session| session.agent)
    }

    fn project(&self, row: &QuarterRow) -> &str {
        self.projects.get(row.session as usize).map_or("", String::as_str)
    }

    fn repo(&self, row: &QuarterRow) -> &str {
        self.repos.get(row.session as usize).map_or("", String::as_str)
    }

    fn model(&self, row: &QuarterRow) -> &str {
        self.book.models.get(row.model as usize).map_or("", String::as_str)
    }

    /// The rows that pass a filter.
    pub fn rows(&self, filter: &Filter) -> Vec<&QuarterRow> {
        let takes = |row: &&QuarterRow| {
            filter.since.is_none_or(|since| row.first >= since)
                && filter.until.is_none_or(|until| row.first < until)
                && filter.project.as_ref().is_none_or(|project| self.project(row) == project)
                && filter.repo.as_ref().is_none_or(|repo| self.repo(row) == repo)
                && filter.agent.is_none_or(|agent| self.agent(row) == agent)
                && filter.only.as_ref().is_none_or(|only| only.contains(&row.session))
        };
        self.book.rows.iter().filter(takes).collect()
    }

    /// Groups in the order of their keys; sessions, projects and repositories in the order of their last call.
    pub fn groups(&self, rows: &[&QuarterRow], by: By) -> Vec<Group> {
        let mut places: HashMap<Key, usize> = HashMap::new();
        let mut groups: Vec<(Key, Vec<(u32, Sum)>)> = Vec::new();
        let tariffs = self.prices.tariffs(&self.book.models);
        // Rows of one quarter follow each other in a stored answer.
        let (mut place, mut quarter, mut day) = (usize::MAX, i64::MIN, NaiveDate::default());
        for row in rows {
            if row.first.div_euclid(QUARTER) != quarter {
                day = self.zone.day(row.first);
                // Of a zone whose days begin within a quarter, each row is asked for.
                let is_whole = self.zone.offset(row.first) % (QUARTER / 1000) == 0;
                quarter = if is_whole { row.first.div_euclid(QUARTER) } else { i64::MIN };
            }
            let key = self.key(row, day, by);
            if groups.get(place).is_none_or(|(known, _)| *known != key) {
                place = *places.entry(key.clone()).or_insert(groups.len());
                if place == groups.len() {
                    groups.push((key, Vec::new()));
                }
            }
            let Some((_, models)) = groups.get_mut(place) else { continue };
            let sum = Sum::of(row, tariffs.get(row.model as usize));
            match models.iter_mut().find(|(model, _)| *model == row.model) {
                Some((_, known)) => known.merge(&sum),
                None => models.push((row.model, sum)),
            }
        }
        let name = |model: u32| self.book.models.get(model as usize).cloned().unwrap_or_default();
        let group = |(key, models): (Key, Vec<(u32, Sum)>)| {
            let mut sum = Sum::default();
            models.iter().for_each(|(_, of)| sum.merge(of));
            Group { key, sum, models: models.into_iter().map(|(model, sum)| (name(model), sum)).collect() }
        };
        let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
        match by {
            By::Session | By::Project | By::Repo => {
                groups.sort_by(|a, b| (a.sum.last, &a.key).cmp(&(b.sum.last, &b.key)))
            }
            _ => groups.sort_by(|a, b| a.key.cmp(&b.key)),
        }
        groups
    }

    /// All rows by day, project and model.
    pub fn cells(&self) -> HashMap<(NaiveDate, &str, &str), Sum> {
        let mut cells: HashMap<(NaiveDate, &str, &str), Sum> = HashMap::new();
        let tariffs = self.prices.tariffs(&self.book.models);
        for row in &self.book.rows {
            let cell = cells.entry((self.zone.day(row.first), self.project(row), self.model(row))).or_default();
            cell.merge(&Sum::of(row, tariffs.get(row.model as usize)));
        }
        cells
    }

    fn key(&self, row: &QuarterRow, day: NaiveDate, by: By) -> Key {
        match by {
            By::Day => Key::Date(day),
            By::Week => Key::Date(monday(day)),
            By::Month => Key::Date(day.with_day(1).unwrap_or_default()),
            By::Session => Key::Session(row.session),
            By::Project => Key::Project(self.project(row).to_string()),
            By::Repo => Key::Repo(self.repo(row).to_string()),
            By::Model => Key::Model(self.agent(row), self.model(row).to_string()),
        }
    }

    /// Five-hour windows by their start, separate for each agent because limits are. A window begins with the hour
    /// of the first call after the previous window.
    pub fn blocks(&self, rows: &[&QuarterRow]) -> Vec<Block> {
        let mut rows: Vec<(Agent, &QuarterRow)> = rows.iter().map(|row| (self.agent(row), *row)).collect();
        rows.sort_by_key(|(agent, row)| (*agent, row.first));
        let mut blocks: Vec<Block> = Vec::new();
        let tariffs = self.prices.tariffs(&self.book.models);
        for (agent, row) in rows {
            let (model, sum) = (self.model(row), Sum::of(row, tariffs.get(row.model as usize)));
            match blocks.last_mut() {
                Some(block) if block.agent == agent && row.first < block.end() => block.add(model, &sum),
                _ => {
                    let start = row.first.saturating_sub(row.first.rem_euclid(HOUR));
                    let mut block = Block { start, agent, sum: Sum::default(), models: BTreeMap::new() };
                    block.add(model, &sum);
                    blocks.push(block);
                }
            }
        }
        blocks.sort_by_key(|block| (block.start, block.agent));
        blocks
    }
}

/// Adds to the sum of a model.
fn add(models: &mut BTreeMap<String, Sum>, model: &str, sum: &Sum) {
    match models.get_mut(model) {
        Some(known) => known.merge(sum),
        None => drop(models.insert(model.to_string(), sum.clone())),
    }
}

const HOUR: i64 = 3_600_000;
/// The length of a window, in milliseconds.
pub const WINDOW: i64 = 5 * HOUR;

/// A five-hour window.
#[derive(Clone, Debug)]
pub struct Block {
    /// Milliseconds since the epoch.
    pub start: i64,
    /// Limits belong to one agent's account.
    pub agent: Agent,
    /// All calls in the window.
    pub sum: Sum,
    /// The same by model.
    pub models: BTreeMap<String, Sum>,
}

/// How fast a window's limit is used up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burn {
    /// Tokens of any kind.
    pub tokens_per_minute: f64,
    /// `None` if no cost is known.
    pub usd_per_hour: Option<f64>,
}

impl Block {
    fn add(&mut self, model: &str, sum: &Sum) {
        self.sum.merge(sum);
        add(&mut self.models, model, sum);
    }

    /// The end of the window, in milliseconds since the epoch.
    pub fn end(&self) -> i64 {
        self.start.saturating_add(WINDOW)
    }

    /// Whether the window is still open.
    pub fn is_open(&self, now: i64) -> bool {
        self.start <= now && now < self.end()
    }

    /// From the first call to the last, or to now while the window is open; `None` for less than a minute, which is too
    /// short for a rate.
    pub fn burn(&self, now: i64) -> Option<Burn> {
        let until = if self.is_open(now) { now.max(self.sum.last) } else { self.sum.last };
        let minutes = until.saturating_sub(self.sum.first) as f64 / 60_000.0;
        (minutes >= 1.0).then(|| Burn {
            tokens_per_minute: self.sum.tokens.total() as f64 / minutes,
            usd_per_hour: self.sum.cost_usd().map(|usd| usd / minutes * 60.0),
        })
    }

    /// Tokens and dollars at the window's end at the present rate.
    pub fn projection(&self, now: i64) -> Option<(u64, Option<f64>)> {
        let burn = self.burn(now).filter(|_| self.is_open(now))?;
        let left = self.end().saturating_sub(now) as f64 / 60_000.0;
        let tokens = self.sum.tokens.total().saturating_add((burn.tokens_per_minute * left) as u64);
        let usd = self.sum.cost_usd().zip(burn.usd_per_hour);
        Some((tokens, usd.map(|(so_far, per_hour)| so_far + per_hour * left / 60.0)))
    }
}
