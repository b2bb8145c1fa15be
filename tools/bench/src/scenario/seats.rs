//! The measured calls of agents in seats. The client of each seat is the process that measures.

use serde_json::{Value, json};

use super::{Budget, Kind, Scenario, command, hook, payload};
use crate::store::{self, Store};

/// The seat to whose agent messages are delivered.
const SEAT: &str = "agent_20261121T0930_ffff";

/// The hooks of seats.
pub fn hooks(store: &Store) -> Vec<Scenario> {
    let mut all = outside(store).to_vec();
    all.push(delivery(store, "delivery, empty inbox", 0, &[], Budget::Floors(2.0)));
    all.push(delivery(store, "delivery, 10 messages", 10, &[Kind::Live], Budget::Floors(4.0)));
    all
}

/// The hooks of seats, called by a client that is in none.
fn outside(store: &Store) -> [Scenario; 2] {
    let stop = || payload(store, "Stop.plain", &store::uuid(0));
    let of = |program, name| hook(store, program, name, stop(), &[], Budget::Floors(1.3));
    [of("cs-deliver", "delivery, outside seats"), of("cs-wake", "waiter, outside seats")]
}

/// The end of a turn in a seat while so many messages wait. If there are any, the conversation's file says that the turn
/// goes on.
fn delivery(store: &Store, name: &'static str, messages: usize, changes: &'static [Kind], budget: Budget) -> Scenario {
    let uuid = store::uuid(0);
    let mut stop = hook(store, "cs-deliver", name, payload(store, "Stop.plain", &uuid), changes, budget);
    stop.variables = vec![("CS_AGENT", SEAT.into())];
    stop.given.push((format!("agents/{SEAT}.json").into(), seat(SEAT, "builder", &store.live(0)).to_string()));
    // A hook makes neither directories nor files: the first message made the ones, and each message makes its own.
    let lock = (format!("inbox/{SEAT}/.lock").into(), String::new());
    let made = ["cur", "read"].map(|dir| (format!("inbox/{SEAT}/{dir}/.tmp-1").into(), String::new()));
    stop.given.extend(made.into_iter().chain([lock]).filter(|_| messages > 0));
    stop.given.extend((1..=messages).map(|n| (format!("inbox/{SEAT}/way/m{n:06}.jsonl").into(), String::new())));
    stop.given.extend((1..=messages).map(|n| {
        let message = json!({
            "message_id": format!("m{n:06}"), "to": SEAT, "from": {"kind": "user"}, "kind": "message",
            "mode": "sequential", "text": "the handler refuses an empty name now",
            "sent_at": store::stamp(1), "schema_version": 1,
        });
        (format!("inbox/{SEAT}/new/m{n:06}.json").into(), message.to_string())
    }));
    stop
}

/// A running seat with this conversation, which is that of the live file.
fn seat(id: &str, name: &str, live: &Value) -> Value {
    json!({
        "agent_id": id, "name": name, "agent": live["agent"], "cwd": live["cwd"], "depth": 0,
        "claude_session_id": live["claude_session_id"], "session_id": live["session_id"],
        "project_slug": live["project_slug"], "pid": live["pid"], "pid_started": live["pid_started"],
        "status": "running", "spawned_at": store::stamp(60), "spawned_by": "user", "schema_version": 1,
    })
}

/// How many seats are listed.
const SEATS: u64 = 100;

/// The list of seats whose clients run, each with a conversation, and all but the first four children of others.
pub fn list(store: &Store) -> Scenario {
    let mut list =
        command(store, "cs-agent", "agent list of 100 seats", &["list", "--json"], &[], Budget::Millis(20.0));
    for n in 0..SEATS {
        let (id, uuid) = (format!("agent_20261121T0930_{n:04x}"), format!("0c0ffee1-1111-4222-8333-{n:012}"));
        let mut live = store.newcomer(&uuid, 0);
        (live["state"], live["last_event"]) = (json!("working"), json!("UserPromptSubmit"));
        let mut seat = seat(&id, &format!("worker {n}"), &live);
        if n >= 4 {
            seat["parent"] = json!({"agent_id": format!("agent_20261121T0930_{:04x}", n % 4)});
        }
        list.given.push((format!("live/{uuid}.json").into(), live.to_string()));
        list.given.push((format!("agents/{id}.json").into(), seat.to_string()));
    }
    list
}
