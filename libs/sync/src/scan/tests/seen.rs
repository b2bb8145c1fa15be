//! Who else sees what is sent, and what becomes of what must not be seen.

use super::*;
use crate::exposure::Turn;

#[test]
fn what_a_rule_finds_in_rows_that_were_sent_is_removed_there_if_it_can_be_sent_again() {
    for (growth, rows, left) in [
        (Growth::Free, 2, Left::Removed(3)),
        (Growth::Log, 3, Left::Removed(3)),
        (Growth::Log, 4, Left::Removed(3)),
        (Growth::Log, 2, Left::Unsure),
    ] {
        let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
        from.growth = growth;
        place.push(&from, &mut to);
        from.change(NAME, |all| all.resize(rows, "d".into()));
        from.unsafe_at = Some(1);
        assert_eq!(place.push(&from, &mut to).unsent[0].left, left, "{growth:?} {rows}");
        let there = if left == Left::Unsure { 3 } else { 0 };
        assert_eq!(lines(&to, NAME).len(), there, "{growth:?} {rows}");
        let again = place.push(&from, &mut to).unsent[0].left;
        assert_eq!(again, if there == 0 { Left::Nothing } else { left }, "told each time");
        from.unsafe_at = None;
        place.push(&from, &mut to);
        assert_eq!(lines(&to, NAME).len(), rows.max(there), "sent again as soon as the rule finds nothing");
    }
}

#[test]
fn who_else_sees_what_is_sent_is_counted_by_project() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a"]));
    from.project = Some("api".into());
    let mut push = |from: &Invented, team: Option<&[&str]>| {
        let team = team.map(|team| team.iter().map(ToString::to_string).collect());
        let known = to.known.clone();
        place.run(place.shared(), from, &Request { team, ..Request::default() }, &known, &mut to).exposure
    };
    let one = |exposure: &Exposure, turn| exposure.of(turn).and_then(|all| all.get(&Some("api".to_string()))).is_some();
    assert!(one(&push(&from, None), Turn::Private));
    assert_eq!(push(&from, None), Exposure::default(), "nothing is new");
    assert!(one(&push(&from, Some(&["api"])), Turn::Opened), "without a row");
    from.change(NAME, |all| all.push("b".into()));
    assert!(one(&push(&from, Some(&["api"])), Turn::Added));
    assert!(one(&push(&from, Some(&[])), Turn::Closed));
}
