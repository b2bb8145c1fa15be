//! Costs on the overview, a session, a project and over a range of days; before usage is counted, and right after.

use cs_tests::corpus::conversation;
use cs_tests::{Sandbox, status};
use serde_json::json;

use crate::dashboard::Dashboard;

const CONVERSATION: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// Records a conversation in `api` as the hooks and the client do; returns the id of its session.
pub fn record_conversation(dashboard: &Dashboard, tokens: u64) -> String {
    let reported = json!({
        "session_id": CONVERSATION, "cost": {"total_cost_usd": 3.41}, "context_window": {"used_percentage": 62},
        "rate_limits": {"five_hour": {"used_percentage": 41, "resets_at": 1_795_261_200}},
    });
    let session = record_without_status_line(dashboard, tokens);
    assert_eq!(status(&dashboard.sandbox.feed("cs-statusline", &[], &reported.to_string())), 0);
    session
}

/// The same of a client without a status line.
pub fn record_without_status_line(dashboard: &Dashboard, tokens: u64) -> String {
    let sandbox = &dashboard.sandbox;
    let dir = sandbox.home().join("api");
    std::fs::create_dir_all(dir.join(".git")).expect("a folder can be created");
    std::fs::write(dir.join(".git/HEAD"), "ref: refs/heads/main\n").expect("a file can be written");
    let prompt =
        json!({"session_id": CONVERSATION, "cwd": dir, "hook_event_name": "UserPromptSubmit", "prompt": "Count"});
    assert_eq!(status(&sandbox.hook("cs-hook", &prompt.to_string())), 0);
    let answers = [
        ("2026-11-02T09:00:00Z", "claude-haiku-4-5-20251001", [50_000, 0, 0, 0]),
        ("2026-11-21T09:00:00Z", "claude-opus-4-8", [tokens, 0, 0, 0]),
        ("2026-11-21T09:01:00Z", "claude-next-9", [7000, 0, 0, 0]),
    ];
    conversation(&sandbox.home().join(".claude"), CONVERSATION, &dir, &answers);
    let records = sandbox.records();
    let own = records.iter().find(|record| record["claude_session_id"] == CONVERSATION).expect("a record");
    own["session_id"].as_str().unwrap_or_default().to_owned()
}

fn texts(dashboard: &mut Dashboard, selector: &str) -> String {
    let all = format!("[...document.querySelectorAll('{selector}')].map((one) => one.textContent).join(' | ')");
    dashboard.browser.eval(&all).as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_overview_explains_how_to_count_usage_and_then_shows_it() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    record_conversation(&dashboard, 100_000);
    dashboard.open("/");
    let before = dashboard.browser.text("#spent");
    assert!(before.contains("cs-usage keep") && before.contains("$3.41"), "{before}");
    assert!(dashboard.browser.text(".limits").contains("resets in 1 h "), "{}", dashboard.browser.text(".limits"));
    dashboard.browser.eval("window.sameDocument = true");
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.until("document.querySelector('#spent-today') !== null");
    assert_eq!(texts(&mut dashboard, "#spent-today dd > *"), "$0.50 | + unknown | 107k tokens");
    assert!(texts(&mut dashboard, "#spent-month dd").contains("$0.55 + unknown 157k tokens"));
    assert!(dashboard.browser.text("#spent").contains("no price is known for 7.0k tokens of claude-next-9"));
    record_conversation(&dashboard, 200_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.until("document.querySelector('#spent-today').textContent.includes('$1.00')");
    assert_eq!(dashboard.browser.eval("window.sameDocument"), true);
    dashboard.browser.click("#chip-completed");
    dashboard.browser.until("document.querySelector('#found') !== null");
    assert_eq!(
        dashboard.browser.eval("document.querySelector('#spent')"),
        json!(null),
        "a filtered list has different updates"
    );
}

#[test]
fn a_session_and_its_project_show_their_cost() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let id = record_conversation(&dashboard, 100_000);
    let path = format!("/session/{id}");
    dashboard.open(&path);
    assert!(dashboard.browser.text("#usage").contains("cs-usage keep"), "not counted yet");
    let facts = dashboard.browser.text("#facts");
    assert!(facts.contains("62%") && facts.contains("$3.41") && facts.contains("resets in 1 h "), "{facts}");
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.until("document.querySelector('#models') !== null");
    let usage = dashboard.browser.text("#usage");
    for words in ["$0.55 + unknown, 157k tokens, 1 turn, 3 answers", "Counted", "by the next cs-usage keep"] {
        assert!(usage.contains(words), "{words}: {usage}");
    }
    assert!(texts(&mut dashboard, "#models tr").contains("claude-next-9unknown7.0k7.0k000"));

    dashboard.open("/project/api");
    let shown = texts(&mut dashboard, "#usage svg[role=img] desc");
    assert!(shown.contains("$0.55 + unknown in all") && shown.contains("157k tokens in all"), "{shown}");
    let bars = "[...document.querySelectorAll('#usage svg[aria-labelledby^=usage-cost] rect title')].map((one) => one.textContent)";
    assert_eq!(
        dashboard.browser.eval(bars),
        json!(["2026-11-02: $0.05, claude-haiku-4-5-20251001", "2026-11-21: $0.50, claude-opus-4-8"])
    );
    assert!(dashboard.browser.text("#usage").contains("The bars leave out 7.0k tokens of claude-next-9"));
    dashboard.browser.click("#usage-table summary");
    let table = dashboard.browser.text("#usage-table");
    assert!(table.contains("2026-11-21") && table.contains("unknown, 7.0k"), "{table}");
    // While a conversation runs, the client's figure is newer; once it has ended, the counted one is shown.
    assert!(dashboard.browser.text(".row").contains("$3.41"));
    dashboard.cs("cs-session", &["complete", &id, "--outcome", "counted"]);
    dashboard
        .browser
        .until("document.querySelector('.row .used')?.textContent.includes('$0.55 + unknown, 157k tokens')");
}

#[test]
fn the_days_of_a_range_can_be_chosen_without_a_script() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    record_conversation(&dashboard, 100_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    let url = dashboard.url("/activity");
    dashboard.browser.open(&url);
    assert!(dashboard.browser.text("#usage h2").contains("$0.55 + unknown, 157k tokens"));
    assert_eq!(dashboard.browser.text("#range [aria-current]"), "30 days");
    dashboard.browser.follow("#range li:first-child a");
    assert!(dashboard.browser.text("#usage h2").contains("$0.50 + unknown, 107k tokens"));
    assert_eq!(dashboard.browser.text("#range [aria-current]"), "7 days");
    assert!(dashboard.browser.text("#by-project").contains("api"));
    for (path, words) in [
        ("/activity?since=2026-11-01&until=2026-11-03", "$0.05"),
        ("/activity?since=2026-11-03&until=2026-11-05", "Nothing was used from 2026-11-03 to 2026-11-05"),
        ("/activity?since=200d", "Cost by week"),
    ] {
        let url = dashboard.url(path);
        dashboard.browser.open(&url);
        let text = dashboard.browser.text("#usage");
        assert!(text.contains(words), "{path}: {text}");
    }
}

/// Waits until the explanation beside the button that has the focus is visible and on the screen.
fn wait_for_explanation(dashboard: &mut Dashboard, width: u32) {
    dashboard.browser.until(&format!(
        "(() => {{ const text = document.activeElement.nextElementSibling; const box = text.getBoundingClientRect(); \
         return getComputedStyle(text).visibility === 'visible' && box.left >= 0 && box.right <= {width} \
         && box.width > 120 }})()"
    ));
    assert_eq!(dashboard.browser.beyond(), "", "{width}");
}

#[test]
fn numbers_that_differ_are_explained_beside_them() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let id = record_conversation(&dashboard, 100_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.call("Emulation.setTouchEmulationEnabled", json!({"enabled": true}));
    let session = format!("/session/{id}");
    for (path, place, words) in [
        ("/", "#filters", "without archived ones"),
        ("/?include_archived=true", "#filters", "archived ones included"),
        ("/", "#spent", "“Status lines today” is the clients’ own estimate"),
        ("/", ".row .figures", "The client’s own estimate"),
        (session.as_str(), "#usage", "lists show the client’s own estimate"),
        ("/project/api", "#usage", "each has its share"),
        ("/activity", ".phase", "Archived sessions are included"),
        ("/activity", "#usage", "“This month” begins on the 1st"),
        ("/activity", "#usage .tables", "in which it began"),
    ] {
        for width in [390, 1200] {
            dashboard.browser.size(width, 844);
            let url = dashboard.url(path);
            dashboard.browser.open(&url);
            let button = format!("{place} .about button");
            dashboard.browser.eval(&format!("document.querySelector('{button}').focus()"));
            wait_for_explanation(&mut dashboard, width);
            let text = dashboard.browser.text(&format!("{place} .about .evidence"));
            assert!(text.contains(words), "{path} {place}: {text}");
            let described = "document.getElementById(document.activeElement.getAttribute('aria-describedby'))";
            assert_eq!(
                dashboard.browser.eval(&format!("{described} === document.activeElement.nextElementSibling")),
                true
            );
            dashboard.browser.eval("document.activeElement.blur()");
            dashboard.browser.tap(&button);
            wait_for_explanation(&mut dashboard, width);
        }
    }
}

#[test]
fn older_limits_of_a_conversation_are_explained() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let id = record_conversation(&dashboard, 100_000);
    let path = format!("/session/{id}");
    dashboard.open(&path);
    assert!(dashboard.browser.text("#facts").contains("41%"));
    assert_eq!(dashboard.browser.eval("document.querySelector('#about-limits')"), json!(null), "both are the same");
    let other = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
    let prompt = json!({"session_id": other, "cwd": dashboard.sandbox.work(), "hook_event_name": "UserPromptSubmit", "prompt": "on"});
    assert_eq!(status(&dashboard.sandbox.hook("cs-hook", &prompt.to_string())), 0);
    let reported =
        json!({"session_id": other, "rate_limits": {"five_hour": {"used_percentage": 58, "resets_at": 1_795_261_200}}});
    let mut later = dashboard.sandbox.command("cs-statusline");
    later.env("CS_NOW", "2026-11-21T10:00:30Z");
    assert_eq!(status(&cs_tests::run(later, &reported.to_string())), 0);
    dashboard.browser.until("document.querySelector('#about-limits') !== null");
    assert!(dashboard.browser.text(".limits").contains("58%") && dashboard.browser.text("#facts").contains("41%"));
    dashboard.browser.size(390, 844);
    dashboard.browser.eval("document.querySelector('#facts .about button').focus()");
    wait_for_explanation(&mut dashboard, 390);
}
