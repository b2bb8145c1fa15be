//! Who sees and changes what: two members of the team, a reviewer, and somebody without a right.

use crate::content::{Content, server};
use cs_tests::postgres::Postgres;
use sync::Visibility;

/// Every table with rows of owners.
const TABLES: [&str; 10] = [
    "machine",
    "cursor",
    "forgotten",
    "conversation",
    "entry",
    "record",
    "mark",
    "usage_day",
    "limit_reading",
    "audit",
];

/// Ada has a private conversation and, on another machine, one for the team; Bob has a private one.
fn scene() -> Option<Postgres> {
    let server = server()?;
    let ada = Content::new(1, "ada's laptop").with(&["a-private"], 2);
    let mut shared = Content::new(2, "ada's tower").with(&["a-team"], 3);
    shared.visibility = Some(Visibility::Team);
    let bob = Content::new(3, "bob's").with(&["b-private"], 2);
    for (content, role) in [(&ada, "ada"), (&shared, "ada"), (&bob, "bob")] {
        assert_eq!(content.push(&server, role).unwrap(), content.rows(), "{role}");
    }
    server.ask("ada", "insert into cs.forgotten (owner, conversation) values ('ada', 'gone')");
    Some(server)
}

/// Who is seen in each table, and how many rows.
fn seen(server: &Postgres, role: &str, table: &str) -> String {
    let counted =
        format!("select owner, right(min(machine), 1), count(*) from cs.{table} group by owner, machine order by 1, 2");
    server.ask(role, &counted).replace('\n', " ")
}

#[test]
fn each_role_sees_what_it_may() {
    let Some(server) = scene() else { return };
    let counts = [("machine", 1, 1), ("cursor", 6, 6), ("conversation", 1, 1), ("entry", 2, 3), ("record", 1, 1)];
    let more = [("mark", 1, 1), ("usage_day", 1, 1), ("limit_reading", 1, 1), ("audit", 1, 1)];
    for (table, private, team) in counts.into_iter().chain(more) {
        let private = if table == "cursor" { 7 } else { private };
        let team = if table == "cursor" { 7 } else { team };
        assert_eq!(seen(&server, "ada", table), format!("ada|1|{private} ada|2|{team}"), "{table}");
        assert_eq!(seen(&server, "bob", table), format!("ada|2|{team} bob|3|{private}"), "{table}");
        assert_eq!(seen(&server, "rex", table), format!("ada|1|{private} ada|2|{team} bob|3|{private}"), "{table}");
        let eve = server.refusal("eve", &format!("select from cs.{table}"));
        assert!(eve.contains("permission denied for schema cs"), "{eve}");
    }
    let forgotten = |role| server.ask(role, "select owner, conversation from cs.forgotten");
    assert_eq!((forgotten("ada"), forgotten("rex")), ("ada|gone".into(), "ada|gone".into()));
    assert_eq!(forgotten("bob"), "");
}

#[test]
fn views_and_the_search_show_no_more_than_the_tables() {
    let Some(server) = scene() else { return };
    let sources = [
        "cs.outgoing",
        "cs.spend",
        "cs.secrets",
        "cs.find('line')",
        "cs.find('login or head or line')",
        "codex.threads",
        "codex.thread_items",
        "codex.thread_turns",
    ];
    for source in sources {
        let query = &format!("select distinct owner, right(machine, 1) from {source} order by 1, 2");
        let of = |role| server.ask(role, query).replace('\n', " ");
        assert_eq!(of("ada"), "ada|1 ada|2", "{query}");
        assert_eq!(of("bob"), "ada|2 bob|3", "{query}");
        assert_eq!(of("rex"), "ada|1 ada|2 bob|3", "{query}");
        assert!(server.refusal("eve", query).contains("permission denied"), "{query}");
    }
    // A role that was set counts, for more and for less.
    server.ask("admin", "create role boss login; grant ada, rex to boss");
    for (set, sees) in [("set role ada;", "ada|1 ada|2"), ("set role rex;", "ada|1 ada|2 bob|3")] {
        let found = format!("{set} select distinct owner, right(machine, 1) from cs.find('line') order by 1, 2");
        assert_eq!(server.ask("boss", &found).replace('\n', " "), sees, "{set}");
    }
    let as_admin = "set role bob; select distinct owner, right(machine, 1) from cs.find('line') order by 1, 2";
    assert_eq!(server.ask("admin", as_admin).replace('\n', " "), "ada|2 bob|3");
    // Nor do functions of one's own, which stand before those that are meant.
    let shadow = "create schema mine authorization bob";
    server.ask("admin", shadow);
    let tricked = "create function mine.pg_has_role(name, text, text) returns boolean language sql as 'select true';
        set search_path = mine, pg_catalog; select count(*) from cs.find('line') where owner = 'ada'";
    assert_eq!(server.ask("bob", tricked), "3");
    // What a role is told to be is no role.
    assert!(server.refusal("bob", "select set_config('role', 'ada', false)").contains("permission denied"));
}

#[test]
fn nobody_changes_what_belongs_to_others() {
    let Some(server) = scene() else { return };
    let before = crate::content::everything(&server);
    for table in TABLES {
        for role in ["bob", "rex", "eve"] {
            let ways = [
                format!("update cs.{table} set owner = owner where owner = 'ada'"),
                format!("delete from cs.{table} where owner = 'ada'"),
            ];
            for way in ways {
                // Rows of others are not there for a change; a reviewer has no right to any.
                let done = server.run(role, &way);
                assert_eq!(done.status.success() && cs_tests::stderr(&done).is_empty(), role == "bob", "{role}: {way}");
            }
            let forged = format!("insert into cs.{table} select * from cs.{table} where owner = 'ada' limit 1");
            assert!(!server.ask("rex", &format!("select count(*) from cs.{table}")).starts_with('0'), "{table}");
            if table != "forgotten" || role != "bob" {
                assert!(!cs_tests::stderr(&server.run(role, &forged)).is_empty(), "{role}: {forged}");
            }
        }
    }
    for forged in [
        "update cs.cursor set owner = 'ada' where owner = 'bob'",
        "insert into cs.cursor values ('ada', '0000000000000001', 'head/x', 1, '', '', 'team')",
        "insert into cs.forgotten values ('ada', 'a-private')",
        "update cs.entry set owner = 'ada'",
        "insert into cs.machine values ('bob', '../../x', '')",
        "insert into cs.cursor values ('bob', '0000000000000003', 'head/../x', 1, '', '', 'team')",
    ] {
        server.refusal("bob", forged);
    }
    // What somebody sends as another one's machine is theirs.
    let mut same = Content::new(1, "not ada's").with(&["a-private"], 1);
    same.talk("a-private").truncate(0);
    same.push(&server, "bob").unwrap();
    server.ask("bob", "insert into cs.incoming (op, conversation) values ('forget', 'a-private')");
    server.ask("bob", "delete from cs.forgotten");
    for table in TABLES.into_iter().filter(|table| *table != "forgotten") {
        server.ask("bob", &format!("delete from cs.{table} where machine = '0000000000000001'"));
    }
    assert_eq!(crate::content::everything(&server), before);
}

#[test]
fn a_source_that_is_no_longer_shared_is_no_longer_seen() {
    let Some(server) = scene() else { return };
    let count = "select count(*) from cs.outgoing where owner = 'ada'";
    assert_eq!(server.ask("bob", count), "9");
    let mut hidden = Content::new(2, "ada's tower").with(&["a-team"], 3);
    hidden.visibility = Some(Visibility::Private);
    assert_eq!(hidden.push(&server, "ada").unwrap(), 7, "each source changes its visibility");
    assert_eq!(server.ask("bob", count), "0");
    assert_eq!(server.ask("bob", "select count(*) from cs.machine where owner = 'ada'"), "0");
    assert_eq!(hidden.push(&server, "ada").unwrap(), 0);
    // Without a word for it, it stays as it is.
    hidden.visibility = None;
    hidden.grow("a-team", 1);
    assert_eq!(hidden.push(&server, "ada").unwrap(), 1);
    assert_eq!(server.ask("bob", count), "0");
}
