//! What is replaced, taken away, or no longer shared is in no file of the folder.

use super::*;

const SECRET: &str = "xyzzy";

/// The files of the folder that have the word.
fn with_word(dir: &Path, word: &str) -> Vec<PathBuf> {
    let (mut found, mut dirs) = (Vec::new(), vec![dir.to_path_buf()]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => dirs.push(path),
                false if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(word) => found.push(path),
                false => {}
            }
        }
    }
    found
}

/// A source of each kind, with its table.
fn each_kind() -> Vec<(Source, Table)> {
    let names = [
        (format!("head/{CONVERSATION}"), Table::Conversation),
        (format!("talk/{CONVERSATION}/main"), Table::Entry),
        ("record/sess_a".into(), Table::Record),
        (format!("mark/{CONVERSATION}"), Table::Mark),
        ("usage/2026-11-30".into(), Table::UsageDay),
        ("limit/claude/2026-11".into(), Table::LimitReading),
        ("audit/2026-11-30".into(), Table::Audit),
    ];
    names.map(|(name, table)| (source(&name), table)).into()
}

/// A folder in which each kind has a source with the secret, and another one.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = open(dir.path());
    for (one, table) in each_kind() {
        send(&mut folder, &one, &[row(table, "a", None), row(table, SECRET, None)], 0);
        let other = source(
            &one.to_string()
                .replace(CONVERSATION, OTHER)
                .replace("_a", "_b")
                .replace("30", "29")
                .replace("claude", "codex"),
        );
        send(&mut folder, &other, &[row(table, "other", None)], 0);
    }
    folder.commit().unwrap();
    assert_eq!(with_word(dir.path(), SECRET).len(), 7);
    dir
}

fn take_away(folder: &mut Folder, source: &Source) {
    folder.take(&Op::Cut(source, 0)).unwrap();
    let held = Held { digest: Digest::default().text(), ..Held::default() };
    folder.take(&Op::Held(source, &held, None)).unwrap();
}

#[test]
fn rows_that_were_replaced_are_in_no_file() {
    let dir = folder();
    let mut folder = open(dir.path());
    for (one, table) in each_kind() {
        send(&mut folder, &one, &[row(table, "a", None), row(table, "[REDACTED]", None)], 0);
    }
    assert_eq!(folder.commit().unwrap(), 14);
    assert_eq!(with_word(dir.path(), SECRET), Vec::<PathBuf>::new());
    let mut folder = open(dir.path());
    let known = folder.known();
    assert_eq!(known.sources.len(), 14, "all are held: {known:?}");
    drop(folder);
    for (one, _) in each_kind() {
        assert_eq!(ids(dir.path(), &one), ["0a", "1[REDACTED]"], "{one}");
        let held = &known.sources[&one];
        assert_eq!((held.pos, held.stamp.as_str()), (2, "2 rows"), "{one}");
    }
    assert_eq!(ids(dir.path(), &source("record/sess_b")), ["0other"]);
}

#[test]
fn what_is_taken_away_is_in_no_file_and_counts() {
    let dir = folder();
    for (one, _) in each_kind() {
        let mut folder = open(dir.path());
        take_away(&mut folder, &one);
        assert_eq!(folder.commit().unwrap(), 2, "{one}");
        assert_eq!(ids(dir.path(), &one), [""; 0], "{one}");
        assert!(!with_word(dir.path(), SECRET).contains(&file_of(dir.path(), &one)), "{one}");
        let mut folder = open(dir.path());
        assert_eq!(folder.known().sources[&one].pos, 0);
        take_away(&mut folder, &one);
        assert_eq!(folder.commit().unwrap(), 0, "{one} again");
    }
    assert_eq!(with_word(dir.path(), SECRET), Vec::<PathBuf>::new());
    // Some of a source.
    let audit = source("audit/2026-11-29");
    let mut folder = open(dir.path());
    send(&mut folder, &audit, &[row(Table::Audit, "other", None), row(Table::Audit, SECRET, None)], 1);
    folder.commit().unwrap();
    let mut folder = open(dir.path());
    folder.take(&Op::Cut(&audit, 1)).unwrap();
    assert_eq!(folder.commit().unwrap(), 1);
    assert_eq!((ids(dir.path(), &audit), with_word(dir.path(), SECRET)), (vec!["0other".into()], vec![]));
}

#[test]
fn a_run_that_was_killed_leaves_nothing_to_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let (record, talk) = (source("record/sess_a"), source(&format!("talk/{CONVERSATION}/main")));
    let mut folder = open(dir.path());
    send(&mut folder, &talk, &entries(&["a"]), 0);
    folder.commit().unwrap();
    // It has told rows, and not that they are held.
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&record, 0, &row(Table::Record, SECRET, None))).unwrap();
    folder.take(&Op::Row(&talk, 1, &entries(&[SECRET])[0])).unwrap();
    folder.writer.flush().unwrap();
    drop(folder);
    assert_eq!(with_word(dir.path(), SECRET).len(), 2);
    // The person redacts them, and then the next one comes.
    let mut folder = open(dir.path());
    send(&mut folder, &record, &[row(Table::Record, "clean", None)], 0);
    send(&mut folder, &talk, &entries(&["a", "clean"]), 1);
    folder.commit().unwrap();
    assert_eq!(with_word(dir.path(), SECRET), Vec::<PathBuf>::new());
    assert_eq!(
        (ids(dir.path(), &record), ids(dir.path(), &talk)),
        (vec!["0clean".into()], vec!["0a".into(), "1clean".into()])
    );
    // One that replaces rows, and is killed before the old ones are out of the file, is done again.
    let mut folder = open(dir.path());
    send(&mut folder, &record, &[row(Table::Record, SECRET, None)], 0);
    folder.commit().unwrap();
    let mut folder = open(dir.path());
    send(&mut folder, &record, &[row(Table::Record, "cleaned", None)], 0);
    folder.say_held().unwrap();
    drop(folder);
    let mut folder = open(dir.path());
    assert_eq!(folder.known().sources[&record], Held { pos: 1, ..Held::default() });
    send(&mut folder, &record, &[row(Table::Record, "cleaned", None)], 0);
    folder.commit().unwrap();
    assert_eq!(with_word(dir.path(), SECRET), Vec::<PathBuf>::new());
}

#[test]
fn who_sees_a_source_is_held_and_counts_as_a_change() {
    let dir = folder();
    for (one, _) in each_kind() {
        for (visibility, changes) in [(Visibility::Team, 1), (Visibility::Team, 0), (Visibility::Private, 1)] {
            let mut folder = open(dir.path());
            let held = folder.known().sources[&one].clone();
            folder.take(&Op::Held(&one, &held, Some(visibility))).unwrap();
            assert_eq!(folder.commit().unwrap(), changes, "{one}");
            let known = open(dir.path()).known();
            assert_eq!((known.visibility(&one), &known.sources[&one]), (visibility, &held));
        }
    }
}

#[test]
fn a_new_label_is_written() {
    let dir = folder();
    let mut folder = open(dir.path());
    folder.take(&Op::Machine(&Machine { label: "desk".into(), ..machine() })).unwrap();
    folder.commit().unwrap();
    let place = Place::new(dir.path(), &machine().id).unwrap();
    assert_eq!(Card::read(&place).unwrap().unwrap().machine.label, "desk");
}
