//! Changes in the dashboard: the forms that the key shows, and pages of other ports and names, which can change nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use cs_tests::eventually;
use cs_tests::http::Served;
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

/// A dashboard for changes.
fn start() -> Option<(Dashboard, Vec<String>)> {
    let (mut dashboard, ids) = Dashboard::with_sessions()?;
    dashboard.served = Served::start(&dashboard.sandbox, &["--review"]);
    Some((dashboard, ids))
}

/// Opens the page of a session in a tab that has a key.
fn open(dashboard: &mut Dashboard, id: &str) {
    let url = dashboard.with_code(&format!("/session/{id}"));
    dashboard.browser.open(&url);
    // The page is loaded again with the key that it got.
    dashboard.browser.until("performance.getEntriesByType('navigation')[0].type === 'reload'");
    dashboard.browser.until("document.documentElement.classList.contains('can-write')");
}

fn record(dashboard: &Dashboard, id: &str) -> Value {
    dashboard.served.json(&format!("/api/session/{id}"))
}

fn said(dashboard: &mut Dashboard, text: &str) {
    let shown = format!("document.getElementById('write-said').textContent.includes({})", json!(text));
    dashboard.browser.until(&shown);
}

#[test]
fn a_session_is_changed_on_its_page() {
    let Some((mut dashboard, ids)) = start() else { return };
    dashboard.cs("cs-session", &["request-action", &ids[0], "--reason", "say yes or no"]);
    let page = dashboard.url(&format!("/session/{}", ids[0]));
    dashboard.browser.open(&page);
    dashboard.browser.until("document.querySelector('#connection').dataset.state === 'live'");
    assert_eq!(dashboard.browser.eval("document.getElementById('write').checkVisibility()"), false, "no key");
    open(&mut dashboard, &ids[0]);
    assert_eq!(dashboard.browser.eval("document.getElementById('write').checkVisibility()"), true);
    assert_eq!(dashboard.browser.eval("location.href"), page);
    // A note, the answered question, a task, then park.
    dashboard.browser.click("#note-message");
    dashboard.browser.type_text("looked at it");
    dashboard.browser.click("#write-note button");
    said(&mut dashboard, "Done");
    dashboard.browser.until("document.getElementById('timeline').textContent.includes('looked at it')");
    assert_eq!(dashboard.browser.eval("document.getElementById('note-message').value"), "");
    dashboard.browser.click("#waits form button");
    dashboard.browser.until("document.getElementById('waits') === null");
    dashboard.browser.eval(
        "(() => { const one = document.querySelector('#tasks select'); one.value = 'completed';
            one.dispatchEvent(new Event('change', { bubbles: true })); })()",
    );
    dashboard.browser.until("document.querySelector('#tasks .is-completed') !== null");
    dashboard.browser.click("#park-reason");
    dashboard.browser.type_text("lunch");
    dashboard.browser.press("Enter");
    dashboard.browser.until("document.getElementById('parked')?.textContent.includes('lunch') === true");
    assert_eq!(dashboard.browser.eval("document.getElementById('write-park')"), Value::Null);
    let now = record(&dashboard, &ids[0]);
    assert_eq!((&now["status"], &now["parked_reason"]), (&json!("parked"), &json!("lunch")));
    assert_eq!((&now["awaiting_action"], &now["tasks"][0]["status"]), (&Value::Null, &json!("completed")));
    // Resuming leads to the new session.
    dashboard.browser.click("#write-resume button");
    dashboard
        .browser
        .until(&format!("location.pathname !== '/session/{}' && document.getElementById('write') !== null", ids[0]));
    let heir = record(&dashboard, &ids[0])["resumed_as"].clone();
    assert_eq!(dashboard.browser.eval("location.pathname"), format!("/session/{}", heir.as_str().unwrap()));
    dashboard.browser.until("document.getElementById('write').checkVisibility()");
    let complaints = dashboard.browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn a_session_is_changed_in_a_list() {
    let Some((mut dashboard, ids)) = start() else { return };
    dashboard.cs("cs-session", &["request-action", &ids[0], "--reason", "say yes or no"]);
    let url = dashboard.with_code("/");
    dashboard.browser.open(&url);
    dashboard.browser.until("document.documentElement.classList.contains('can-write')");
    dashboard.browser.until("document.querySelectorAll('.row').length === 4");
    let menu = |id: &str| format!("#menu-{id}");
    let text = |id: &str| format!("document.querySelector('#{id} .row-main').textContent");
    // The answered question; then it is parked from the keyboard, with what was seen when the menu opened.
    dashboard.browser.click(&format!("{} summary", menu(&ids[0])));
    dashboard.browser.click(&format!("{} [data-op='request.clear'] button", menu(&ids[0])));
    dashboard.browser.until(&format!("!{}.includes('say yes or no')", text(&ids[0])));
    // It is not among those that wait any more, so its menu is another one.
    dashboard.browser.until(&format!("!document.querySelector('{}').open", menu(&ids[0])));
    dashboard.browser.click(&format!("{} summary", menu(&ids[0])));
    dashboard.browser.click(&format!("{} [data-op='session.park'] input", menu(&ids[0])));
    dashboard.browser.type_text("lunch");
    dashboard.browser.press("Enter");
    dashboard.browser.until(&format!("{}.includes('lunch')", text(&ids[0])));
    assert_eq!(record(&dashboard, &ids[0])["parked_reason"], "lunch");
    // What changes behind the menu's back is not overwritten.
    dashboard.browser.click(&format!("{} summary", menu(&ids[1])));
    let opened = format!("document.querySelector('{}').open", menu(&ids[1]));
    dashboard.browser.until(&opened);
    let looked = |id: &str| format!("seenOf.get(document.querySelector('#changes-{id}')).then((seen) => seen !== '')");
    dashboard.browser.until(&looked(&ids[1]));
    dashboard.cs("cs-session", &["update", &ids[1], "--intent", "something else"]);
    dashboard.browser.click(&format!("{} [data-op='session.complete'] button", menu(&ids[1])));
    let said = format!("document.querySelector('#changes-{} .written').textContent.includes('Not changed')", ids[1]);
    dashboard.browser.until(&said);
    assert_eq!(record(&dashboard, &ids[1])["status"], "active");
    // A parked one goes on in a new session.
    dashboard.browser.press("Escape");
    dashboard.browser.click(&format!("{} summary", menu(&ids[2])));
    dashboard.browser.until(&looked(&ids[2]));
    dashboard.browser.click(&format!("{} [data-op='session.resume'] button", menu(&ids[2])));
    dashboard.browser.until("location.pathname.startsWith('/session/')");
    assert_eq!(record(&dashboard, &ids[2])["resumed_as"], {
        let path = dashboard.browser.eval("location.pathname");
        json!(path.as_str().unwrap().trim_start_matches("/session/"))
    });
    let complaints = dashboard.browser.complaints();
    let odd = complaints.iter().filter(|text| !text.contains("status of 409"));
    assert_eq!(odd.count(), 0, "{complaints:?}");
}

#[test]
fn agents_are_controlled_on_their_rows() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    crate::agents::team(&dashboard);
    dashboard.served = Served::start(&dashboard.sandbox, &["--review"]);
    let open = |dashboard: &mut Dashboard| {
        let url = dashboard.with_code("/agents");
        dashboard.browser.open(&url);
        dashboard.browser.until("document.documentElement.classList.contains('can-write')");
        dashboard.browser.until("document.querySelectorAll('.row').length > 2");
    };
    open(&mut dashboard);
    assert_eq!(
        dashboard.browser.eval("document.querySelectorAll('[data-op]').length"),
        0,
        "it does not control agents"
    );
    dashboard.served = Served::start(&dashboard.sandbox, &["--review", "--control"]);
    open(&mut dashboard);
    let id = "agent_20261121T1000_0022";
    dashboard.browser.click(&format!("#menu-{id} summary"));
    let ops = format!("[...document.querySelectorAll('#menu-{id} [data-op]')].map((form) => form.dataset.op).join()");
    let shown = dashboard.browser.eval(&ops);
    let of_ended = "agent.restore,agent.name";
    let of_running = "message.send,agent.clear,agent.interrupt,agent.kill,agent.name";
    assert!(shown == of_ended || shown == of_running, "{shown}");
    dashboard.browser.click(&format!("#menu-{id} [data-op='agent.name'] input"));
    dashboard.browser.type_text("writer");
    dashboard.browser.press("Enter");
    dashboard.browser.until(&format!("document.querySelector('#{id} h3').textContent === 'writer'"));
    let seat: Value = dashboard.sandbox.json(&format!("agents/{id}.json"));
    assert_eq!(seat["name"], "writer");
    // Ending one asks first.
    if shown == of_running {
        dashboard.browser.click(&format!("#menu-{id} [data-op='agent.kill'] button"));
        assert_ne!(dashboard.sandbox.json(&format!("agents/{id}.json"))["status"], "killed");
    }
    let complaints = dashboard.browser.complaints();
    let odd = complaints.iter().filter(|text| !text.contains("Failed to load resource"));
    assert_eq!(odd.count(), 0, "{complaints:?}");
}

#[test]
fn a_page_that_is_outdated_changes_nothing_and_says_so() {
    let Some((mut dashboard, ids)) = start() else { return };
    open(&mut dashboard, &ids[1]);
    dashboard.browser.click("#park-reason");
    dashboard.browser.type_text("lunch");
    // The page may be fetched again at any moment, and then it is not outdated.
    dashboard.browser.eval(
        "document.addEventListener('submit', () => { document.querySelector('#write').dataset.seen = '0000000000000000'; }, true)",
    );
    dashboard.browser.press("Enter");
    said(&mut dashboard, "Not changed: this has changed since the page showed it");
    assert_eq!(record(&dashboard, &ids[1])["status"], "active");
    assert_eq!(
        dashboard.browser.eval("document.getElementById('park-reason').value"),
        "lunch",
        "nothing typed is lost"
    );
}

#[test]
fn after_a_restart_the_old_key_changes_nothing() {
    let Some((mut dashboard, ids)) = start() else { return };
    open(&mut dashboard, &ids[0]);
    dashboard.browser.eval("sessionStorage.setItem('key', '0'.repeat(64))");
    let page = dashboard.url(&format!("/session/{}", ids[0]));
    dashboard.browser.open(&page);
    dashboard.browser.until("document.documentElement.classList.contains('can-write')");
    dashboard.browser.click("#write-complete button");
    dashboard.browser.until("!document.documentElement.classList.contains('can-write')");
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 0);
    assert_eq!(record(&dashboard, &ids[0])["status"], "active");
}

#[test]
fn the_key_leaves_no_trace() {
    let Some((mut dashboard, ids)) = start() else { return };
    open(&mut dashboard, &ids[0]);
    dashboard.browser.click("#note-message");
    dashboard.browser.type_text("looked at it");
    dashboard.browser.press("Enter");
    said(&mut dashboard, "Done");
    dashboard.browser.follow(".crumbs a");
    dashboard.browser.until("document.querySelectorAll('.row').length > 0");
    let own = dashboard.browser.eval("sessionStorage.getItem('key')").as_str().unwrap().to_owned();
    let keys = [dashboard.key(), own];
    let has_key = |text: &str| keys.iter().any(|key| text.contains(key.as_str()));
    for place in [
        "location.href",
        "document.referrer",
        "document.title",
        "document.cookie",
        "JSON.stringify(localStorage)",
        "JSON.stringify(performance.getEntries().map((one) => one.name))",
        "JSON.stringify(history.state)",
    ] {
        let text = dashboard.browser.eval(place).to_string();
        assert!(!has_key(&text), "{place}: {text}");
    }
    let asked = dashboard.browser.asked_for();
    assert!(!asked.iter().any(|url| has_key(url)), "{asked:?}");
    dashboard.browser.eval("history.back()");
    dashboard.browser.until("document.getElementById('write') !== null");
    assert!(!dashboard.browser.eval("location.href").to_string().contains("code="));
    // What was typed is the browser's own memory of this tab; the addresses to which it can go back have no key.
    let history = dashboard.browser.call("Page.getNavigationHistory", json!({}));
    for entry in history["entries"].as_array().unwrap() {
        assert!(!entry["url"].to_string().contains("code=") && !has_key(&entry.to_string()), "{entry}");
    }
    for entry in files(&dashboard.sandbox.data()) {
        let is_its_own = entry.parent().is_some_and(|dir| dir.ends_with("serve"));
        let bytes = std::fs::read(&entry).unwrap();
        assert!(is_its_own || !has_key(&String::from_utf8_lossy(&bytes)), "{entry:?}");
    }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

/// Serves one page to everybody, at all addresses of this machine; returns its port.
fn evil(page: String) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let page = page.clone();
            // A browser also makes connections that it does not use yet.
            std::thread::spawn(move || {
                let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
                let _ = socket.write_all((head + &page).as_bytes());
            });
        }
    });
    port
}

/// What a page may try, each an expression that gives a promise. `URL` and `BODY` are known there.
const TRIES: [&str; 14] = [
    "fetch(URL, { method: 'POST', mode: 'no-cors', credentials: 'include', body: BODY })",
    "fetch(URL, { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: BODY })",
    "fetch(URL, { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: BODY })",
    "fetch(URL, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: BODY })",
    "fetch(URL, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + KEY }, body: BODY })",
    "fetch(URL, { method: 'POST', mode: 'no-cors', headers: { Authorization: 'Bearer ' + KEY }, body: BODY })",
    "fetch(URL, { method: 'PUT', body: BODY })",
    "fetch(URL, { method: 'DELETE' })",
    "fetch(URL.replace('http://', 'http://x:' + KEY + '@'), { method: 'POST', mode: 'no-cors', body: BODY })",
    "fetch(URL, { method: 'POST', mode: 'no-cors', referrerPolicy: 'no-referrer', keepalive: true, body: BODY })",
    "Promise.resolve(navigator.sendBeacon(URL, BODY))",
    "Promise.resolve(navigator.sendBeacon(URL, new Blob([BODY], { type: 'application/json' })))",
    "new Promise((done) => { const ask = new XMLHttpRequest(); ask.open('POST', URL); ask.withCredentials = true; ask.onloadend = done; ask.send(BODY); })",
    "new Promise((done) => { const frame = document.createElement('iframe'); frame.name = 'f'; document.body.append(frame);
        const form = document.createElement('form'); Object.assign(form, { action: URL, method: 'post', enctype: 'text/plain', target: 'f' });
        const field = document.createElement('input'); field.name = BODY.slice(0, -1) + ',\"x\":\"'; field.value = '\"}'; form.append(field);
        document.body.append(form); frame.onload = done; form.submit(); setTimeout(done, 1500); })",
];

#[test]
fn pages_of_other_ports_and_names_change_nothing() {
    let Some((mut dashboard, ids)) = start() else { return };
    let port = dashboard.served.address.rsplit(':').next().unwrap().to_owned();
    let before = std::fs::read(dashboard.sandbox.data().join(format!("sessions/{}.json", ids[0]))).unwrap();
    let seen = record(&dashboard, &ids[0])["seen"].clone();
    let body = json!({"op": "session.park", "id": ids[0], "if": seen, "reason": "attacked"}).to_string();
    let theirs = evil("<!doctype html><title>x</title><body>".to_owned());
    // The person's own tab has the key, and cookies of this machine are sent to every port.
    open(&mut dashboard, &ids[0]);
    dashboard.browser.eval("document.cookie = 'key=x; SameSite=Lax'");
    for page in [
        format!("http://127.0.0.1:{theirs}/"),
        format!("http://localhost:{theirs}/"),
        format!("http://127.0.0.2:{theirs}/"),
        format!("http://evil.localhost:{theirs}/"),
        // Our own pages under another name: they have no key there.
        format!("http://localhost:{port}/api"),
    ] {
        dashboard.browser.open(&page);
        for host in [dashboard.served.address.clone(), format!("localhost:{port}"), format!("evil.localhost:{port}")] {
            if page.contains(&host) {
                continue;
            }
            for attempt in TRIES {
                let script = format!(
                    "(async () => {{ const URL = {}, BODY = {}, KEY = '0'.repeat(64); try {{ await ({attempt}); }} catch {{ }} }})()",
                    json!(format!("http://{host}/review/api/op")),
                    json!(body)
                );
                dashboard.browser.eval(&script);
            }
        }
    }
    let file = dashboard.sandbox.data().join(format!("sessions/{}.json", ids[0]));
    let same = || std::fs::read(&file).unwrap() == before;
    assert!(same(), "the record is as before");
    let log_file = dashboard.sandbox.data().join("logs/serve.log");
    let log = || std::fs::read_to_string(&log_file).unwrap_or_default();
    for code in ["403 CROSS_SITE", "405 METHOD_NOT_ALLOWED", "421 WRONG_HOST"] {
        assert!(eventually(Duration::from_secs(5), || log().contains(code)), "{code}: {}", log());
    }
    assert!(!log().contains(&dashboard.key()) && !log().contains("attacked"), "{}", log());
    assert!(!log().contains(" 409 ") && !log().contains(" 400 "), "nothing got as far as its body: {}", log());
    // The person's own page still works.
    open(&mut dashboard, &ids[0]);
    dashboard.browser.click("#park-reason");
    dashboard.browser.type_text("lunch");
    dashboard.browser.press("Enter");
    dashboard.browser.until("document.getElementById('parked') !== null");
    assert!(!same());
}

#[test]
fn a_read_only_dashboard_has_no_forms() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    let page = format!("/session/{}#code={}", ids[0], "0".repeat(72));
    dashboard.open(&page);
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('[data-op], .write-only').length"), 0);
    assert_eq!(dashboard.browser.eval("sessionStorage.length"), 0);
}
