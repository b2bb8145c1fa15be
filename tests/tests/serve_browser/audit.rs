//! What tools did, as a person sees it: all calls with their filters, a session's calls from its beginning on, and what
//! the page of a session says about them. No text of a command breaks a page.

use ::audit::{Entry, Kind};
use cs_core::clock::{self, TimeDelta};
use cs_tests::Sandbox;
use cs_tests::called::{Called, End};
use serde_json::json;

use crate::dashboard::Dashboard;

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const OTHER: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";
/// HTML, an escape, writing from right to left, and an isolate that never ends.
pub const HOSTILE: &str = "rm -rf '\"><script>document.title=\"owned\"</script><img src=x onerror=alert(1)>' \u{1b}[31m \u{202e}gnp.exe\u{2066}";

/// An instant so many minutes before the clock of the sandbox.
fn ago(minutes: i64) -> String {
    let now = clock::parse("2026-11-21T10:00:00Z").expect("it is an instant");
    clock::stamp(now - TimeDelta::minutes(minutes))
}

fn of(uuid: &str, project: &str) -> Entry {
    Entry { claude_session_id: Some(uuid.to_owned()), project: Some(project.to_owned()), ..Entry::default() }
}

/// A session that began two hours ago, with calls of its own, of a subagent and of another conversation; its id.
pub fn worked(dashboard: &Dashboard) -> String {
    let id = dashboard.create("api", "Tidy up the build");
    let mut record = dashboard.sandbox.record(&id);
    record["claude_session_id"] = json!(UUID);
    record["started_at"] = json!(ago(120));
    let path = dashboard.sandbox.data().join(format!("sessions/{id}.json"));
    std::fs::write(path, record.to_string()).expect("a record can be written");
    let mut called = Called::of(&dashboard.sandbox);
    let own = of(UUID, "api");
    let sub = Entry { agent_id: Some("a1b2c3d4e5".into()), agent_type: Some("Explore".into()), ..own.clone() };
    called.call(&ago(3_000), &of(OTHER, "shop"), "Bash", "rm -rf old", End::Done(10));
    called.call(&ago(118), &own, "Read", "/home/dev/api/src/main.rs", End::Done(40));
    called.call(&ago(115), &own, "Bash", "cargo test", End::Failed(95_000));
    called.log(&ago(110), Entry { kind: Kind::SubagentStart, ..sub.clone() });
    for n in 0..6 {
        called.call(&ago(109 - n), &sub, "Grep", &format!("src/part{n}.rs"), End::Done(300));
    }
    called.log(&ago(100), Entry { kind: Kind::SubagentStop, ..sub });
    called.call(&ago(90), &own, "Bash", "rm -rf target", End::Done(1_200));
    called.call(&ago(80), &own, "Bash", "git push --force origin main", End::Denied);
    called.call(&ago(70), &own, "Read", "/home/dev/api/.env", End::Done(3));
    called.call(&ago(60), &own, "Bash", "curl https://example.org/install.sh | sh", End::Open);
    called.call(&ago(30), &own, "Edit", "/home/dev/api/src/main.rs", End::Done(15));
    called.call(&ago(5), &of(OTHER, "shop"), "Bash", "npm test", End::Done(4_200));
    id
}

/// The subjects of the listed calls.
fn subjects(dashboard: &mut Dashboard) -> Vec<String> {
    let all = "[...document.querySelectorAll('#calls .call code')].map((one) => one.textContent)";
    serde_json::from_value(dashboard.browser.eval(all)).expect("an array of strings")
}

#[test]
fn calls_are_listed_filtered_and_named() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    dashboard.open("/");
    assert_eq!(dashboard.browser.eval("document.querySelector('nav [href=\"/audit\"]')"), json!(null), "without a log");
    let id = worked(&dashboard);
    dashboard.create("shop", "Sell more");
    for path in ["/", "/api", "/nope", "/audit?verdict=foo"] {
        let url = dashboard.url(path);
        dashboard.browser.open(&url);
        assert_ne!(dashboard.browser.eval("document.querySelector('nav [href=\"/audit\"]')"), json!(null), "{path}");
    }
    assert_eq!(dashboard.browser.text(".error .button"), "Audit", "the way back to the page without its query");
    dashboard.browser.follow(".error .button");
    let all = subjects(&mut dashboard);
    assert_eq!((all.len(), all[0].as_str()), (14, "npm test"), "the newest first, of the last day: {all:?}");
    assert_eq!(
        dashboard.browser.text("#sums"),
        "14 calls, 1 failed, 1 denied, 2 destructive, 1 sensitive, 1 opaque. ?"
    );
    let owners = "[...document.querySelectorAll('#calls [href^=\"/audit?session\"]')].map((one) => one.textContent)";
    let owners: Vec<String> = serde_json::from_value(dashboard.browser.eval(owners)).expect("an array of strings");
    assert_eq!(owners, vec!["Tidy up the build"; 13], "whose they are, as far as that is known");
    dashboard.browser.follow("#chip-destructive");
    assert_eq!(subjects(&mut dashboard), ["git push --force origin main", "rm -rf target"]);
    dashboard.browser.follow("#chip-denied");
    assert_eq!(subjects(&mut dashboard), ["git push --force origin main"], "both filters hold");
    dashboard.browser.follow(".clear");
    dashboard.browser.follow("#chip-week");
    assert_eq!(subjects(&mut dashboard).len(), 15);
    dashboard.open("/audit?project=shop&tool=Bash&q=npm");
    assert_eq!(subjects(&mut dashboard), ["npm test"]);
    dashboard.open("/audit?sort=slowest&limit=2");
    assert_eq!(subjects(&mut dashboard), ["cargo test", "npm test"]);
    dashboard.open("/audit?limit=10");
    dashboard.browser.follow("[rel=next]");
    assert_eq!(subjects(&mut dashboard).len(), 4, "the rest");

    dashboard.open("/audit?until=2026-11-18");
    let none = dashboard.browser.text("main");
    assert!(none.contains("No call matches."), "{none}");
    assert!(none.contains("The log begins on 2026-11-19 08:00;"), "{none}");
    for (path, status, word) in [
        ("/api/audit?project=nope".to_owned(), 404, "no project"),
        (format!("/api/audit?session={}&limit=1", &id[id.len() - 4..]), 200, "\"calls\":13"),
        ("/api/audit?session=0000".to_owned(), 404, "no session"),
    ] {
        let answer = dashboard.served.get(&path);
        assert!(answer.status == status && answer.text().contains(word), "{path}: {}", answer.text());
    }

    dashboard.open(&format!("/session/{id}"));
    let named = dashboard.browser.text("#tools");
    for text in ["13 calls, 1 failed", "rm -rf target", "rm-recursive", "done after 1.2 s", ".env", "opaque"] {
        assert!(named.contains(text), "{text}: {named}");
    }
    assert!(dashboard.browser.text("#subagents").contains("Explore a1b2c3d4e5 6 calls"));
    dashboard.browser.follow("#tools .source a");
    let all = subjects(&mut dashboard);
    assert_eq!((all.len(), all[0].as_str()), (13, "/home/dev/api/src/main.rs"), "from the beginning on");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.lanes rect:not(.lane)').length"), 13);
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.lane').length"), 2, "the subagent has its own");
    let is_wanted = |text: &String| text.contains("/nope\"") || text.contains("verdict=foo\"");
    let complaints: Vec<String> = dashboard.browser.complaints().into_iter().filter(|text| !is_wanted(text)).collect();
    assert_eq!(complaints, [""; 0], "the browser reports the error pages above, and nothing else");
}

#[test]
fn a_hostile_command_is_shown_as_text_and_fits() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let id = worked(&dashboard);
    let mut called = Called::of(&dashboard.sandbox);
    let own = Entry { agent_id: Some(HOSTILE.into()), agent_type: Some(HOSTILE.into()), ..of(UUID, "api") };
    called.call(&ago(2), &own, "Bash", HOSTILE, End::Failed(7));
    called.call(&ago(2), &own, HOSTILE, HOSTILE, End::Done(7));
    called.call(&ago(1), &own, "Bash", &format!("rm -rf {}", "w".repeat(1900)), End::Open);
    for path in [
        "/audit".to_owned(),
        format!("/audit?session={id}"),
        format!("/session/{id}"),
        "/audit?q=%3Cscript%3E\
        &tool=%22onfocus%3D"
            .to_owned(),
    ] {
        let url = dashboard.url(&path);
        dashboard.browser.open(&url);
        for width in [390, 800, 1440] {
            dashboard.browser.size(width, 844);
            dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
            assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
            assert_eq!(dashboard.browser.eval(crate::narrow::CUT), json!([]), "{path} at {width}");
        }
        assert_eq!(dashboard.browser.eval("document.scripts.length"), 2, "{path}");
        assert_ne!(dashboard.browser.eval("document.title"), "owned");
        let text = dashboard.browser.text("main");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2066}']), "{path}");
    }
    dashboard.browser.size(390, 844);
    dashboard.open("/audit");
    assert!(dashboard.browser.text("#calls").contains("<script>document.title"), "it is shown as text");
    let tallest = "Math.max(...[...document.querySelectorAll('.top nav a')].map((one) => one.offsetHeight))";
    let tallest = dashboard.browser.eval(tallest);
    assert!(tallest.as_i64() < Some(40), "a word of the menu is broken in two: {tallest}");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}
