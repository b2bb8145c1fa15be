//! What is pulled into a folder: all that is there and may be seen, nothing else, and nothing is written twice.

use crate::made::{File, Sent, machine, row, source, whole};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use sync::sqlite::pull;
use sync::{Folder, Row, Sink, Visibility};

const SECRET: &str = "xyzzy";

/// Pulls what there is of anna's machine, and returns the number of changes.
fn fill(file: &File, dir: &Path) -> u64 {
    let now = cs_core::clock::parse("2026-11-30T12:00:00Z").unwrap();
    let mut folder = Folder::open(dir, &machine(1), Some("anna"), now).unwrap();
    let known = [("anna".to_string(), machine(1).id, folder.known())];
    let failures = pull(&file.database, &known, &mut |pulled| folder.take(&pulled.op)).unwrap();
    assert!(failures.is_empty(), "{failures:?}");
    folder.commit().unwrap()
}

/// All files, with the time of their last change and their text.
fn files(dir: &Path) -> BTreeMap<PathBuf, (SystemTime, String)> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
            let text = std::fs::read(&path).unwrap();
            files.insert(path, (changed, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    files
}

fn has(dir: &Path, word: &str) -> bool {
    files(dir).values().any(|(_, text)| text.contains(word))
}

fn of(name: &str, texts: &[&str]) -> Vec<Row> {
    let about = |text: &&str| Row { conversation: Some(format!("of-{}", text.len())), ..row(&source(name), text) };
    texts.iter().map(about).collect()
}

fn push(file: &File, name: &str, texts: &[&str], visibility: Visibility) {
    let mut ops = vec![Sent::Machine(machine(1))];
    ops.extend(whole(name, &of(name, texts), Some(visibility)));
    file.push("anna", &ops);
}

#[test]
fn what_is_there_no_longer_goes_out_of_the_folder() {
    let Some(file) = File::new() else { return };
    let dir = file.beside("team");
    let names = ["head/c1", "talk/c1/main", "record/s1", "mark/c1", "usage/2026-11-21", "audit/2026-11-21"];
    for name in names {
        push(&file, name, &["a", SECRET, "b"], Visibility::Private);
    }
    assert_eq!((fill(&file, &dir), has(&dir, SECRET)), (18, true));
    let before = files(&dir);
    assert_eq!((fill(&file, &dir), files(&dir)), (0, before), "the same again writes nothing");
    for name in &names[..3] {
        push(&file, name, &["a", "[REDACTED]", "b"], Visibility::Private);
    }
    assert_eq!(fill(&file, &dir), 9);
    let left = files(&dir).into_iter().filter(|(_, (_, text))| text.contains(SECRET));
    let left: Vec<PathBuf> =
        left.filter_map(|(path, _)| Some(path.strip_prefix(&dir).ok()?.components().skip(1).collect())).collect();
    assert_eq!(left, ["audit/2026-11-21.jsonl", "mark.jsonl", "usage.jsonl"].map(PathBuf::from));
    file.say("delete from cursor where source like 'mark/%' or source like 'usage/%';");
    file.push("anna", &[Sent::Machine(machine(1)), Sent::Forget(format!("of-{}", SECRET.len()))]);
    let changes = fill(&file, &dir);
    assert!(changes >= 8, "{changes}: six rows that are gone, and two that are numbered anew");
    assert!(!has(&dir, SECRET), "{:?}", files(&dir));
    let before = files(&dir);
    assert_eq!((fill(&file, &dir), files(&dir)), (0, before), "although the log has no digest");
}

#[test]
fn who_sees_it_comes_into_the_folder() {
    let Some(file) = File::new() else { return };
    let dir = file.beside("team");
    push(&file, "head/c1", &["a"], Visibility::Private);
    push(&file, "talk/c1/main", &["a"], Visibility::Private);
    fill(&file, &dir);
    assert!(!has(&dir, "\"team\""));
    push(&file, "head/c1", &["a"], Visibility::Team);
    assert_eq!((fill(&file, &dir), has(&dir, "\"team\"")), (1, true));
    assert_eq!(fill(&file, &dir), 0);
    push(&file, "head/c1", &["a"], Visibility::Private);
    assert_eq!((fill(&file, &dir), fill(&file, &dir)), (1, 0));
}

#[test]
fn fewer_rows_than_are_held_are_not_taken_for_all() {
    let Some(file) = File::new() else { return };
    push(&file, "talk/c1/main", &["a", "b", "c"], Visibility::Team);
    file.say("delete from entry where seq = 2;");
    let mut held = 0;
    let failures = pull(&file.database, &[], &mut |pulled| {
        held += usize::from(matches!(pulled.op, sync::Op::Held(..)));
        Ok(())
    });
    assert_eq!((failures.unwrap().len(), held), (1, 0));
}
