//! Owns what Claude Code tells its status line, and what is kept of it in `statusline/<uuid>.json`:
//! context, cost, lines and limits of a conversation. The only live feed of these figures; all of
//! them may be missing. Facts: payloads of Claude Code 2.1.329, and its documentation.
//! Must stay true: nothing is computed that was not told; an absent figure is `None`, not 0.

use crate::clock::{self, Instant};
use crate::repair;
use crate::validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A limit that begins anew later is none.
const RESET_DAYS: i64 = 366;
/// How long figures may lag behind.
const SECONDS_BETWEEN: i64 = 10;

/// What the status line is told, as far as it is used. Wrong types read as nothing.
#[derive(Clone, Debug, Default)]
pub struct Payload(Value);

impl Payload {
    /// Decodes the bytes; what is no JSON object tells nothing.
    pub fn decode(bytes: &[u8]) -> Self {
        Payload(repair::decode(bytes, &mut Vec::new()).unwrap_or_default())
    }

    /// The text at a path such as `/model/display_name`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.pointer(path)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// The finite, non-negative number at a path.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.0.pointer(path)?.as_f64().filter(|number| number.is_finite() && *number >= 0.0)
    }

    /// The count at a path.
    pub fn count(&self, path: &str) -> Option<u64> {
        self.0.pointer(path)?.as_u64()
    }

    /// The directory in which the conversation works now.
    pub fn cwd(&self) -> Option<&str> {
        self.text("/workspace/current_dir").or(self.text("/cwd"))
    }

    /// A limit of the account: `five_hour` or `seven_day`.
    pub fn limit(&self, name: &str) -> Option<Limit> {
        let used_percentage = self.number(&format!("/rate_limits/{name}/used_percentage"))?;
        let seconds = self.number(&format!("/rate_limits/{name}/resets_at"));
        let resets_at = seconds.and_then(|seconds| clock::from_millis((seconds * 1000.0) as i64));
        Some(Limit { used_percentage, resets_at: resets_at.map(clock::stamp) })
    }
}

/// How much of a limit is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    pub used_percentage: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<String>,
}

/// The last figures of a conversation, as they stand in `statusline/<uuid>.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    pub claude_session_id: String,
    /// When the figures were told first.
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of the context window, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_used_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window_size: Option<u64>,
    /// The client's own estimate for the whole conversation, US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_added: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_removed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub five_hour: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seven_day: Option<Limit>,
    /// The local day of `at`, `YYYY-MM-DD`.
    pub day: String,
    /// What `cost_usd` was when that day began, or when the conversation was first seen on it.
    pub cost_before_day_usd: f64,
}

impl Reading {
    /// The figures of a payload. `day` is the local day of `now`, `day_began` its first instant;
    /// `before` what was known of the conversation.
    pub fn of(payload: &Payload, before: Option<&Reading>, day: &str, day_began: Instant, now: Instant) -> Self {
        let (input, output) = ("/context_window/total_input_tokens", "/context_window/total_output_tokens");
        let mut reading = Reading {
            claude_session_id: payload.text("/session_id").unwrap_or_default().to_string(),
            at: clock::stamp(now),
            model: payload.text("/model/display_name").or(payload.text("/model/id")).map(str::to_string),
            context_used_percentage: payload.number("/context_window/used_percentage"),
            context_tokens: payload
                .count(input)
                .map(|tokens| tokens.saturating_add(payload.count(output).unwrap_or(0))),
            context_window_size: payload.count("/context_window/context_window_size"),
            cost_usd: payload.number("/cost/total_cost_usd"),
            duration_ms: payload.count("/cost/total_duration_ms"),
            lines_added: payload.count("/cost/total_lines_added"),
            lines_removed: payload.count("/cost/total_lines_removed"),
            five_hour: payload.limit("five_hour"),
            seven_day: payload.limit("seven_day"),
            day: day.to_string(),
            cost_before_day_usd: 0.0,
        };
        reading = reading.bounded(now);
        reading.cost_before_day_usd = reading.spent_before(before, day_began, now);
        reading
    }

    /// The same without figures that make no sense, as if they had not been told: negative ones, percentages above
    /// 1,000, more than ten million dollars or a million millions of anything, limits that begin anew in years.
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

    /// What had been spent when the day began. A conversation that is older than the day and was not
    /// seen before counts from now on: what it spent today before is not known.
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

    /// What was spent on the day of the reading.
    pub fn cost_today_usd(&self) -> Option<f64> {
        self.cost_usd.map(|cost| (cost - self.cost_before_day_usd).max(0.0))
    }

    /// Whether these figures are worth a write, so soon after those. A conversation that has used nothing yet is not:
    /// its first figures are to be kept at once. Nor are the same figures again, which an idle client tells for hours;
    /// so of two conversations the one with the later `at` knows more of the account's limits.
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

/// What each conversation spent on one day, US dollars: `statusline/<day>.json`.
pub type Day = BTreeMap<String, f64>;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-{text}Z")).unwrap()
    }

    fn told(cost: f64, duration_ms: u64) -> Payload {
        let text =
            format!(r#"{{"session_id":"u","cost":{{"total_cost_usd":{cost},"total_duration_ms":{duration_ms}}}}}"#);
        Payload::decode(text.as_bytes())
    }

    fn reading(before: Option<&Reading>, cost: f64, duration_ms: u64, day: u32, time: &str) -> Reading {
        let began = at(&format!("{day}T00:00:00"));
        Reading::of(&told(cost, duration_ms), before, &format!("2026-11-{day}"), began, at(&format!("{day}T{time}")))
    }

    #[test]
    fn a_day_counts_what_was_spent_on_it() {
        let first = reading(None, 1.0, 60_000, 21, "10:00:00");
        assert_eq!(first.cost_today_usd(), Some(1.0));
        let later = reading(Some(&first), 3.0, 90_000, 21, "23:00:00");
        assert_eq!(later.cost_today_usd(), Some(3.0));
        let next_day = reading(Some(&later), 3.5, 99_000_000, 22, "01:00:00");
        assert_eq!(next_day.cost_today_usd(), Some(0.5));
        let same_day = reading(Some(&next_day), 4.0, 99_000_000, 22, "02:00:00");
        assert_eq!(same_day.cost_today_usd(), Some(1.0));
    }

    #[test]
    fn an_old_conversation_that_was_never_seen_counts_from_now() {
        let first = reading(None, 7.0, 50_000_000, 21, "10:00:00");
        assert_eq!(first.cost_today_usd(), Some(0.0));
        assert_eq!(reading(Some(&first), 7.5, 50_000_000, 21, "10:10:00").cost_today_usd(), Some(0.5));
    }

    #[test]
    fn a_cost_that_begins_anew_counts_anew() {
        let first = reading(None, 5.0, 60_000, 21, "10:00:00");
        assert_eq!(reading(Some(&first), 0.25, 1_000, 21, "11:00:00").cost_today_usd(), Some(0.25));
    }

    #[test]
    fn new_figures_are_kept_every_ten_seconds_and_when_the_clock_was_set_back() {
        let first = reading(None, 1.0, 60_000, 21, "10:00:00");
        assert!(first.is_due_after(None));
        let is_due = |cost, at| reading(Some(&first), cost, 61_000, 21, at).is_due_after(Some(&first));
        assert!(!is_due(2.0, "10:00:09"));
        assert!(is_due(2.0, "10:00:10"));
        assert!(is_due(2.0, "09:00:00"));
        assert!(!is_due(1.0, "11:00:00"), "nothing is new");
        assert!(reading(Some(&first), 1.0, 61_000, 22, "00:00:01").is_due_after(Some(&first)), "but for the day");
    }

    #[test]
    fn a_conversation_that_begins_does_not_keep_its_first_figures_waiting() {
        let nothing = reading(None, 0.0, 1_000, 21, "10:00:00");
        assert!(!nothing.is_due_after(None));
        let first = reading(None, 0.01, 5_000, 21, "10:00:04");
        assert!(first.is_due_after(None));
        assert_eq!(first.cost_today_usd(), Some(0.01));
    }

    #[test]
    fn odd_payloads_tell_nothing() {
        for text in ["", "[]", "{", "null", r#"{"cost":7,"rate_limits":{"five_hour":{"used_percentage":"x"}}}"#] {
            let payload = Payload::decode(text.as_bytes());
            assert_eq!(payload.number("/cost/total_cost_usd"), None);
            assert_eq!(payload.limit("five_hour"), None);
        }
        let payload =
            Payload::decode(br#"{"rate_limits":{"five_hour":{"used_percentage":41.5,"resets_at":1795273200}}}"#);
        let limit = payload.limit("five_hour").unwrap();
        assert_eq!(limit.resets_at.as_deref(), Some("2026-11-21T15:00:00.000000+00:00"));
        let huge = Payload::decode(br#"{"rate_limits":{"seven_day":{"used_percentage":1,"resets_at":1e300}}}"#);
        assert_eq!(huge.limit("seven_day").unwrap().resets_at, None);
    }
}
