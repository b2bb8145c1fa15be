//! A conversation in the browser: folded calls, what is added, a phone, no scripts.

use std::fs;
use std::io::Write;

use cs_tests::Sandbox;
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";

fn line(n: usize, kind: &str, content: Value) -> String {
    let origin = if kind == "user" && content.is_string() { json!({"kind": "human"}) } else { Value::Null };
    json!({
        "type": kind, "uuid": format!("u{n}"), "sessionId": UUID, "cwd": "/home/dev/api",
        "timestamp": format!("2026-11-21T03:00:{n:02}.000Z"), "origin": origin,
        "message": {"id": format!("m{n}"), "role": kind, "content": content},
    })
    .to_string()
}

fn call(n: usize, id: &str, name: &str, input: Value) -> String {
    line(n, "assistant", json!([{"type": "tool_use", "id": id, "name": name, "input": input}]))
}

fn result(n: usize, id: &str, text: &str) -> String {
    line(n, "user", json!([{"type": "tool_result", "tool_use_id": id, "content": text}]))
}

/// A dashboard, a session of it with a conversation, and the conversation's log.
fn talking() -> Option<(Dashboard, String, fs::File)> {
    let dashboard = Dashboard::start(Sandbox::new())?;
    let id = dashboard.create("api", "look around");
    let mut record = dashboard.sandbox.record(&id);
    record["claude_session_id"] = json!(UUID);
    fs::write(dashboard.sandbox.data().join(format!("sessions/{id}.json")), record.to_string()).expect("a record");
    write_log(&dashboard.sandbox);
    let path = log_of(&dashboard.sandbox);
    let log = fs::File::options().append(true).open(path).expect("a log");
    Some((dashboard, id, log))
}

fn log_of(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.home().join(format!(".claude/projects/-home-dev-api/{UUID}.jsonl"))
}

/// Writes the log of a conversation; returns its id.
pub fn write_log(sandbox: &Sandbox) -> &'static str {
    let folder = sandbox.home().join(".claude/projects/-home-dev-api");
    fs::create_dir_all(&folder).expect("a folder");
    let edit = json!({"file_path": "/home/dev/api/a.rs", "old_string": "one\ntwo\nend", "new_string": "one\n2\nend"});
    let lines = [
        line(1, "user", json!("mend the retry loop")),
        call(2, "toolu_1", "Edit", edit),
        result(3, "toolu_1", "The file was updated."),
        line(4, "assistant", json!([{"type": "text", "text": "Mended. ".to_owned() + &"long".repeat(200)}])),
    ];
    fs::write(log_of(sandbox), lines.join("\n") + "\n").expect("a log");
    UUID
}

#[test]
fn what_a_running_conversation_gets_appears_and_a_result_goes_to_its_call() {
    let Some((mut dashboard, id, mut log)) = talking() else { return };
    dashboard.open(&format!("/session/{id}"));
    dashboard.browser.eval("window.sameDocument = true");
    dashboard.browser.eval("document.querySelector('#parts details').open = true");
    let diff = "[...document.querySelectorAll('#parts .diff code')].map((line) => line.textContent)";
    assert_eq!(dashboard.browser.eval(diff), json!(["  one", "- two", "+ 2", "  end"]));
    writeln!(
        log,
        "{}\n{}",
        line(5, "user", json!("and test it")),
        call(6, "toolu_2", "Bash", json!({"command": "make"}))
    )
    .expect("the log grows");
    dashboard.browser.until("document.getElementById('parts').textContent.includes('and test it')");
    dashboard.browser.until("document.querySelector('[data-call=toolu_2] .ends') !== null");
    writeln!(log, "{}", result(7, "toolu_2", "all is built")).expect("the log grows");
    dashboard.browser.until("document.querySelector('[data-call=toolu_2]').textContent.includes('all is built')");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('#parts > [data-part=result]').length"), 0);
    assert_eq!(dashboard.browser.eval("document.querySelector('[data-call=toolu_2] .ends')"), Value::Null);
    // Another change of the page leaves the conversation and what the reader opened as they are.
    dashboard.cs("cs-session", &["update", &id, "--activity", "reading the loop"]);
    dashboard.browser.until("document.querySelector('#doing') !== null");
    assert_eq!(dashboard.browser.eval("document.querySelector('#parts details').open"), true);
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('#parts > [data-part=prompt]').length"), 2);
    assert_eq!(dashboard.browser.eval("window.sameDocument"), true);
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}

#[test]
fn a_conversation_fits_a_phone_and_a_search_leads_into_it() {
    let Some((mut dashboard, _, _)) = talking() else { return };
    dashboard.open("/?q=retry");
    assert_eq!(dashboard.browser.text("#in-conversations mark"), "retry");
    for width in [390, 1400] {
        dashboard.browser.size(width, 900);
        dashboard.open(&format!("/conversation/{UUID}"));
        dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        assert_eq!(dashboard.browser.beyond(), "", "{width}");
    }
    dashboard.browser.open(&dashboard.url("/?q=retry"));
    dashboard.browser.follow("#in-conversations .items a");
    assert_eq!(dashboard.browser.text(":target .said"), "mend the retry loop");
}
