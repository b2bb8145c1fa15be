//! Days: full ones, old ones, those that are removed.

use super::*;
use cs_core::store::{Run, Store};
use cs_core::witness::Witness;

fn store(place: &Place) -> Store {
    Store::for_people(place.home.clone(), Witness::NONE)
}

/// A log of five days with two lines each.
fn five_days() -> Place {
    let place = place();
    for n in 0..10 {
        place.append(Kind::Attempt, &format!("ls {n}"), &format!("2026-11-2{}T10:00:00Z", n / 2));
    }
    place
}

fn names(place: &Place) -> Vec<String> {
    files(&place.home).unwrap().iter().map(|path| crate::log::name_of(path)).collect()
}

fn prune(place: &Place, before: &str, run: Run, now: &str) -> usize {
    let old = old_days(&place.home, at(before)).unwrap();
    let drop = |path: &std::path::PathBuf| drop_day(&store(place), path, at(before), run, at(now)).unwrap();
    old.iter().filter_map(drop).count()
}

#[test]
fn a_log_of_which_the_oldest_days_were_removed_verifies() {
    let place = five_days();
    let early = Head { file: "2026-11-20.jsonl".into(), ..Head::read(&place.home).unwrap().unwrap() };
    let early = Head { seq: 1, hash: "0".repeat(64), ..early };
    let before = names(&place);
    assert_eq!(prune(&place, "2026-11-22T12:00:00Z", Run::Dry, "2026-11-25T10:00:00Z"), 2);
    assert_eq!(names(&place), before, "a dry run changes nothing");
    assert_eq!(prune(&place, "2026-11-22T12:00:00Z", Run::Real, "2026-11-25T10:00:00Z"), 2);
    assert_eq!(names(&place)[0], "2026-11-22.jsonl");
    let report = verify(&place.home, vec![("a record".into(), early)]).unwrap();
    assert_eq!(report.findings, [], "a line that a record names may have been removed");
    assert_eq!((report.lines, report.seq), (8, 12));
    place.append(Kind::Attempt, "after", "2026-11-26T10:00:00Z");
    assert_eq!(prune(&place, "2027-11-22T12:00:00Z", Run::Real, "2027-11-25T10:00:00Z"), 4);
    assert_eq!(place.findings(), []);
    assert_eq!(names(&place), ["2026-11-26.jsonl", "2027-11-25.jsonl"], "the newest file was spared");
}

#[test]
fn the_index_of_a_day_goes_with_it() {
    let place = five_days();
    let is_there = |day: &str| place.home.audit_dir().join(format!("{day}.index")).exists();
    let failed = Filter { failed: true, ..Filter::default() };
    calls(&store(&place), &failed, at("2026-11-25T10:00:00Z")).unwrap();
    assert!(is_there("2026-11-20") && is_there("2026-11-21"));
    // A question that began before the removal makes the index of a day that is gone.
    let open = crate::day::Day::open(&files(&place.home).unwrap()[0], true).unwrap().unwrap();
    assert_eq!(prune(&place, "2026-11-21T00:00:00Z", Run::Real, "2026-11-25T10:00:00Z"), 1);
    let wanted = crate::day::Wanted { may_fit: &|_| true, text: None };
    let mut count = 0;
    open.some(&wanted, &mut |_| count += 1).unwrap();
    assert_eq!((count, is_there("2026-11-20"), is_there("2026-11-21")), (2, false, true));
}

#[test]
fn a_day_that_is_removed_while_the_log_is_verified_is_no_error() {
    let place = five_days();
    let mut is_removed = false;
    let report = verify_with(&place.home, Vec::new(), &mut |_, _| {
        if !std::mem::replace(&mut is_removed, true) {
            assert_eq!(prune(&place, "2026-11-23T00:00:00Z", Run::Real, "2026-11-25T10:00:00Z"), 3);
        }
    });
    assert_eq!(report.unwrap().findings, []);
}

#[test]
fn a_removal_that_is_killed_midway_can_be_repeated() {
    let place = five_days();
    let oldest = files(&place.home).unwrap()[0].clone();
    let bytes = fs::read(&oldest).unwrap();
    assert_eq!(prune(&place, "2026-11-21T00:00:00Z", Run::Real, "2026-11-25T10:00:00Z"), 1);
    // It was killed after the line, and before the removal.
    fs::write(&oldest, bytes).unwrap();
    assert_eq!(place.findings(), []);
    assert_eq!(prune(&place, "2026-11-21T00:00:00Z", Run::Real, "2026-11-25T10:00:00Z"), 1);
    assert_eq!(place.findings(), []);
}

#[test]
fn a_day_that_somebody_removed_is_missed_also_after_a_removal_by_us() {
    let place = five_days();
    prune(&place, "2026-11-21T00:00:00Z", Run::Real, "2026-11-25T10:00:00Z");
    let all = files(&place.home).unwrap();
    fs::remove_file(&all[0]).unwrap();
    assert_eq!(place.findings(), [Finding::NoStart { seq: 5 }]);
}

#[test]
fn only_the_oldest_day_is_removed_and_only_if_it_is_old_enough() {
    let place = five_days();
    let all = files(&place.home).unwrap();
    let (before, now) = (at("2026-11-23T00:00:00Z"), at("2026-11-25T10:00:00Z"));
    for path in [&all[1], &all[3], &all[4]] {
        assert!(drop_day(&store(&place), path, before, Run::Real, now).unwrap().is_none());
    }
    assert_eq!(files(&place.home).unwrap(), all);
    assert_eq!(place.findings(), []);
}

#[test]
fn results_of_a_full_day_are_counted_and_the_next_line_says_how_many() {
    let place = place();
    place.append(Kind::Attempt, "a", "2026-11-22T10:00:00Z");
    let path = place.newest();
    let mut full = fs::read(&path).unwrap();
    full.resize(DAY_BYTES as usize, b'x');
    full.push(b'\n');
    fs::write(&path, &full).unwrap();
    place.append(Kind::Attempt, "b", "2026-11-22T10:00:00Z");
    let size = fs::metadata(&path).unwrap().len();
    for _ in 0..3 {
        place.append(Kind::Result, "b", "2026-11-22T10:00:00Z");
    }
    let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
    place.append(Kind::Result, "b", "2026-11-22T10:00:00Z");
    drop(lock);
    assert_eq!(fs::metadata(&path).unwrap().len(), size, "results are not logged");
    let head = Head::read(&place.home).unwrap().unwrap();
    assert_eq!(head.dropped, 3);
    place.append(Kind::Attempt, "c", "2026-11-23T10:00:00Z");
    let text = fs::read_to_string(place.newest()).unwrap();
    // The result that waited comes on the next day, which has room.
    assert_eq!(text.matches("\"dropped\":3").count(), 1, "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(Head::read(&place.home).unwrap().unwrap().dropped, 0);
}
