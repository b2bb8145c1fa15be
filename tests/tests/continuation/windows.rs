//! Two windows on one conversation: each end event concerns one window only.

use std::time::Duration;

use super::{OTHER, Sender, UUID, id, records, run_command, sender, stage, state, window};
use cs_tests::eventually;
use cs_tests::replay::Stage;
use serde_json::json;

fn session(stage: &Stage) -> String {
    id(&records(stage)[0]).to_owned()
}

#[test]
fn a_second_window_and_its_end_do_not_affect_the_first() {
    let stage = stage();
    let session = session(&stage);
    sender(&stage, 80).prompt("more");
    let before = stage.live(UUID).expect("it has a live file");
    let second = window(&stage);
    sender(&stage, 90).from(&second).start("resume");
    let mut live = stage.live(UUID).expect("it has a live file");
    assert!(live.as_object_mut().expect("an object").remove("windows").is_some());
    assert_eq!(live, before);
    assert_eq!(state(&stage, 95, &session), "working");
    sender(&stage, 100).from(&second).end("prompt_input_exit");
    assert_eq!(stage.live(UUID).expect("it has a live file"), before);
    assert_eq!(state(&stage, 105, &session), "working");
    sender(&stage, 110).stop("answer two");
    sender(&stage, 120).end("other");
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", "answer two"]));
}

#[test]
fn the_first_window_may_be_closed_first() {
    let mut stage = stage();
    let session = session(&stage);
    let second = window(&stage);
    sender(&stage, 80).from(&second).start("resume");
    sender(&stage, 90).from(&second).prompt("from the second");
    // Closed while the other one works, so nothing changes.
    sender(&stage, 100).end("prompt_input_exit");
    stage.kill_client();
    assert_eq!(state(&stage, 105, &session), "working");
    assert_eq!(stage.live(UUID).expect("it has a live file")["pid"], second.pid());
    sender(&stage, 110).from(&second).end("other");
    assert_eq!(records(&stage)[0]["status"], "parked", "during its turn");
}

#[test]
fn the_conversation_stays_open_when_the_last_active_window_closes() {
    for says_so in [true, false] {
        let stage = stage();
        let session = session(&stage);
        let second = window(&stage);
        let pid = second.pid();
        sender(&stage, 80).from(&second).start("resume");
        sender(&stage, 90).from(&second).prompt("from the second");
        if says_so {
            sender(&stage, 100).from(&second).end("other");
        }
        drop(second);
        let is_gone = || !std::path::Path::new(&format!("/proc/{pid}")).exists() || cfg!(not(target_os = "linux"));
        assert!(eventually(Duration::from_secs(5), is_gone));
        run_command(&stage, 105, &["cs-cleanup", "gone", "-q"]);
        assert_eq!(records(&stage)[0]["status"], "active", "the first window has it open");
        if says_so {
            assert_eq!(state(&stage, 106, &session), "idle");
        }
        sender(&stage, 110).prompt("from the first");
        assert_eq!(state(&stage, 111, &session), "working");
        sender(&stage, 120).stop("answer two");
        sender(&stage, 130).end("other");
        let record = &records(&stage)[0];
        assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", "answer two"]));
    }
}

#[test]
fn the_conversation_ends_when_the_last_living_window_closes() {
    let mut stage = stage();
    let second = window(&stage);
    sender(&stage, 80).from(&second).start("resume");
    let pid = stage.client();
    stage.kill_client();
    let is_gone = || !std::path::Path::new(&format!("/proc/{pid}")).exists() || cfg!(not(target_os = "linux"));
    assert!(eventually(Duration::from_secs(5), is_gone));
    sender(&stage, 100).from(&second).end("other");
    assert_eq!(records(&stage)[0]["status"], "completed");
    assert!(stage.live(UUID).is_none());
    // The end of a conversation that was never open elsewhere counts, whichever process reports it.
    let third = window(&stage);
    Sender::new(&stage, 200, OTHER).from(&third).start("startup");
    Sender::new(&stage, 210, OTHER).from(&third).end("other");
    assert!(stage.live(OTHER).is_none());
}
