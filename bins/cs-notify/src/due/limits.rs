//! Owns what is told about limits, budgets and planned starts: what `limits` says is due, in words. None is about a
//! session. What cannot be read suppresses no other notice, and is reported.

use super::Scope;
use crate::delivered::windows;
use crate::planned::{self, Near};
use crate::reasons::Reason;
use crate::settings::Settings;
use crate::subject::{Due, Measured, Subject};
use ::limits::alerts::{self, Alert};
use ::limits::budget::{self, Spent};
use ::limits::card::{self, Card};
use ::limits::quips::{self, Mood};
use cli::defer;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::id::fnv1a;
use cs_core::store::Store;
use cs_core::zone::Zone;
use limit_words::format_weekdays;
use limit_words::{format_budget, format_limit, format_pace};
use render::{format_dollars, format_duration, format_near_time};
use render::{format_percent, format_round_dollars};

/// How long the window lasts that a planned start begins.
const FIVE_HOURS: TimeDelta = TimeDelta::hours(5);

/// What is due about limits, budgets and planned starts, whatever was told before.
pub fn find(store: &Store, config: &Config, settings: &Settings, now: Instant, scope: Scope) -> Vec<Due> {
    let teller = Teller { settings, now, zone: Zone::system() };
    let is_wanted = |reason| scope.wants(reason) && settings.rule(reason).is_some();
    let mut all = Vec::new();
    if [Reason::Limit, Reason::Pace, Reason::Reset].into_iter().any(is_wanted) {
        let (due, errors) = alerts::due(&store.home, config, &settings.limits, now);
        errors.iter().for_each(defer);
        all.extend(due.iter().map(|due| teller.limit(due)));
    }
    if is_wanted(Reason::Budget) {
        let spent = budget::all(store, &settings.limits.budgets, now);
        all.extend(spent.iter().filter_map(|spent| teller.budget(spent)));
    }
    if is_wanted(Reason::Plan) {
        let near: Vec<Near> = planned::near(&settings.limits.plan, now, teller.zone).collect();
        let cards = if near.is_empty() { Vec::new() } else { card::all(&store.home, config, now).0 };
        all.extend(near.iter().map(|near| teller.plan(near, &cards)));
    }
    all.retain(|due| is_wanted(due.subject.reason));
    all
}

/// Says what is due.
struct Teller<'a> {
    settings: &'a Settings,
    now: Instant,
    zone: &'a Zone,
}

impl Teller<'_> {
    fn time(&self, at: Instant) -> String {
        format_near_time(at, &self.zone.day_of(self.now), self.zone)
    }

    fn due(&self, subject: Subject, headline: String, mood: Mood) -> Due {
        let quip = self.settings.limits.quips.then(|| quips::line(mood, subject.key()).to_string());
        Due { subject: subject.cleaned(), headline, once: true, quip }
    }

    fn limit(&self, due: &alerts::Due) -> Due {
        let (card, used) = (&due.card, due.card.window.used);
        let resets_at = card.window.resets_at;
        let (reason, level, headline) = match due.alert {
            // Not rounded up to what is not reached.
            Alert::Limit(level) => (Reason::Limit, Some(level), format!("{} used", format_percent(used.floor()))),
            Alert::Pace => (Reason::Pace, None, "will be used up before its reset".to_string()),
            Alert::Reset => (Reason::Reset, None, "was reset".to_string()),
        };
        let intent = match (reason, card.window.passed(100.0)) {
            (Reason::Reset, Some(at)) => {
                format!("used up at {}, the reset was at {}", self.time(at), self.time(resets_at))
            }
            _ => format_pace(card, self.now, self.zone),
        };
        let stem = card.key.stem();
        let subject = Subject {
            project_name: format_limit(&card.key, &card.account),
            intent,
            agent: card.key.agent.word().to_string(),
            level,
            measured: Some(Measured { limit: stem.clone(), used: Some(used), resets_at: clock::stamp(resets_at) }),
            ..Subject::apart(reason, windows::key(reason.as_str(), &stem, resets_at), due.since)
        };
        let mood = match due.alert {
            Alert::Limit(level) => Mood::Used(level),
            Alert::Pace => Mood::Short,
            Alert::Reset => Mood::Reset,
        };
        self.due(subject, headline, mood)
    }

    /// The highest percentage of a budget that is spent.
    fn budget(&self, spent: &Spent) -> Option<Due> {
        let (budget, (began_at, ends_at)) = (&spent.budget, spent.period);
        let (usd, percent) = spent.usd.zip(spent.percent())?;
        let level = budget.at.iter().copied().filter(|level| percent >= f64::from(*level)).max()?;
        let at_least = if spent.at_least { "at least " } else { "" };
        let projected = spent.projected_usd.filter(|projected| *projected > usd);
        let projected = projected.map_or_else(String::new, |projected| {
            format!("; at this pace {} by {}", format_dollars(projected), self.time(ends_at))
        });
        let name = format_budget(budget);
        let of = format_round_dollars(budget.usd);
        let hash = fnv1a(name.as_bytes());
        let subject = Subject {
            project: spent.project.clone().unwrap_or_default(),
            project_name: format!("Budget {name}"),
            intent: format!("{at_least}{} of {of}{projected}", format_dollars(usd)),
            level: Some(level),
            measured: Some(Measured { limit: name, used: Some(percent), resets_at: clock::stamp(ends_at) }),
            ..Subject::apart(Reason::Budget, windows::key("budget", &format!("{hash:016x}"), ends_at), began_at)
        };
        let headline = format!("{at_least}{} spent", format_percent(percent.floor()));
        Some(self.due(subject, headline, Mood::Used(level)))
    }

    /// A start, and whether a window of five hours is open then, so that it begins none.
    fn plan(&self, near: &Near, cards: &[Card]) -> Due {
        let Near { start, at } = near;
        let time = self.time(*at);
        let headline = match (*at - self.now).num_seconds() {
            60.. => format!("in {}, at {time}", format_duration((*at - self.now).num_seconds())),
            _ => format!("at {time}"),
        };
        let days = format_weekdays(&start.days);
        let is_open = |card: &&Card| {
            let window = &card.window;
            card.key.length() == Some(FIVE_HOURS) && window.ended_at > *at && window.ended_at > self.now
        };
        let open = cards.iter().filter(is_open).map(|card| {
            let name = format_limit(&card.key, &card.account);
            format!("{name} is open until {}, so this begins none", self.time(card.window.ended_at))
        });
        let begins = open.reduce(|all, one| format!("{all}; {one}"));
        let begins =
            begins.unwrap_or_else(|| format!("a window of 5 h from {time} to {}", self.time(*at + FIVE_HOURS)));
        let starts = match start.command.as_slice() {
            [] => String::new(),
            words => format!("; starts {}", words.join(" ")),
        };
        let intent = format!("{begins}; planned {days}{starts}");
        let subject = Subject {
            project_name: "Planned start".to_string(),
            intent,
            measured: Some(Measured { limit: "plan".to_string(), used: None, resets_at: clock::stamp(*at) }),
            ..Subject::apart(Reason::Plan, near.key(), *at - start.remind)
        };
        self.due(subject, headline, Mood::Start)
    }
}

#[cfg(test)]
mod tests;
