//! Ages count on in the browser, in the same words that the server writes.

use cs_core::clock::{self, Instant};
use render::{format_ago_by_minute, format_until};
use serde_json::json;

use crate::dashboard::Dashboard;

/// Milliseconds before and after now, at each limit between two units.
const DISTANCES: [i64; 14] = [
    0,
    59_999,
    60_000,
    119_999,
    120_000,
    121_000,
    3_599_999,
    3_600_000,
    5_400_000,
    86_400_000,
    172_799_999,
    172_800_000,
    200_000_000,
    1_000_000_000_000,
];

#[test]
fn the_browser_writes_ages_in_the_words_of_the_server() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let at = |millis: i64| clock::from_millis(now.timestamp_millis() + millis).expect("an instant");
    let instants: Vec<Instant> = DISTANCES.iter().flat_map(|millis| [at(-millis), at(*millis)]).collect();
    let millis: Vec<i64> = instants.iter().map(Instant::timestamp_millis).collect();
    for (name, format) in [("ago", format_ago_by_minute as fn(Instant, Instant) -> String), ("until", format_until)] {
        let call = format!("{}.map((at) => {name}(at, {}))", json!(millis), now.timestamp_millis());
        let words: Vec<String> = instants.iter().map(|at| format(*at, now)).collect();
        assert_eq!(dashboard.browser.eval(&call), json!(words), "{name} of {millis:?}");
    }
}
