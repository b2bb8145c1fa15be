//! Owns the figures of a status line in `statusline/<uuid>.json`: context, cost, lines and limits of a conversation.
//! There is no other live source of these figures; all of them may be missing.
//! Must stay true: nothing is computed that was not reported; an absent figure is `None`, not 0.

use crate::clock::{self, Instant};
use crate::validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A limit that resets later than this is ignored.
const RESET_DAYS: i64 = 366;
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
    /// The local day of `at`, `YYYY-MM-DD`.
    pub day: String,
    /// `cost_usd` when that day began, or when the conversation was first seen on it.
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
        self.cost_before_day_usd = validate::dollars(self.cost_before_day_usd).unwrap_or_default();
        for limit in [&mut self.five_hour, &mut self.seven_day] {
            *limit = limit.take().filter(|limit| is_percentage(&limit.used_percentage));
            if let Some(limit) = limit {
                let at = |text: &String| clock::parse(text).is_some_and(|at| (at - now).num_days() <= RESET_DAYS);
                limit.resets_at = limit.resets_at.take().filter(at);
            }
        }
        self
    }

    /// The cost when the day began. A conversation that is older than the day and was not seen before counts from now
    /// on: its earlier cost today is unknown.
    fn spent_before(&self, before: Option<&Reading>, day_began: Instant, now: Instant) -> f64 {
        let cost = self.cost_usd.unwrap_or(0.0);
        let known = before.filter(|before| before.cost_usd.is_none_or(|was| was <= cost));
        match known {
            Some(before) if before.day == self.day => before.cost_before_day_usd,
            Some(before) => before.cost_usd.unwrap_or(0.0),
            None => {
                let ran = i64::try_from(self.duration_ms.unwrap_or(0)).unwrap_or(i64::MAX / 2);
                let is_younger = (now - day_began).num_milliseconds() >= ran;
                if is_younger { 0.0 } else { cost }
            }
        }
    }

    /// The cost of the reading's day, US dollars.
    pub fn cost_today_usd(&self) -> Option<f64> {
        self.cost_usd.map(|cost| (cost - self.cost_before_day_usd).max(0.0))
    }

    /// Whether to write these figures, given what was last written. Not within [`SECONDS_BETWEEN`] of it; not if only
    /// the time changed, since an idle client repeats its figures for hours (so, of two conversations, the one with the
    /// later `at` has the more recent account limits). Initial figures without usage are not written either, so that
    /// the first real ones need not wait.
    pub fn is_due_after(&self, before: Option<&Reading>) -> bool {
        let Some(before) = before else { return !self.is_empty() };
        let at = |reading: &Reading| clock::parse(&reading.at);
        let seconds = at(self).zip(at(before)).map(|(now, then)| (now - then).num_seconds());
        let is_soon = seconds.is_some_and(|seconds| (0..SECONDS_BETWEEN).contains(&seconds));
        !is_soon && *self != Reading { at: self.at.clone(), duration_ms: self.duration_ms, ..before.clone() }
    }

    /// Whether nothing was used, as when a conversation begins.
    fn is_empty(&self) -> bool {
        let is_nothing = |number: Option<f64>| number.is_none_or(|number| number == 0.0);
        let limits = [&self.five_hour, &self.seven_day];
        is_nothing(self.context_used_percentage) && is_nothing(self.cost_usd) && limits.iter().all(|it| it.is_none())
    }
}

/// Cost of each conversation on one day, US dollars: `statusline/<day>.json`.
pub type Day = BTreeMap<String, f64>;
