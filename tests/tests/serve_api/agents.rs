//! Seats of agents in the API: the tree, what waits, leases; texts are masked; without seats nothing is said about them.

use super::*;
use cs_tests::seat_files::{seat, with};
use serde_json::json;

const PLANNER: &str = "agent_20261121T1000_1f0c";
const WRITER: &str = "agent_20261121T1000_2f0c";
const CHECKER: &str = "agent_20261121T1000_3f0c";

/// A file of the data directory, in directories that are made for it.
fn store(sandbox: &Sandbox, name: &str, value: &Value) {
    fs::create_dir_all(sandbox.data().join(name).parent().unwrap()).unwrap();
    put(sandbox, name, &value.to_string());
}

fn seated(sandbox: &Sandbox, id: &str, name: &str, parent: Option<&str>, more: Value) -> String {
    let session = create(sandbox, "api", &format!("the work of {name}"));
    let parent = parent.map_or(Value::Null, |id| json!({"agent_id": id}));
    let fields = with(json!({"session_id": session, "parent": parent}), more);
    store(sandbox, &format!("agents/{id}.json"), &with(seat(id, name), fields));
    session
}

fn message(sandbox: &Sandbox, text: &str) {
    let message = json!({"message_id": "m000001", "to": WRITER, "from": {"kind": "user"}, "text": text,
        "sent_at": "2026-11-21T10:00:00.000000+00:00", "schema_version": 1});
    store(sandbox, &format!("inbox/{WRITER}/new/m000001.json"), &message);
}

/// A planner with a writer below it, and below that a checker, which has ended.
fn family() -> (Sandbox, [String; 3]) {
    let sandbox = Sandbox::new();
    let ended = json!({"status": "ended", "ended_at": "2026-11-21T11:00:00.000000+00:00", "ended_by": "client"});
    let sessions = [
        seated(&sandbox, PLANNER, "planner", None, json!({})),
        seated(&sandbox, WRITER, "writer", Some(PLANNER), json!({"doing": "use password=hunter2hunter2 here"})),
        seated(&sandbox, CHECKER, "checker", Some(WRITER), ended),
    ];
    (sandbox, sessions)
}

#[test]
fn seats_are_a_tree_with_messages_and_leases_and_their_texts_are_masked() {
    let (sandbox, sessions) = family();
    message(&sandbox, "the token is ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8, use it");
    let lease = json!({"id": "l00000001", "token": 7, "paths": ["src"], "owner": {"agent_id": WRITER},
        "acquired_at": "2026-11-21T10:00:00.000000+00:00", "expires_at": "2036-11-21T11:00:00.000000+00:00",
        "for_seconds": 3600});
    let old = with(lease.clone(), json!({"id": "l00000002", "expires_at": "2026-11-21T10:00:00.000000+00:00"}));
    store(
        &sandbox,
        "leases/api.json",
        &json!({"project_slug": "api", "last_token": 7, "leases": [lease, old],
        "schema_version": 1}),
    );
    let served = Served::start(&sandbox, &[]);
    let all = served.get("/api/agents").json();
    let told = |row: &Value| json!([row["name"], row["depth"], row["state"], row["messages_waiting"], row["leases"]]);
    let rows: Vec<Value> = all["agents"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        rows,
        [
            json!(["planner", 0, "unknown", 0, 0]),
            json!(["writer", 1, "unknown", 1, 1]),
            json!(["checker", 2, "ended", 0, 0])
        ]
    );
    assert_eq!(all["agents"][1]["doing"], "use password=[masked] here");
    assert_eq!(all["agents"][1]["parent_session_id"], sessions[0].as_str());
    let one = served.get(&format!("/api/agents/{WRITER}")).json();
    assert_eq!(one["messages"][0]["text"], "the token is [masked], use it");
    assert_eq!(json!([one["messages"][0]["from"], one["held"][0]["paths"]]), json!(["user", ["src"]]));
    assert_eq!(json!([one["children"][0]["name"], one["children"][0]["depth"]]), json!(["checker", 0]));
    let leases = served.get("/api/leases").json();
    assert_eq!(leases["leases"].as_array().unwrap().len(), 1, "one has expired: {leases}");
    let shown = served.get(&format!("/api/session/{}", sessions[1])).json();
    assert_eq!(json!([shown["seat"]["name"], shown["children"][0]["name"]]), json!(["writer", "checker"]));
    assert_eq!(served.get("/api/agents/agent_20261121T1000_ffff").status, 404);
    assert_eq!(served.get("/api/agents/nothing").status, 400);
}

#[test]
fn without_seats_no_page_speaks_of_them() {
    let (sandbox, [active, ..]) = world();
    let served = Served::start(&sandbox, &[]);
    assert_eq!(served.get("/api/agents").json(), json!({"agents": []}));
    for path in ["/", &format!("/session/{active}"), "/project/api", "/activity"] {
        let page = served.get(path).text();
        assert!(!page.contains("/agents") && !page.contains("seat"), "{path}");
    }
    let shown = served.get(&format!("/api/session/{active}")).json();
    assert!(shown.get("seat").is_none() && shown.get("children").is_none());
}

#[test]
fn a_seat_a_message_and_its_end_appear_by_themselves() {
    let (sandbox, _) = family();
    let served = Served::start(&sandbox, &[]);
    let rows = || served.get("/api/agents").json()["agents"].as_array().unwrap().clone();
    assert_eq!(rows()[1]["messages_waiting"], 0);
    message(&sandbox, "go on");
    assert!(eventually(Duration::from_secs(5), || rows()[1]["messages_waiting"] == 1));
    let now = "2026-11-21T11:00:00.000000+00:00";
    let ended = json!({"status": "killed", "ended_at": now, "ended_by": "user", "parent": {"agent_id": PLANNER}});
    store(&sandbox, &format!("agents/{WRITER}.json"), &with(seat(WRITER, "writer"), ended));
    assert!(eventually(Duration::from_secs(5), || rows()[1]["state"] == "killed"));
}

/// The list of the commands, that of the dashboard and that of the sessions counted paths and leases, showed different
/// costs, and disagreed whether messages wait for an agent that has ended.
#[test]
fn all_lists_agree_on_leases_messages_and_cost() {
    const TALK: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
    let (sandbox, sessions) = family();
    let fields = json!({"session_id": sessions[1], "claude_session_id": TALK});
    store(&sandbox, &format!("agents/{WRITER}.json"), &with(seat(WRITER, "writer"), fields));
    let now = "2026-11-21T10:00:00.000000+00:00";
    store(
        &sandbox,
        &format!("live/{TALK}.json"),
        &json!({"claude_session_id": TALK, "session_id": sessions[1], "state": "idle", "since": now, "last_event": "Stop",
            "last_event_at": now, "cwd": "/x", "started_at": now, "schema_version": 1}),
    );
    store(
        &sandbox,
        &format!("statusline/{TALK}.json"),
        &json!({"claude_session_id": TALK, "at": now, "cost_usd": 1.25, "schema_version": 1}),
    );
    let lease = json!({"id": "l00000001", "token": 7, "paths": ["src/a", "src/b"], "owner": {"agent_id": WRITER},
        "acquired_at": now, "expires_at": "2036-11-21T11:00:00.000000+00:00", "for_seconds": 3600});
    let file = json!({"project_slug": "api", "last_token": 7, "leases": [lease], "schema_version": 1});
    store(&sandbox, "leases/api.json", &file);
    let waits = json!({"message_id": "m000001", "to": CHECKER, "from": {"kind": "user"}, "text": "x", "sent_at": now,
        "schema_version": 1});
    store(&sandbox, &format!("inbox/{CHECKER}/new/m000001.json"), &waits);

    let told = |row: &Value| json!([row["name"], row["messages_waiting"], row["leases"], row["cost_usd"]]);
    let mut listed: Vec<Value> = rows(&sandbox, "cs-agent", &["list", "--all", "--json"]).iter().map(told).collect();
    let served = Served::start(&sandbox, &[]);
    let mut shown: Vec<Value> =
        served.get("/api/agents").json()["agents"].as_array().unwrap().iter().map(told).collect();
    let by_name = |row: &Value| row[0].as_str().unwrap().to_string();
    listed.sort_by_key(by_name);
    shown.sort_by_key(by_name);
    let wanted = json!([["checker", 0, 0, null], ["planner", 0, 0, null], ["writer", 0, 1, 1.25]]);
    assert_eq!(json!(listed), wanted);
    assert_eq!(json!(shown), wanted);
    let of_session = rows(&sandbox, "cs-session", &["list", "--json"]);
    let row = of_session.iter().find(|row| row["seat"]["name"] == "writer").unwrap();
    assert_eq!(row["seat"]["leases"], 1);
}

/// The lines that a command prints for programs.
fn rows(sandbox: &Sandbox, program: &str, args: &[&str]) -> Vec<Value> {
    let output = sandbox.cs(program, args);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
