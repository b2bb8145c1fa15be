//! Reads every line of a day.

use super::*;
use std::ops::ControlFlow;

fn all(place: &Place, most: usize) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    each_line(&place.newest(), &mut |entry, hash| {
        found.push((entry.seq, hash.to_string()));
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .unwrap();
    found
}

#[test]
fn every_whole_line_comes_with_its_hash() {
    let place = place();
    for n in 0..5 {
        place.append(Kind::Attempt, &format!("ls {n}"), "2026-11-21T10:00:00Z");
    }
    let found = all(&place, usize::MAX);
    assert_eq!(found.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(found.iter().all(|(_, hash)| hash.len() == START.len()), "{found:?}");
    assert_eq!(all(&place, 2).len(), 2);
    let text = fs::read_to_string(place.newest()).unwrap();
    fs::write(place.newest(), format!("{{}}x\n{}", text.trim_end())).unwrap();
    assert_eq!(all(&place, usize::MAX), found[..4], "neither a damaged line nor one without an end");
    assert_eq!(days(&place.home).unwrap(), [place.newest()]);
    fs::remove_file(place.newest()).unwrap();
    each_line(&place.home.audit_dir().join("2026-11-21.jsonl"), &mut |_, _| ControlFlow::Break(())).unwrap();
}

#[test]
fn a_kind_has_the_word_that_is_written() {
    use Kind::*;
    for kind in [Attempt, Result, SubagentStart, SubagentStop, Decision, Message, Lease, Base] {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.word()));
    }
}
