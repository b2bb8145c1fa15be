//! The dashboard without a mouse.

use crate::dashboard::Dashboard;

const ACTIVE: &str = "document.activeElement";

#[test]
fn keys_move_open_search_and_help() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    let rows = dashboard.browser.eval("[...document.querySelectorAll('.row')].map((row) => row.id)");
    let here = format!("{ACTIVE}.closest('.row')?.id");
    for (key, row) in [("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)] {
        dashboard.browser.press(key);
        assert_eq!(dashboard.browser.eval(&here), rows[row], "{key}");
    }
    dashboard.browser.press("?");
    dashboard.browser.until("document.getElementById('help').open");
    dashboard.browser.press("j");
    dashboard.browser.press("Escape");
    dashboard.browser.until("!document.getElementById('help').open");
    assert_eq!(dashboard.browser.eval(&here), rows[0], "the focus is back where it was");

    dashboard.browser.press("/");
    dashboard.browser.type_text("j/k?");
    assert_eq!(dashboard.browser.eval(&format!("{ACTIVE}.value")), "j/k?", "keys in a field are letters");
    dashboard.browser.press("Escape");
    assert_ne!(dashboard.browser.eval(&format!("{ACTIVE}.id")), "q");

    dashboard.browser.press("j");
    let from = dashboard.browser.note_event();
    dashboard.browser.press("Enter");
    dashboard.browser.wait_for("Page.loadEventFired", from);
    assert_eq!(dashboard.browser.eval("location.pathname.split('/').pop()"), rows[0]);
}

#[test]
fn the_first_tab_stop_skips_to_the_content_and_states_show_their_reason() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/");
    dashboard.browser.press("Tab");
    assert_eq!(dashboard.browser.eval(&format!("{ACTIVE}.className")), "skip");
    dashboard.browser.press("Enter");
    dashboard.browser.until("document.activeElement.id === 'main'");

    let shown = "getComputedStyle(document.querySelector('.row .evidence')).visibility === 'visible'";
    dashboard.browser.eval("document.querySelector('.row .state').focus()");
    dashboard.browser.until(shown);
    assert!(dashboard.browser.text(".row .evidence").contains("heartbeat"), "{}", dashboard.browser.text(".row"));
    dashboard.browser.press("Escape");
    dashboard.browser.until(&format!("!({shown})"));
    dashboard.browser.press("Tab");
    let ring = "getComputedStyle(document.activeElement.closest('.row')).outlineStyle";
    assert_eq!(dashboard.browser.eval(ring), "solid", "the focus is visible");
}
