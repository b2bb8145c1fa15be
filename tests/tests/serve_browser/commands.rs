//! The commands of a session: offered where they are right, copied with a click or a key, visible without scripts.

use cs_tests::{Sandbox, status};
use serde_json::json;

use crate::dashboard::Dashboard;

const CONVERSATION: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// The commands that a page or a row shows, from top to bottom.
fn shown(dashboard: &mut Dashboard, within: &str) -> Vec<String> {
    let script = format!("[...document.querySelectorAll('{within} .command')].map((one) => one.textContent)");
    serde_json::from_value(dashboard.browser.eval(&script)).expect("an array of strings")
}

/// A parked session with a conversation; its id.
fn parked(dashboard: &Dashboard) -> String {
    let create = ["create", "--project", "api", "--intent", "a", "--claude-session", CONVERSATION, "-q"];
    let id = dashboard.cs("cs-session", &create).trim().to_owned();
    dashboard.cs("cs-session", &["park", &id, "--reason", "lunch"]);
    id
}

fn allow_clipboard(dashboard: &mut Dashboard) {
    let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    dashboard.browser.call("Browser.grantPermissions", permissions);
}

#[test]
fn a_command_is_copied_with_one_click() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let id = parked(&dashboard);
    allow_clipboard(&mut dashboard);
    dashboard.open(&format!("/session/{id}"));
    // The button shows its message for two seconds, which is too short on a busy machine, so here it stays.
    dashboard
        .browser
        .eval("{ const later = setTimeout; window.setTimeout = (f, ms) => (ms < 2000 ? later(f, ms) : 0) }");
    let button = "document.querySelector('#by-hand + button')";
    let listen = format!("new MutationObserver(() => (window.said ??= []).push({button}.textContent))");
    dashboard.browser.eval(&format!("{listen}.observe({button}, {{childList: true}})"));
    dashboard.browser.click("#by-hand + button");
    dashboard.browser.until("window.said?.[0] === 'Copied'");
    let copied = dashboard.browser.eval("navigator.clipboard.readText()");
    assert!(copied.as_str().is_some_and(|text| text.ends_with(&format!("claude --resume {CONVERSATION}"))), "{copied}");
    assert_eq!(copied, json!(dashboard.browser.text("#by-hand")));
    dashboard.browser.until("document.getElementById('news').textContent.startsWith('Copied: ')");
    // A live update in the meantime does not remove the message.
    let redraw = format!("refresh().then(() => {button}.textContent)");
    let is_copied = format!("{button}.textContent === 'Copied' ? done() : setTimeout(look, 20)");
    let press = format!("({button}.click(), new Promise((done) => {{ const look = () => {is_copied}; look() }}))");
    assert_eq!(dashboard.browser.eval(&format!("{press}.then(() => {redraw})")), "Copied");
    dashboard.browser.eval("document.getElementById('main').focus()");
    dashboard.browser.press("c");
    let first = format!("cs-session open {id}");
    dashboard.browser.until(&format!("navigator.clipboard.readText().then((text) => text === '{first}')"));
}

#[test]
fn commands_are_offered_where_they_are_right() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    let [active, _, _, completed] = ids.as_slice() else { panic!("{ids:?}") };
    let parked = parked(&dashboard);
    dashboard.open(&format!("/session/{active}"));
    let park = format!("cs-session park {active} --reason ''");
    let complete = format!("cs-session complete {active} --outcome ''");
    assert_eq!(shown(&mut dashboard, "#commands"), [park.clone(), complete], "no conversation is known");
    assert_eq!(status(&dashboard.sandbox.sh(&park)), 65, "an empty reason is refused");
    assert_eq!(status(&dashboard.sandbox.sh(&park.replace("''", "'later'"))), 0);
    dashboard.browser.until("document.getElementById('parked') !== null");
    assert_eq!(shown(&mut dashboard, "#commands"), [format!("cs-session resume {active}")]);
    assert_eq!(status(&dashboard.sandbox.sh(&format!("cs-session resume {active}"))), 0);
    dashboard.browser.until("document.querySelectorAll('#commands .command').length === 0");

    dashboard.open(&format!("/session/{completed}"));
    assert_eq!(shown(&mut dashboard, "#commands"), [format!("cs-session resume {completed}")]);
    dashboard.open(&format!("/session/{parked}"));
    let by_hand = format!("claude --resume {CONVERSATION}");
    let open = format!("cs-session open {parked}");
    assert_eq!(shown(&mut dashboard, "#commands"), [open, by_hand, format!("cs-session resume {parked}")]);
    // The conversation goes on: nothing offers to continue it a second time.
    let prompt = json!({"session_id": CONVERSATION, "cwd": dashboard.sandbox.work(), "hook_event_name": "UserPromptSubmit", "prompt": "on"});
    assert_eq!(status(&dashboard.sandbox.hook("cs-hook", &prompt.to_string())), 0);
    dashboard.browser.until("!document.querySelector('#commands')?.textContent.includes('cs-session open')");
    dashboard.open("/");
    dashboard.browser.until("document.querySelector('#running .row') !== null");
    let running = dashboard.browser.eval("document.querySelector('#running .row').id");
    let running = running.as_str().unwrap_or_default().to_owned();
    let first = shown(&mut dashboard, "#running").into_iter().next();
    assert_eq!(first.as_deref(), Some(format!("cs-session jump {running}").as_str()));
}

#[test]
fn the_commands_of_a_row_open_by_keyboard_and_close_again() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    allow_clipboard(&mut dashboard);
    dashboard.browser.size(390, 844);
    dashboard.open("/");
    dashboard.browser.press("j");
    let row = dashboard.browser.eval("document.activeElement.closest('.row').id");
    let id = row.as_str().unwrap_or_default().to_owned();
    assert!(ids.contains(&id), "{id}");
    let menu = format!("#menu-{id}");
    dashboard.browser.eval(&format!("document.querySelector('{menu} > summary').focus()"));
    dashboard.browser.press("Enter");
    dashboard.browser.until(&format!("document.querySelector('{menu}').open"));
    let fits = format!(
        "(() => {{ const box = document.querySelector('{menu} > .commands').getBoundingClientRect(); \
         return box.left >= 0 && box.right <= 390 && box.width > 250 }})()"
    );
    assert_eq!(dashboard.browser.eval(&fits), true, "the menu stays on the screen of a phone");
    assert_eq!(dashboard.browser.beyond(), "");
    dashboard.browser.press("Escape");
    dashboard.browser.until(&format!("!document.querySelector('{menu}').open"));
    assert_eq!(dashboard.browser.eval(&format!("document.activeElement.parentElement.id === 'menu-{id}'")), true);
    dashboard.browser.press("c");
    let park = format!("cs-session park {id} --reason ''");
    let copied = format!("navigator.clipboard.readText().then((text) => text === {})", json!(park));
    dashboard.browser.until(&copied);
    // Without scripts a command can be opened, read and selected.
    dashboard.browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    let url = dashboard.url("/");
    dashboard.browser.open(&url);
    dashboard.browser.click(&format!("{menu} > summary"));
    assert!(dashboard.browser.text(&menu).contains(&park), "{}", dashboard.browser.text(&menu));
    let hidden = format!("getComputedStyle(document.querySelector('{menu} button')).display");
    assert_eq!(dashboard.browser.eval(&hidden), "none", "a button that does nothing is not shown");
}
