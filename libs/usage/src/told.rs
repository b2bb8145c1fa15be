//! Owns which costs that status lines report are in the count already: the field `told` of `usage/days.json`, with which
//! budgets add what running conversations have spent since. Must stay true: the reports are read before the logs, so
//! that a call is in a report, or after it, but never in neither.

use crate::book::Book;
use crate::call::Call;
use crate::facts::Facts;
use crate::judge::Fate;
use crate::prices::Prices;
use crate::row::QuarterRow;
use crate::sum::Sum;
use agents::Agent;
use agents::logs::Log;
use cs_core::clock::{self, Instant};
use cs_core::days::Told;
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::store::Store;
use cs_core::zone::{Day, Zone};
use std::collections::{BTreeMap, HashMap};

/// What status lines have reported, and the calls after that.
#[derive(Debug)]
pub struct Reports {
    today: Day,
    /// By conversation: when it was reported, in milliseconds since the epoch, and the cost of today, US dollars.
    last: HashMap<String, (i64, f64)>,
    /// The earliest call that may be after a report, in milliseconds since the epoch.
    since: i64,
    /// The calls that no report contains, each with its conversation and its model.
    later: Vec<(String, String, QuarterRow)>,
}

impl Reports {
    /// Reads what was reported until now.
    pub fn read(store: &Store, zone: &Zone, now: Instant) -> Self {
        let today = zone.day_of(now);
        let date = today.date.to_string();
        let uuids = file::stems(&store.home.statusline_dir(), ".json").unwrap_or_default().into_iter();
        let last = |uuid: String| {
            let reading = store.reading(&Uuid::parse(&uuid).ok()?)?;
            let usd = reading.cost_today_usd().filter(|_| reading.day == date).unwrap_or_default();
            Some((uuid, (clock::parse(&reading.at)?.timestamp_millis(), usd)))
        };
        let last: HashMap<String, (i64, f64)> = uuids.filter_map(last).collect();
        let midnight = today.began.timestamp_millis();
        let since = last.values().map(|(at, _)| *at).min().unwrap_or(midnight).min(midnight);
        Reports { today, last, since, later: Vec::new() }
    }

    /// Notes a call of a log if no report contains it.
    pub fn note(&mut self, (log, facts): &(Log, Facts), call: &Call, fate: Fate) {
        // Only Claude Code has a status line.
        if call.at < self.since || log.agent != Agent::Claude || matches!(fate, Fate::Repeats(_)) {
            return;
        }
        let conversation = facts.name(call.session);
        let is_later = match self.last.get(conversation) {
            Some((reported, _)) => call.at > *reported,
            // Its first report will contain what it spent today.
            None => call.at >= self.today.began.timestamp_millis(),
        };
        if is_later {
            self.later.push((conversation.to_string(), facts.name(call.model).to_string(), QuarterRow::of(call)));
        }
    }

    /// Which costs are in the count.
    pub fn told(&self, book: &Book, prices: &Prices) -> Told {
        let mut later: HashMap<&str, Sum> = HashMap::new();
        for (conversation, model, row) in &self.later {
            later.entry(conversation).or_default().add(row, model, prices);
        }
        let reported = self.last.iter().filter(|(_, (_, usd))| *usd > 0.0);
        let mut usd: BTreeMap<String, f64> = reported.map(|(uuid, (_, usd))| (uuid.clone(), *usd)).collect();
        usd.retain(|uuid, _| book.find(Agent::Claude, uuid).is_some());
        let cost = |(conversation, sum): (&str, Sum)| (conversation.to_string(), sum.cost_usd().unwrap_or_default());
        let mut after: BTreeMap<String, f64> = later.into_iter().map(cost).collect();
        after.retain(|_, usd| *usd > 0.0);
        for (conversation, more) in &after {
            *usd.entry(conversation.clone()).or_default() += more;
        }
        Told { day: self.today.date.to_string(), usd, after }
    }
}
