//! What is pushed is there once, and comes back as it was.

use crate::made::{File, HOSTILE, Sent, everything, machine, row, source, talk, whole};
use cs_core::error::Error;
use std::process::{Command, Stdio};
use sync::sqlite::{Session, pull};
use sync::{Held, Known, Op, Row, Seen, Sink, Visibility};

/// What a pull tells of everything, to a reader that has this.
fn pulled(file: &File, known: &[(String, String, Known)]) -> Vec<(String, Sent)> {
    let mut told = Vec::new();
    let failures = pull(&file.database, known, &mut |pulled| {
        told.push((pulled.owner.to_string(), Sent::of(&pulled.op)));
        Ok(())
    });
    assert!(failures.unwrap().is_empty());
    told
}

/// The lines of all rows, with their places.
fn lines<'s>(ops: impl Iterator<Item = &'s Sent>) -> Vec<String> {
    let line = |one: &Sent| match one {
        Sent::Row(source, seq, row) => Some(format!("{source} {seq} {}", String::from_utf8(row.line()).unwrap())),
        _ => None,
    };
    let mut lines: Vec<String> = ops.filter_map(line).collect();
    lines.sort();
    lines
}

#[test]
fn the_same_again_changes_nothing_by_both_ways() {
    let Some(file) = File::new() else { return };
    let rows = 8 * HOSTILE.len();
    assert_eq!(file.pipe("anna", &everything(1)), format!("{rows} rows changed\n"));
    let content = file.content();
    assert_eq!(file.pipe("anna", &everything(1)), "0 rows changed\n");
    assert_eq!(file.push("anna", &everything(1)), 0);
    assert_eq!(file.content(), content);
    assert_eq!(file.push("bert", &everything(1)), rows as u64);
    assert_eq!(file.push("anna", &everything(2)), rows as u64);
}

#[test]
fn what_is_pulled_is_what_was_pushed_byte_for_byte() {
    let Some(file) = File::new() else { return };
    let mut sent = everything(1);
    let odd = r#"{"kind":"prompt","text":"\u0000 half \ud800 \/","n":1.10,"n":1e400}"#;
    let mut one = row(&source("talk/c2/main"), "it's");
    one.body = serde_json::value::RawValue::from_string(odd.into()).unwrap();
    sent.extend(whole("talk/c2/main", &[one], Some(Visibility::Team)));
    file.pipe("anna", &sent);
    let told = pulled(&file, &[]);
    assert!(told.iter().all(|(owner, _)| owner == "anna"));
    assert_eq!(lines(told.iter().map(|(_, one)| one)), lines(sent.iter()));
    let helds = told.iter().filter(|(_, one)| matches!(one, Sent::Held(..))).count();
    assert_eq!(helds, 9);
    let is_team =
        |one: &Sent| matches!(one, Sent::Held(source, _, Some(Visibility::Team)) if source.name() == "c2/main");
    assert!(told.iter().any(|(_, one)| is_team(one)));
}

#[test]
fn a_pull_passes_on_what_the_reader_does_not_have() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/c/main", 3));
    let known = file.known("anna", &machine(1));
    let here = [("anna".to_string(), machine(1).id, known)];
    assert_eq!(pulled(&file, &here).len(), 1, "only the machine");
    file.push("anna", &talk(1, "talk/c/main", 5));
    let told: Vec<Sent> = pulled(&file, &here).into_iter().map(|(_, one)| one).collect();
    assert!(
        matches!(&told[..], [Sent::Machine(_), Sent::Row(_, 3, _), Sent::Row(_, 4, _), Sent::Held(..)]),
        "{told:?}"
    );
    file.push("anna", &talk(1, "talk/c/main", 1));
    let told: Vec<Sent> = pulled(&file, &here).into_iter().map(|(_, one)| one).collect();
    assert!(matches!(&told[..], [Sent::Machine(_), Sent::Row(_, 0, _), Sent::Cut(_, 1), Sent::Held(..)]), "{told:?}");
}

#[test]
fn rows_that_were_changed_in_the_file_are_told() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/c/main", 3));
    file.say("update entry set body = '{}' where seq = 1;");
    let mut helds = 0;
    let failures = pull(&file.database, &[], &mut |pulled| {
        helds += usize::from(matches!(pulled.op, Op::Held(..)));
        Ok(())
    })
    .unwrap();
    let told = failures[0].to_string();
    assert_eq!((failures.len(), helds), (1, 0));
    assert!(told.contains("talk/c/main") && told.contains("anna") && told.contains("machine's 1"), "{told}");
}

/// What somebody may write into a file that has no roles.
#[test]
fn what_is_no_row_or_no_machine_spoils_only_its_own_source() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    file.push("anna", &talk(1, "talk/c/main", 3));
    file.push("bert", &talk(2, "talk/d/main", 1));
    file.say(
        "update entry set body = '{\"a\":' || char(10) || '{\"source\":\"head/c1\",\"cut\":0}}' \
           where source = 'talk/c/main' and seq = 1;\n\
         update audit set body = '{' where seq = 2;\n\
         insert into machine (owner, machine, label, seen_at) values ('eve', '../../x', 'x', '');\n\
         update machine set label = 'a' || char(10) || 'b' where owner = 'bert';",
    );
    let (mut helds, mut labels) = (Vec::new(), Vec::new());
    let failures = pull(&file.database, &[], &mut |pulled| {
        match &pulled.op {
            Op::Held(source, ..) => helds.push(source.to_string()),
            Op::Machine(machine) => labels.push(machine.label.clone()),
            Op::Row(_, _, row) => assert!(!row.line().contains(&b'\n')),
            _ => {}
        }
        Ok(())
    });
    let told: Vec<String> = failures.unwrap().iter().map(ToString::to_string).collect();
    assert!(told.len() == 2 && told[0].contains("audit/2026-11-21") && told[1].contains("talk/c/main"), "{told:?}");
    assert_eq!((helds.len(), labels), (8, vec!["machine's 1".to_string(), String::new()]), "{helds:?}");
}

#[test]
fn what_is_gone_in_the_file_goes_at_the_reader() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/c/main", 3));
    file.push("anna", &talk(1, "talk/d/main", 3));
    file.push("bert", &talk(2, "talk/e/main", 3));
    let known = |owner: &str, number| (owner.to_string(), machine(number).id, file.known(owner, &machine(number)));
    let here = [known("anna", 1), known("bert", 2)];
    file.say("delete from cursor where source = 'talk/d/main';\ndelete from machine where owner = 'bert';");
    let told: Vec<String> = pulled(&file, &here)
        .iter()
        .filter_map(|(owner, one)| match one {
            Sent::Cut(source, from) => Some(format!("{owner} {source} cut {from}")),
            Sent::Held(source, held, _) => Some(format!("{owner} {source} held {}", held.pos)),
            _ => None,
        })
        .collect();
    let gone = |owner, name| [format!("{owner} {name} cut 0"), format!("{owner} {name} held 0")];
    assert_eq!(told, [gone("anna", "talk/d/main"), gone("bert", "talk/e/main")].concat());
}

#[test]
fn what_the_team_sees_is_counted() {
    let Some(file) = File::new() else { return };
    let (one, other) = (row(&source("head/c"), "x"), row(&source("audit/2026-11-21"), "x"));
    let mut ops = vec![Sent::Machine(machine(1))];
    ops.extend(whole("head/c", std::slice::from_ref(&one), Some(Visibility::Team)));
    ops.extend(whole("head/d", &[one], None));
    ops.extend(whole("audit/2026-11-21", &[other], Some(Visibility::Team)));
    file.push("anna", &ops);
    let seen = |number| Session::open(&file.database, "anna").unwrap().seen(&machine(number)).unwrap();
    assert_eq!(seen(1), Seen { conversations: 2, team: 1, others: 1 });
    assert_eq!(seen(2), Seen::default());
}

#[test]
fn a_session_knows_what_is_there_and_changes_nothing_without_a_commit() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    let content = file.content();
    let known = file.known("anna", &machine(1));
    assert_eq!(known.sources.len(), 8);
    assert_eq!(known.sources[&source("head/c1")].stamp, "size 3\n'x'");
    assert!(file.known("anna", &machine(2)).sources.is_empty() && file.known("bert", &machine(1)).sources.is_empty());
    let mut session = Session::open(&file.database, "anna").unwrap();
    talk(1, "talk/c9/main", 2000).iter().for_each(|one| session.take(&one.op()).unwrap());
    let peeked = Session::peek(&file.database, "anna", &machine(1)).unwrap();
    assert_eq!(peeked.sources, known.sources, "while a push runs");
    drop(session);
    assert_eq!(file.content(), content);
}

#[test]
fn a_visibility_stays_until_another_one_is_sent() {
    let Some(file) = File::new() else { return };
    let rows: Vec<Row> = vec![row(&source("head/c"), "x")];
    let with = |visibility| {
        let mut ops = vec![Sent::Machine(machine(1))];
        ops.extend(whole("head/c", &rows, visibility));
        ops
    };
    let seen = || file.say("select visibility from cursor;").trim().to_string();
    file.push("anna", &with(None));
    assert_eq!(seen(), "private");
    assert_eq!((file.push("anna", &with(Some(Visibility::Team))), seen()), (1, "team".into()));
    assert_eq!((file.push("anna", &with(None)), seen()), (0, "team".into()));
    assert_eq!((file.push("anna", &with(Some(Visibility::Private))), seen()), (1, "private".into()));
}

#[test]
fn another_stamp_is_no_change_of_rows() {
    let Some(file) = File::new() else { return };
    file.push("anna", &talk(1, "talk/c/main", 3));
    let Held { pos, digest, .. } = file.known("anna", &machine(1)).sources.remove(&source("talk/c/main")).unwrap();
    let held = Held { pos, digest, stamp: "another".into() };
    let ops = [Sent::Machine(machine(1)), Sent::Held(source("talk/c/main"), held.clone(), None)];
    assert_eq!(file.push("anna", &ops), 0);
    assert_eq!(file.known("anna", &machine(1)).sources[&source("talk/c/main")], held);
}

#[test]
fn two_pushes_at_once_send_everything_once() {
    let Some(file) = File::new() else { return };
    let ops = talk(1, "talk/c/main", 3000);
    let push = || {
        let mut session = Session::open(&file.database, "anna").unwrap();
        let known = session.known(&machine(1)).unwrap();
        if known.sources.is_empty() {
            ops.iter().for_each(|one| session.take(&one.op()).unwrap());
        }
        session.commit().unwrap()
    };
    let mut changes: Vec<u64> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(push)).collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    changes.sort_unstable();
    assert_eq!(changes, [0, 3000]);
}

#[test]
fn a_file_that_another_program_changes_is_busy() {
    let Some(file) = File::new() else { return };
    let mut other = Command::new(&file.database.program);
    let mut other = other.arg(&file.database.file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = other.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"begin immediate;\nselect 'locked';\n").unwrap();
    let mut said = [0; 6];
    std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut said).unwrap();
    assert!(matches!(Session::open(&file.database, "anna"), Err(Error::Busy(_))));
    drop(input);
    other.wait().unwrap();
}

#[test]
fn a_file_that_cannot_be_used_is_told_and_none_is_made() {
    let Some(mut file) = File::empty() else { return };
    let told = Session::open(&file.database, "anna").unwrap_err();
    assert!(
        matches!(told, Error::Missing(_)) && told.to_string().contains("cs-sync schema sqlite | sqlite3"),
        "{told}"
    );
    assert!(!file.database.file.exists());
    std::fs::write(&file.database.file, "this is a text, and no database, and long enough").unwrap();
    let told = Session::open(&file.database, "anna").unwrap_err();
    assert!(matches!(told, Error::Corrupt { .. }), "{told}");
    file.database.program = file.beside("no-such-program");
    assert!(matches!(Session::open(&file.database, "anna"), Err(Error::Io { .. })));
}
