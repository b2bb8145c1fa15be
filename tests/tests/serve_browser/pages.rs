//! The pages about one session, one project, the year; downloads; pages for when something is wrong.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use cs_tests::http::Served;
use cs_tests::{Sandbox, eventually};
use serde_json::{Value, json};

use crate::chromium::Browser;
use crate::dashboard::{Dashboard, INTENTS};

#[test]
fn a_session_page_is_complete_and_can_be_saved() {
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    let id = ids[0].as_str();
    dashboard.cs("cs-session", &["commit", id, "--sha", "3f2a91c", "--message", "login: keep the query"]);
    dashboard.cs("cs-session", &["question", id, "--text", "Who else reads the cookie?"]);
    dashboard.cs("cs-session", &["event", id, "--message", "see https://docs.example/cookies."]);
    dashboard.open("/");
    dashboard.browser.follow(&format!("#{id} .open"));
    for (place, text) in [
        ("h1", INTENTS[0]),
        ("#tasks", "Write a failing test"),
        ("#decisions", "Keep the cookie"),
        ("#questions", "Who else reads"),
        ("#commits", "3f2a91c"),
        ("#timeline", "see https://docs.example/cookies"),
        (".crumbs", "api"),
    ] {
        let shown = dashboard.browser.text(place);
        assert!(shown.contains(text), "{place}: {shown}");
    }
    let link = "document.querySelector('#timeline a').getAttribute('href')";
    assert_eq!(dashboard.browser.eval(link), "https://docs.example/cookies");

    let saved = dashboard.browser.downloads();
    for (n, name) in [(1, "json"), (2, "md"), (3, "html")] {
        dashboard.browser.click(&format!(".downloads a:nth-child({n})"));
        let file = saved.join(format!("{id}.{name}"));
        // A browser creates the file before it has all of it.
        let has_all = || std::fs::read_to_string(&file).is_ok_and(|text| text.contains(INTENTS[0]));
        assert!(eventually(Duration::from_secs(20), has_all), "{} was not saved", file.display());
    }
    let text = std::fs::read_to_string(saved.join(format!("{id}.json"))).expect("it can be read");
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
}

#[test]
fn project_and_year_charts_have_text_alternatives() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/project/api");
    let shown =
        "[...document.querySelectorAll('#weeks-table, .chart svg[role=img] desc')].map((one) => one.textContent)";
    let words = dashboard.browser.eval(shown).to_string();
    assert!(words.contains("2 sessions in all"), "{words}");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.chart rect').length > 0"), true);
    dashboard.browser.click("#weeks-table summary");
    assert!(dashboard.browser.text("#weeks-table").contains("2026-11-16"), "the Monday of the sandbox's week");
    assert_eq!(dashboard.intents().len(), 2);
    dashboard.open("/activity");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('svg.heat rect').length"), 52 * 7 + 6);
    let hottest = dashboard.browser.eval("document.querySelector('svg.heat .l4 title').textContent");
    assert_eq!(hottest, "2026-11-21: 4 sessions");
    assert!(dashboard.browser.text("#projects").contains("shop"));
}

#[test]
fn error_pages_explain_the_problem_and_empty_pages_how_to_begin() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    dashboard.open("/");
    assert!(dashboard.browser.text("#empty").contains("cs-session create"), "an empty store explains how to begin");
    let id = dashboard.create("demo", "try the dashboard");
    dashboard.browser.until(&format!("document.getElementById('{id}') !== null"));
    for (path, words) in [
        ("/nowhere", "there is no such page"),
        ("/session/sess_20200101T0000_0000", "no session"),
        ("/project/nothing", "no project"),
        ("/?status=odd", "is not a status"),
    ] {
        let url = dashboard.url(path);
        dashboard.browser.open(&url);
        let text = dashboard.browser.text("main");
        assert!(text.contains(words) && text.contains("Overview"), "{path}: {text}");
    }
}

/// A dashboard whose folder has this script as `cs-setup`, and nothing else.
fn with_doctor(script: &str) -> (Sandbox, Served) {
    let sandbox = Sandbox::new();
    let folder = sandbox.root().join("programs");
    std::fs::create_dir(&folder).expect("a folder can be created");
    let (setup, serve) = (folder.join("cs-setup"), folder.join("cs-serve"));
    std::fs::copy(cs_tests::workspace().join("bin/cs-serve"), &serve).expect("the program can be copied");
    std::fs::write(&setup, format!("#!/bin/sh\n{script}\n")).expect("a script can be written");
    std::fs::set_permissions(&setup, std::fs::Permissions::from_mode(0o755)).expect("it can be executable");
    let served = Served::from(sandbox.command(serve.to_str().expect("a path")));
    (sandbox, served)
}

#[test]
fn an_empty_store_shows_what_the_doctor_found() {
    let says = "echo \"$@\" >> asked; echo 'the hooks are <b>not</b> registered'; echo 'cs-setup install'; exit 1";
    let Some(browser) = Browser::start() else { return };
    let (sandbox, served) = with_doctor(says);
    let mut dashboard = Dashboard { sandbox, served, browser };
    dashboard.open("/");
    let text = dashboard.browser.text("#diagnosis");
    assert!(text.contains("the hooks are <b>not</b> registered"), "as text: {text}");
    assert_eq!(dashboard.browser.text("#diagnosis pre").trim(), "cs-setup install");
    for n in 0..5 {
        // Unknown parameters are ignored, but keep the answer out of the cache.
        assert_eq!(dashboard.served.get(&format!("/?limit={}", n + 1)).status, 200);
    }
    let asked = std::fs::read_to_string(dashboard.sandbox.work().join("asked")).expect("it ran");
    assert_eq!(asked, "doctor --brief\n", "it ran once");
    let id = dashboard.create("demo", "try the dashboard");
    dashboard.browser.until(&format!("document.getElementById('{id}') !== null"));
    assert_eq!(dashboard.browser.text("#diagnosis"), "");
}

#[test]
fn a_doctor_that_fails_or_hangs_leaves_the_page_as_it_was() {
    for script in ["echo 'unknown option'; exit 64", "exit 0", "sleep 9", "sleep 9 & echo never; exit 1", "kill $$"] {
        let (_sandbox, served) = with_doctor(script);
        let page = String::from_utf8(served.get("/").body).expect("UTF-8");
        assert!(page.contains("claude plugin install") && page.contains("cs-setup doctor"), "{script}: {page}");
        assert!(!page.contains("id=\"diagnosis\""), "{script}");
    }
}

#[test]
fn the_page_about_the_api_is_the_whole_document() {
    let Some((mut dashboard, _)) = Dashboard::with_sessions() else { return };
    dashboard.open("/api");
    let document = std::fs::read_to_string(cs_tests::workspace().join("docs/API.md")).expect("it can be read");
    let [_, read] = cs_tests::parse::markdown(&document);
    // The reader marks the ends of blocks.
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '\u{1}').collect::<String>();
    let shown = dashboard.browser.eval("document.getElementById('document').textContent");
    let (shown, wanted) = (squeezed(shown.as_str().unwrap_or_default()), squeezed(&read.text));
    let same = shown.chars().zip(wanted.chars()).take_while(|(shown, wanted)| shown == wanted).count();
    let next = |text: &str| text.chars().skip(same).take(40).collect::<String>();
    assert_eq!(next(&shown), next(&wanted), "the page has each word, and no mark of Markdown");
    for (selector, count) in [("h1", "# "), ("h2", "## "), ("h3", "### ")] {
        let wanted = document.lines().filter(|line| line.starts_with(count)).count();
        let found = dashboard.browser.eval(&format!("document.querySelectorAll('.document {selector}').length"));
        assert_eq!(found, json!(wanted), "{selector}");
    }
    let tables = document.matches("\n|---").count();
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.document table').length"), json!(tables));
    let broken =
        "[...document.querySelectorAll('.contents a')].filter((link) => !document.querySelector(link.hash)).length";
    assert_eq!(dashboard.browser.eval(broken), 0, "each link of the contents leads to its heading");
    dashboard.browser.follow("#document a[href='/activity']");
    assert_eq!(dashboard.browser.eval("location.pathname"), "/activity");
}
