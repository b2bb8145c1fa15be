//! A target keeps the end of a log that is lost here; what is sent is noted.

use super::*;

#[test]
fn a_log_that_lost_its_end_takes_nothing_away() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
    from.growth = Growth::Log;
    place.push(&from, &mut to);
    to.news();
    from.change(NAME, |all| all.truncate(1));
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME), to.news().0), (vec!["a".into(), "b".into(), "c".into()], 0));
    place.push(&from, &mut to);
    assert_eq!(to.news(), (0, 0), "the same again");
    from.change(NAME, |all| all.extend(["b", "c", "d"].map(String::from)));
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME).len(), to.news().0), (4, 1), "it is back, and has grown");
    // A person redacts something in what is left of it.
    from.change(NAME, |all| *all = ["x".to_string(), "b".to_string()].to_vec());
    from.depends = "another".into();
    for (sent, unsafe_at) in [(0, Some(1)), (2, None), (0, None)] {
        from.unsafe_at = unsafe_at;
        place.push(&from, &mut to);
        assert_eq!(lines(&to, NAME)[2..], ["c", "d"], "{unsafe_at:?}");
        assert_eq!((to.news().0, lines(&to, NAME)[0].as_str()), (sent, if unsafe_at.is_some() { "a" } else { "x" }));
    }
    from.change(NAME, |all| all.extend(["c", "d", "e"].map(String::from)));
    place.push(&from, &mut to);
    assert_eq!((lines(&to, NAME).join(""), to.news().0), ("xbcde".into(), 5));
    place.push(&from, &mut to);
    assert_eq!(to.news(), (0, 0));
}

#[test]
fn a_kept_copy_takes_nothing_away_from_a_target_that_cannot_be_asked() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
    from.growth = Growth::Log;
    place.push(&from, &mut to);
    from.change(NAME, |all| all.truncate(1));
    from.growth = Growth::Copy;
    let blind = Request { is_blind: true, ..Request::default() };
    place.run(place.shared(), &from, &blind, &Known::default(), &mut to);
    assert_eq!(lines(&to, NAME), ["a", "b", "c"]);
    // Nor if a new rule finds something in it.
    from.change(NAME, |all| all.push("b".into()));
    for at in [0, 1] {
        from.unsafe_at = Some(at);
        let told = place.run(place.shared(), &from, &blind, &Known::default(), &mut to).unsent[0].left;
        assert_eq!((told, lines(&to, NAME).len()), (Left::Unsure, 3), "{at}");
    }
    from.change(NAME, |all| all.truncate(1));
    from.unsafe_at = None;
    from.change(NAME, |all| all.push("b".into()));
    place.push(&from, &mut to);
    assert_eq!(lines(&to, NAME), ["a", "b", "c"]);
}

#[test]
fn what_was_replaced_is_noted_for_rows_that_are_sent() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    let entry = Some("x".to_string());
    from.replaced = vec![Entry { rule: "email".into(), count: 1, entry, ..Entry::default() }];
    let mut push = |from: &Invented| {
        place.push(from, &mut to);
        std::mem::take(&mut to.replaced).iter().map(|one| (one.count, one.entry.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(push(&from), [(2, false)], "a line for the source");
    assert_eq!(push(&from), []);
    from.change(NAME, |all| all.push("c".into()));
    from.unsafe_at = Some(2);
    assert_eq!(push(&from), []);
    from.unsafe_at = None;
    assert_eq!(push(&from), [(1, false)], "what it had was noted then");
}

#[test]
fn a_log_with_a_secret_is_removed_also_where_nobody_can_ask() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b", "c"]));
    from.growth = Growth::Log;
    place.push(&from, &mut to);
    from.unsafe_at = Some(1);
    let blind = Request { is_blind: true, ..Request::default() };
    let told = place.run(place.shared(), &from, &blind, &Known::default(), &mut to).unsent[0].left;
    assert_eq!((told, lines(&to, NAME).len()), (Left::Emptied, 0));
}

#[test]
fn an_empty_target_that_was_asked_needs_one_push() {
    let (place, mut to, mut from) = (Place::new(), Memory::default(), some(&["a", "b"]));
    from.growth = Growth::Copy;
    place.push(&from, &mut to);
    to.news();
    place.push(&from, &mut to);
    assert_eq!(to.news(), (0, 0));
    let (mut empty, unsafe_from) = (Memory::default(), Invented { unsafe_at: Some(0), ..from });
    place.push(&unsafe_from, &mut empty);
    assert_eq!(empty.news(), (0, 0), "nothing is told of what is not there");
}
