//! Owns what a rollout says about the limits of the account, by the names that the other agent's limits have.
//! Facts: Codex 0.42 (`resets_in_seconds`) to 0.169 (`resets_at`, `limit_id`).

use crate::lenient;
use crate::limit::{self, Reported};
use cs_core::clock::{self, Instant, TimeDelta};
use serde::Deserialize;

/// The limits in a `token_count`.
#[derive(Deserialize)]
pub(super) struct Limits {
    /// Which account of the client's is counted; each has limits of its own.
    #[serde(default, deserialize_with = "lenient::string")]
    pub(super) limit_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    primary: Option<Window>,
    #[serde(default, deserialize_with = "lenient::object")]
    secondary: Option<Window>,
}

#[derive(Deserialize)]
struct Window {
    #[serde(default, deserialize_with = "lenient::number")]
    used_percent: Option<f64>,
    #[serde(default, deserialize_with = "lenient::known_count")]
    window_minutes: Option<u64>,
    #[serde(default, deserialize_with = "lenient::number")]
    resets_at: Option<f64>,
    #[serde(default, deserialize_with = "lenient::number")]
    resets_in_seconds: Option<f64>,
}

impl Limits {
    /// The limits of which enough is said. `at`: milliseconds since the epoch, of the line.
    pub(super) fn reported(&self, at: i64) -> Vec<Reported> {
        let windows = [&self.primary, &self.secondary].into_iter().flatten();
        clock::from_millis(at)
            .zip(prefix(self.limit_id.as_deref()))
            .map(|(at, prefix)| windows.filter_map(|window| window.reported(&prefix, at)).collect())
            .unwrap_or_default()
    }
}

impl Window {
    fn reported(&self, prefix: &str, at: Instant) -> Option<Reported> {
        let in_seconds = || {
            let millis = self.resets_in_seconds.filter(|seconds| *seconds > 0.0)? * 1000.0;
            at.checked_add_signed(TimeDelta::try_milliseconds(millis as i64)?)
        };
        let resets_at = self.resets_at.and_then(limit::instant).or_else(in_seconds)?;
        Reported::new(format!("{prefix}{}", name(self.window_minutes?)?), self.used_percent?, resets_at, at)
    }
}

/// What comes before the names of an account's windows: nothing for the usual one. `None` if it cannot be named.
fn prefix(id: Option<&str>) -> Option<String> {
    let id = id.unwrap_or_default().to_ascii_lowercase().replace('-', "_");
    let is_plain = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match &*id {
        "" | "codex" => Some(String::new()),
        _ => is_plain.then(|| format!("{id}_")),
    }
}

/// The longest window, minutes: a year.
const MOST_MINUTES: u64 = 366 * 1440;

/// The name of a window, by its length. Servers also say a minute less than the hours that they mean.
fn name(minutes: u64) -> Option<String> {
    let minutes = if minutes % 60 == 59 { minutes + 1 } else { minutes };
    Some(match minutes {
        0 => return None,
        _ if minutes > MOST_MINUTES => return None,
        300 => "five_hour".into(),
        10_080 => "seven_day".into(),
        _ if minutes % 1440 == 0 => format!("{}_day", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{}_hour", minutes / 60),
        _ => format!("{minutes}_minute"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_240_000_000;

    fn told(text: &str) -> Vec<String> {
        let limits: Limits = serde_json::from_str(text).unwrap();
        let name = |it: Reported| format!("{} {} {}", it.window, it.used, it.resets_at.timestamp());
        limits.reported(AT).into_iter().map(name).collect()
    }

    #[test]
    fn windows_have_the_names_of_their_lengths() {
        let both = r#"{"limit_id":"codex","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1795241225},
            "secondary":{"used_percent":3.0,"window_minutes":10080,"resets_at":1795541225},"credits":{}}"#;
        assert_eq!(told(both), ["five_hour 12.5 1795241225", "seven_day 3 1795541225"]);
        let names = [299, 300, 10_079, 1440, 43_200, 120, 90, 0, 366 * 1440, 366 * 1440 + 1, u64::MAX]
            .map(|minutes| name(minutes).unwrap_or_default());
        assert_eq!(
            names,
            ["five_hour", "five_hour", "seven_day", "1_day", "30_day", "2_hour", "90_minute", "", "366_day", "", ""]
        );
    }

    #[test]
    fn each_account_of_the_client_has_limits_of_its_own() {
        let of = |id: &str| {
            let window = r#"{"used_percent":1,"window_minutes":300,"resets_at":1795241225}"#;
            told(&format!(r#"{{"limit_id":{id},"primary":{window}}}"#))
        };
        assert_eq!(of(r#""codex_bengalfox""#), ["codex_bengalfox_five_hour 1 1795241225"]);
        assert_eq!(of(r#""Codex-Other""#), ["codex_other_five_hour 1 1795241225"]);
        assert_eq!(of("null"), ["five_hour 1 1795241225"]);
        assert!(of(r#""../x""#).is_empty());
    }

    #[test]
    fn old_clients_say_in_how_many_seconds_a_window_ends() {
        let of = |end: &str| told(&format!(r#"{{"primary":{{"used_percent":1,"window_minutes":300,{end}}}}}"#));
        assert_eq!(of(r#""resets_in_seconds":600"#), ["five_hour 1 1795240600"]);
        assert_eq!(of(r#""resets_at":1795241225000"#), ["five_hour 1 1795241225"], "milliseconds");
        for end in [
            r#""resets_in_seconds":null"#,
            r#""resets_in_seconds":-5"#,
            r#""resets_in_seconds":1e300"#,
            r#""resets_at":0"#,
            r#""x":1"#,
        ] {
            assert!(of(end).is_empty(), "{end}");
        }
        assert!(told(r#"{"primary":7,"secondary":[]}"#).is_empty());
        assert!(told(r#"{"primary":{"used_percent":-1,"window_minutes":300,"resets_at":1795241225}}"#).is_empty());
    }
}
