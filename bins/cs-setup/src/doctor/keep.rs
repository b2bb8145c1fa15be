//! Checks whether what a client deletes soon is kept. If keeping is switched off, it says what it would save, and with how
//! many bytes.

use super::Check;
use crate::places::Places;
use agents::logs::Roots;
use cs_core::clock::{self, TimeDelta};
use cs_core::store::Store;
use cs_core::zone::Zone;
use kept::{Periods, Settings};

const CHECK: &str = "keep";
/// How soon a client deletes what is named.
const DAYS: i64 = 5;

/// What the next sweep takes; nothing if no client has any log.
pub fn check(places: &Places) -> Vec<Check> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let (settings, _) = Settings::read(&config, &places.data.config());
    let (roots, now) = (Roots::from_env(), clock::now());
    let (found, periods) = (roots.logs(), Periods::of(&roots, &config));
    if found.logs.is_empty() {
        return Vec::new();
    }
    let due = kept::due(&places.data, &found, &periods, TimeDelta::days(DAYS), now);
    let status = kept::status(&places.data, &found);
    let (due, status) = match (due, status) {
        (Ok(due), Ok(status)) => (due, status),
        (Err(error), _) | (_, Err(error)) => {
            return vec![Check::bad(CHECK, error.to_string(), "cs-keep verify says what is wrong")];
        }
    };
    let kept = format!(
        "{} kept, {}",
        render::format_quantity(status.conversations, "conversation"),
        render::format_bytes(status.bytes)
    );
    let lost: Vec<_> = due.iter().filter(|due| !due.is_kept).collect();
    let mut checks = vec![match lost.first() {
        None => Check::good(CHECK, format!("{kept}; the next sweep of a client takes nothing that is not kept")),
        Some(first) => {
            let count = render::format_quantity(lost.len() as u64, "transcript");
            let size = render::format_bytes(lost.iter().map(|due| due.bytes).sum());
            let from = render::format_local_day(first.at, Zone::system());
            let detail = format!("{kept}; from {from} a client that starts deletes {count} ({size}) not kept");
            match settings.enabled {
                true => Check::bad(CHECK, detail, "cs-keep run, and cs-setup jobs status"),
                false => Check::offer(CHECK, detail, "cs-keep run, or set keep.enabled in config.json"),
            }
        }
    }];
    if let Some(excess) = settings.excess(status.bytes) {
        let detail = format!("the copies have {} more than keep.max_gb", render::format_bytes(excess));
        checks.push(Check::bad(CHECK, detail, "cs-keep prune --older-than 1y --dry-run"));
    }
    checks
}
