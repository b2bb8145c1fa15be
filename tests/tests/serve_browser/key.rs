//! The dashboard with a required key: one address with the key opens it, and everything works as without.

use std::time::Duration;

use cs_tests::http::Served;
use cs_tests::{eventually, status, stdout};
use serde_json::json;

use crate::dashboard::{Dashboard, INTENTS};

const LIVE: &str = "document.querySelector('#connection').dataset.state === 'live'";

/// A dashboard that requires a key, and the address with the key.
fn start() -> Option<(Dashboard, Vec<String>, String)> {
    let (mut dashboard, ids) = Dashboard::with_sessions()?;
    dashboard.served = Served::start(&dashboard.sandbox, &["--owner-only"]);
    let url = address(&dashboard);
    Some((dashboard, ids, url))
}

fn address(dashboard: &Dashboard) -> String {
    let port = dashboard.served.address.rsplit(':').next().unwrap_or_default();
    let output = dashboard.sandbox.cs("cs-serve", &["open", "--print", "--port", port]);
    assert_eq!(status(&output), 0);
    stdout(&output).trim().to_owned()
}

#[test]
fn the_key_in_the_address_opens_everything_and_leaves_no_trace() {
    let Some((mut dashboard, ids, url)) = start() else { return };
    dashboard.browser.open(&url);
    dashboard.browser.until(LIVE);
    assert_eq!(dashboard.intents().len(), 4);
    assert_eq!(dashboard.browser.eval("location.href"), format!("http://{}/", dashboard.served.address));
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 1);
    assert_eq!(dashboard.browser.eval("document.cookie + localStorage.length"), "0");
    // Links, a reload, the back button, a form, an anchor in a page.
    dashboard.browser.follow(&format!("#{} .open", ids[0]));
    dashboard.browser.until(&format!("document.title.includes({})", json!(INTENTS[0])));
    let from = dashboard.browser.note_event();
    dashboard.browser.call("Page.reload", json!({}));
    dashboard.browser.wait_for("Page.loadEventFired", from);
    dashboard.browser.until(LIVE);
    assert!(dashboard.browser.text("main").contains("Keep the cookie"), "{}", dashboard.browser.text("main"));
    dashboard.browser.eval("history.back()");
    dashboard.browser.until("document.querySelectorAll('.row').length === 4");
    dashboard.browser.eval("document.getElementById('q').value = 'logo'");
    let from = dashboard.browser.note_event();
    dashboard.browser.eval("document.getElementById('filters').requestSubmit()");
    dashboard.browser.wait_for("Page.loadEventFired", from);
    dashboard.browser.until("document.querySelectorAll('.row').length === 1");
    dashboard.browser.open(&dashboard.url("/activity#usage"));
    dashboard.browser.until("document.getElementById('usage') !== null && !document.getElementById('main').hidden");
    dashboard.browser.open(&dashboard.url("/api"));
    dashboard.browser.until("document.querySelector('#document')?.textContent.includes('/healthz') === true");
    dashboard.browser.open(&dashboard.url("/project/nope"));
    dashboard.browser.until("document.querySelector('main .error') !== null");
    let asked = dashboard.browser.asked_for();
    assert!(!asked.iter().any(|url| url.contains("key=")), "the fragment is never sent: {asked:?}");
    let complaints = dashboard.browser.complaints();
    let odd = complaints.iter().filter(|text| !text.contains("status of 401") && !text.contains("status of 404"));
    assert_eq!(odd.count(), 0, "{complaints:?}");
}

#[test]
fn live_updates_work_with_the_key() {
    let Some((mut dashboard, ids, url)) = start() else { return };
    dashboard.browser.open(&url);
    dashboard.browser.until(LIVE);
    dashboard.browser.eval("window.sameDocument = true");
    for text in ["first news", "second news"] {
        dashboard.cs("cs-session", &["update", &ids[0], "--activity", text]);
        dashboard.browser.until(&format!("document.querySelector('main').textContent.includes('{text}')"));
    }
    assert_eq!(dashboard.browser.eval("window.sameDocument"), true);
    // Files are downloaded with the key and have their names.
    let saved = dashboard.browser.downloads();
    dashboard.browser.open(&dashboard.url(&format!("/session/{}", ids[0])));
    dashboard.browser.until(LIVE);
    dashboard.browser.click(".downloads a:nth-child(1)");
    let wanted = || {
        let names = std::fs::read_dir(&saved).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_string_lossy().starts_with(&ids[0]))
    };
    assert!(eventually(Duration::from_secs(20), wanted), "{saved:?}");
}

#[test]
fn without_the_right_key_a_page_says_how_to_get_it() {
    let Some((mut dashboard, _, url)) = start() else { return };
    let port = dashboard.served.address.rsplit(':').next().unwrap_or_default().to_owned();
    dashboard.browser.open(&dashboard.url("/"));
    dashboard.browser.until("document.getElementById('key-wanted').checkVisibility()");
    let reported = dashboard.browser.text("main");
    assert!(reported.contains(&format!("cs-serve open --port {port}")), "{reported}");
    // The address in the same tab, as if pasted.
    dashboard.browser.eval(&format!("location.href = {}", json!(url)));
    dashboard.browser.until("document.querySelectorAll('.row').length === 4");
    // A restarted dashboard has a new key; the page is told that its key is old and stops requesting.
    dashboard.served = Served::start(&dashboard.sandbox, &["--owner-only"]);
    let wrong = format!("http://{}/#key={}", dashboard.served.address, "0".repeat(64));
    dashboard.browser.open(&wrong);
    dashboard.browser.until("document.getElementById('key-why').textContent.includes('no longer valid')");
    assert!(dashboard.browser.text("#connection").contains("cs-serve open"));
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 0);
}
