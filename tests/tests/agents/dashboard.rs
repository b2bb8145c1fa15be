//! Agents controlled through `cs-serve --review --control`: a real seat, and what is refused.

use std::fs;

use cs_tests::http::{Answer, Served};
use cs_tests::{eventually, status};
use serde_json::{Value, json};

use crate::team::{PATIENCE, Team, text};

/// A dashboard that controls agents, and its key.
struct Control {
    served: Served,
    key: String,
}

impl Control {
    fn start(team: &Team, args: &[&str]) -> Control {
        let served = Served::start(&team.sandbox, args);
        let port = served.address.rsplit(':').next().unwrap();
        let key = fs::read_to_string(team.sandbox.data().join(format!("serve/{port}.key"))).unwrap();
        Control { key: key.trim().to_owned(), served }
    }

    fn send(&self, change: &Value) -> Answer {
        self.served.send_with("/review/api/op", &format!("Authorization: Bearer {}\r\n", self.key), &change.to_string())
    }

    /// Makes a change, which must succeed.
    #[track_caller]
    fn make(&self, change: Value) -> Value {
        let answer = self.send(&change);
        assert_eq!(answer.status, 200, "{change}: {}", answer.text());
        answer.json()
    }

    #[track_caller]
    fn refuses(&self, change: Value, status: u16, why: &str) {
        let answer = self.send(&change);
        assert_eq!((answer.status, answer.text().contains(why)), (status, true), "{change}: {}", answer.text());
    }

    /// What is to be seen of a seat.
    fn seen(&self, id: &str) -> Value {
        self.served.json(&format!("/api/agents/{id}"))["seen"].clone()
    }
}

/// A template with a prompt, one in another folder, and a project in which agents may work.
fn prepare(team: &Team) -> String {
    assert_eq!(status(&team.sandbox.cs("cs-session", &["create", "--intent", "x", "-q"])), 0);
    let path = team.sandbox.data().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let outside = team.sandbox.root().join("outside");
    fs::create_dir(&outside).unwrap();
    config["agents"] = json!({"templates": {
        "tester": {"model": "haiku", "prompt": "Test it."},
        "bare": {},
        "outside": {"cwd": outside, "prompt": "x"},
    }});
    fs::write(&path, config.to_string()).unwrap();
    config["projects"].as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn a_seat_is_started_cleared_ended_and_restored_from_the_dashboard() {
    let Some(team) = Team::new() else { return };
    let project = prepare(&team);
    let control = Control::start(&team, &["--review", "--control"]);
    let spawn = json!({"op": "agent.spawn", "template": "tester", "project": project, "name": "builder",
        "prompt": "the login page", "key": "k1"});
    let made = control.make(spawn.clone());
    let seat = team.seat("builder");
    assert_eq!((&made["agent_id"], text(&seat, "status")), (&seat["agent_id"], "running"));
    let start = team.wait_for("start", |_| true);
    let words: Vec<&str> = start["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(words.join(" ").ends_with("--model haiku -- Test it.\n\nthe login page"), "{words:?}");
    assert_eq!(seat["spawned_by"], "user");
    assert_eq!(control.make(spawn)["agent_id"], seat["agent_id"], "the same key starts nothing");
    team.wait_until("builder", "idle");
    let id = text(&seat, "agent_id").to_owned();

    // A message reaches it, at the end of its turn or by waking it; then a new conversation, in which it works; and one that ends that turn.
    control.make(json!({"op": "message.send", "agent": id, "text": "how far are you?"}));
    let told = || [team.seen("wake"), team.seen("context")].concat();
    let is_told = || told().iter().any(|seen| text(seen, "text").contains("how far are you?"));
    assert!(eventually(PATIENCE, is_told), "{:#?}", told());
    team.wait_until("builder", "idle");
    let before = team.seat("builder");
    control.make(json!({"op": "agent.clear", "agent": id, "if": control.seen(&id), "prompt": "sleep 60"}));
    let cleared = team.seat("builder");
    assert_ne!(cleared["claude_session_id"], before["claude_session_id"]);
    assert_eq!(cleared["model"], "haiku");
    team.wait_until("builder", "busy");
    let clear = json!({"op": "agent.clear", "agent": id, "if": control.seen(&id)});
    control.refuses(clear.clone(), 409, "works; nothing was changed");
    let mut now = clear.clone();
    now["now"] = json!(true);
    control.make(now);
    control.refuses(clear, 409, "STALE");
    team.wait_until("builder", "idle");

    control.make(json!({"op": "agent.name", "agent": id, "if": control.seen(&id), "name": "tester"}));
    assert_eq!(text(&team.seat("tester"), "agent_id"), id);
    let stop = |op: &str| json!({"op": op, "agent": id, "if": control.seen(&id)});
    control.refuses(stop("agent.interrupt"), 409, "is idle");
    control.refuses(stop("agent.restore"), 409, "runs");
    control.make(stop("agent.kill"));
    assert!(eventually(PATIENCE, || text(&team.seat("tester"), "status") == "killed"));
    control.refuses(stop("agent.kill"), 409, "ended already");
    control.refuses(stop("agent.clear"), 409, "has ended");
    control.make(stop("agent.restore"));
    let restored = team.seat("tester");
    assert_eq!((text(&restored, "status"), text(&restored, "agent_id")), ("running", id.as_str()));
    control.make(stop("agent.kill"));
}

#[test]
fn only_templates_and_known_projects_start_agents() {
    let Some(team) = Team::new() else { return };
    let project = prepare(&team);
    let control = Control::start(&team, &["--review", "--control"]);
    let spawn = |template: &str, project: &str, more: Value| {
        let mut change = json!({"op": "agent.spawn", "template": template, "project": project});
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        change
    };
    control.refuses(spawn("nobody", &project, json!({})), 404, "no template");
    control.refuses(spawn("tester", "nowhere", json!({})), 409, "not registered");
    control.refuses(spawn("tester", "../x", json!({})), 400, "BAD_REQUEST");
    control.refuses(spawn("outside", &project, json!({})), 409, "not in the project");
    control.refuses(spawn("bare", &project, json!({})), 409, "no prompt");
    control.refuses(spawn("bare", &project, json!({"prompt": " "})), 409, "prompt is empty");
    for word in ["args", "cwd", "model", "command", "permission_mode", "agent"] {
        control.refuses(spawn("tester", &project, json!({word: "x"})), 400, "BAD_REQUEST");
    }
    control.refuses(json!({"op": "agent.spawn", "template": "tester"}), 400, "BAD_REQUEST");
    // Neither an agent that is switched off, nor a dashboard without the option.
    let plain = Control::start(&team, &["--review"]);
    plain.refuses(spawn("tester", &project, json!({})), 403, "NO_CONTROL");
    for op in ["agent.clear", "agent.restore", "agent.kill", "agent.interrupt"] {
        plain.refuses(json!({"op": op, "agent": "agent_20261121T1000_00aa", "if": ""}), 403, "NO_CONTROL");
    }
    let team = team.with("CS_AGENTS", "off");
    let off = Control::start(&team, &["--review", "--control"]);
    off.refuses(spawn("tester", &project, json!({})), 409, "CS_AGENTS=off");
    assert_eq!(team.seats(), Vec::<Value>::new());
    assert_eq!(team.seen("start"), Vec::<Value>::new());
}
