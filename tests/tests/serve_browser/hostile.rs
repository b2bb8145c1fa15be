//! Everything in a record is shown as text, and no text breaks a page.

use cs_tests::Sandbox;
use serde_json::json;

use crate::dashboard::Dashboard;

const SCRIPT: &str = "<script>document.title='owned'</script><img src=x onerror=alert(1)>";
const ATTRIBUTE: &str = "\"onmouseover=\"alert(1)\" x='";
const RIGHT_TO_LEFT: &str = "\u{202e}gnp.exe \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{627}\u{644}\u{639}";
const EMOJI: &str = "\u{1f9d1}\u{200d}\u{1f680}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} z\u{310}\u{310}\u{310}\u{310}";
const LINKS: &str = "javascript:alert(1) data:text/html,<script>alert(1)</script> https://ok.example/?a=1&b=\"<x>";

fn with_hostile_records() -> Option<(Dashboard, String)> {
    let mut dashboard = Dashboard::start(Sandbox::new())?;
    let long = "w".repeat(2000);
    let intent = format!("{SCRIPT} {ATTRIBUTE}");
    let id = dashboard.create("api", &intent);
    for intent in [RIGHT_TO_LEFT, EMOJI, &long[..500]] {
        dashboard.create("api", intent);
    }
    for text in [SCRIPT, ATTRIBUTE, RIGHT_TO_LEFT, EMOJI, LINKS, &long] {
        dashboard.cs("cs-session", &["event", &id, "--message", text]);
        let short: String = text.chars().take(300).collect();
        dashboard.cs("cs-task", &["add", &id, "--subject", &short]);
        dashboard.cs("cs-session", &["decision", &id, "--text", &short]);
        dashboard.cs("cs-session", &["question", &id, "--text", &short]);
    }
    dashboard.cs("cs-session", &["update", &id, "--branch", &long[..200], "--activity", LINKS]);
    dashboard.cs("cs-session", &["request-action", &id, "--reason", &format!("{SCRIPT}{LINKS}")]);
    // Texts that no program writes can still be in a file.
    let path = dashboard.sandbox.data().join(format!("sessions/{id}.json"));
    let mut record = dashboard.sandbox.record(&id);
    record["worktree_root"] = json!("/tmp/it's \"$(x)\" `y`/<b>");
    record["claude_session_id"] = json!("e998145e-4e5d-40c9-a3a6-681ad5bd51c9");
    record["commits"] = json!([{"sha": "\"><script>", "message": SCRIPT}]);
    record["files_changed"] = json!([SCRIPT, long, "a\nb"]);
    std::fs::write(path, record.to_string()).expect("a record can be written");
    std::fs::write(dashboard.sandbox.data().join("sessions/sess_20261121T0001_0bad.json"), SCRIPT).expect("a file");
    let (folder, now) = (dashboard.sandbox.home().join(".claude"), "2026-11-21T09:00:00Z");
    let dir = std::path::Path::new("/tmp/<script>document.title='owned'<\\/script>");
    let answers =
        [(now, "<script>document.title='owned'<\\/script>", [1, 2, 3, 4]), (now, &long[..300], [5000, 0, 0, 0])];
    cs_tests::corpus::conversation(&folder, "e998145e-4e5d-40c9-a3a6-681ad5bd51c9", dir, &answers);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.size(390, 800);
    Some((dashboard, id))
}

#[test]
fn a_hostile_record_is_shown_as_text() {
    let Some((mut dashboard, id)) = with_hostile_records() else { return };
    let search = "/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%20onfocus%3D";
    let (session, project) = (format!("/session/{id}"), "/project/api".to_owned());
    for path in ["/", search, &session, &project, "/activity", "/api", "/project/nowhere", "/session/%3Cscript%3E"] {
        let url = dashboard.url(path);
        dashboard.browser.open(&url);
        dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        for width in [390, 800, 1600] {
            dashboard.browser.size(width, 800);
            assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
        }
        assert_eq!(dashboard.browser.eval("document.scripts.length"), 2, "{path}");
        let unsafe_parts = "[...document.querySelectorAll('main *')].flatMap((one) => [...one.attributes]).filter(\
            ({name, value}) => name.startsWith('on') || name === 'style' || /^(javascript|data):/i.test(value)).length";
        assert_eq!(dashboard.browser.eval(unsafe_parts), 0, "{path}");
        let away = "[...document.links].map((link) => link.href).filter((url) => !url.startsWith(location.origin))";
        let away = dashboard.browser.eval(away);
        let is_known = |url: &serde_json::Value| url.as_str().is_some_and(|url| url.starts_with("https://ok.example/"));
        assert!(away.as_array().is_some_and(|all| all.iter().all(is_known)), "{path}: {away}");
        assert_ne!(dashboard.browser.eval("document.title"), "owned");
    }
    dashboard.open(&session);
    assert!(dashboard.browser.text("h1").contains("<script>"), "it is shown as text");
    // Only an ended conversation is offered to be continued.
    dashboard.cs("cs-session", &["park", &id, "--reason", "later"]);
    dashboard.browser.until("document.getElementById('by-hand') !== null");
    let command = dashboard.browser.text("#by-hand");
    assert!(command.contains(r#"cd '/tmp/it'\''s "$(x)" `y`/<b>' && claude --resume"#), "{command}");
    dashboard.open("/");
    assert!(dashboard.browser.text(".damaged").contains("sess_20261121T0001_0bad"), "the others are still there");

    // The browser logs an error page as a network error; there must be no other message.
    let complaints = dashboard.browser.complaints();
    let others: Vec<&String> = complaints.iter().filter(|text| !text.contains("\"source\":\"network\"")).collect();
    assert!(others.is_empty(), "{others:?}");
    let own = dashboard.url("/");
    // Browsers draw parts of form fields from data URLs.
    let is_foreign = |url: &String| !url.starts_with(&own) && !url.starts_with("data:");
    let foreign: Vec<String> = dashboard.browser.asked_for().into_iter().filter(is_foreign).collect();
    assert_eq!(foreign, [""; 0], "everything was loaded from this server");
}
