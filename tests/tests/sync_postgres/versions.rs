//! The versions of the schema, and what is told when it is not the one that is needed.

use crate::content::{Content, everything, server};
use cs_core::error::Error;
use cs_tests::postgres::Postgres;
use cs_tests::{stderr, stdout};
use sync::postgres;

fn schema(from: Option<u32>, to: Option<u32>) -> String {
    postgres::schema(from, to).unwrap()
}

/// What is told to a push that asks, and to one whose text somebody runs.
fn refused(server: &Postgres, role: &str) -> (String, String) {
    let content = Content::new(1, "").with(&["c1"], 1);
    let error = content.push(server, role).unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    let run = server.run(role, &content.script());
    assert_eq!((run.status.code(), stdout(&run)), (Some(3), String::new()));
    let pulled = postgres::pull(&server.arguments(role), &[], &mut |_| Ok(())).unwrap_err();
    assert!(matches!(pulled, Error::Refused(_)) || role == "rex", "{pulled:?}");
    (error.to_string(), stderr(&run))
}

#[test]
fn a_schema_is_made_once() {
    let Some(server) = Postgres::start(&[]) else { return };
    let made = server.run("admin", &schema(None, None));
    assert_eq!((stdout(&made), stderr(&made)), ("the schema cs has version 2 now\n".into(), String::new()));
    server.ask("admin", cs_tests::postgres::ROLES);
    Content::new(1, "").with(&["c1"], 3).push(&server, "ada").unwrap();
    let before = everything(&server);
    let again = server.run("admin", &schema(None, None));
    assert_eq!(stdout(&again), "the schema cs has version 2 already: nothing was changed\n", "{}", stderr(&again));
    assert_eq!(everything(&server), before);
    for (from, to) in [(Some(2), None), (Some(3), Some(1)), (None, Some(3))] {
        assert!(matches!(postgres::schema(from, to), Err(Error::Invalid(_))), "{from:?} {to:?}");
    }
    // One that cannot be made leaves nothing behind.
    server.ask("admin", "create database other; create role poor login");
    let mut poor = server.psql("poor");
    poor.args(["-d", "other"]);
    let failed = cs_tests::run(poor, &schema(None, None));
    assert_eq!(failed.status.code(), Some(3), "{}", stderr(&failed));
}

#[test]
fn the_upgrade_and_the_way_back_keep_all_rows() {
    let Some(server) = Postgres::start(&[]) else { return };
    server.ask("admin", &schema(None, Some(1)));
    server.ask("admin", cs_tests::postgres::ROLES);
    let (asked, piped) = refused(&server, "ada");
    let told = "the schema cs has version 1, and this program needs version 2";
    let hint = "an administrator upgrades it: cs-sync schema postgres --from 1 | psql";
    assert_eq!(asked, format!("{told}; {hint}"));
    assert!(piped.contains(told) && piped.contains(hint), "{piped}");
    let up = server.run("admin", &schema(Some(1), None));
    assert_eq!(stdout(&up), "the schema cs has version 2 now\n", "{}", stderr(&up));
    let content = Content::new(1, "").with(&["c1", "c2"], 3);
    content.push(&server, "ada").unwrap();
    let before = everything(&server);
    assert_eq!(server.ask("ada", "select count(*) from codex.threads"), "2");
    for _ in 0..2 {
        assert_eq!(server.ask("admin", &schema(Some(2), Some(1))), "the schema cs has version 1 now");
        let gone = server.refusal("admin", "select from codex.threads");
        assert!(gone.contains("does not exist"), "{gone}");
        let twice = server.run("admin", &schema(Some(2), Some(1)));
        assert_eq!(stdout(&twice), "the schema cs has version 1 already: nothing was changed\n", "{}", stderr(&twice));
        assert_eq!(server.ask("admin", &schema(Some(1), Some(2))), "the schema cs has version 2 now");
    }
    assert_eq!(everything(&server), before);
    assert_eq!(content.push(&server, "ada").unwrap(), 0);
    // A new schema is not made over an old one.
    server.ask("admin", &schema(Some(2), Some(1)));
    let failed = server.refusal("admin", &schema(None, None));
    assert!(failed.contains("has version 1, not 0") && failed.contains("--from 1 | psql"), "{failed}");
}

#[test]
fn what_is_missing_is_named_with_what_helps() {
    let Some(server) = server() else { return };
    let (asked, piped) = refused(&server, "eve");
    assert_eq!(asked, "eve may not use the schema cs; an administrator allows it: grant cs_team to eve");
    assert!(piped.contains("grant cs_team to eve"), "{piped}");
    let content = Content::new(1, "").with(&["c1"], 1);
    let reviewer = content.push(&server, "rex").unwrap_err().to_string();
    assert_eq!(
        reviewer,
        "rex is a reviewer, who reads everything and sends nothing; pull works; to send something, log in as a member of cs_team"
    );
    server.ask("admin", "update cs.meta set version = 3");
    let (asked, _) = refused(&server, "ada");
    assert_eq!(
        asked,
        "the schema cs has version 3, and this program knows only version 2; update claude-sessions on this machine"
    );
    server.ask("admin", "drop schema codex cascade; drop schema cs cascade");
    let (asked, piped) = refused(&server, "ada");
    let told = "the database postgres has no schema cs; an administrator makes it: cs-sync schema postgres | psql";
    assert_eq!(asked, told);
    assert!(piped.contains("cs-sync schema postgres | psql"), "{piped}");
    assert!(server.ask("admin", &schema(None, None)).contains("has version 2 now"), "the roles are still there");
    for (arguments, part) in [
        ("-h /nowhere -U ada", "/nowhere"),
        ("service=no-such", "no-such"),
        ("'a", "is not closed"),
        ("--no-such-option", "no-such-option"),
    ] {
        let failed = postgres::Session::open(arguments).and_then(|mut one| one.known(&content.machine));
        let failed = failed.unwrap_err().to_string();
        assert!(failed.contains(part) && !failed.contains('\n'), "{arguments}: {failed}");
    }
}

#[test]
fn a_push_waits_for_a_password_from_nobody() {
    let Some(server) = server() else { return };
    server.ask("admin", "alter role ada password 'right'");
    // The server asks for it from now on.
    let rules = server.ask("admin", "show hba_file");
    std::fs::write(&rules, "local all admin trust\nlocal all all scram-sha-256\n").unwrap();
    server.ask("admin", "select pg_reload_conf()");
    let content = Content::new(1, "").with(&["c1"], 1);
    let is_asked = || content.push(&server, "ada").is_err();
    assert!(cs_tests::eventually(std::time::Duration::from_secs(10), is_asked));
    let told = content.push(&server, "ada").unwrap_err().to_string();
    assert!(told.contains("no password supplied") && told.contains("PGPASSFILE"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpass");
    std::fs::write(&file, "*:*:*:ada:right\n").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let arguments = format!("\"{} passfile={}\"", dsn(&server), file.display());
    let mut session = postgres::Session::open(&arguments).unwrap();
    let known = session.known(&content.machine).unwrap();
    content.send(&known, &mut session).unwrap();
    assert_eq!(session.commit().unwrap(), content.rows());
}

/// The way to the server as one word.
fn dsn(server: &Postgres) -> String {
    let arguments = server.arguments("ada");
    let words: Vec<&str> = arguments.split(' ').collect();
    format!("host={} user={} dbname={}", words[1], words[3], words[5])
}
