//! Every view names the terminal of a conversation that runs, and no other.

use cs_tests::http::Served;
use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, eventually, stdout};
use serde_json::{Value, json};

use crate::{CLIENT, TIMEOUT, cs_session, session, uuid, write_program};

/// Starts client 1 on a terminal of its own, with this variable.
fn client(sandbox: &Sandbox, variable: &str, value: &str) -> OnTerminal {
    write_program(&sandbox.home().join("client"), CLIENT);
    let mut command = sandbox.command("sh");
    command.arg(sandbox.home().join("client")).args([&uuid(1), "job"]).env(variable, value);
    OnTerminal::start(command)
}

#[test]
fn all_views_agree_on_the_terminal() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, "KITTY_WINDOW_ID", "3");
    let id = session(&sandbox, 1);
    let parsed = |text: String| serde_json::from_str::<Value>(&text).expect("it is JSON");
    let served = Served::start(&sandbox, &[]);
    let views = || {
        let overview = parsed(stdout(&sandbox.cs("cs-project", &["overview", "--json"])));
        let dashboard = served.json("/api/overview");
        [
            parsed(cs_session(&sandbox, &["list", "--json"])),
            parsed(cs_session(&sandbox, &["list", "--full", "--json"])),
            parsed(cs_session(&sandbox, &["show", &id, "--json"])),
            overview["projects"][0]["active"][0].clone(),
            dashboard["projects"][0]["active"][0].clone(),
            served.json("/api/sessions")["sessions"][0].clone(),
            served.json(&format!("/api/session/{id}")),
        ]
        .map(|view| view["place"].clone())
    };
    assert_eq!(views(), [(); 7].map(|()| json!("kitty window 3")));
    let page = || served.get(&format!("/session/{id}")).text();
    assert!(page().contains("kitty window 3") && page().contains(&format!("cs-session jump {id}")), "{}", page());
    assert!(!page().contains("claude --resume"), "it runs");
    assert_eq!(served.json(&format!("/api/session/{id}"))["reach"], "jump");
    drop(client);
    assert!(eventually(TIMEOUT, || views() == [(); 7].map(|()| Value::Null)), "{:?}", views());
    assert_eq!(served.json(&format!("/api/session/{id}"))["reach"], "open");
    assert!(page().contains(&format!("claude --resume {}", uuid(1))) && !page().contains("cs-session jump"));
}

#[test]
fn a_notice_names_the_terminal() {
    let sandbox = Sandbox::new();
    let _client = client(&sandbox, "WEZTERM_PANE", "4");
    session(&sandbox, 1);
    let asks = json!({"session_id": uuid(1), "cwd": sandbox.work(), "hook_event_name": "PermissionRequest",
        "tool_name": "Bash", "tool_input": {"command": "make"}});
    let pid = sandbox.json(&format!("live/{}.json", uuid(1)))["pid"].to_string();
    let mut hook = sandbox.command("cs-hook");
    hook.env("CLAUDE_PID", pid);
    cs_tests::run(hook, &asks.to_string());
    let mut config = sandbox.json("config.json");
    config["settings"] = json!({"notifications_enabled": true});
    config["notify"] = json!({"waiting_after_seconds": 0, "command": ["true"]});
    std::fs::write(sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
    let told = stdout(&sandbox.cs("cs-notify", &["--dry-run", "--json"]));
    let told: Value = serde_json::from_str(told.lines().next().expect("there is a notice")).expect("it is JSON");
    assert_eq!((&told["reason"], &told["place"]), (&json!("waiting"), &json!("WezTerm pane 4")), "{told}");
}

fn shown_place(sandbox: &Sandbox, id: &str) -> Value {
    let shown: Value = serde_json::from_str(&cs_session(sandbox, &["show", id, "--json"])).expect("it is JSON");
    shown["place"].clone()
}

#[test]
fn the_window_that_is_left_is_named_by_its_terminal() {
    let sandbox = Sandbox::new();
    let first = client(&sandbox, "KITTY_WINDOW_ID", "3");
    let id = session(&sandbox, 1);
    let mut sleep = sandbox.command("sleep");
    sleep.arg("600");
    let second = OnTerminal::start(sleep);
    let mut hook = sandbox.command("cs-hook");
    hook.env("CLAUDE_PID", second.pid().to_string()).env("KITTY_WINDOW_ID", "9");
    let start = json!({"session_id": uuid(1), "cwd": sandbox.work(), "hook_event_name": "SessionStart",
        "source": "resume"});
    cs_tests::run(hook, &start.to_string());
    assert_eq!(shown_place(&sandbox, &id), "kitty window 3", "the first window reported last");
    drop(first);
    let tty = second.tty.trim_start_matches("/dev/").to_owned();
    assert!(eventually(TIMEOUT, || shown_place(&sandbox, &id) == tty.as_str()), "{}", shown_place(&sandbox, &id));
}

#[test]
fn after_a_restart_of_the_machine_a_conversation_can_be_opened() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, "KITTY_WINDOW_ID", "3");
    let id = session(&sandbox, 1);
    drop(client);
    let name = format!("live/{}.json", uuid(1));
    let mut live = sandbox.json(&name);
    let log = sandbox.home().join("log.jsonl");
    std::fs::write(&log, json!({"cwd": sandbox.work()}).to_string()).expect("it can be written");
    live["transcript_path"] = log.to_string_lossy().as_ref().into();
    live["host"] = "an-earlier-boot:4026531836".into();
    let opens = |live: &Value| {
        std::fs::write(sandbox.data().join(&name), live.to_string()).expect("it can be written");
        let output = sandbox.cs("cs-session", &["open", &id, "--print"]);
        (cs_tests::status(&output), stdout(&output))
    };
    let (code, line) = opens(&live);
    assert!(code == 0 && line.ends_with(&format!("claude --resume {}\n", uuid(1))), "{line}");
    // Without the machine's name it may run on another one.
    live["place"].as_object_mut().expect("it has a place").remove("host");
    assert_eq!(opens(&live), (1, String::new()));
}
