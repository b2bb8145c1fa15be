//! What the reader of a hidden page is told: by the tab's title, and by notifications if they asked for them.

use cs_tests::{Sandbox, status};
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

const CONVERSATION: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// Sends a hook's payload as Claude Code does.
fn hook(dashboard: &Dashboard, event: &str, more: Value) {
    let mut payload = json!({"session_id": CONVERSATION, "cwd": dashboard.sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let program = if event.starts_with("Stop") { "cs-heartbeat" } else { "cs-hook" };
    assert_eq!(status(&dashboard.sandbox.hook(program, &payload.to_string())), 0);
}

fn ask(dashboard: &Dashboard, command: &str) {
    hook(dashboard, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": command}}));
}

/// Notes each notification of the page in `window.notices`; they are real ones.
const LISTEN: &str = "window.notices = []; window.Notification = class extends Notification { \
    constructor(title, options) { super(title, options); notices.push(this) } }";

#[test]
fn the_title_of_a_hidden_page_counts_what_waits() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    dashboard.open(&format!("/session/{}", ids[0]));
    dashboard.cs("cs-session", &["update", &ids[0], "--intent", "(1) of two"]);
    dashboard.browser.until("document.title === '(1) of two'");
    dashboard.browser.hide(true);
    hook(&dashboard, "UserPromptSubmit", json!({"prompt": "tidy the cellar"}));
    ask(&dashboard, "rm -r cellar");
    dashboard.browser.until("document.title === '(1) (1) of two'");
    hook(&dashboard, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "rm -r cellar"}}));
    dashboard.browser.until("document.title === '(1) of two'");
    ask(&dashboard, "rm -r attic");
    dashboard.browser.until("document.title === '(1) (1) of two'");
    dashboard.browser.hide(false);
    hook(&dashboard, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "rm -r attic"}}));
    dashboard.browser.until("document.title === '(1) of two'");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}

/// Keeps the answers to requests for the page until `release()` is called.
const HOLD: &str = "window.held = 0; window.honest = window.fetch; window.fetch = async (url, options) => { \
    const answer = await honest(url, options); \
    if (options?.headers?.['X-Part'] === 'page') await new Promise((go) => { window.release = go; held++ }); \
    return answer }";

#[test]
fn a_page_that_comes_late_does_not_take_the_number_from_the_title() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    dashboard.open(&format!("/session/{}", ids[0]));
    dashboard.browser.eval(HOLD);
    dashboard.cs("cs-session", &["update", &ids[0], "--intent", "another one"]);
    dashboard.browser.until("held === 1");
    dashboard.browser.hide(true);
    hook(&dashboard, "UserPromptSubmit", json!({"prompt": "tidy the cellar"}));
    ask(&dashboard, "rm -r cellar");
    dashboard.browser.until("document.title.startsWith('(1) ')");
    dashboard.browser.eval("window.fetch = honest; release()");
    dashboard.browser.until("document.querySelector('h1').textContent.includes('another one')");
    dashboard.browser.until("document.title === '(1) another one'");
}

#[test]
fn one_notification_tells_of_a_question_and_of_a_failure() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    hook(&dashboard, "UserPromptSubmit", json!({"prompt": "tidy the cellar"}));
    ask(&dashboard, "ls cellar");
    let id = dashboard.sandbox.records()[0]["session_id"].as_str().unwrap_or_default().to_owned();
    dashboard.browser.call("Browser.grantPermissions", json!({"permissions": ["notifications"]}));
    dashboard.open("/");
    dashboard.browser.eval(LISTEN);
    assert_eq!(dashboard.browser.text("#tell b"), "off", "nothing is told before somebody asks for it");
    dashboard.browser.click("#tell");
    dashboard.browser.until("document.querySelector('#tell b').textContent === 'on'");
    dashboard.browser.until("known?.size === 1");
    assert_eq!(dashboard.browser.eval("notices.length"), 0, "what waited before is on the page");

    dashboard.browser.hide(true);
    hook(&dashboard, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "ls cellar"}}));
    dashboard.browser.until("known?.size === 0");
    ask(&dashboard, "rm -r cellar");
    dashboard.browser.until("notices.length === 1");
    let told = "(({title, body, tag}) => [title, body, tag])(notices.at(-1))";
    let first = dashboard.browser.eval(told);
    assert!(first[0].as_str().is_some_and(|title| title.ends_with(": waits for you")), "{first}");
    assert!(first[1].as_str().is_some_and(|body| body.contains("tidy the cellar\npermission for Bash")), "{first}");
    assert_eq!(first[2], json!(id));
    dashboard.cs("cs-session", &["event", &id, "--message", "something else"]);
    hook(&dashboard, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "rm -r cellar"}}));
    dashboard.browser.until("known?.size === 0");
    hook(&dashboard, "StopFailure", json!({"error": "rate_limit"}));
    dashboard.browser.until("notices.length >= 2");
    let second = dashboard.browser.eval(told);
    assert!(second[0].as_str().is_some_and(|title| title.ends_with(": the turn failed")), "{second}");
    assert_eq!((&second[2], dashboard.browser.eval("notices.length")), (&json!(id), json!(2)), "one for each");

    let from = dashboard.browser.note_event();
    dashboard.browser.eval("notices.at(-1).dispatchEvent(new Event('click'))");
    dashboard.browser.wait_for("Page.loadEventFired", from);
    assert_eq!(dashboard.browser.eval("location.pathname"), format!("/session/{id}"));
    assert_eq!(dashboard.browser.text("#tell b"), "on", "the choice is remembered");
    dashboard.browser.hide(false);
    dashboard.browser.click("#tell");
    dashboard.browser.until("document.querySelector('#tell b').textContent === 'off'");
    assert_eq!(dashboard.browser.eval("localStorage.getItem('tell')"), "off");
}

#[test]
fn a_browser_that_forbids_notifications_is_not_asked_before_a_click() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    let refuse = "window.asked = 0; Notification.requestPermission = async () => (asked++, 'denied')";
    dashboard.browser.eval(refuse);
    dashboard.create("api", "one more");
    dashboard.browser.until("document.querySelectorAll('.row').length === 5");
    assert_eq!(dashboard.browser.eval("asked"), 0);
    dashboard.browser.click("#tell");
    dashboard.browser.until("document.getElementById('news').textContent.includes('does not allow')");
    assert_eq!(dashboard.browser.eval("[asked, document.querySelector('#tell b').textContent]"), json!([1, "off"]));
}
