//! Times: in records, on the command line, in `CS_NOW`.

use std::sync::LazyLock;

use cs_core::clock::{self, Instant};
use cs_core::id::SessionId;
use cs_core::range::{self, Range};
use cs_core::zone::Zone;

use super::{parts, text};
use crate::Target;

pub const TARGET: Target = Target { name: "clock", check, words: WORDS, seeds, most: 200, runs: 900_000 };

const WORDS: &[&str] = &[
    "2026-11-21",
    "T03:37:00",
    "Z",
    "+00:00",
    "-23:59",
    "+23:59",
    ".500000",
    ".999999999",
    "23:59:60",
    "0000-01-01",
    "9999-12-31",
    "12h",
    "7d",
    "2w",
    "90m",
    "today",
    "T03:37",
    "00:00:00",
    "+262142",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts =
        ["2026-11-21T03:37:00.000000+00:00", "2026-11-21", "12h", "2026-11-21T23:59:60Z", "2026-11-21T03:37:00\u{ff}"];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(b"2026-11-21T03:37:00Z\xff2026-11-21T03:37:00.000001Z".to_vec());
    all
}

static BERLIN: LazyLock<Zone> = LazyLock::new(|| Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule"));

fn check(bytes: &[u8]) {
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let texts: Vec<String> = parts(bytes).into_iter().map(text).collect();
    let instants: Vec<Instant> = texts.iter().filter_map(|text| clock::parse(text)).collect();
    for at in &instants {
        check_reads_back(*at);
        assert!(!clock::age(*at, now).is_empty() && !clock::age(now, *at).is_empty());
    }
    for pair in instants.windows(2) {
        let (a, b) = (clock::stamp(pair[0]), clock::stamp(pair[1]));
        assert_eq!(a.cmp(&b), pair[0].timestamp_micros().cmp(&pair[1].timestamp_micros()), "{a} and {b}");
    }
    for text in &texts {
        if let (Ok(since), Ok(until)) = (range::start(text, &BERLIN, now), range::end(text, &BERLIN, now)) {
            assert!(since <= until, "{text}");
            let days = Range::new(Some(since), Some(until), now).days(&BERLIN);
            assert!(until <= since || days.0 <= days.1, "{text}: {days:?}");
        }
        let number = text.trim().parse::<i64>().ok().and_then(clock::from_millis);
        number.into_iter().for_each(|at| assert!(!clock::age(at, now).is_empty()));
    }
}

/// Panics unless a written instant can be read back and made into an id.
fn check_reads_back(at: Instant) {
    let stamp = clock::stamp(at);
    assert_eq!(stamp.len(), 32, "{stamp}");
    let again = clock::parse(&stamp).unwrap_or_else(|| panic!("{stamp} cannot be read"));
    assert_eq!(again.timestamp_micros(), at.timestamp_micros(), "{stamp}");
    let id = SessionId::random(at);
    assert!(SessionId::parse(id.as_str()).is_ok(), "{id}");
}
