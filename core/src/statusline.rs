//! Owns the figures of a status line in `statusline/<uuid>.json`: context, cost, lines and limits of a conversation.
//! There is no other live source of these figures; all of them may be missing.
//! Must stay true: nothing is computed that was not reported; an absent figure is `None`, not 0.

use crate::clock::{self, Instant};
use crate::validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A limit that resets later than this is ignored.
const RESET_DAYS: i64 = 366;
/// Milliseconds by which the time since a run of the client began may be off.
const RUN_SLACK: i64 = 5_000;
/// The client's name of one of the two windows that have fields of their own.
pub const FIVE_HOUR: &str = "five_hour";
/// The name of the other one.
pub const SEVEN_DAY: &str = "seven_day";
/// Seconds between two writes of the same conversation, at least.
const SECONDS_BETWEEN: i64 = 10;

/// How much of a limit is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// 0 to 100; more if the limit was exceeded.
    pub used_percentage: f64,
    /// When the limit is reset, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<String>,
}

/// The last figures of a conversation, as in `statusline/<uuid>.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// The conversation, a UUID.
    pub claude_session_id: String,
    /// Instant when the figures were first reported, RFC 3339, UTC.
    pub at: String,
    /// The model's name, as the client shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model's plain name, as usage is counted by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// Of the context window, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_used_percentage: Option<f64>,
    /// Tokens in the context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// Tokens that fit into the context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window_size: Option<u64>,
    /// The client's own estimate for the whole conversation, US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Milliseconds since the conversation began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Lines added to files in the whole conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_added: Option<u64>,
    /// Lines removed from files in the whole conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_removed: Option<u64>,
    /// The account's limit for five hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub five_hour: Option<Limit>,
    /// The account's limit for seven days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seven_day: Option<Limit>,
    /// The account's other limits, by the client's names of their windows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub other_limits: BTreeMap<String, Limit>,
    /// The local day of `at`, `YYYY-MM-DD`.
    pub day: String,
    /// `cost_usd` when that day began, or when the conversation was first seen on it; minus what was spent on it before
    /// the client restarted its cost, so that this may be negative.
    pub cost_before_day_usd: f64,
}

impl Reading {
    /// The figures as they are stored: without implausible ones, and with the cost when the day began. `day_began` is
    /// the first instant of the local day of `now`; `before` is the previous reading of the conversation.
    pub fn stored(self, before: Option<&Reading>, day_began: Instant, now: Instant) -> Self {
        let mut reading = self.bounded(now);
        reading.cost_before_day_usd = reading.spent_before(before, day_began, now);
        reading
    }

    /// Removes implausible figures: negative ones, percentages above 1,000, more than ten million dollars or a
    /// trillion of anything else, limits that reset in more than a year.
    pub fn bounded(mut self, now: Instant) -> Self {
        let counts = [
            &mut self.context_tokens,
            &mut self.context_window_size,
            &mut self.duration_ms,
            &mut self.lines_added,
            &mut self.lines_removed,
        ];
        counts.into_iter().for_each(|count| *count = count.filter(|count| *count <= validate::COUNT));
        let is_percentage = |number: &f64| (0.0..=validate::PERCENT).contains(number);
        self.context_used_percentage = self.context_used_percentage.filter(is_percentage);
        self.cost_usd = self.cost_usd.and_then(validate::dollars);
        let is_plausible = validate::dollars(self.cost_before_day_usd.abs()).is_some();
        self.cost_before_day_usd = if is_plausible { self.cost_before_day_usd } else { 0.0 };
        let is_used = |limit: &Limit| is_percentage(&limit.used_percentage);
        self.five_hour = self.five_hour.filter(is_used);
        self.seven_day = self.seven_day.filter(is_used);
        self.other_limits.retain(|_, limit| is_used(limit));
        let at = |text: &String| clock::parse(text).is_some_and(|at| (at - now).num_days() <= RESET_DAYS);
        for limit in self.five_hour.iter_mut().chain(&mut self.seven_day).chain(self.other_limits.values_mut()) {
            limit.resets_at = limit.resets_at.take().filter(at);
        }
        self
    }

    /// The limit of a window, by the client's name.
    pub fn limit(&self, window: &str) -> Option<&Limit> {
        match window {
            FIVE_HOUR => self.five_hour.as_ref(),
            SEVEN_DAY => self.seven_day.as_ref(),
            _ => self.other_limits.get(window),
        }
    }

    /// Whether a limit has reached a whole percent since the reading before.
    fn has_risen(&self, before: &Reading) -> bool {
        let windows = [FIVE_HOUR, SEVEN_DAY].into_iter().chain(self.other_limits.keys().map(String::as_str));
        let mut both = windows.filter_map(|window| self.limit(window).zip(before.limit(window)));
        both.any(|(limit, before)| limit.used_percentage.floor() > before.used_percentage.floor())
    }

    /// The cost when the day began. A conversation that is older than the day and was not seen before counts from now
    /// on: its earlier cost today is unknown.
    fn spent_before(&self, before: Option<&Reading>, day_began: Instant, now: Instant) -> f64 {
        let cost = self.cost_usd.unwrap_or(0.0);
        let fell = |was: &Reading| self.cost_usd.zip(was.cost_usd).is_some_and(|(cost, was)| cost < was);
        match before {
            Some(before) if before.day == self.day => match (fell(before), before.run_now(self, now)) {
                (false, Run::Later) | (_, Run::Same | Run::Unknown) => before.cost_before_day_usd,
                // What was spent before stays spent.
                (true, Run::Later) => -before.cost_today_usd().unwrap_or(0.0),
                // Two clients that show the same conversation report in turn, each its own cost.
                _ => before.cost_today_usd().map_or(before.cost_before_day_usd, |spent| cost - spent),
            },
            Some(before) if !fell(before) => before.cost_usd.unwrap_or(0.0),
            Some(before) if matches!(before.run_now(self, now), Run::Later) => 0.0,
            _ => {
                let is_younger = self.ran().is_none_or(|ran| (now - day_began).num_milliseconds() >= ran);
                if is_younger { 0.0 } else { cost }
            }
        }
    }

    /// The run of the client that the next reading is from, as far as the time since it began says that.
    fn run_now(&self, next: &Reading, now: Instant) -> Run {
        let passed = clock::parse(&self.at).map(|at| (now - at).num_milliseconds());
        let (Some(passed), Some(before), Some(ran)) = (passed, self.ran(), next.ran()) else { return Run::Unknown };
        let may_be_later = ran <= passed.saturating_add(RUN_SLACK);
        match ran - before {
            more if may_be_later && (more < 0 || ran < passed.saturating_sub(RUN_SLACK)) => Run::Later,
            more if (0..=passed.saturating_add(RUN_SLACK)).contains(&more) => Run::Same,
            _ => Run::Other,
        }
    }

    /// Milliseconds since the conversation, or a run of its client, began.
    fn ran(&self) -> Option<i64> {
        self.duration_ms.map(|ran| i64::try_from(ran).unwrap_or(i64::MAX / 2))
    }

    /// The cost of the reading's day, US dollars.
    pub fn cost_today_usd(&self) -> Option<f64> {
        self.cost_usd.map(|cost| (cost - self.cost_before_day_usd).clamp(0.0, validate::DOLLARS))
    }

    /// Whether to write these figures, given what was last written. Not within [`SECONDS_BETWEEN`] of it, unless a limit
    /// reached a whole percent: nothing may be reported after the last one. Not if only the time changed, since an idle client repeats its figures for hours (so, of two conversations, the one with the
    /// later `at` has the more recent account limits). Initial figures without usage are not written either, so that
    /// the first real ones need not wait.
    pub fn is_due_after(&self, before: Option<&Reading>) -> bool {
        let Some(before) = before else { return !self.is_empty() };
        let at = |reading: &Reading| clock::parse(&reading.at);
        let seconds = at(self).zip(at(before)).map(|(now, then)| (now - then).num_seconds());
        let is_soon = seconds.is_some_and(|seconds| (0..SECONDS_BETWEEN).contains(&seconds));
        (!is_soon || self.has_risen(before))
            && *self != Reading { at: self.at.clone(), duration_ms: self.duration_ms, ..before.clone() }
    }

    /// Whether nothing was used, as when a conversation begins.
    fn is_empty(&self) -> bool {
        let is_nothing = |number: Option<f64>| number.is_none_or(|number| number == 0.0);
        let limits = [&self.five_hour, &self.seven_day];
        is_nothing(self.context_used_percentage) && is_nothing(self.cost_usd) && limits.iter().all(|it| it.is_none())
    }
}

/// Which run of a client reported a reading, compared with the one before.
enum Run {
    /// The same, or one that took over its figures.
    Same,
    /// One that began after that reading.
    Later,
    /// One that was there already.
    Other,
    Unknown,
}

/// Cost of each conversation on one day, US dollars: `statusline/<day>.json`.
pub type Day = BTreeMap<String, f64>;
