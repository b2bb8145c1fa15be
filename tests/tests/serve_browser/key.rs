//! The dashboard with a required key: one address with the key opens it, and everything works as without.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cs_tests::eventually;
use cs_tests::http::Served;
use serde_json::json;

use crate::dashboard::{Dashboard, INTENTS};

const LIVE: &str = "document.querySelector('#connection').dataset.state === 'live'";

/// A dashboard that requires a key, and the address that lets a tab in.
fn start() -> Option<(Dashboard, Vec<String>, String)> {
    let (mut dashboard, ids) = Dashboard::with_sessions()?;
    dashboard.served = Served::start(&dashboard.sandbox, &["--owner-only"]);
    let url = dashboard.address();
    Some((dashboard, ids, url))
}

#[test]
fn the_address_opens_everything_and_leaves_no_trace() {
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
    assert!(!asked.iter().any(|url| url.contains("code=")), "the fragment is never sent: {asked:?}");
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
    dashboard.browser.open(&dashboard.url("/healthz"));
    dashboard.browser.eval("sessionStorage.setItem('key', '0'.repeat(64))");
    dashboard.browser.open(&dashboard.url("/"));
    dashboard.browser.until("document.getElementById('key-why').textContent.includes('no longer valid')");
    assert!(dashboard.browser.text("#connection").contains("cs-serve open"));
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 0);
}

#[test]
fn an_address_lets_one_tab_in_once() {
    let Some((mut dashboard, _, url)) = start() else { return };
    dashboard.browser.open(&url);
    dashboard.browser.until(LIVE);
    assert_ne!(dashboard.browser.eval("sessionStorage.getItem('key')"), json!(dashboard.key()), "it has its own key");
    // Another tab with the same address, and then with a new one.
    dashboard.browser.new_tab();
    dashboard.browser.open(&url);
    dashboard.browser.until("document.getElementById('key-why')?.textContent.includes('used already') === true");
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 0);
    assert_eq!(dashboard.browser.eval("location.href"), dashboard.url("/"), "it is not there any more");
    let log = std::fs::read_to_string(dashboard.sandbox.data().join("logs/serve.log")).unwrap();
    assert!(log.contains("refused POST \"/review/api/key\": 401 CODE_USED"), "{log}");
    let next = dashboard.address();
    dashboard.browser.open(&next);
    dashboard.browser.until(LIVE);
    // An old one.
    let old = dashboard.address();
    for entry in std::fs::read_dir(dashboard.sandbox.data().join("serve")).unwrap().flatten() {
        let at = std::time::SystemTime::now() - Duration::from_secs(61);
        std::fs::File::options().write(true).open(entry.path()).unwrap().set_modified(at).unwrap();
    }
    dashboard.browser.new_tab();
    dashboard.browser.open(&old);
    dashboard.browser.until("document.getElementById('key-why')?.textContent.includes('older than a minute') === true");
}

#[test]
fn of_two_tabs_that_open_one_address_at_once_one_gets_in() {
    let Some((mut dashboard, _, url)) = start() else { return };
    dashboard.browser.open(&dashboard.url("/healthz"));
    let code = url.split_once("code=").unwrap().1;
    let script = format!(
        "Promise.all([...Array(6)].map(() => fetch('/review/api/key', {{ method: 'POST',
            headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify({{ code: {} }}) }}).then((one) => one.status)))
            .then((all) => all.sort().join())",
        json!(code)
    );
    assert_eq!(dashboard.browser.eval(&script), "200,401,401,401,401,401");
}

/// The files below a folder that hold a text, as bytes of UTF-8 or UTF-16.
fn holders(folder: &Path, text: &str) -> Vec<PathBuf> {
    let wide: Vec<u8> = text.bytes().flat_map(|byte| [byte, 0]).collect();
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(holders(&path, text));
        } else if std::fs::read(&path).is_ok_and(|bytes| holds(&bytes, text.as_bytes()) || holds(&bytes, &wide)) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_browser_keeps_the_key_nowhere() {
    for option in ["--owner-only", "--review"] {
        let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
        dashboard.served = Served::start(&dashboard.sandbox, &[option]);
        let url = dashboard.with_code(&format!("/session/{}", ids[0]));
        dashboard.browser.open(&url);
        dashboard.browser.until("sessionStorage.length === 1");
        dashboard.browser.until(LIVE);
        let own = dashboard.browser.eval("sessionStorage.getItem('key')").as_str().unwrap().to_owned();
        dashboard.browser.follow(".crumbs a");
        dashboard.browser.until("document.querySelectorAll('.row').length > 0");
        // A browser writes its files after a while, and when it ends.
        std::thread::sleep(Duration::from_secs(7));
        let profile = dashboard.browser.close();
        let key = dashboard.key();
        assert_eq!(holders(&profile, &key), Vec::<PathBuf>::new(), "{option}");
        // The test sees what a browser keeps: the address that was opened, whose code is worth nothing any more.
        let code = url.split_once("code=").unwrap().1;
        let kept = holders(&profile, code);
        assert!(kept.iter().any(|path| path.ends_with("History")), "{option}: {kept:?}");
        let answer = dashboard.served.send("/review/api/key", &json!({"code": code}).to_string());
        assert_eq!(answer.status, 401, "{option}");
        // A tab's own key is in the storage of the tab, and is as good as the server lives.
        for path in holders(&profile, &own) {
            assert!(path.parent().unwrap().ends_with("Session Storage"), "{option}: {path:?}");
        }
    }
}
