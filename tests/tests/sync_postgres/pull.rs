//! Pulling: each byte as it was pushed, only what is missing, only what one may see.

use crate::content::{Content, HOSTILE, held, row, server};
use cs_tests::postgres::Postgres;
use std::collections::BTreeMap;
use sync::{Folder, Known, Op, Sink, Source, Table, Visibility, postgres};

/// What a reader has: of each owner's machine, its sources' rows, as lines.
#[derive(Default)]
struct Reader {
    rows: BTreeMap<(String, String, Source), Vec<Vec<u8>>>,
    known: BTreeMap<(String, String), Known>,
    labels: Vec<String>,
    /// What was told last time.
    told: Vec<String>,
}

impl Reader {
    /// Pulls as a role; returns the failures.
    fn pull(&mut self, server: &Postgres, role: &str) -> Vec<String> {
        let known: Vec<(String, String, Known)> = self
            .known
            .iter()
            .map(|((owner, machine), known)| (owner.clone(), machine.clone(), known.clone()))
            .collect();
        self.told.clear();
        let failures = postgres::pull(&server.arguments(role), &known, &mut |pulled| {
            let (owner, machine) = (pulled.owner.to_string(), pulled.machine.id.clone());
            let rows = |source: &Source| (owner.clone(), machine.clone(), source.clone());
            let known = self.known.entry((owner.clone(), machine.clone())).or_default();
            match pulled.op {
                Op::Machine(machine) => self.labels.push(machine.label.clone()),
                Op::Row(source, seq, row) => {
                    let lines = self.rows.entry(rows(source)).or_default();
                    lines.truncate(usize::try_from(seq).unwrap());
                    lines.push(row.line());
                    self.told.push(format!("row {source} {seq}"));
                }
                Op::Cut(source, seq) => {
                    let lines = self.rows.entry(rows(source)).or_default();
                    lines.truncate(usize::try_from(seq).unwrap());
                    self.told.push(format!("cut {source} {seq}"));
                }
                Op::Held(source, held, _) => {
                    known.sources.insert(source.clone(), held.clone());
                    self.told.push(format!("held {source} {}", held.pos));
                }
                Op::Forget(id) => {
                    known.forgotten.insert(id.into());
                    self.told.push(format!("forget {id}"));
                }
            }
            Ok(())
        });
        failures.unwrap().into_iter().map(|failure| failure.to_string()).collect()
    }

    fn lines(&self, owner: &str, content: &Content) -> BTreeMap<Source, Vec<Vec<u8>>> {
        let of = |(key, lines): (&(String, String, Source), &Vec<Vec<u8>>)| {
            (key.0 == owner && key.1 == content.machine.id && !lines.is_empty()).then(|| (key.2.clone(), lines.clone()))
        };
        self.rows.iter().filter_map(of).collect()
    }
}

fn sent(content: &Content) -> BTreeMap<Source, Vec<Vec<u8>>> {
    let lines =
        |(source, rows): (&Source, &Vec<sync::Row>)| (source.clone(), rows.iter().map(sync::Row::line).collect());
    content.sources.iter().map(lines).collect()
}

#[test]
fn what_is_pulled_is_what_was_pushed_byte_for_byte() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "laptop é").with(&["c1", "c2"], 4);
    for (n, body) in HOSTILE.iter().enumerate() {
        content.talk("c1").push(row(Table::Entry, &format!("\"\\\u{1}{n}"), Some("prompt"), body));
    }
    let mut bare = row(Table::Entry, "", Some(""), "{}");
    (bare.at, bare.project, bare.agent) = (None, None, None);
    content.talk("c2").push(bare);
    content.push(&server, "ada").unwrap();
    let mut reader = Reader::default();
    assert_eq!(reader.pull(&server, "ada"), [""; 0]);
    assert_eq!(reader.lines("ada", &content), sent(&content));
    assert_eq!(reader.labels, ["laptop é"]);
    let held_there = &reader.known[&("ada".to_string(), content.machine.id.clone())].sources;
    for (source, rows) in &content.sources {
        assert_eq!(held_there[source], held(rows), "{source}");
    }
    reader.pull(&server, "ada");
    assert_eq!(reader.told, [""; 0], "nothing is new");
    // Growth, a thread that was written anew, and one that became shorter.
    content.grow("c1", 2);
    content.talk("c2")[1] = row(Table::Entry, "e1", Some("answer"), r#"{"text":"another"}"#);
    content.push(&server, "ada").unwrap();
    assert_eq!(reader.pull(&server, "ada"), [""; 0]);
    assert_eq!(reader.lines("ada", &content), sent(&content));
    let told: Vec<&str> = reader.told.iter().map(String::as_str).collect();
    assert_eq!(told[..3], ["row talk/c1/main 12", "row talk/c1/main 13", "held talk/c1/main 14"]);
    assert_eq!(
        told[3..],
        [
            "row talk/c2/main 0",
            "row talk/c2/main 1",
            "row talk/c2/main 2",
            "row talk/c2/main 3",
            "row talk/c2/main 4",
            "cut talk/c2/main 5",
            "held talk/c2/main 5",
        ]
    );
    content.talk("c2").truncate(1);
    content.push(&server, "ada").unwrap();
    assert_eq!(reader.pull(&server, "ada"), [""; 0]);
    assert_eq!(reader.lines("ada", &content), sent(&content));
}

#[test]
fn a_reader_gets_what_it_may_see_and_loses_what_it_may_no_longer_see() {
    let Some(server) = server() else { return };
    let private = Content::new(1, "one").with(&["c1"], 3);
    let mut shared = Content::new(2, "two").with(&["c2"], 3);
    shared.visibility = Some(Visibility::Team);
    private.push(&server, "ada").unwrap();
    shared.push(&server, "ada").unwrap();
    let mut bob = Reader::default();
    bob.pull(&server, "bob");
    assert_eq!((bob.lines("ada", &private), bob.lines("ada", &shared)), (BTreeMap::new(), sent(&shared)));
    let mut rex = Reader::default();
    rex.pull(&server, "rex");
    assert_eq!((rex.lines("ada", &private), rex.lines("ada", &shared)), (sent(&private), sent(&shared)));
    shared.visibility = Some(Visibility::Private);
    shared.push(&server, "ada").unwrap();
    bob.pull(&server, "bob");
    assert_eq!(bob.lines("ada", &shared), BTreeMap::new(), "{:?}", bob.told);
    bob.pull(&server, "bob");
    assert_eq!(bob.told, [""; 0]);
    rex.pull(&server, "rex");
    assert_eq!(rex.lines("ada", &shared), sent(&shared));
}

#[test]
fn what_may_no_longer_be_seen_is_in_no_file_of_a_folder() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "one").with(&["c1"], 3);
    content.talk("c1").push(row(Table::Entry, "e9", Some("prompt"), r#"{"text":"xyzzy"}"#));
    let dir = tempfile::tempdir().unwrap();
    let now = cs_core::clock::parse("2026-11-30T12:00:00Z").unwrap();
    let fill = |role: &str| {
        let mut folder = Folder::open(&dir.path().join(role), &content_machine(), Some("ada"), now).unwrap();
        let known = [("ada".to_string(), content_machine().id, folder.known())];
        let pulled = postgres::pull(&server.arguments(role), &known, &mut |pulled| folder.take(&pulled.op));
        assert!(pulled.unwrap().is_empty());
        folder.commit().unwrap()
    };
    let rows = |role: &str| {
        let found =
            std::process::Command::new("grep").args(["-rlE", "xyzzy|\"seq\""]).arg(dir.path().join(role)).output();
        String::from_utf8(found.unwrap().stdout).unwrap()
    };
    content.visibility = Some(Visibility::Team);
    content.push(&server, "ada").unwrap();
    assert!(fill("bob") > 0 && fill("rex") > 0 && rows("bob").contains("talk/c1/main.jsonl"));
    assert_eq!((fill("bob"), fill("rex")), (0, 0));
    content.visibility = Some(Visibility::Private);
    content.push(&server, "ada").unwrap();
    let sources = content.sources.values().filter(|rows| !rows.is_empty()).count() as u64;
    let count: usize = content.sources.values().map(Vec::len).sum();
    assert_eq!((fill("bob"), rows("bob")), (count as u64, String::new()));
    assert_eq!(fill("rex"), sources, "who sees it");
    assert!(rows("rex").contains("talk/c1/main.jsonl"));
    assert_eq!((fill("bob"), fill("rex")), (0, 0));
}

fn content_machine() -> sync::Machine {
    Content::new(1, "one").machine
}

#[test]
fn what_is_forgotten_is_told_to_its_owner_and_goes_everywhere() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "one").with(&["c1", "c2"], 3);
    content.visibility = Some(Visibility::Team);
    content.push(&server, "ada").unwrap();
    let (mut ada, mut bob) = (Reader::default(), Reader::default());
    ada.pull(&server, "ada");
    bob.pull(&server, "bob");
    server.ask("ada", "insert into cs.incoming (op, conversation) values ('forget', 'c1')");
    assert_eq!(ada.pull(&server, "ada"), [""; 0]);
    assert_eq!(ada.told.first().map(String::as_str), Some("forget c1"));
    assert_eq!(bob.pull(&server, "bob"), [""; 0]);
    assert!(!bob.told.iter().any(|told| told.starts_with("forget")), "{:?}", bob.told);
    for reader in [&ada, &bob] {
        let left = reader.lines("ada", &content);
        assert!(left.keys().all(|source| !source.to_string().contains("c1")), "{left:?}");
        assert!(left.values().flatten().all(|line| !String::from_utf8_lossy(line).contains("c1")), "{left:?}");
        assert!(left.keys().any(|source| source.to_string() == "talk/c2/main"));
    }
}

#[test]
fn rows_that_are_not_those_that_were_sent_are_told() {
    let Some(server) = server() else { return };
    let content = Content::new(1, "one").with(&["c1", "c2", "c3", "c4"], 3);
    content.push(&server, "ada").unwrap();
    server.ask(
        "admin",
        "update cs.entry set body = '{\"text\":\"forged\"}' where source = 'talk/c1/main' and seq = 1;
         delete from cs.entry where source = 'talk/c2/main' and seq = 1;
         update cs.entry set body = E'{\\n}' where source = 'talk/c3/main' and seq = 2;
         insert into cs.cursor values ('ada', '0000000000000001', 'other/x', 1, '', '', 'private');",
    );
    let mut reader = Reader::default();
    let failures = reader.pull(&server, "ada");
    assert_eq!(failures.len(), 3, "{failures:?}");
    for (failure, source) in failures.iter().zip(["talk/c1/main", "talk/c2/main", "talk/c3/main"]) {
        assert!(failure.contains(source) && failure.contains("of ada on one"), "{failure}");
        assert!(!reader.told.iter().any(|told| told.starts_with(&format!("held {source}"))), "{:?}", reader.told);
    }
    let good = reader.lines("ada", &content);
    assert_eq!(good[&crate::content::source("talk/c4/main")].len(), 3);
    // The machine that has them sends them again, and all is well.
    server.ask("admin", "delete from cs.cursor where source ~ '^(talk|other)'");
    content.push(&server, "ada").unwrap();
    assert_eq!(reader.pull(&server, "ada"), [""; 0]);
    assert_eq!(reader.lines("ada", &content), sent(&content));
}

#[test]
fn more_sources_than_are_asked_for_at_once() {
    let Some(server) = server() else { return };
    let ids: Vec<String> = (0..1_200).map(|n| format!("c{n}")).collect();
    let mut content = Content::new(1, "").with(&ids.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    content.talk("c5").clear();
    content.grow("c7", 45_000);
    let script = content.script();
    let mut psql = server.psql("ada");
    psql.stdin(std::process::Stdio::piped());
    let mut child = psql.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let mut reader = Reader::default();
    assert_eq!(reader.pull(&server, "ada"), [""; 0]);
    let mut all = sent(&content);
    all.retain(|_, lines| !lines.is_empty());
    assert!(reader.lines("ada", &content) == all);
    reader.pull(&server, "ada");
    assert_eq!(reader.told, [""; 0]);
}
