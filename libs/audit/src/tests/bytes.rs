//! Changes and cuts, each of them: none may stay unnoticed.

use super::*;
use crate::verify::Walk;

/// The name of the log in these tests.
const NAME: &str = "2026-11-22.jsonl";

fn feed(walk: &mut Walk, bytes: &[u8]) {
    walk.lines(NAME, bytes).unwrap();
}

/// The findings if what was read so far is followed by these bytes.
fn findings(before: &Walk, bytes: &[u8]) -> usize {
    let mut walk = before.clone();
    feed(&mut walk, bytes);
    walk.finish(None).findings.len()
}

/// Each change is made in a line that is followed by another one, or by the end that `head.json` names, because a change
/// shows in its own line or in the next one.
#[test]
fn each_change_of_one_byte_of_a_thousand_lines_is_found() {
    let place = place();
    for n in 0..1000 {
        place.append(Kind::Attempt, &format!("ls {n}"), "2026-11-22T10:00:00Z");
    }
    let whole = fs::read(place.newest()).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 1000);
    let head = Head::read(&place.home).unwrap().unwrap();
    let mut read = Walk::default();
    let walks: Vec<Walk> = lines
        .iter()
        .map(|line| {
            let before = read.clone();
            feed(&mut read, line);
            before
        })
        .collect();
    let change = |n: usize, line: &[u8]| {
        let mut before = walks[n].clone();
        if n + 1 == lines.len() {
            before.must_have("head.json", &head);
        }
        let mut part = [line, lines.get(n + 1).copied().unwrap_or_default()].concat();
        assert_eq!(findings(&before, &part), 0, "line {n}");
        let mut changes = 0;
        for at in 0..line.len() {
            let byte = part[at];
            // Another value, and, where it is not one, the end of a line.
            for other in [byte ^ 1, b'\n'].into_iter().filter(|other| *other != byte) {
                part[at] = other;
                assert!(findings(&before, &part) > 0, "line {n}, byte {at}: {other}");
                changes += 1;
            }
            part[at] = byte;
        }
        changes
    };
    let changes: usize = on_all_cores(lines.len(), |n| change(n, lines[n])).into_iter().sum();
    assert!(changes > whole.len(), "{changes}");
}

/// Does the same for each number, in as many threads as there are cores.
fn on_all_cores<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    std::thread::scope(|scope| {
        let part = |core: usize| (core..count).step_by(cores).map(&work).collect::<Vec<T>>();
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || part(core))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn each_cut_of_the_end_is_found_also_with_the_head_cut_back_if_a_record_names_a_later_line() {
    let place = place();
    place.fill(9);
    let path = place.newest();
    let whole = fs::read(&path).unwrap();
    let head = Head::read(&place.home).unwrap().unwrap();
    let covered = memchr::memmem::rfind(&whole, b",\"hash\"").unwrap();
    let before = |size: usize| {
        let mut lines = whole[..size].split_inclusive(|byte| *byte == b'\n');
        let last = lines.rfind(|line| line.ends_with(b"\n")).map(|line| &line[..line.len() - 1]);
        last.and_then(chain::parts).map(|parts| Head { seq: parts.seq, hash: parts.hash.into(), ..head.clone() })
    };
    for size in 0..whole.len() {
        head.write(&place.home).unwrap();
        fs::write(&path, &whole[..size]).unwrap();
        assert!(!place.findings().is_empty(), "cut at byte {size}");
        // Now the head agrees with what is left.
        let Some(cut_back) = before(size) else { continue };
        cut_back.write(&place.home).unwrap();
        let is_clean = whole[..size].ends_with(b"\n");
        assert_eq!(place.findings().is_empty(), is_clean, "cut at byte {size}");
        let named = vec![("sess_20261122T1000_0001".to_string(), head.clone())];
        let found = verify(&place.home, named).unwrap().findings;
        let missing = Finding::Missing { named_by: "sess_20261122T1000_0001".into(), seq: head.seq };
        // If only its end or its hash is missing, everything that it says is there.
        let is_there = size + 1 == whole.len() || size == covered;
        assert_eq!(found.last() == Some(&missing), !is_there, "cut at byte {size}");
    }
}

/// A program that is killed while it writes leaves a part of its line.
#[test]
fn each_part_of_a_line_is_named_once_and_the_chain_goes_on() {
    let first = place();
    first.append(Kind::Attempt, "first", "2026-11-21T10:00:00Z");
    for (now, lines_before) in [("2026-11-21T10:00:01Z", 1), ("2026-11-22T10:00:00Z", 0)] {
        let place = place();
        fs::create_dir_all(place.home.audit_dir()).unwrap();
        let file = first.newest();
        let copy = place.home.audit_dir().join(file.file_name().unwrap());
        fs::copy(&file, &copy).unwrap();
        fs::copy(first.home.audit_head(), place.home.audit_head()).unwrap();
        let head = fs::read(place.home.audit_head()).unwrap();
        let size_before = if lines_before == 1 { fs::metadata(&copy).unwrap().len() as usize } else { 0 };
        place.append(Kind::Attempt, "torn", now);
        let path = place.newest();
        let whole = fs::read(&path).unwrap();
        for size in size_before + 1..whole.len() - 1 {
            fs::write(place.home.audit_head(), &head).unwrap();
            fs::write(&path, &whole[..size]).unwrap();
            place.append(Kind::Attempt, "after", "2026-11-22T10:00:02Z");
            place.append(Kind::Attempt, "after", "2026-11-22T10:00:03Z");
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert_eq!(place.findings(), [Finding::Torn { file: name, line: lines_before + 1 }], "{size} of {now}");
            let later = place.newest();
            if later != path {
                fs::remove_file(later).unwrap();
            }
        }
    }
}

#[test]
fn foreign_lines_of_any_length_are_named() {
    for size in [0, 10, 4096, 70_000, 1024 * 1024, 5 * 1024 * 1024 + 17] {
        let place = place();
        place.fill(3);
        let path = place.newest();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let whole = fs::read(&path).unwrap();
        let count = whole.iter().filter(|byte| **byte == b'\n').count() as u64;
        fs::write(&path, [whole, vec![b'x'; size], b"\n".to_vec()].concat()).unwrap();
        place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
        place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
        let findings = place.findings();
        assert_eq!(findings.first(), Some(&Finding::Torn { file: name, line: count + 1 }), "{size}");
        // Of a line that is longer than any of ours, nobody knows where it began.
        assert!(findings.len() == 1 || size >= 1024 * 1024, "{size}: {findings:?}");
    }
}
