//! The text of the index: splicing compared to parsing, and damaged texts.

use std::collections::BTreeMap;

use cs_core::id::SessionId;
use cs_core::index::{self, IndexEntry};
use cs_core::record::Status;

use super::{parts, samples, text};
use crate::Target;

pub const TARGET: Target = Target { name: "index", check, words: WORDS, seeds, most: 2 << 10, runs: 400_000 };

const WORDS: &[&str] = &[
    "\"sess_20261121T0337_0001\":",
    "\"sess_20261121T0337_0002\":",
    "\"project_slug\":",
    "\"status\":",
    "\"intent\":",
    "\"active\"",
    "\"parked\"",
    "\"completed\"",
    "\"ended_at\":",
    "\"started_at\":",
    "\"last_heartbeat\":",
    "\n",
    ",\n",
    "}\n}\n",
    "{\n",
    "{\n}\n",
    "\r\n",
    "{\n\"",
    "\"api\"",
];

/// Entries for comparison: by id, complete.
type Known = BTreeMap<String, String>;

fn seeds() -> Vec<Vec<u8>> {
    let entries: Vec<(SessionId, IndexEntry)> = (0..4).map(|n| (id(n), entry("fix it", n))).collect();
    let whole = index::render(entries.iter().map(|(id, entry)| (id, entry)));
    let changed = [whole.as_bytes(), b"\xff\x01\x01a new \"intent\"", b"\xff\x02", b"\xff\x07\x02x\n}\n}\n"].concat();
    let mut all = samples("samples", "index-python.json");
    all.extend([whole.into_bytes(), changed, b"{\n}\n\xff\x01\x00x".to_vec()]);
    all
}

fn id(n: u8) -> SessionId {
    SessionId::parse(&format!("sess_20261121T0337_{:04x}", n % 8)).expect("an id")
}

fn entry(intent: &str, n: u8) -> IndexEntry<'_> {
    let status = [Status::Active, Status::Parked, Status::Completed][usize::from(n % 3)];
    IndexEntry {
        project_slug: if n < 128 { "api".into() } else { "shop".into() },
        status,
        intent: intent.into(),
        started_at: "2026-11-21T03:37:00.000000+00:00".into(),
        ended_at: n.is_multiple_of(2).then(|| "2026-11-21T03:38:00.000000+00:00".into()),
        last_heartbeat: "".into(),
    }
}

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let mut now = text(parts.first().copied().unwrap_or_default());
    check_filters(&now);
    for part in parts.iter().skip(1).take(6) {
        let Some((&which, rest)) = part.split_first() else { continue };
        let change = rest.split_first().map(|(&kind, intent)| (kind, text(intent)));
        let new = change.as_ref().map(|(kind, intent)| entry(intent, *kind));
        if !index::is_canonical(&now) {
            continue;
        }
        let mut after = now.clone();
        assert!(index::splice(&mut after, &id(which), new.as_ref()), "canonical text was refused");
        check_splice(&now, &after, &id(which), new.as_ref());
        now = after;
    }
    check_filters(&now);
    check_damage(bytes);
}

fn known(text: &str) -> Option<Known> {
    let entries = index::parse(text)?;
    let whole = |entry: &IndexEntry| serde_json::to_string(entry).expect("an entry can be serialised");
    let known: Known = entries.iter().map(|(id, entry)| (id.to_string(), whole(entry))).collect();
    assert_eq!(known.len(), entries.len(), "one entry a session");
    Some(known)
}

/// Panics unless a splice equals parsing, changing and printing; if the text cannot be parsed, no other line may be
/// lost.
fn check_splice(before: &str, after: &str, id: &SessionId, new: Option<&IndexEntry>) {
    let Some(mut expected) = known(before) else {
        let own = format!("\"{id}\":");
        let is_layout = |sign: char| sign == ',' || sign.is_ascii_whitespace();
        let lines = before.lines().map(|line| line.trim_end_matches(is_layout)).filter(|line| !line.starts_with(&own));
        return lines.for_each(|line| assert!(after.contains(line), "the line {line:?} was lost"));
    };
    match new {
        Some(entry) => {
            expected.insert(id.to_string(), serde_json::to_string(entry).expect("an entry can be serialised"))
        }
        None => expected.remove(id.as_str()),
    };
    assert!(index::is_canonical(after), "{after:?}");
    assert_eq!(known(after), Some(expected));
}

/// Panics unless filters on lines select what parsing would select.
fn check_filters(text: &str) {
    let Some(all) = index::parse(text) else { return };
    for status in [Status::Active, Status::Parked, Status::Completed] {
        let some = index::parse_where(text, index::of_status(status)).expect("it is an index");
        let expected: Vec<_> = all.iter().filter(|(_, entry)| entry.status == status).cloned().collect();
        assert_eq!(some, expected, "{status:?}");
        if let Some(ids) = index::ids_where(text, index::of_status(status)).filter(|_| index::is_canonical(text)) {
            assert!(expected.iter().all(|(id, _)| ids.contains(id)), "{status:?}: {ids:?}");
        }
    }
    for slug in ["api", "shop"] {
        let some = index::parse_where(text, index::of_project(slug)).expect("it is an index");
        assert!(all.iter().filter(|(_, entry)| entry.project_slug == slug).eq(some.iter()), "{slug}");
        let Some(standings) = index::standings(text, |known| known == slug) else { continue };
        let fields = |(_, one): &(&str, index::Standing)| {
            (one.id.to_string(), one.status, one.ended_at.as_deref().map(str::to_string))
        };
        let mut found: Vec<_> = standings.iter().map(fields).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let expected = some
            .iter()
            .map(|(id, entry)| (id.to_string(), entry.status, entry.ended_at.as_deref().map(str::to_string)));
        assert!(expected.eq(found), "{slug}: {standings:?}");
    }
}

/// Panics if a file that a power failure truncated, or in which it left a hole, is taken for a smaller index.
fn check_damage(bytes: &[u8]) {
    let intents: Vec<String> = parts(bytes).into_iter().take(4).map(|part| text(&part[..part.len().min(99)])).collect();
    let entries: Vec<(SessionId, IndexEntry)> =
        (0..).zip(&intents).map(|(n, intent)| (id(n), entry(intent, n))).collect();
    let whole = index::render(entries.iter().map(|(id, entry)| (id, entry)));
    assert_eq!(index::parse(&whole).as_ref(), Some(&entries));
    let at = (cs_core::id::fnv1a(bytes) as usize) % whole.len();
    for damaged in [text(&whole.as_bytes()[..at]), hole(&whole, at, 1), hole(&whole, at, 4096), hole(&whole, 0, at)] {
        let found = index::parse(&damaged);
        assert!(found.is_none_or(|found| found == entries), "damaged: {damaged:?}");
    }
}

fn hole(whole: &str, at: usize, length: usize) -> String {
    let mut bytes = whole.as_bytes().to_vec();
    let end = bytes.len().min(at + length);
    bytes[at..end].fill(0);
    text(&bytes)
}
