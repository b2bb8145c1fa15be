//! The tables have a version: another one is told, and steps between them keep all rows.

use crate::made::{File, everything, run, script};
use cs_core::error::Error;
use sync::sqlite::{Database, Session, pull, schema};

#[test]
fn making_the_tables_twice_changes_nothing() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    let dump = || file.say(".dump\n");
    let before = dump();
    file.say(&schema(None, None).unwrap());
    assert_eq!(dump(), before);
}

#[test]
fn a_step_up_and_back_keeps_all_rows() {
    let Some(file) = File::empty() else { return };
    file.say(&schema(None, Some(1)).unwrap());
    let first = file.say(".schema\n");
    let again = || file.say("select version from meta;").trim().to_string();
    assert_eq!(again(), "1");
    file.say(&schema(Some(1), None).unwrap());
    file.push("anna", &everything(1));
    let (content, second) = (file.content(), file.say(".schema\n"));
    file.say(&schema(Some(2), Some(1)).unwrap());
    assert_eq!((again(), file.say(".schema\n")), ("1".into(), first));
    assert_eq!(file.content(), content);
    file.say(&schema(Some(1), Some(2)).unwrap());
    assert_eq!((again(), file.say(".schema\n")), ("2".into(), second));
    assert_eq!((file.content(), file.push("anna", &everything(1))), (content, 0));
}

/// What both ways of a push, and a pull, say of the file.
fn told(database: &Database) -> [String; 3] {
    let output = run(database, &script("anna", &everything(1)));
    assert!(!output.status.success());
    let piped = String::from_utf8(output.stderr).unwrap();
    let session = Session::open(database, "anna").unwrap_err();
    let pulled = pull(database, &[], &mut |_| Ok(())).unwrap_err();
    for error in [&session, &pulled] {
        assert!(matches!(error, Error::Missing(_) | Error::Refused(_)), "{error:?}");
    }
    [piped, session.to_string(), pulled.to_string()]
}

#[test]
fn another_version_is_told_with_a_hint_and_nothing_is_changed() {
    let Some(file) = File::empty() else { return };
    std::fs::write(&file.database.file, "").unwrap();
    let said = told(&file.database);
    assert!(said.iter().all(|said| said.contains("cs-sync schema sqlite | sqlite3")), "{said:?}");
    file.say("create table other (x);");
    let said = told(&file.database);
    assert!(said.iter().all(|said| said.contains("cs-sync schema sqlite | sqlite3")), "{said:?}");
    file.say(&schema(None, Some(1)).unwrap());
    let said = told(&file.database);
    assert!(said.iter().all(|said| said.contains("cs-sync schema sqlite --from 1 | sqlite3 FILE")), "{said:?}");
    let wrong = file.run(&schema(Some(2), Some(1)).unwrap());
    assert!(!wrong.status.success());
    file.say(&schema(Some(1), None).unwrap());
    file.say("update meta set version = 3;");
    let said = told(&file.database);
    assert!(said.iter().all(|said| said.contains("update claude-sessions")), "{said:?}");
    file.say(&schema(None, None).unwrap());
    assert_eq!(file.say("select version from meta; select count(*) from outgoing;"), "3\n0\n");
}
