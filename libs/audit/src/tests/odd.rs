//! Links, directories without rights, damaged files: an append never follows a link, and never loses what is there.

use super::*;
use std::os::unix::fs::symlink;
use std::path::Path;

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

#[test]
fn a_head_that_is_damaged_or_missing_does_not_stop_the_log_and_is_told() {
    let place = place();
    place.fill(2);
    for text in ["", "{", "null", "{\"seq\":18446744073709551615,\"hash\":\"\"}"] {
        fs::write(place.home.audit_head(), text).unwrap();
        let findings = place.findings();
        assert!(matches!(findings.as_slice(), [Finding::NoHead(_)]), "{text}: {findings:?}");
        place.append(Kind::Attempt, "after", "2026-11-29T10:00:00Z");
        assert_eq!(place.findings(), [], "{text}");
    }
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
