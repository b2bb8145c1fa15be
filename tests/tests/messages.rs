//! Messages under attack: programs that are killed or whose system calls fail, many senders at once, and the ways in
//! which a message reaches a client. What `cs-message` does undisturbed is in `tests/cli/message.md`.

#![cfg(target_os = "linux")]

#[path = "messages/faults.rs"]
mod faults;
#[path = "messages/power.rs"]
mod power;
#[path = "messages/storm.rs"]
mod storm;
#[path = "messages/ways.rs"]
mod ways;
#[path = "messages/worker.rs"]
mod worker;

use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_tests::Sandbox;
use cs_tests::seat_files::{seat, with};
use seats::Inbox;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The recipient's seat.
const BUILDER: &str = "agent_20261121T1000_1f0c";
/// Its conversation.
const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// The recipient's inbox.
fn inbox(data: &Path) -> Inbox {
    let seat = SeatId::parse(BUILDER).expect("it is an id");
    Inbox::of(&Home::at(data), &seat, Duration::from_secs(60))
}

/// A sandbox with the recipient's seat.
fn furnished(fields: Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut all = json!({"claude_session_id": UUID});
    all.as_object_mut().expect("it is one").extend(fields.as_object().expect("it is one").clone());
    put_seat(&sandbox, &with(seat(BUILDER, "builder"), all));
    sandbox
}

fn put_seat(sandbox: &Sandbox, seat: &Value) {
    let folder = sandbox.data().join("agents");
    fs::create_dir_all(&folder).expect("the data directory can be written");
    let name = format!("{}.json", seat["agent_id"].as_str().expect("it has an id"));
    fs::write(folder.join(name), seat.to_string()).expect("the data directory can be written");
}
