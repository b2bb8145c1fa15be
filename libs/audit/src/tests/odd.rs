//! Links, directories without rights, damaged files: an append never follows a link, and never loses what is there.

use super::*;
use std::os::unix::fs::symlink;
use std::path::Path;

impl Place {
    fn report_lines(&self) -> u64 {
        verify(&self.home, Vec::new()).unwrap().lines
    }
}

fn try_append(place: &Place, now: &str) -> cs_core::error::Result<()> {
    Log::of(&place.home, WAIT).append(Entry::new(Kind::Attempt, at(now)), at(now))
}

#[test]
fn links_are_never_followed() {
    for name in ["2026-11-22.jsonl", "head.json", ".lock", "pending"] {
        let place = place();
        let elsewhere = place.home.root().parent().unwrap().join("elsewhere");
        fs::create_dir_all(place.home.audit_dir()).unwrap();
        match name {
            "pending" => fs::create_dir(&elsewhere).unwrap(),
            _ => fs::write(&elsewhere, "mine\n").unwrap(),
        }
        symlink(&elsewhere, place.home.audit_dir().join(name)).unwrap();
        let done = try_append(&place, "2026-11-22T10:00:00Z");
        // A head is only a hint, and what waits is not needed.
        assert_eq!(done.is_ok(), matches!(name, "head.json" | "pending"), "{name}: {done:?}");
        match name {
            "pending" => assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0),
            _ => assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine\n", "{name}"),
        }
    }
    let place = place();
    let elsewhere = place.home.root().parent().unwrap().join("elsewhere");
    fs::create_dir_all(place.home.root()).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, place.home.audit_dir()).unwrap();
    assert!(try_append(&place, "2026-11-22T10:00:00Z").is_err());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_understood_in_pending_is_kept_and_named() {
    let place = place();
    place.fill(1);
    let pending = place.home.audit_pending();
    fs::create_dir_all(pending.join("20261120-1-0d.json")).unwrap();
    let files = [("20261120-1-0a.json", "{"), ("20261120-1-0b.json", ""), ("x\"y.json", "{\"kind\":\"attempt\"}")];
    for (name, text) in files {
        fs::write(pending.join(name), text).unwrap();
    }
    symlink(place.home.audit_head(), pending.join("20261120-1-0c.json")).unwrap();
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    for (name, text) in files {
        let kept = pending.join(name.replace(".json", ".damaged"));
        assert_eq!(fs::read_to_string(kept).unwrap(), text, "{name}");
    }
    let names = ["20261120-1-0a", "20261120-1-0b", "20261120-1-0c", "20261120-1-0d", "x\"y"];
    let expected = names.map(|name| Finding::Damaged(format!("pending/{name}.damaged")));
    assert_eq!(place.findings(), expected);
    let log = fs::read_to_string(place.home.hook_log()).unwrap();
    assert_eq!(log.lines().count(), 5, "{log}");
}

/// Two programs leave the same name one after the other.
#[test]
fn a_second_damaged_file_does_not_replace_the_first() {
    let place = place();
    for text in ["one", "two", "three"] {
        place.fill(1);
        fs::create_dir_all(place.home.audit_pending()).unwrap();
        fs::write(place.home.audit_pending().join("1-1-a.json"), text).unwrap();
        place.fill(1);
    }
    for (name, text) in [("1-1-a", "one"), ("1-1-a.2", "two"), ("1-1-a.3", "three")] {
        let path = place.home.audit_pending().join(format!("{name}.damaged"));
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
}

#[test]
fn two_facts_of_one_program_at_one_time_both_wait() {
    let place = place();
    let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
    for path in ["a", "b"] {
        let lease = Leased { id: "l1".into(), paths: vec![path.into()], ..Leased::default() };
        let entry = Entry { lease: Some(lease), ..Entry::new(Kind::Lease, at("2026-11-22T10:00:00Z")) };
        Log::of(&place.home, Duration::ZERO).append(entry, at("2026-11-22T10:00:00Z")).unwrap();
    }
    drop(lock);
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    assert_eq!(fs::read_to_string(place.newest()).unwrap().lines().count(), 3);
}

/// A program that was killed after its write and before it removed the files, just before midnight.
#[test]
fn lines_that_were_taken_in_on_the_day_before_are_not_taken_in_again() {
    let place = place();
    let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
    place.append(Kind::Attempt, "waiting", "2026-11-22T10:00:00Z");
    drop(lock);
    let name = fs::read_dir(place.home.audit_pending()).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(&name).unwrap();
    place.append(Kind::Attempt, "taker", "2026-11-22T10:00:00Z");
    fs::create_dir_all(place.home.audit_pending()).unwrap();
    fs::write(&name, bytes).unwrap();
    place.append(Kind::Attempt, "after", "2026-11-23T10:00:00Z");
    let all: String = files(&place.home).unwrap().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(all.matches("\"waiting\"").count(), 1, "{all}");
    assert!(!place.home.audit_pending().exists());
}

#[test]
fn many_lines_that_wait_are_all_taken_in_over_several_appends() {
    let place = place();
    let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
    for n in 0..450 {
        let entry =
            Entry { tool_use_id: Some(format!("call{n}")), ..Entry::new(Kind::Result, at("2026-11-22T10:00:00Z")) };
        Log::of(&place.home, Duration::ZERO).append(entry, at("2026-11-22T10:00:00Z")).unwrap();
    }
    drop(lock);
    for n in 0..10 {
        place.append(Kind::Attempt, &format!("after {n}"), "2026-11-22T10:00:00Z");
    }
    let report = verify(&place.home, Vec::new()).unwrap();
    assert_eq!((report.lines, report.findings.len()), (460, 0));
}

/// After the next line the head is good again: only that line can tell that lines may be missing.
#[test]
fn a_head_that_is_damaged_or_missing_does_not_stop_the_log_and_is_told_for_ever() {
    for text in [None, Some(""), Some("{"), Some("null"), Some("{\"seq\":18446744073709551615,\"hash\":\"\"}")] {
        let place = place();
        place.fill(2);
        let path = place.newest();
        match text {
            None => fs::remove_file(place.home.audit_head()).unwrap(),
            Some(text) => fs::write(place.home.audit_head(), text).unwrap(),
        }
        let findings = place.findings();
        assert!(matches!(findings.as_slice(), [Finding::NoHead(_)]), "{text:?}: {findings:?}");
        // A full day leaves results out, but not this one.
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(DAY_BYTES + 1).unwrap();
        place.append(Kind::Result, "after", "2026-11-21T10:00:00Z");
        place.append(Kind::Attempt, "after", "2026-11-29T10:00:00Z");
        let told = place.findings().pop();
        let why = if text.is_none() { "missing" } else { "damaged" };
        assert!(matches!(&told, Some(Finding::Headless { why: told, .. }) if told == why), "{text:?}: {told:?}");
    }
}

/// The end was cut, and the head was removed with it: everything fits together after the next line.
#[test]
fn a_cut_end_shows_also_if_the_head_was_removed_and_more_was_logged() {
    let place = place();
    for n in 0..12 {
        place.append(Kind::Attempt, &format!("ls {n}"), "2026-11-22T10:00:00Z");
    }
    let text = fs::read_to_string(place.newest()).unwrap();
    fs::write(place.newest(), text.split_inclusive('\n').take(8).collect::<String>()).unwrap();
    fs::remove_file(place.home.audit_head()).unwrap();
    for _ in 0..3 {
        place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
        let headless = Finding::Headless { file: "2026-11-22.jsonl".into(), line: 9, why: "missing".into() };
        assert_eq!(place.findings(), [headless]);
    }
}

#[test]
fn a_head_that_names_another_line_is_a_finding() {
    let place = place();
    let mut heads = vec![Head::start()];
    for n in 0..6 {
        place.append(Kind::Attempt, &format!("ls {n}"), &format!("2026-11-2{}T10:00:00Z", n / 3));
        heads.push(Head::read(&place.home).unwrap().unwrap());
    }
    for (n, head) in heads.iter().enumerate() {
        head.write(&place.home).unwrap();
        // Whoever appended the last line was killed before it wrote the head.
        let is_innocent = n >= 5;
        let expected = (!is_innocent).then_some(Finding::Behind { seq: n as u64, last: 6 });
        assert_eq!(place.findings(), expected.into_iter().collect::<Vec<_>>(), "head of line {n}");
    }
    let last = heads[6].clone();
    Head { file: "1999-01-01.jsonl".into(), ..last.clone() }.write(&place.home).unwrap();
    let (file, named) = (last.file.clone(), "1999-01-01.jsonl".to_string());
    assert_eq!(place.findings(), [Finding::Elsewhere { file, named }]);
    // An older copy is told for ever, as soon as somebody appends.
    heads[2].write(&place.home).unwrap();
    place.append(Kind::Attempt, "after", "2026-11-21T11:00:00Z");
    let headless = Finding::Headless { file: last.file, line: 4, why: "behind".into() };
    assert_eq!(place.findings(), [headless]);
}

/// Killed between the line and the head; `tests/tests/audit` kills again and again.
#[test]
fn a_head_that_was_not_written_is_no_finding() {
    for lines_before in [0, 1, 3] {
        let place = place();
        for n in 0..lines_before {
            place.append(Kind::Attempt, &format!("ls {n}"), "2026-11-20T10:00:00Z");
        }
        for day in 1..4 {
            let head = Head::stored(&place.home).unwrap();
            let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
            (0..day).for_each(|n| place.append(Kind::Result, &format!("late {n}"), "2026-11-20T10:00:00Z"));
            drop(lock);
            place.append(Kind::Attempt, "killed", &format!("2026-11-2{day}T10:00:00Z"));
            let lines = place.report_lines();
            head.unwrap_or_else(Head::start).write(&place.home).unwrap();
            assert_eq!(place.findings(), [], "{lines_before} lines before, {lines} now");
            // The next one goes on from there, and says nothing.
            place.append(Kind::Attempt, "after", &format!("2026-11-2{day}T11:00:00Z"));
            let place_of_last = Head::read(&place.home).unwrap().unwrap();
            assert_eq!((place_of_last.seq, place.findings()), (lines + 1, Vec::new()));
        }
    }
}

#[test]
fn an_impossible_day_is_no_day() {
    let place = place();
    place.fill(1);
    for stem in ["2026-99-99", "2026-02-29", "2026-00-01", "2026-12-32", "0000-01-01"] {
        fs::write(place.home.audit_dir().join(format!("{stem}.jsonl")), "").unwrap();
    }
    place.append(Kind::Attempt, "after", "2026-11-22T10:00:00Z");
    assert!(place.newest().ends_with("2026-11-22.jsonl"));
    assert_eq!(place.findings(), []);
    assert!(["2024-02-29", "2000-02-29", "2026-12-31"].into_iter().all(crate::log::is_day));
    assert!(!crate::log::is_day("1900-02-29"));
}

/// Only who holds the lock removes days.
#[test]
fn a_line_that_days_were_removed_is_not_taken_in() {
    let place = place();
    place.fill(3);
    let oldest = files(&place.home).unwrap()[0].clone();
    let text = fs::read_to_string(&oldest).unwrap();
    let link = chain::parts(text.trim_end().as_bytes()).unwrap();
    let base = Base { file: crate::log::name_of(&oldest), seq: link.seq, hash: link.hash.into() };
    let entry = Entry { base: Some(base), ..Entry::new(Kind::Base, at("2020-01-01T10:00:00Z")) };
    fs::remove_file(&oldest).unwrap();
    let pending = place.home.audit_pending();
    fs::create_dir_all(&pending).unwrap();
    for (name, entry) in [("1-1-a", entry.clone()), ("1-1-b", Entry { kind: Kind::Attempt, ..entry })] {
        fs::write(pending.join(format!("{name}.json")), serde_json::to_vec(&entry).unwrap()).unwrap();
    }
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    let expected = [Finding::NoStart { seq: 2 }, Finding::Damaged("pending/1-1-a.damaged".into())];
    assert_eq!(place.findings(), expected);
}

#[test]
fn a_head_that_names_an_impossible_line_does_not_move_the_chain() {
    let place = place();
    place.fill(3);
    let head = Head::read(&place.home).unwrap().unwrap();
    Head { seq: 1_000_000_000_000, ..head }.write(&place.home).unwrap();
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    let headless = Finding::Headless { file: "2026-11-22.jsonl".into(), line: 2, why: "damaged".into() };
    assert_eq!((place.findings(), Head::read(&place.home).unwrap().unwrap().seq), (vec![headless], 4));
}

/// Questions about a day do not look into earlier files.
#[test]
fn a_line_in_the_file_of_an_earlier_day_is_a_finding() {
    let place = place();
    place.fill(3);
    let all = files(&place.home).unwrap();
    let both = [fs::read(&all[0]).unwrap(), fs::read(&all[1]).unwrap()].concat();
    fs::write(&all[0], both).unwrap();
    fs::remove_file(&all[1]).unwrap();
    assert_eq!(place.findings(), [Finding::WrongDay { file: crate::log::name_of(&all[0]), line: 2 }]);
    // A line that waited, or a clock that was set back, put lines into a later file.
    place.append(Kind::Attempt, "before", "2026-11-20T10:00:00Z");
    assert_eq!(place.findings().len(), 1);
}

#[test]
fn an_empty_file_without_a_head_is_no_finding() {
    let place = place();
    fs::create_dir_all(place.home.audit_dir()).unwrap();
    fs::write(place.home.audit_dir().join("2026-11-22.jsonl"), "").unwrap();
    assert_eq!(place.findings(), []);
}

#[test]
fn a_directory_without_rights_is_told_and_nothing_else_happens() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    place.fill(1);
    let set = |mode| fs::set_permissions(place.home.audit_dir(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let is_root = fs::write(place.home.audit_dir().join("probe"), "").is_ok();
    fs::remove_file(place.home.audit_dir().join("probe")).ok();
    let whole = fs::read(place.newest()).unwrap();
    // On another day, since the files themselves can be written.
    let done = try_append(&place, "2026-11-29T10:00:00Z");
    set(0o700);
    assert!(is_root || done.is_err());
    assert_eq!(fs::read(Path::new(&files(&place.home).unwrap()[0])).unwrap(), whole);
    assert_eq!(place.findings(), []);
}
