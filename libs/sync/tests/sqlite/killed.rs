//! Whoever is killed leaves the file as it was.

use crate::made::{File, everything, machine, script, size, talk};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use sync::sqlite::Session;
use sync::{Op, Sink};

#[test]
fn a_text_that_is_cut_off_anywhere_changes_nothing() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/old/main", 3));
    let content = file.content();
    let text = script("anna", &everything(1));
    let commit = text.rfind("\ncommit;").unwrap() + 1;
    let ends: Vec<usize> = text[..commit].match_indices('\n').map(|(at, _)| at + 1).collect();
    let odd = (1..40).map(|part| commit * part / 40).filter(|at| text.is_char_boundary(*at));
    let ends: Vec<usize> =
        ends.iter().copied().step_by(ends.len() / 60 + 1).chain(odd).chain([commit, commit + 3]).collect();
    for end in ends {
        file.run(&text[..end]);
        assert_eq!(file.content(), content, "cut off after {end} bytes: {:?}", &text[end.saturating_sub(80)..end]);
    }
    file.say(&text);
    assert_ne!(file.content(), content);
}

#[test]
fn a_killed_sqlite3_leaves_the_file_as_it_was() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/old/main", 3));
    let content = file.content();
    let text = script("anna", &talk(1, "talk/new/main", 30_000));
    let text = text.replace("pragma cache_size = -16384;", "pragma cache_size = 10;");
    let (text, _) = text.split_at(text.rfind("\ncommit;").unwrap() + 1);
    let mut child = Command::new(&file.database.program);
    let mut child = child.arg(&file.database.file).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    // What did not fit into its cache is in the file, so that its journal is needed.
    let journal = file.beside("all.db-journal");
    let until = Instant::now() + Duration::from_secs(20);
    while size(&file.database.file) < 1024 * 1024 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(size(&file.database.file) > 1024 * 1024 && journal.exists(), "it was killed too late");
    assert_eq!(file.content(), content);
    assert!(!journal.exists());
    assert_eq!(file.push("anna", &talk(1, "talk/new/main", 10)), 10);
}

#[test]
fn a_push_whose_sqlite3_fails_says_why() {
    let Some(file) = File::new() else { return };
    file.say(
        "create trigger full before insert on entry when new.seq = 900 begin select raise(abort, 'disk is full'); end;",
    );
    let mut session = Session::open(&file.database, "anna").unwrap();
    let sent: Result<Vec<()>, _> = talk(1, "talk/c/main", 9000).iter().map(|one| session.take(&one.op())).collect();
    let told = sent.map(drop).and_then(|()| session.commit().map(drop)).unwrap_err().to_string();
    assert!(told.contains("disk is full") && told.contains("all.db"), "{told}");
    let mut session = Session::open(&file.database, "anna").unwrap();
    session.take(&Op::Machine(&machine(1))).unwrap();
    assert_eq!((session.commit().unwrap(), file.say("select count(*) from entry;")), (0, "0\n".into()));
}
