//! Keeping conversations: killed at each system call, with each system call failing, without room, and twice at once.

#![cfg(target_os = "linux")]

#[path = "keep/place.rs"]
mod place;

use cs_tests::has;
use place::Place;
use soak::call::Kind;
use soak::trace::{self, Act};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// A state in which what is new is copied.
struct Case {
    name: &'static str,
    place: Place,
    gzip: bool,
    /// Copies that must stay whatever happens: the name of each, and what it begins with.
    stays: Vec<(&'static str, String)>,
}

fn cases() -> Vec<Case> {
    let first = Place::new();
    first.log("main", &["one", "two"]);
    first.log("agent-1", &["three"]);
    first.result("x.txt", "long");
    let case = |name, place, gzip, stays: &[(&'static str, &str)]| Case {
        name,
        place,
        gzip,
        stays: stays.iter().map(|(name, text)| (*name, text.to_string())).collect(),
    };
    let kept = first.copy();
    kept.run(false);
    let old = [("main.1.jsonl", "one\ntwo\n"), ("agent-1.1.jsonl", "three\n"), ("tool-results/x.txt", "long")];
    let (grown, anew, gone, torn) = (kept.copy(), kept.copy(), kept.copy(), kept.copy());
    grown.log("main", &["one", "two", "four"]);
    grown.result("y.txt", "longer");
    anew.log("main", &["other", "two", "four"]);
    gone.remove();
    // A killed program had appended this and not noted it.
    torn.log("main", &["one", "two", "four"]);
    torn.append("main.1.jsonl", "fo");
    vec![
        case("nothing is kept", first, false, &[]),
        case("a log has grown", grown, false, &old),
        case("a log was written anew", anew, false, &old),
        case("the logs are gone", gone.copy(), false, &old),
        case("a copy has more than is noted", torn, false, &old),
        case("the logs are gone, and copies are compressed", packed(gone), true, &[]),
    ]
}

/// A place of which it is noted that its logs are gone.
fn packed(gone: Place) -> Place {
    gone.run(false);
    gone
}

/// What a whole run leaves: the contents of the newest copies, and the names of all.
type Whole = (BTreeMap<String, String>, Vec<String>);

fn whole(case: &Case) -> Whole {
    let place = case.place.copy();
    place.run(case.gzip);
    (place.contents(), place.names())
}

/// What is wrong after a run that was perhaps not whole.
fn check(case: &Case, whole: &Whole, place: &Place, trouble: &str) {
    for (name, begin) in &case.stays {
        let text = place.copy_of(name);
        assert!(text.starts_with(begin), "{} {trouble}: {name} has {text:?}", case.name);
    }
    place.run(case.gzip);
    assert_eq!(place.verify(), [""; 0], "{} {trouble}", case.name);
    assert_eq!(place.contents(), whole.0, "{} {trouble}", case.name);
    let is_half = |name: &String| name.contains("/.tmp-");
    let lost = place.names().into_iter().filter(|name| !is_half(name)).collect::<Vec<_>>();
    assert_eq!(lost, whole.1, "{} {trouble}", case.name);
}

#[test]
fn a_run_that_is_killed_at_any_call_loses_nothing_and_the_next_one_goes_on() {
    if !has(trace::is_possible()) {
        return;
    }
    for case in cases() {
        let whole = whole(&case);
        for n in 0.. {
            let place = case.place.copy();
            let output = trace::run(place.worker(case.gzip), "", trace::kill_at(n, place.data()));
            let survived = output.expect("it can be traced").status.signal().is_none();
            check(&case, &whole, &place, &format!("killed at call {n}"));
            if survived {
                assert!(n > 20, "{}: only {n} calls", case.name);
                break;
            }
        }
    }
}

/// Errors, and the calls that can return them.
const ERRORS: [(i32, &[Kind]); 5] = [
    (libc::ENOSPC, &[Kind::Create, Kind::Write, Kind::Sync, Kind::Rename, Kind::MakeDir]),
    (
        libc::EIO,
        &[
            Kind::Write,
            Kind::Rename,
            Kind::Unlink,
            Kind::Read,
            Kind::Open,
            Kind::Stat,
            Kind::StatOpened,
            Kind::List,
            Kind::Lock,
        ],
    ),
    (libc::EMFILE, &[Kind::Open, Kind::Create]),
    (libc::EROFS, &[Kind::Create, Kind::Rename, Kind::Unlink, Kind::MakeDir]),
    (libc::EACCES, &[Kind::Open, Kind::Create, Kind::Rename, Kind::Unlink, Kind::MakeDir]),
];

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_run_of_which_any_call_fails_loses_nothing_and_the_next_one_goes_on() {
    if !has(trace::is_possible()) {
        return;
    }
    for case in cases() {
        let whole = whole(&case);
        for ((error, kinds), is_once) in ERRORS.into_iter().flat_map(|error| [(error, true), (error, false)]) {
            for n in 0.. {
                let place = case.place.copy();
                let data = place.data();
                let (mut seen, mut hit) = (0, String::new());
                let output = trace::run(place.worker(case.gzip), "", |call| {
                    if !kinds.contains(&call.kind()) || !call.path().is_some_and(|path| path.starts_with(&data)) {
                        return Act::Go;
                    }
                    seen += 1;
                    if seen - 1 < n || (is_once && seen - 1 > n) {
                        return Act::Go;
                    }
                    hit = format!("{hit} {:?} {:?}", call.kind(), call.path().unwrap_or_default());
                    Act::Fail(error)
                });
                let output = output.expect("it can be traced");
                let trouble = format!("error {error} (once: {is_once}) at {n}:{hit}, {output:?}");
                assert!(matches!(output.status.code(), Some(0 | 74)), "{} {trouble}", case.name);
                check(&case, &whole, &place, &trouble);
                if hit.is_empty() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_disk_without_room_leaves_nothing_half() {
    let place = Place::new();
    place.log("main", &["one"]);
    place.run(false);
    // Only that it is to be tried again may be noted.
    let logs = || place.manifest().map(|manifest| manifest.logs);
    let whole = (place.names(), place.contents(), logs());
    place.log("main", &["one", &"x".repeat(5_000)]);
    place.log("agent-1", &[&"x".repeat(5_000)]);
    // A file may grow to 4,096 bytes only.
    let worker = place.worker(false);
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash"]).arg(worker.get_program());
    let variables: Vec<_> = worker.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
    let output = shell.args(worker.get_args()).envs(variables).output().expect("bash can be run");
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert_eq!((place.names(), place.contents(), logs()), whole);
    place.run(false);
    assert_eq!(place.copy_of("agent-1.1.jsonl").len(), 5_001);
    assert_eq!(place.verify(), [""; 0]);
}

#[test]
fn runs_at_once_copy_each_conversation_once() {
    let place = Place::new();
    for n in 0..40 {
        place.log_of(n, "main", &["one"]);
    }
    let workers: Vec<_> = (0..4).map(|_| place.worker(false).spawn().expect("it can be run")).collect();
    workers.into_iter().for_each(|mut worker| assert!(worker.wait().expect("it ends").success()));
    assert_eq!(place.verify(), [""; 0]);
    let ledger = fs::read_to_string(place.data().join("kept/ledger.jsonl")).expect("it is there");
    assert_eq!(ledger.lines().filter(|line| line.contains("\"event\":\"kept\"")).count(), 40);
}

#[test]
fn with_nothing_new_nothing_is_opened_for_writing() {
    if !has(trace::is_possible()) {
        return;
    }
    let place = Place::new();
    place.log("main", &["one"]);
    place.result("x.txt", "long");
    place.run(false);
    let (data, mut changed, mut copies) = (place.data(), Vec::new(), 0);
    let output = trace::run(place.worker(false), "", |call| {
        let path = call.path().unwrap_or_default();
        let is_lock = path.ends_with("kept/.lock");
        if path.starts_with(&data)
            && !is_lock
            && matches!(call.kind(), Kind::Create | Kind::Write | Kind::Rename | Kind::Unlink)
        {
            changed.push(path.clone());
        }
        copies += usize::from(
            call.kind() == Kind::Open && path.to_string_lossy().ends_with(".jsonl") && !path.ends_with("index.jsonl"),
        );
        Act::Go
    });
    assert!(output.expect("it can be traced").status.success());
    assert_eq!((changed, copies), (Vec::<std::path::PathBuf>::new(), 0));
}

#[test]
fn verify_finds_one_changed_byte() {
    let place = Place::new();
    place.log("main", &["one", "two"]);
    place.result("x.txt", "long");
    place.run(false);
    for name in ["main.1.jsonl", "tool-results/x.txt"] {
        let changed = place.copy();
        let path = changed.kept().join(name);
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[2] ^= 1;
        fs::write(&path, bytes).expect("it can be written");
        let found = changed.verify();
        assert!(
            found.len() == 1 && found[0].contains(name) && found[0].contains("its bytes were changed"),
            "{found:?}"
        );
    }
    let ledger = place.data().join("kept/ledger.jsonl");
    let text = fs::read_to_string(&ledger).expect("it is there");
    for (changed, what) in [
        (text.replacen("\"bytes\":8", "\"bytes\":9", 1), "it was changed"),
        (text.lines().skip(1).map(|line| format!("{line}\n")).collect(), "lines before it are missing"),
        (text.lines().next().map(|line| format!("{line}\n")).unwrap_or_default(), ""),
    ] {
        fs::write(&ledger, &changed).expect("it can be written");
        let found = place.verify();
        assert_eq!(found.is_empty(), what.is_empty(), "{what}: {found:?}");
        assert!(found.iter().any(|finding| finding.contains(what)) || what.is_empty(), "{what}: {found:?}");
    }
    fs::write(&ledger, &text).expect("it can be written");
    let manifest = place.kept().join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    for (old, new) in [
        ("\"revision\": 1", "\"revision\": 18446744073709551615"),
        ("\"generation\": 1", "\"generation\": 3"),
        ("\"path\": \"tool-results/x.txt\"", "\"path\": \"tool-results/y.txt\""),
        ("\"last_at\": \"20", "\"last_at\": \"21"),
        ("\"agent\"", " \"agent\""),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text, "{old}");
        fs::write(&manifest, changed).expect("it can be written");
        assert!(place.verify().concat().contains("it is not as it was written"), "{new}: {:?}", place.verify());
        // Neither with an index nor without one is it taken for right when more is copied.
        for has_index in [true, false] {
            let copy = Place::new();
            let copied = Command::new("cp").arg("-a").arg(place.data()).arg(copy.root()).status();
            assert!(copied.expect("cp can be run").success());
            if !has_index {
                fs::remove_file(copy.data().join("kept/index.jsonl")).expect("it is there");
            }
            copy.log("main", &["one", "two", "three"]);
            for _ in 0..2 {
                let output = copy.worker(false).output().expect("it can be run");
                assert!(!output.status.success(), "{new}, {has_index}");
                assert!(copy.verify().concat().contains("it is not as it was written"), "{new}: {:?}", copy.verify());
            }
        }
        fs::write(&manifest, &text).expect("it can be written");
    }
    assert_eq!(place.verify(), [""; 0]);
    fs::write(&ledger, "").expect("it can be written");
    assert!(place.verify()[0].contains("the ledger has no line about its revision 1"), "{:?}", place.verify());
}

#[test]
fn links_are_never_followed() {
    let place = Place::new();
    place.log("main", &["one"]);
    place.result("x.txt", "long");
    let secret = place.root().join("secret");
    fs::write(&secret, "secret").expect("it can be written");
    std::os::unix::fs::symlink(&secret, place.results().join("link.txt")).expect("it can be made");
    place.run(false);
    assert!(!place.names().iter().any(|name| name.contains("link")), "{:?}", place.names());
    // A link in the place of a copy, and of the folder of copies.
    let copy = place.kept().join("main.1.jsonl");
    fs::remove_file(&copy).expect("it is there");
    std::os::unix::fs::symlink(&secret, &copy).expect("it can be made");
    assert!(!place.verify().is_empty());
    place.log("main", &["one", "two"]);
    let output = place.worker(false).output().expect("it can be run");
    assert_eq!(fs::read_to_string(&secret).expect("it is there"), "secret", "{output:?}");
    let linked = Place::new();
    linked.log("main", &["one"]);
    fs::create_dir_all(linked.data()).expect("it can be made");
    let elsewhere = linked.root().join("elsewhere");
    fs::create_dir(&elsewhere).expect("it can be made");
    std::os::unix::fs::symlink(&elsewhere, linked.data().join("kept")).expect("it can be made");
    assert!(!linked.worker(false).output().expect("it can be run").status.success());
    assert_eq!(fs::read_dir(&elsewhere).expect("it is there").count(), 0);
}

#[test]
fn a_snapshot_survives_what_happens_to_its_log() {
    let place = Place::new();
    let line = |uuid: &str| format!("{{\"type\":\"user\",\"uuid\":\"{uuid}\",\"message\":{{\"content\":\"x\"}}}}");
    let (one, two, three) = (line("one"), line("two"), line("three"));
    place.log("main", &[&one]);
    place.run(false);
    place.snapshot("first");
    let begins = |name: &str, lines: &[&String]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(place.restored(name), text, "{name}");
        assert_eq!(place.verify(), [""; 0], "{name}");
    };
    place.log("main", &[&one, &two]);
    place.run(false);
    place.snapshot("second");
    begins("first", &[&one]);
    place.log("main", &[&three]);
    place.run(false);
    begins("second", &[&one, &two]);
    place.remove();
    place.run(true);
    begins("first", &[&one]);
    begins("second", &[&one, &two]);
    place.snapshot("third");
    begins("third", &[&three]);
    // What is damaged is named, and is not put back.
    fs::remove_file(place.kept().join("main.1.jsonl.gz")).expect("it is there");
    assert!(place.verify().iter().any(|found| found.contains("no copy begins with the snapshot \"first\"")));
    assert!(place.restore("first").is_err());
}

#[test]
fn a_copy_is_never_written_over() {
    let place = Place::new();
    place.log("main", &["one"]);
    place.result("a.txt", "first");
    place.result("a.txt.2", "second");
    place.run(false);
    place.result("a.txt", "third");
    place.log("main", &["one", "two"]);
    place.run(false);
    assert_eq!(place.verify(), [""; 0]);
    let texts = ["a.txt", "a.txt.2", "a.txt.3"].map(|name| place.copy_of(&format!("tool-results/{name}")));
    assert_eq!(texts, ["first", "second", "third"]);
    // What is there and not named, as after an older manifest was put back.
    fs::write(place.kept().join("main.2.jsonl"), "somebody's").expect("it can be written");
    place.log("main", &["other"]);
    place.run(false);
    assert_eq!(place.copy_of("main.2.jsonl"), "somebody's");
    assert_eq!(place.copy_of("main.3.jsonl"), "other\n");
    assert_eq!(place.copy_of("main.1.jsonl"), "one\ntwo\n");
}

#[test]
fn names_that_are_no_text_and_links_are_kept_or_told() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    place.log("main", &["one"]);
    let projects = place.root().join(".claude/projects");
    let odd = projects.join(std::ffi::OsStr::from_bytes(b"-\xff\xfe"));
    fs::rename(projects.join("-w-api"), &odd).expect("it can be moved");
    place.run(false);
    assert_eq!(place.copy_of("main.1.jsonl"), "one\n");
    assert_eq!(place.verify(), [""; 0]);
    let manifest = place.manifest().expect("it is kept");
    assert!(manifest.logs[0].origin.starts_with(&odd), "{manifest:?}");
    // It is known, also after everything was read again.
    place.run(false);
    assert_eq!(place.manifest().expect("it is kept").revision, 1);
    // A link to something else.
    let secret = place.root().join("secret");
    fs::write(&secret, "root:x:0:0\n").expect("it can be written");
    fs::create_dir(projects.join("-w-api")).expect("it can be made");
    std::os::unix::fs::symlink(&secret, projects.join("-w-api/ca5d0000-0000-4000-8000-000000000001.jsonl"))
        .expect("it can be made");
    let found = agents_logs(&place);
    assert_eq!(found, (1, 1));
    place.run(false);
    assert!(!place.data().join("kept/claude-code/ca5d0000-0000-4000-8000-000000000001").exists());
}

/// How many logs are found, and how many files are told as unread.
fn agents_logs(place: &Place) -> (usize, usize) {
    let mut roots = agents::logs::Roots::default();
    roots.folders.push((agents::Agent::Claude, place.root().join(".claude")));
    let found = roots.logs();
    (found.logs.len(), found.unseen.len())
}

#[test]
fn of_two_places_each_log_is_kept_and_put_back() {
    let place = Place::new();
    place.log("main", &["one"]);
    let projects = place.root().join(".claude/projects");
    let name = "ca5d0000-0000-4000-8000-000000000000.jsonl";
    fs::create_dir(projects.join("-w-moved")).expect("it can be made");
    fs::write(projects.join("-w-moved").join(name), "other\n").expect("it can be written");
    place.run(false);
    place.log("main", &["one", "two"]);
    place.run(false);
    place.remove();
    place.run(false);
    assert_eq!(place.verify(), [""; 0]);
    let to = place.root().join("to");
    let uuid = cs_core::id::Uuid::parse("ca5d0000-0000-4000-8000-000000000000").expect("an id");
    let home = cs_core::paths::Home::at(place.data());
    let now = cs_core::clock::parse("2026-11-22T10:00:00Z").expect("a time");
    let restored = kept::restore(&home, agents::Agent::Claude, &uuid, Some(&to), "user", now).expect("it is put back");
    let mut texts: Vec<String> =
        restored.iter().map(|one| fs::read_to_string(&one.path).expect("it is there")).collect();
    texts.sort();
    assert_eq!(texts, ["one\ntwo\n", "other\n"]);
}

#[test]
fn a_copy_that_is_lost_is_told_and_made_again() {
    let place = Place::new();
    place.log("main", &["one"]);
    place.log_of(1, "main", &["one"]);
    place.run(false);
    let dir = place.kept();
    for lost in ["", "manifest.json", "main.1.jsonl"] {
        let path = dir.join(lost);
        match path.is_dir() {
            true => fs::remove_dir_all(&path).expect("it is there"),
            false => fs::remove_file(&path).expect("it is there"),
        }
        assert!(!place.verify().is_empty(), "{lost}");
        place.run(false);
        assert_eq!(place.verify(), [""; 0], "{lost}");
        assert_eq!(place.contents().get("main").map(String::as_str), Some("one\n"), "{lost}");
    }
    let index = place.data().join("kept/index.jsonl");
    let text = fs::read_to_string(&index).expect("it is there");
    fs::write(&index, text.replace("\"bytes\":4", "\"bytes\":5")).expect("it can be written");
    assert!(place.verify().concat().contains("what the manifests say"), "{:?}", place.verify());
}
