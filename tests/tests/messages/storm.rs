//! Many senders and several takers at once, each a process of its own.

use super::worker::{command as worker, did};
use super::{furnished, inbox};
use cs_tests::{stderr, stdout};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Senders, and the messages of each.
const SENDERS: usize = 4;
const EACH: usize = 12;

#[test]
fn every_message_of_many_senders_arrives_once_and_in_its_senders_order() {
    let sandbox = furnished(json!({}));
    // What a sender does within a minute of the clock is limited, so each message has a minute of its own.
    let send = |sender: usize, n: usize| {
        let mut command = sandbox.command("cs-message");
        command.args(["send", "builder", &format!("{sender} {n:02}"), "-q"]);
        command.env("CS_NOW", format!("2026-11-21T{:02}:{:02}:00Z", 10 + sender, n));
        command
    };
    let sending = AtomicUsize::new(SENDERS);
    let taken = thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (send, sending) = (&send, &sending);
            scope.spawn(move || {
                for n in 0..EACH {
                    let output = cs_tests::run(send(sender, n), "");
                    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
                }
                sending.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let takers = [(); 2].map(|()| {
            let (sandbox, sending) = (&sandbox, &sending);
            scope.spawn(move || {
                let mut taken = Vec::new();
                loop {
                    let is_last = sending.load(Ordering::SeqCst) == 0;
                    let output = cs_tests::run(worker(sandbox, "take"), "");
                    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
                    taken.push(did(&stdout(&output)));
                    if is_last {
                        return taken;
                    }
                }
            })
        });
        takers.map(|taker| taker.join().expect("it took"))
    });
    let inbox = inbox(&sandbox.data());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for batch in taken.iter().flatten() {
        assert!(batch.is_sorted(), "{batch:?}");
        batch.iter().for_each(|id| *seen.entry(id.clone()).or_default() += 1);
    }
    assert_eq!((seen.len(), seen.values().max()), (SENDERS * EACH, Some(&1)), "each once");
    let all = inbox.all().expect("it can be listed");
    for sender in 0..SENDERS {
        let texts: Vec<&str> =
            all.iter().map(|message| &*message.text).filter(|text| text.starts_with(&format!("{sender} "))).collect();
        assert!(texts.len() == EACH && texts.is_sorted(), "{texts:?}");
    }
}
