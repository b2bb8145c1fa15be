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

#[test]
fn what_cannot_be_sent_is_taken_back_once_and_what_is_not_here_when_all_is() {
    let team = |slugs: &[&str]| Some(slugs.iter().map(ToString::to_string).collect::<BTreeSet<String>>());
    let close = Request { team: team(&[]), ..Request::default() };
    for (fails_at, unsafe_at, is_gone, fading) in [
        (Some(0), None, false, false),
        (None, Some(2), false, false),
        (None, Some(0), false, false),
        (None, None, true, false),
        (None, None, false, true),
    ] {
        let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
        from.project = Some("api".into());
        from.growth = Growth::Log;
        let known = to.known.clone();
        place.run(place.shared(), &from, &Request { team: team(&["api"]), ..Request::default() }, &known, &mut to);
        let name = Invented::source(NAME);
        assert!(to.known.team.contains(&name));
        // One row is lost here, and one may be new.
        from.change(NAME, |all| if unsafe_at == Some(0) { all.truncate(1) } else { all.push("c".into()) });
        (from.fails_at, from.unsafe_at, from.fading) = (fails_at, unsafe_at, fading);
        if is_gone {
            from.all.clear();
        }
        for closed in [true, false] {
            let known = to.known.clone();
            let exposure = place.run(place.shared(), &from, &close, &known, &mut to).exposure;
            assert_eq!(exposure.of(Turn::Closed).is_some(), closed, "{fails_at:?} {unsafe_at:?} {is_gone} {fading}");
            assert!(!to.known.team.contains(&name) && !lines(&to, NAME).is_empty());
        }
    }
}
