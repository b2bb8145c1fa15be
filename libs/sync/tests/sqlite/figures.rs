//! Prints what a push costs; asked for by name:
//! `cargo test --release -p sync --test sqlite figures -- --ignored --nocapture`.

use crate::made::{File, Sent, machine, row, size, source};
use serde_json::value::RawValue;
use std::time::Instant;
use sync::sqlite::{Session, pull};
use sync::{Digest, Held, Sink};

/// How many entries a conversation has.
const ENTRIES: u64 = 200;

/// Pushes conversations, one by one, as a scan does; the number of changes.
fn push(file: &File, conversations: u64) -> u64 {
    let mut session = Session::open(&file.database, "anna").unwrap();
    session.take(&Sent::Machine(machine(1)).op()).unwrap();
    let said = "what was said in one entry of a conversation, which is about as long as most of them are. ".repeat(4);
    for conversation in 0..conversations {
        // Ids of conversations come in no order.
        let id = conversation.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let source = source(&format!("talk/{id:016x}-ab12-4844-ac62/main"));
        let mut digest = Digest::default();
        for seq in 0..ENTRIES {
            let mut row = row(&source, &format!("7d1c6c1e-43b2-4f5e-9d1c-0c147b1ac352#{seq}"));
            let kind = ["prompt", "answer", "call", "result"][(seq % 4) as usize];
            let body = serde_json::json!({"v": 1, "kind": kind, "entry": row.id, "seq": seq, "turn": 1, "text": said});
            (row.kind, row.project, row.agent) = (Some(kind.into()), None, None);
            row.body = RawValue::from_string(body.to_string()).unwrap();
            digest.add(&row.line());
            session.take(&Sent::Row(source.clone(), seq, row).op()).unwrap();
        }
        let held = Held { pos: ENTRIES, digest: digest.text(), stamp: "1234 2026-11-21".into() };
        session.take(&Sent::Held(source, held, None).op()).unwrap();
    }
    session.commit().unwrap()
}

fn figures(entries: u64) {
    let Some(file) = File::new() else { return };
    let timed = |what: &str, rows: &mut dyn FnMut() -> u64| {
        let begun = Instant::now();
        let rows = rows();
        let mib = size(&file.database.file) / (1024 * 1024);
        println!("{entries} entries: {what}: {rows} rows, {:?}, file {mib} MiB", begun.elapsed());
    };
    timed("first push", &mut || push(&file, entries / ENTRIES));
    timed("all of it again", &mut || push(&file, entries / ENTRIES));
    timed("two conversations more", &mut || push(&file, entries / ENTRIES + 2) - 2 * ENTRIES);
    timed("what is held", &mut || file.known("anna", &machine(1)).sources.len() as u64);
    let known = file.known("anna", &machine(1));
    let here = [("anna".to_string(), machine(1).id, known)];
    for (what, known) in [("pull of everything", &[][..]), ("pull of nothing new", &here[..])] {
        timed(what, &mut || {
            let mut rows = 0;
            let failures = pull(&file.database, known, &mut |pulled| {
                rows += u64::from(matches!(pulled.op, sync::Op::Row(..)));
                Ok(())
            });
            assert!(failures.unwrap().is_empty());
            rows
        });
    }
}

#[test]
#[ignore = "prints figures, and takes a while"]
fn figures_of_thirty_thousand() {
    figures(30_000);
}

#[test]
#[ignore = "prints figures, and takes minutes"]
fn figures_of_a_million() {
    figures(1_000_000);
}
