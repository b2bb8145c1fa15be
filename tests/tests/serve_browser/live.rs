//! Changes on disk appear by themselves and do not disturb the reader.

use cs_tests::http::Served;
use cs_tests::{Sandbox, status};
use serde_json::json;

use crate::dashboard::Dashboard;

const CONVERSATION: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// Sends a hook's payload as Claude Code does.
fn hook(sandbox: &Sandbox, event: &str, more: serde_json::Value) {
    let mut payload = json!({"session_id": CONVERSATION, "cwd": sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let program = if event == "Stop" { "cs-heartbeat" } else { "cs-hook" };
    assert_eq!(status(&sandbox.hook(program, &payload.to_string())), 0);
}

#[test]
fn a_change_appears_without_a_reload_and_keeps_input_and_scrolling() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    for n in 0..8 {
        dashboard.create(&format!("more-{n}"), "one more");
    }
    dashboard.browser.size(800, 500);
    dashboard.open("/");
    dashboard.browser.until("document.querySelectorAll('.row').length >= 7");
    dashboard.browser.eval("window.sameDocument = true");
    dashboard.browser.click("#more > summary");
    dashboard.browser.click("#q");
    dashboard.browser.type_text("half a wo");
    dashboard.browser.eval("document.querySelector('#more select').value = 'shop'");
    dashboard.browser.eval("scrollTo(0, 300)");
    let top = dashboard.browser.eval("scrollY");
    assert!(top.as_f64() > Some(100.0), "the page is long enough to scroll: {top}");

    dashboard.cs("cs-session", &["update", &ids[0], "--activity", "looking into the cookie"]);
    let row = format!("document.getElementById('{}')", ids[0]);
    dashboard.browser.until(&format!("{row}.textContent.includes('looking into the cookie')"));
    dashboard.cs("cs-session", &["complete", &ids[1], "--outcome", "a bucket for each key"]);
    dashboard.browser.until("document.querySelector('main').textContent.includes('a bucket for each key')");

    assert_eq!(dashboard.browser.eval("window.sameDocument"), true, "the page was not loaded again");
    assert_eq!(dashboard.browser.eval("scrollY"), top);
    assert_eq!(dashboard.browser.eval("document.activeElement.id"), "q");
    assert_eq!(dashboard.browser.eval("document.activeElement.value"), "half a wo");
    assert_eq!(dashboard.browser.eval("document.activeElement.selectionStart"), 9);
    assert_eq!(dashboard.browser.eval("document.querySelector('#more select').value"), "shop");
    assert_eq!(dashboard.browser.eval("document.querySelector('#more').open"), true);
    assert_eq!(dashboard.browser.text("#chip-completed b"), "2");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}

#[test]
fn a_waiting_conversation_moves_to_the_top_and_is_announced() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    hook(&dashboard.sandbox, "UserPromptSubmit", json!({"prompt": "tidy the cellar"}));
    dashboard.browser.until("document.querySelector('#running .row.is-working') !== null");
    dashboard.browser.eval("document.querySelector('#running .open').focus()");
    let ask = json!({"tool_name": "Bash", "tool_input": {"command": "rm -r cellar"}});
    hook(&dashboard.sandbox, "PermissionRequest", ask);
    dashboard.browser.until("document.querySelector('#needs-me .row.is-waiting') !== null");
    let row = dashboard.browser.text("#needs-me .row");
    assert!(row.contains("tidy the cellar") && row.contains("permission for Bash"), "{row}");
    assert_eq!(dashboard.browser.eval("document.title.startsWith('(1)')"), true);
    dashboard.browser.until("document.getElementById('news').textContent.includes('tidy the cellar: waiting')");
    let reported = json!({"session_id": CONVERSATION, "cost": {"total_cost_usd": 3.41}, "context_window": {"used_percentage": 62}});
    assert_eq!(status(&dashboard.sandbox.feed("cs-statusline", &[], &reported.to_string())), 0);
    let focused = "document.activeElement.closest('.row') !== null";
    assert_eq!(dashboard.browser.eval(focused), true, "the focus is still on a row");
    hook(&dashboard.sandbox, "Stop", json!({}));
    dashboard.browser.until("document.querySelector('#needs-me .row.is-idle') !== null");
    let figures = dashboard.browser.text("#needs-me .figures");
    assert!(figures.contains("62% context") && figures.contains("$3.41"), "{figures}");
    dashboard.browser.size(390, 800);
    let height = dashboard.browser.eval("document.querySelector('#needs-me .state').offsetHeight");
    assert!(height.as_i64() < Some(34), "on a phone a state is one line, too: {height}");
}

#[test]
fn a_lost_server_is_announced_and_reconnected() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    dashboard.open(&format!("/session/{}", ids[0]));
    dashboard.browser.eval("window.sameDocument = true");
    let port = dashboard.served.address.rsplit(':').next().unwrap_or_default().to_owned();
    drop(dashboard.served);
    dashboard.browser.until("document.querySelector('#connection').dataset.state === 'lost'");
    assert!(dashboard.browser.text("#connection").contains("connection lost, retrying"));
    let event = ["event", ids[0].as_str(), "--message", "went on meanwhile"];
    assert_eq!(status(&dashboard.sandbox.cs("cs-session", &event)), 0);
    let running = dashboard.sandbox.start("cs-serve", &["--port", &port]);
    dashboard.served = Served { running, address: format!("127.0.0.1:{port}") };
    dashboard.browser.until("document.querySelector('#connection').dataset.state === 'live'");
    dashboard.browser.until("document.querySelector('#timeline li').textContent.includes('went on meanwhile')");
    assert_eq!(dashboard.browser.eval("window.sameDocument"), true);
}

#[test]
fn without_an_event_stream_the_page_polls() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    dashboard.browser.call("Network.setBlockedURLs", json!({"urls": ["*/api/events"]}));
    let url = dashboard.url("/");
    dashboard.browser.open(&url);
    dashboard.browser.until("document.querySelector('#connection').dataset.state === 'polling'");
    dashboard.cs("cs-session", &["update", &ids[0], "--activity", "seen all the same"]);
    dashboard.browser.until("document.querySelector('main').textContent.includes('seen all the same')");
}
