//! What a run that was killed has left is never taken for what was there before, even if the source is as it was again.

use super::*;

/// What a run finds held: the digest, if it counts.
fn held(dir: &Path, source: &Source) -> Option<String> {
    open(dir).known().sources.get(source).map(|held| held.digest.clone()).filter(|digest| !digest.is_empty())
}

fn record(text: &str) -> Vec<Row> {
    vec![row(Table::Record, text, None)]
}

/// A folder with a source in a file of many, and one with a file of its own.
fn folder() -> (tempfile::TempDir, Source, Source) {
    let dir = tempfile::tempdir().unwrap();
    let (shared, own) = (source("record/sess_a"), source(&format!("talk/{CONVERSATION}/main")));
    let mut folder = open(dir.path());
    send(&mut folder, &shared, &record("one"), 0);
    send(&mut folder, &own, &entries(&["a", "b"]), 0);
    folder.commit().unwrap();
    assert!(held(dir.path(), &shared).is_some() && held(dir.path(), &own).is_some());
    (dir, shared, own)
}

#[test]
fn rows_that_were_replaced_and_not_held_leave_no_digest() {
    let (dir, shared, own) = folder();
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&shared, 0, &record("two")[0])).unwrap();
    folder.writer.flush().unwrap();
    drop(folder);
    assert_eq!(ids(dir.path(), &shared), ["0two"]);
    assert!(held(dir.path(), &shared).is_none() && held(dir.path(), &own).is_some());
    // The next run holds another source, and is killed.
    let other = source("record/sess_b");
    let mut folder = open(dir.path());
    send(&mut folder, &other, &record("other"), 0);
    folder.say_held().unwrap();
    drop(folder);
    assert!(held(dir.path(), &shared).is_none() && held(dir.path(), &other).is_some());
    // The source is as it was, and is sent again.
    let mut folder = open(dir.path());
    send(&mut folder, &shared, &record("one"), 0);
    folder.commit().unwrap();
    assert_eq!((ids(dir.path(), &shared), held(dir.path(), &shared).is_some()), (vec!["0one".into()], true));
}

#[test]
fn a_source_in_front_of_others_that_are_held_leaves_no_digest() {
    let (dir, shared, _) = folder();
    // One is replaced and held later than another one; one is replaced and never held.
    for is_held in [true, false] {
        let mut folder = open(dir.path());
        match is_held {
            true => send(&mut folder, &shared, &record("two"), 0),
            false => folder.take(&Op::Row(&shared, 0, &record("six")[0])).unwrap(),
        }
        send(&mut folder, &source("record/sess_b"), &record("other"), 0);
        folder.say_held().unwrap();
        drop(folder);
        assert!(held(dir.path(), &shared).is_none(), "{is_held}");
        let mut folder = open(dir.path());
        send(&mut folder, &shared, &record("one"), 0);
        folder.commit().unwrap();
        assert!(held(dir.path(), &shared).is_some(), "{is_held}");
    }
}

#[test]
fn a_new_file_that_took_the_place_of_the_old_one_leaves_no_digest() {
    for (texts, told) in [(&["a", "x"][..], "as long"), (&["a", "bb"], "longer"), (&["a"], "shorter")] {
        let (dir, shared, own) = folder();
        let mut folder = open(dir.path());
        send(&mut folder, &own, &entries(texts), 0);
        drop(folder);
        let is_there = ids(dir.path(), &own).len() == texts.len();
        assert!(is_there && held(dir.path(), &own).is_none() && held(dir.path(), &shared).is_some(), "{told}");
    }
    // Rows behind those that came were kept, so that it is as long.
    let (dir, _, own) = folder();
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&own, 0, &entries(&["x"])[0])).unwrap();
    folder.take(&Op::Held(&own, &Held { pos: 2, ..Held::default() }, None)).unwrap();
    drop(folder);
    assert_eq!((ids(dir.path(), &own), held(dir.path(), &own)), (vec!["0x".into(), "1b".into()], None));
}

#[test]
fn rows_that_were_appended_and_not_held_leave_no_digest() {
    let (dir, _, own) = folder();
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&own, 2, &entries(&["c"])[0])).unwrap();
    folder.writer.flush().unwrap();
    drop(folder);
    assert_eq!((ids(dir.path(), &own).len(), held(dir.path(), &own)), (3, None));
}

#[test]
fn a_file_that_lost_its_end_and_grew_again_leaves_no_digest() {
    let (dir, shared, _) = folder();
    let path = file_of(dir.path(), &shared);
    let size = std::fs::metadata(&path).unwrap().len() as usize;
    std::fs::write(&path, "").unwrap();
    // Another source is written, to more than the length that was held, and the run is killed.
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&source("record/sess_b"), 0, &record(&"x".repeat(size))[0])).unwrap();
    folder.writer.flush().unwrap();
    drop(folder);
    assert!(std::fs::metadata(&path).unwrap().len() as usize > size);
    assert!(held(dir.path(), &shared).is_none());
    // What is forgotten or written anew makes no difference.
    let mut folder = open(dir.path());
    folder.write_anew();
    folder.commit().unwrap();
    assert!(held(dir.path(), &shared).is_none());
}

#[test]
fn to_look_at_a_folder_changes_nothing_in_it() {
    let (dir, shared, _) = folder();
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&shared, 0, &record("two")[0])).unwrap();
    folder.writer.flush().unwrap();
    drop(folder);
    let held_file = Place::new(dir.path(), &machine().id).unwrap().held();
    let before = std::fs::read(&held_file).unwrap();
    assert!(held(dir.path(), &shared).is_none());
    assert_eq!(std::fs::read(&held_file).unwrap(), before);
}
