//! Owns what pages show from the clients' reports on running conversations: context, cost, and the account's limits.

use crate::asked::Asked;
use cs_core::clock::{self, Instant};
use cs_core::id::Uuid;
use cs_core::statusline::{self, Reading};
use render::{format_dollars, format_round_count};
use serde::Serialize;

/// How long reported limits count as current.
const FRESH_MINUTES: i64 = 10;

/// The figures of a conversation, as far as the client reported them.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub model: Option<String>,
    /// The used part of the context window, 0 to 100.
    pub context: Option<u8>,
    /// `85k of 200k tokens`
    pub tokens: Option<String>,
    /// `$1.25`, the client's own estimate.
    pub cost: Option<String>,
    /// Limits of the account.
    pub limits: Vec<Limit>,
    /// The time of the report.
    pub at: String,
}

/// The values at the top of a page.
#[derive(Debug, Default, Serialize)]
pub struct Top {
    /// In how many sessions the user has to act.
    pub needs_me: usize,
    /// How many seats of agents there are; without any, nothing about them is shown.
    pub agents: usize,
    pub limits: Vec<Limit>,
}

/// How much of a limit of the account is used up.
#[derive(Debug, Serialize)]
pub struct Limit {
    /// `5 h` or `7 d`.
    pub name: &'static str,
    pub percent: u8,
    pub resets_at: Option<String>,
    /// The time of the report, if it is not recent.
    pub told_at: Option<String>,
}

impl Asked<'_> {
    /// The client's last report on a conversation.
    pub fn figures(&self, uuid: &Uuid) -> Option<Figures> {
        let reading = self.store().reading(uuid)?;
        Some(Figures {
            context: reading.context_used_percentage.map(percent),
            tokens: reading.context_tokens.map(|used| tokens(used, reading.context_window_size)),
            cost: reading.cost_usd.map(format_dollars),
            limits: limits(&reading, clock::now()),
            model: reading.model,
            at: reading.at,
        })
    }

    /// The values at the top of each page.
    pub fn top(&self) -> Top {
        let (now, lives) = (clock::now(), self.snapshot.verdicts.lives().iter());
        let readings = lives.filter_map(|live| self.store().reading(&Uuid::parse(&live.claude_session_id).ok()?));
        let with_limits = readings.filter(|reading| reading.five_hour.is_some() || reading.seven_day.is_some());
        Top {
            needs_me: self.snapshot.overview.needs_user,
            agents: self.snapshot.agents.len(),
            limits: with_limits
                .max_by_key(|reading| (clock::credible(&reading.at, now).is_some(), reading.at.clone()))
                .map(|reading| limits(&reading, now))
                .unwrap_or_default(),
        }
    }
}

/// The limits of a reading, without those that were reset since.
fn limits(reading: &Reading, now: Instant) -> Vec<Limit> {
    let all = [("5 h", &reading.five_hour), ("7 d", &reading.seven_day)];
    let known = all.into_iter().filter_map(|(name, limit)| Some((name, limit.as_ref()?)));
    let is_fresh = clock::credible(&reading.at, now).is_some_and(|at| (now - at).num_minutes() < FRESH_MINUTES);
    let is_over =
        |limit: &statusline::Limit| limit.resets_at.as_deref().and_then(clock::parse).is_some_and(|at| at <= now);
    known
        .filter(|(_, limit)| !is_over(limit))
        .map(|(name, limit)| Limit {
            name,
            percent: percent(limit.used_percentage),
            resets_at: limit.resets_at.clone(),
            told_at: (!is_fresh).then(|| reading.at.clone()),
        })
        .collect()
}

fn percent(number: f64) -> u8 {
    number.round().clamp(0.0, 100.0) as u8
}

/// `85k of 200k tokens`
fn tokens(used: u64, of: Option<u64>) -> String {
    let of = of.map(|of| format!(" of {}", format_round_count(of))).unwrap_or_default();
    format!("{}{of} tokens", format_round_count(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_until_they_are_reset() {
        let limit = |resets_at: Option<&str>| {
            Some(statusline::Limit { used_percentage: 130.4, resets_at: resets_at.map(str::to_string) })
        };
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let reading =
            Reading { five_hour: limit(Some("2026-11-21T09:59:00Z")), seven_day: limit(None), ..Reading::default() };
        let known = limits(&Reading { at: "2026-11-21T09:00:00Z".into(), ..reading.clone() }, now);
        assert_eq!((known.len(), known[0].name, known[0].percent), (1, "7 d", 100));
        assert_eq!(known[0].told_at.as_deref(), Some("2026-11-21T09:00:00Z"));
        assert_eq!(limits(&Reading { at: "2026-11-21T09:55:00Z".into(), ..reading }, now)[0].told_at, None);
    }

    #[test]
    fn tokens_are_shown_in_thousands() {
        assert_eq!(tokens(84_900, Some(200_000)), "85k of 200k tokens");
        assert_eq!(tokens(999, None), "999 tokens");
        assert_eq!(tokens(10_000, Some(1_000_000)), "10k of 1M tokens");
    }
}
