//! Filters: links and forms that work with and without scripts, and a URL for every view.

use serde_json::json;

use crate::dashboard::{Dashboard, INTENTS};

#[test]
fn filters_narrow_the_list_and_appear_in_the_url() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    assert_eq!(dashboard.intents().len(), 4);
    let chips = dashboard.browser.text(".chips").replace('\n', " ");
    for chip in ["All 4", "Needs me 0", "Active 2", "Parked 1", "Completed 1", "Stale 0"] {
        assert!(chips.contains(chip), "{chip}: {chips}");
    }
    dashboard.browser.follow("#chip-parked");
    assert_eq!(dashboard.intents(), [INTENTS[2]]);
    assert_eq!(dashboard.browser.eval("location.search"), "?status=parked");
    assert_eq!(dashboard.browser.eval("document.querySelector('[aria-current=true]').id"), "chip-parked");
    dashboard.browser.follow(".clear");
    assert_eq!(dashboard.intents().len(), 4);
}

#[test]
fn search_finds_words_in_every_field() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    for (words, found) in [("cookie", 0), ("failing test", 0), ("place", 3), ("font", 2), (ids[1].as_str(), 1)] {
        dashboard.open("/");
        dashboard.browser.press("/");
        dashboard.browser.type_text(words);
        let from = dashboard.browser.note_event();
        dashboard.browser.press("Enter");
        dashboard.browser.wait_for("Page.loadEventFired", from);
        assert_eq!(dashboard.intents(), [INTENTS[found]], "{words}");
        assert_eq!(dashboard.browser.eval("document.getElementById('q').value"), words);
    }
    let search = dashboard.browser.eval("location.search");
    assert_eq!(search, json!(format!("?q={}", ids[1])), "empty fields are not in the URL");
    dashboard.open("/?q=nowhere");
    assert!(dashboard.browser.text("#empty").contains("Nothing matches"));
}

#[test]
fn everything_can_be_reached_without_a_script() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    dashboard.browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    let url = dashboard.url("/");
    dashboard.browser.open(&url);
    let body = dashboard.browser.text("body");
    assert!(
        !body.contains("connecting") && !body.contains("Keyboard"),
        "the page offers something that needs a script: {body}"
    );
    assert!(body.contains("just now"), "the server renders ages: {body}");
    dashboard.browser.click("#q");
    dashboard.browser.type_text("login");
    let from = dashboard.browser.note_event();
    dashboard.browser.press("Enter");
    dashboard.browser.wait_for("Page.loadEventFired", from);
    assert!(dashboard.browser.text("main").contains(INTENTS[0]));
    dashboard.browser.follow(".row .open");
    assert!(dashboard.browser.text("#decisions").contains("Keep the cookie"));
    assert!(dashboard.browser.text("#facts").contains(&ids[0]));
    let url = dashboard.url("/?project=shop&since=2026-11-21&until=2026-11-21&include_archived=true");
    dashboard.browser.open(&url);
    let main = dashboard.browser.text("main");
    assert!(main.contains("2 sessions found") && !main.contains(INTENTS[0]), "{main}");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}
