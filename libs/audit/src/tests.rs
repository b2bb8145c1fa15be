//! Appends to real files, damages them, and verifies.

mod bytes;
mod days;
mod every;
mod odd;
mod read;
mod report;
mod shown;
mod told;

use crate::log::files;
use crate::*;
use cs_core::clock::{self, Instant};
use cs_core::paths::Home;
use std::fs;
use std::time::Duration;

const WAIT: Duration = Duration::from_millis(100);

struct Place {
    _dir: tempfile::TempDir,
    home: Home,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().join("data"));
    Place { _dir: dir, home }
}

fn at(text: &str) -> Instant {
    clock::parse(text).unwrap()
}

impl Place {
    fn append(&self, kind: Kind, command: &str, now: &str) {
        let input = Input { command: Some(command.to_string()), ..Input::default() };
        let entry = Entry { tool: Some("Bash".into()), input: Some(input), ..Entry::new(kind, at(now)) };
        Log::of(&self.home, WAIT).append(entry, at(now)).unwrap();
    }

    fn fill(&self, lines: usize) {
        for n in 0..lines {
            self.append(Kind::Attempt, &format!("ls {n}"), &format!("2026-11-2{}T10:00:00Z", n * 3 / lines));
        }
    }

    fn findings(&self) -> Vec<Finding> {
        verify(&self.home, Vec::new()).unwrap().findings
    }

    fn newest(&self) -> std::path::PathBuf {
        files(&self.home).unwrap().pop().unwrap()
    }
}

#[test]
fn an_untouched_log_verifies_over_its_files() {
    let place = place();
    assert_eq!(verify(&place.home, Vec::new()).unwrap(), Verified::default());
    place.fill(30);
    let report = verify(&place.home, Vec::new()).unwrap();
    assert_eq!((report.lines, report.seq, report.vouched), (30, 30, 1));
    assert_eq!(report.findings, []);
    assert_eq!(files(&place.home).unwrap().len(), 3);
}

#[test]
fn each_change_of_a_byte_is_found() {
    let place = place();
    place.fill(3);
    for path in files(&place.home).unwrap() {
        let whole = fs::read(&path).unwrap();
        for n in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[n] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(!place.findings().is_empty(), "byte {n} of {path:?}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(place.findings(), []);
}

#[test]
fn missing_lines_are_found_wherever_they_were() {
    let place = place();
    place.fill(9);
    let all = files(&place.home).unwrap();
    let whole = fs::read_to_string(&all[2]).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    fs::write(&all[2], lines[..2].concat()).unwrap();
    assert_eq!(place.findings(), [Finding::Missing { named_by: "head.json".into(), seq: 9 }]);
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    let name = all[2].file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(place.findings(), [Finding::Break { file: name.clone(), line: 3, seq: 10, expected: 9 }]);
    fs::write(&all[2], [lines[0], lines[2]].concat()).unwrap();
    assert!(matches!(place.findings()[0], Finding::Break { line: 2, .. }));
    fs::write(&all[2], &whole).unwrap();
    fs::remove_file(&all[0]).unwrap();
    assert_eq!(place.findings()[0], Finding::NoStart { seq: 4 });
}

#[test]
fn a_torn_line_stays_and_the_chain_goes_on_after_it() {
    let place = place();
    place.fill(3);
    let path = place.newest();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let findings = place.findings();
    assert_eq!(findings[0], Finding::Torn { file: name, line: 1 });
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(&whole[..whole.len() - 20]));
    place.append(Kind::Attempt, "after", "2026-11-22T11:00:00Z");
    assert_eq!(place.findings(), findings, "nothing else is wrong");
}

#[test]
fn a_line_that_finds_the_log_locked_comes_late_and_once() {
    let place = place();
    place.fill(1);
    let lock = cs_core::lock::acquire(&place.home.audit_lock(), WAIT).unwrap();
    place.append(Kind::Attempt, "first", "2026-11-22T10:00:00Z");
    place.append(Kind::Attempt, "second", "2026-11-22T10:00:01Z");
    drop(lock);
    place.append(Kind::Attempt, "third", "2026-11-22T10:00:02Z");
    let text = fs::read_to_string(place.newest()).unwrap();
    let order: Vec<Option<usize>> = ["\"first\"", "\"second\"", "\"third\""].map(|word| text.find(word)).to_vec();
    assert!(order[0] < order[1] && order[1] < order[2] && order[0].is_some(), "{text}");
    assert_eq!(text.matches("\"late\"").count(), 2);
    assert!(!place.home.audit_pending().exists(), "nobody needs to look into it");
    assert_eq!(place.findings(), []);
}

#[test]
fn a_clock_that_is_set_back_does_not_break_the_order() {
    let place = place();
    place.append(Kind::Attempt, "a", "2026-11-22T10:00:00Z");
    place.append(Kind::Attempt, "b", "2026-11-20T10:00:00Z");
    assert_eq!(files(&place.home).unwrap().len(), 1);
    assert_eq!(place.findings(), []);
    // Nobody remembers which file is the newest: it is looked for.
    fs::remove_file(place.home.audit_head()).unwrap();
    place.append(Kind::Attempt, "c", "2026-11-20T10:00:00Z");
    assert_eq!(files(&place.home).unwrap().len(), 1);
    assert_eq!(
        place.findings(),
        [Finding::Headless { file: "2026-11-22.jsonl".into(), line: 3, why: "missing".into() }]
    );
}

#[test]
fn texts_are_masked_and_cut() {
    let place = place();
    let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
    place.append(
        Kind::Attempt,
        &format!("curl -H 'Authorization: token {secret}' {}", "x".repeat(9000)),
        "2026-11-22T10:00:00Z",
    );
    let text = fs::read_to_string(place.newest()).unwrap();
    assert!(!text.contains(&secret) && text.contains("[masked]") && text.len() < 3000, "{text}");
}
