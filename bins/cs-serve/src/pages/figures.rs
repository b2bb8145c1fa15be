//! Owns what pages show from the clients' reports on running conversations: context, cost, and the account's limits.

use crate::asked::Asked;
use cs_core::clock::{self, Instant};
use cs_core::id::Uuid;
use cs_core::statusline::{self, Reading};
use cs_core::zone::Zone;
use limit_words::{format_limit, format_pace, format_window, outlook_word};
use limits::card::Card;
use limits::pace::Outlook;
use render::{format_dollars, format_round_count, format_used_percent};
use serde::Serialize;

/// How long reported limits count as current.
const FRESH_MINUTES: i64 = 10;
/// Windows whose ends differ by at most this are the same one.
const SAME_SECONDS: i64 = 60;

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
    /// Limits that are used up, or will be before they are reset.
    pub short: Vec<ShortLimit>,
}

/// A limit that does not last.
#[derive(Debug, Serialize)]
pub struct ShortLimit {
    /// Where it is on the page about limits.
    pub id: String,
    pub name: String,
    pub word: &'static str,
    pub says: String,
}

/// How much of a limit of the account is used up.
#[derive(Debug, Serialize)]
pub struct Limit {
    /// `5 h` or `7 d`; of several accounts or agents `Claude 5 h, work`.
    pub name: String,
    /// The length of the bar.
    pub percent: u8,
    /// What is used, in words: not rounded up.
    pub used: String,
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
        let now = clock::now();
        let (cards, _) = self.caches.limits.cards(self.store(), &self.store().config(), now);
        self.top_of(&cards.iter().collect::<Vec<_>>(), now)
    }

    /// The same, of limits that are known already.
    pub fn top_of(&self, cards: &[&Card], now: Instant) -> Top {
        let lives = self.snapshot.verdicts.lives().iter();
        let readings: Vec<Reading> =
            lives.filter_map(|live| self.store().reading(&Uuid::parse(&live.claude_session_id).ok()?)).collect();
        Top {
            needs_me: self.snapshot.overview.needs_user,
            agents: self.snapshot.agents.len(),
            limits: if cards.is_empty() { newest(&readings, now) } else { present(cards, &readings, now) },
            short: cards.iter().filter_map(|card| ShortLimit::of(card, now)).collect(),
        }
    }
}

impl ShortLimit {
    /// `None` if the limit lasts, as far as is known.
    fn of(card: &Card, now: Instant) -> Option<Self> {
        let does_not_last = matches!(card.pace.outlook, Outlook::Short | Outlook::Full) && !card.has_ended(now);
        does_not_last.then(|| ShortLimit {
            id: card.key.stem(),
            name: format_limit(&card.key, &card.account),
            word: outlook_word(card.pace.outlook),
            says: format_pace(card, now, Zone::system()),
        })
    }
}

/// The limits of all accounts, without those that were reset since. Those of single models are only there if they do not
/// last.
fn present(cards: &[&Card], readings: &[Reading], now: Instant) -> Vec<Limit> {
    let whose = |card: &Card| (card.key.agent, card.key.account.clone());
    let are_several = cards.windows(2).any(|pair| matches!(pair, [one, other] if whose(one) != whose(other)));
    let is_general = |card: &Card| matches!(card.key.window.as_str(), statusline::FIVE_HOUR | statusline::SEVEN_DAY);
    let is_shown = |card: &&&Card| is_general(card) || ShortLimit::of(card, now).is_some();
    let shown = cards.iter().filter(|card| !card.has_ended(now)).filter(is_shown);
    let limit = |card: &&Card| {
        let seen_at = last_report(card, readings, now);
        Limit {
            name: if are_several { format_limit(&card.key, &card.account) } else { format_window(&card.key) },
            percent: percent(card.window.used),
            used: format_used_percent(card.window.used),
            resets_at: Some(clock::stamp(card.window.resets_at)),
            told_at: ((now - seen_at).num_minutes() >= FRESH_MINUTES).then(|| clock::stamp(seen_at)),
        }
    };
    shown.map(limit).collect()
}

/// When a limit was last reported. Reports that say nothing new are not in its file; status lines have them.
fn last_report(card: &Card, readings: &[Reading], now: Instant) -> Instant {
    let is_same = |limit: &statusline::Limit| {
        let resets_at = limit.resets_at.as_deref().and_then(clock::parse);
        resets_at.is_some_and(|at| (at - card.window.resets_at).num_seconds().abs() <= SAME_SECONDS)
    };
    let of_window = |reading: &Reading| reading.limit(&card.key.window).is_some_and(is_same);
    let reports = readings.iter().filter(|reading| of_window(reading));
    let reported = reports.filter_map(|reading| clock::credible(&reading.at, now)).max();
    reported.map_or(card.window.seen_at, |at| at.max(card.window.seen_at))
}

/// The limits of the newest status line, as long as none was recorded in `limits/`.
fn newest(readings: &[Reading], now: Instant) -> Vec<Limit> {
    let with_limits = readings.iter().filter(|reading| reading.five_hour.is_some() || reading.seven_day.is_some());
    let newest = with_limits.max_by_key(|reading| (clock::credible(&reading.at, now).is_some(), reading.at.clone()));
    newest.map(|reading| limits(reading, now)).unwrap_or_default()
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
            name: name.to_string(),
            percent: percent(limit.used_percentage),
            used: format_used_percent(limit.used_percentage),
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
        assert_eq!((known.len(), known[0].name.as_str(), known[0].percent), (1, "7 d", 100));
        assert_eq!(known[0].used, "130%");
        let nearly = statusline::Limit { used_percentage: 99.7, resets_at: None };
        let nearly = Reading { five_hour: Some(nearly), ..Reading::default() };
        assert_eq!(limits(&nearly, now)[0].used, "99%", "as everywhere: it is not used up");
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
