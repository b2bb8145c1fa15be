//! What programs read, with a place in each log, is what the model says of it, for each recording and each damaged input of
//! `agents`. Its tests hold the model against the lines that were checked by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "../../../agents/tests/conversation/inputs.rs"]
mod inputs;
#[path = "../../../agents/tests/conversation/support.rs"]
mod support;

use agents::Agent;
use agents::logs::Roots;
use conversations::{Catalog, Cursor, Ends, Step, Wish, write_end};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::fs;

const ID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// The lines of a log that is where its client has it; with `lag` it is read when its first half was written, and again when
/// all of it was.
fn read(agent: Agent, thread: &str, bytes: &[u8], lag: bool) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = match (agent, thread) {
        (Agent::Claude, "main") => format!("projects/-x/{ID}.jsonl"),
        (Agent::Claude, thread) => format!("projects/-x/{ID}/subagents/{thread}.jsonl"),
        _ => format!("sessions/2026/11/29/rollout-2026-11-29T11-00-00-{ID}.jsonl"),
    };
    let path = dir.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let half = if lag { bytes.len() / 2 } else { bytes.len() };
    fs::write(&path, &bytes[..half]).unwrap();
    let mut roots = Roots::default();
    roots.folders.push((agent, dir.path().into()));
    let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
    let catalog = Catalog::of(&store, &roots);
    let one = &catalog.conversations[0];
    let wish = Wish { copies: true, ..Wish::default() };
    let (mut cursor, mut out) = (Cursor::new(one), Vec::new());
    while cursor.step(&wish, &mut |part| part.write_json("c", false, &mut out)).unwrap() == Step::More {}
    if lag {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, &bytes[half..]).unwrap();
        while cursor.step(&wish, &mut |part| part.write_json("c", false, &mut out)).unwrap() == Step::More {}
    }
    cursor.close(&wish, &mut |part| part.write_json("c", false, &mut out));
    write_end(one, cursor.summary(), Ends::Unknown, &mut out);
    String::from_utf8(out).unwrap().replace(ID, "c").into_bytes()
}

/// The first line that differs.
fn difference(old: &[u8], new: &[u8]) -> Option<String> {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let at = (0..old.len().max(new.len())).find(|at| old.get(*at) != new.get(*at))?;
    let text = |lines: &[Vec<u8>]| {
        lines.get(at).map(|line| String::from_utf8_lossy(line).chars().take(300).collect::<String>())
    };
    Some(format!("line {}:\n  {:?}\n  {:?}", at + 1, text(&old), text(&new)))
}

#[test]
fn each_recording_is_read_as_the_model_says() {
    let mut different = Vec::new();
    for one in support::recordings().into_iter().filter(|one| one.agent == Agent::Claude) {
        // Without the log that its lines were copied from, a log tells them as its own.
        let wanted = support::shown(one.agent, &one.bytes, &one.thread, "c");
        if one.name.contains('/') && wanted.windows(11).any(|bytes| bytes == b"\"copy\":true") {
            continue;
        }
        different.extend(
            difference(&wanted, &read(one.agent, &one.thread, &one.bytes, false))
                .map(|text| format!("{}: {text}", one.name)),
        );
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn each_damaged_input_is_read_as_the_model_says() {
    for agent in Agent::ALL {
        for damage in inputs::damages(agent, 9 << 20) {
            let wanted = support::shown(agent, &damage.log, "main", "c");
            // Of a line that is too long a piece may be told while it is being written.
            for lag in [false, true].into_iter().take(2 - damage.too_long) {
                let found = read(agent, "main", &damage.log, lag);
                let text = difference(&wanted, &found).unwrap_or_default();
                assert!(text.is_empty(), "{} {}, in two parts: {lag}: {text}", agent.word(), damage.name);
            }
        }
    }
}
