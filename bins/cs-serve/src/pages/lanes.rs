//! Owns the picture of a session's calls over time: a lane for the conversation and one for each subagent. The list
//! below it is its text.

use crate::view::calls::Seen;
use audit::{Outcome, worst};
use cs_core::clock::{self, Instant};
use cs_core::zone::Zone;
use render::{format_call, format_local_minute};
use rules::Kind as Verdict;
use serde::Serialize;
use std::collections::BTreeSet;

/// The width of the picture, and the height of a lane.
const WIDTH: f64 = 1000.0;
const LANE: usize = 20;
/// A shorter call is as wide as this.
const LEAST: f64 = 3.0;
/// Maximum number of lanes; further subagents share the last one.
const LANES: usize = 8;
/// Maximum number of characters of a call in the picture.
const LABEL: usize = 80;

/// The picture.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lanes {
    pub width: f64,
    pub height: usize,
    /// The names of the lanes, and where each begins.
    pub names: Vec<(String, usize)>,
    pub marks: Vec<Mark>,
    /// The first and the last instant.
    pub from: String,
    pub until: String,
}

/// A call.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mark {
    pub x: f64,
    pub y: usize,
    pub width: f64,
    /// `destructive`, `sensitive`, `opaque`, `failed` or `plain`.
    pub kind: &'static str,
    pub label: String,
}

/// The picture of these calls; `None` if there are fewer than two, or no time passed.
pub fn of(calls: &[Seen]) -> Option<Lanes> {
    let timed: Vec<(Instant, &Seen)> =
        calls.iter().filter_map(|seen| Some((clock::parse(&seen.call.at)?, seen))).collect();
    let first = timed.iter().map(|(at, _)| *at).min()?;
    let last = timed.iter().map(|(at, seen)| *at + took(seen)).max()?;
    let whole = (last - first).num_milliseconds() as f64;
    if timed.len() < 2 || whole <= 0.0 {
        return None;
    }
    let names = names(&timed);
    let x = |at: Instant| (at - first).num_milliseconds() as f64 / whole * (WIDTH - LEAST);
    let marks = timed.iter().map(|(at, seen)| Mark {
        x: tenths(x(*at)),
        y: lane(&names, seen) * LANE,
        width: tenths((x(*at + took(seen)) - x(*at)).max(LEAST)),
        kind: kind(seen),
        label: format_call(&seen.call).chars().take(LABEL).collect(),
    });
    let marks = marks.collect();
    let minute = |at| format_local_minute(at, Zone::system());
    let height = names.len() * LANE;
    let names = names.into_iter().enumerate().map(|(n, name)| (name, n * LANE)).collect();
    Some(Lanes { width: WIDTH, height, names, marks, from: minute(first), until: minute(last) })
}

/// A place in the picture.
fn tenths(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn took(seen: &Seen) -> clock::TimeDelta {
    let most = clock::TimeDelta::days(7);
    let ms = i64::try_from(seen.call.ms.unwrap_or_default()).unwrap_or(i64::MAX);
    clock::TimeDelta::try_milliseconds(ms).unwrap_or(most).min(most)
}

/// The conversation, then its subagents in the order of their first call.
fn names(timed: &[(Instant, &Seen)]) -> Vec<String> {
    let order: BTreeSet<(Instant, usize)> = timed.iter().enumerate().map(|(n, (at, _))| (*at, n)).collect();
    let mut names = vec![String::new()];
    for seen in order.into_iter().filter_map(|(_, n)| timed.get(n)).map(|(_, seen)| *seen) {
        let name = name(seen);
        if !names.contains(&name) && names.len() < LANES {
            names.push(name);
        }
    }
    names
}

fn name(seen: &Seen) -> String {
    let call = &seen.call;
    let Some(id) = call.agent_id.as_deref() else { return String::new() };
    let id: String = id.chars().take(8).collect();
    call.agent_type.as_ref().map_or(id.clone(), |kind| format!("{kind} {id}"))
}

fn lane(names: &[String], seen: &Seen) -> usize {
    let own = name(seen);
    names.iter().position(|name| *name == own).unwrap_or(names.len().saturating_sub(1))
}

fn kind(seen: &Seen) -> &'static str {
    match (worst(&seen.call), seen.call.outcome) {
        (Some(verdict), _) => Verdict::word(verdict),
        (None, Outcome::Failed) => "failed",
        (None, _) => "plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::Call;

    fn seen(at: &str, ms: Option<u64>, agent: Option<&str>) -> Seen {
        let at = format!("2026-11-21T09:{at}Z");
        Seen {
            call: Call { at, ms, agent_id: agent.map(str::to_string), ..Call::default() },
            session_id: None,
            intent: None,
            purpose: None,
        }
    }

    #[test]
    fn calls_are_where_they_happened_and_subagents_have_lanes() {
        let lanes =
            of(&[seen("01:40", Some(0), Some("b")), seen("00:50", Some(25_000), Some("a")), seen("00:00", None, None)]);
        let lanes = lanes.unwrap();
        let places: Vec<(f64, usize, f64)> = lanes.marks.iter().map(|mark| (mark.x, mark.y, mark.width)).collect();
        assert_eq!(places, [(997.0, 40, 3.0), (498.5, 20, 249.3), (0.0, 0, 3.0)]);
        assert_eq!((lanes.height, lanes.names.len()), (60, 3));
    }

    #[test]
    fn many_subagents_share_a_lane_and_one_call_is_no_picture() {
        let many: Vec<Seen> = (10..40).map(|n| seen(&format!("00:{n}"), None, Some(&format!("a{n}")))).collect();
        let lanes = of(&many).unwrap();
        assert_eq!((lanes.names.len(), lanes.marks.last().unwrap().y), (LANES, (LANES - 1) * LANE));
        assert!(of(&many[..1]).is_none() && of(&[seen("00:00", None, None), seen("00:00", None, None)]).is_none());
        assert!(of(&[seen("00:00", Some(u64::MAX), None), seen("00:01", None, None)]).is_some(), "a wrong duration");
    }
}
