//! Owns the decoding of the input of Claude Code's status line. Wrong types are ignored.
//! Facts: payloads of Claude Code 2.1.329, and its documentation.

use crate::limit::{self, Reported};
use crate::model::plain_name;
use cs_core::clock::{self, Instant};
use cs_core::repair;
use cs_core::statusline::{FIVE_HOUR, Limit, Reading, SEVEN_DAY};
use serde_json::Value;
use std::collections::BTreeMap;

/// The input of the status line.
#[derive(Clone, Debug, Default)]
pub struct Payload(Value);

impl Payload {
    /// Decodes the bytes; empty for anything but a JSON object.
    pub fn decode(bytes: &[u8]) -> Self {
        Payload(repair::decode(bytes, &mut Vec::new()).unwrap_or_default())
    }

    /// The text at a path such as `/model/display_name`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// The finite, non-negative number at a path.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.at(path)?.as_f64().filter(|number| number.is_finite() && *number >= 0.0)
    }

    /// The count at a path.
    pub fn count(&self, path: &str) -> Option<u64> {
        self.at(path)?.as_u64()
    }

    /// The value at a path. `Value::pointer` makes two copies of each name, for escapes that no name here has.
    fn at(&self, path: &str) -> Option<&Value> {
        path.split('/').skip(1).try_fold(&self.0, |value, name| value.get(name))
    }

    /// The directory in which the conversation works now.
    pub fn cwd(&self) -> Option<&str> {
        self.text("/workspace/current_dir").or(self.text("/cwd"))
    }

    /// A limit of the account: `five_hour` or `seven_day`.
    pub fn limit(&self, name: &str) -> Option<Limit> {
        let limit = self.0.get("rate_limits")?.get(name)?;
        let number = |name| limit.get(name)?.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
        let used_percentage = number("used_percentage")?;
        let resets_at = number("resets_at").and_then(limit::instant);
        Some(Limit { used_percentage, resets_at: resets_at.map(clock::stamp) })
    }

    /// The limits of the account that have another name.
    fn other_limits(&self) -> BTreeMap<String, Limit> {
        let named = self.0.get("rate_limits").and_then(Value::as_object);
        let others = named.into_iter().flatten().filter(|(name, _)| !matches!(name.as_str(), FIVE_HOUR | SEVEN_DAY));
        others.filter_map(|(name, _)| Some((name.clone(), self.limit(name)?))).take(limit::WINDOWS).collect()
    }

    /// All limits of the account about which both numbers are plausible, whatever the client calls them.
    pub fn limits(&self, now: Instant) -> Vec<Reported> {
        let of = |(window, limit): (&String, &Value)| {
            let number = |name| limit.get(name)?.as_f64();
            Reported::new(window.clone(), number("used_percentage")?, limit::instant(number("resets_at")?)?, now)
        };
        let named = self.0.get("rate_limits").and_then(Value::as_object);
        named.into_iter().flatten().filter_map(of).take(limit::WINDOWS).collect()
    }

    /// The figures, to be stored. `day` is the local day of `now`, `day_began` its first instant; `before` is the
    /// previous reading of the conversation.
    pub fn reading(&self, before: Option<&Reading>, day: &str, day_began: Instant, now: Instant) -> Reading {
        let (input, output) = ("/context_window/total_input_tokens", "/context_window/total_output_tokens");
        let reading = Reading {
            claude_session_id: self.text("/session_id").unwrap_or_default().to_string(),
            at: clock::stamp(now),
            model: self.text("/model/display_name").or(self.text("/model/id")).map(str::to_string),
            model_id: self.text("/model/id").map(plain_name),
            context_used_percentage: self.number("/context_window/used_percentage"),
            context_tokens: self.count(input).map(|tokens| tokens.saturating_add(self.count(output).unwrap_or(0))),
            context_window_size: self.count("/context_window/context_window_size"),
            cost_usd: self.number("/cost/total_cost_usd"),
            duration_ms: self.count("/cost/total_duration_ms"),
            lines_added: self.count("/cost/total_lines_added"),
            lines_removed: self.count("/cost/total_lines_removed"),
            five_hour: self.limit(FIVE_HOUR),
            seven_day: self.limit(SEVEN_DAY),
            other_limits: self.other_limits(),
            day: day.to_string(),
            cost_before_day_usd: 0.0,
        };
        reading.stored(before, day_began, now)
    }
}

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
        told(cost, duration_ms).reading(before, &format!("2026-11-{day}"), began, at(&format!("{day}T{time}")))
    }

    #[test]
    fn a_day_counts_only_its_own_cost() {
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
    fn an_old_unseen_conversation_counts_from_now() {
        let first = reading(None, 7.0, 50_000_000, 21, "10:00:00");
        assert_eq!(first.cost_today_usd(), Some(0.0));
        assert_eq!(reading(Some(&first), 7.5, 50_000_000, 21, "10:10:00").cost_today_usd(), Some(0.5));
    }

    #[test]
    fn a_cost_that_the_client_restarts_adds_to_that_of_the_day() {
        let first = reading(None, 5.0, 60_000, 21, "10:00:00");
        let again = reading(Some(&first), 0.25, 1_000, 21, "11:00:00");
        assert_eq!(again.cost_today_usd(), Some(5.25));
        let text = serde_json::to_vec(&again).unwrap();
        let stored: Reading = serde_json::from_slice(&text).unwrap();
        let later = reading(Some(&stored.bounded(at("21T11:00:00"))), 1.0, 61_000, 21, "11:01:00");
        assert_eq!(later.cost_today_usd(), Some(6.0));
        let restored = reading(Some(&later), 1.0, 61_500, 21, "15:00:00");
        assert_eq!(restored.cost_today_usd(), Some(6.0), "a run that takes over the cost");
        assert_eq!(reading(Some(&later), 1.5, 500, 21, "15:00:00").cost_today_usd(), Some(6.5), "but not its time");
        assert_eq!(reading(Some(&restored), 1.5, 90_000_000, 22, "00:10:00").cost_today_usd(), Some(0.5), "next day");
    }

    #[test]
    fn a_cost_that_a_client_takes_back_is_not_spent() {
        let first = reading(None, 5.0, 60_000, 21, "10:00:00");
        let odd = reading(Some(&first), 9_000.0, 80_000, 21, "10:00:20");
        assert_eq!(reading(Some(&odd), 5.5, 100_000, 21, "10:00:40").cost_today_usd(), Some(5.5));
    }

    #[test]
    fn two_clients_that_show_the_same_conversation_do_not_add_up() {
        let mut last = reading(None, 5.0, 3_600_000, 21, "10:00:00");
        for minute in 1..50 {
            let (old, new) = (3_600_000 + minute * 60_000, minute * 60_000 - 30_000);
            last = reading(Some(&last), 0.5, new, 21, &format!("10:{minute:02}:00"));
            last = reading(Some(&last), 5.0, old + 20_000, 21, &format!("10:{minute:02}:20"));
            assert_eq!(last.cost_today_usd(), Some(5.5), "{minute}");
        }
    }

    #[test]
    fn a_cost_that_is_not_reported_once_is_not_spent_twice() {
        let first = reading(None, 5.0, 60_000, 21, "10:00:00");
        let without = Payload::decode(br#"{"session_id":"u"}"#);
        let without = without.reading(Some(&first), "2026-11-21", at("21T00:00:00"), at("21T10:01:00"));
        assert_eq!(without.cost_today_usd(), None);
        assert_eq!(reading(Some(&without), 5.5, 180_000, 21, "10:02:00").cost_today_usd(), Some(5.5));
    }

    #[test]
    fn figures_are_due_every_ten_seconds_and_after_the_clock_was_set_back() {
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
    fn figures_are_due_from_the_first_usage_on() {
        let nothing = reading(None, 0.0, 1_000, 21, "10:00:00");
        assert!(!nothing.is_due_after(None));
        let first = reading(None, 0.01, 5_000, 21, "10:00:04");
        assert!(first.is_due_after(None));
        assert_eq!(first.cost_today_usd(), Some(0.01));
    }

    #[test]
    fn odd_payloads_give_no_figures() {
        for text in ["", "[]", "{", "null", r#"{"cost":7,"rate_limits":{"five_hour":{"used_percentage":"x"}}}"#] {
            let payload = Payload::decode(text.as_bytes());
            assert_eq!(payload.number("/cost/total_cost_usd"), None);
            assert_eq!(payload.limit("five_hour"), None);
        }
        let payload =
            Payload::decode(br#"{"rate_limits":{"five_hour":{"used_percentage":41.5,"resets_at":1795273200}}}"#);
        let limit = payload.limit("five_hour").unwrap();
        assert_eq!(limit.resets_at.as_deref(), Some("2026-11-21T15:00:00.000000+00:00"));
        let millis =
            Payload::decode(br#"{"rate_limits":{"five_hour":{"used_percentage":1,"resets_at":1795273200000}}}"#);
        assert_eq!(millis.limit("five_hour").unwrap().resets_at, limit.resets_at);
        let huge = Payload::decode(br#"{"rate_limits":{"seven_day":{"used_percentage":1,"resets_at":1e300}}}"#);
        assert_eq!(huge.limit("seven_day").unwrap().resets_at, None);
    }

    #[test]
    fn every_limit_with_both_numbers_is_reported() {
        let limits = |text: &str| {
            let payload = Payload::decode(format!(r#"{{"rate_limits":{text}}}"#).as_bytes());
            let named = payload.limits(at("21T12:00:00")).into_iter();
            named.map(|it| format!("{} {} {}", it.window, it.used, clock::stamp(it.resets_at))).collect::<Vec<_>>()
        };
        let told = limits(
            r#"{"five_hour":{"used_percentage":41.5,"resets_at":1795273200},"seven_day_opus":{"used_percentage":0,
                "resets_at":1795273200000},"overage":{"used_percentage":3},"x":7,"y":[1],"z":{"resets_at":1795273200}}"#,
        );
        let end = "2026-11-21T15:00:00.000000+00:00";
        assert_eq!(told, [format!("five_hour 41.5 {end}"), format!("seven_day_opus 0 {end}")]);
        for used in ["-1", "1001", "\"41\"", "null", "1e400", "{}"] {
            assert!(limits(&format!(r#"{{"a":{{"used_percentage":{used},"resets_at":1795273200}}}}"#)).is_empty());
        }
        for end in ["0", "-5", "1e300", "\"1795273200\"", "null", "9e15", "1895273200"] {
            assert!(limits(&format!(r#"{{"a":{{"used_percentage":1,"resets_at":{end}}}}}"#)).is_empty(), "{end}");
        }
        let many: Vec<String> =
            (0..100).map(|n| format!(r#""w{n}":{{"used_percentage":1,"resets_at":1795273200}}"#)).collect();
        assert_eq!(limits(&format!("{{{}}}", many.join(","))).len(), limit::WINDOWS);
    }
}
