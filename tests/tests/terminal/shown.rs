//! Every view names the terminal of a conversation that runs, and no other.

use cs_tests::http::Served;
use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, eventually, stdout};
use serde_json::{Value, json};

use crate::{CLIENT, TIMEOUT, cs_session, session, uuid, write_program};

#[test]
fn all_views_agree_on_the_terminal() {
    let sandbox = Sandbox::new();
    write_program(&sandbox.home().join("client"), CLIENT);
    let mut command = sandbox.command("sh");
    command.arg(sandbox.home().join("client")).args([&uuid(1), "job"]).env("KITTY_WINDOW_ID", "3");
    let client = OnTerminal::start(command);
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
    write_program(&sandbox.home().join("client"), CLIENT);
    let mut command = sandbox.command("sh");
    command.arg(sandbox.home().join("client")).args([&uuid(1), "job"]).env("WEZTERM_PANE", "4");
    let _client = OnTerminal::start(command);
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
