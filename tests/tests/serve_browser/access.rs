//! The accessibility checker axe-core finds no serious problem in the pages.

use std::path::PathBuf;

use cs_tests::http::Served;
use cs_tests::skip;
use serde_json::{Value, json};

use crate::dashboard::Dashboard;
use crate::screenshots::save_picture;

/// The checker's script; without it the test is skipped.
pub fn axe() -> Option<String> {
    let named = std::env::var_os("CS_AXE").map(PathBuf::from);
    let file = named.unwrap_or_else(|| cs_tests::workspace().join("target/axe-core/axe.min.js"));
    let missing = |_| skip(format_args!("axe-core is not at {}; `make axe` gets it with npm", file.display()));
    std::fs::read_to_string(&file).map_err(missing).ok()
}

/// The findings that keep somebody from using a page.
pub fn serious(findings: &Value) -> Vec<String> {
    let violations = findings.as_array().cloned().unwrap_or_default();
    let is_serious = |one: &Value| matches!(one["impact"].as_str(), Some("serious" | "critical"));
    violations.iter().filter(|one| is_serious(one)).map(Value::to_string).collect()
}

/// What keeps somebody from using the page that is shown.
pub fn found_by(dashboard: &mut Dashboard, axe: &str) -> Vec<String> {
    dashboard.browser.call("Runtime.evaluate", json!({"expression": axe}));
    let found = dashboard.browser.eval("axe.run(document).then(({passes, violations}) => [passes.length, violations])");
    assert!(found[0].as_u64() > Some(10), "it checked nothing: {found}");
    serious(&found[1])
}

/// Checks the page that is shown.
pub fn check(dashboard: &mut Dashboard, axe: &str, what: &str) {
    assert_eq!(found_by(dashboard, axe), [""; 0], "{what}");
}

#[test]
fn forms_have_no_serious_accessibility_problems() {
    let Some(axe) = axe() else { return };
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    let planner = crate::agents::team(&dashboard);
    dashboard.cs("cs-session", &["request-action", &ids[0], "--reason", "say yes or no"]);
    let config = dashboard.sandbox.data().join("config.json");
    let agents = json!({"templates": {"tester": {"prompt": "Test it."}}});
    let settings = json!({"version": 1, "projects": {"api": {"path": dashboard.sandbox.work()}}, "agents": agents});
    std::fs::write(&config, settings.to_string()).expect("a file");
    dashboard.served = Served::start(&dashboard.sandbox, &["--review", "--control"]);
    let url = dashboard.with_code("/api");
    dashboard.browser.open(&url);
    dashboard.browser.until("document.documentElement.classList.contains('can-write')");
    let pages = ["/", "/agents", &format!("/session/{}", ids[0]), &format!("/session/{planner}")].map(str::to_owned);
    for (path, (scheme, width)) in pages.iter().flat_map(|path| [(path, ("light", 1200)), (path, ("dark", 390))]) {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(width, 900);
        dashboard.open(path);
        dashboard.browser.eval("(document.querySelector('.menu') ?? {}).open = true");
        if let Some(folder) = std::env::var_os("LOOK").map(PathBuf::from) {
            let name = path.trim_matches('/').split('_').next_back().unwrap_or_default();
            save_picture(&mut dashboard, &folder.join(format!("form-{name}-{width}-{scheme}.png")));
        }
        check(&mut dashboard, &axe, &format!("{path} {scheme} {width}"));
        let wide =
            dashboard.browser.eval("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, 0, "{path} {width}: nothing is cut");
    }
}

#[test]
fn pages_have_no_serious_accessibility_problems() {
    let Some(axe) = axe() else { return };
    let Some((mut dashboard, ids)) = Dashboard::with_sessions() else { return };
    let counted = crate::usage::record_conversation(&dashboard, 100_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    let spent = format!("/session/{counted}");
    dashboard.cs("cs-session", &["request-action", &ids[0], "--reason", "say yes or no"]);
    std::fs::write(dashboard.sandbox.data().join("sessions/sess_20261121T0001_0bad.json"), "{").expect("a file");
    let agent = cs_tests::seat_files::seat("agent_20261121T1000_1f0c", "builder").to_string();
    std::fs::create_dir_all(dashboard.sandbox.data().join("agents")).expect("a folder");
    std::fs::write(dashboard.sandbox.data().join("agents/agent_20261121T1000_1f0c.json"), agent).expect("a file");
    let talk = format!("/conversation/{}", crate::conversation::write_log(&dashboard.sandbox));
    let session = format!("/session/{}", ids[0]);
    for (path, scheme, width) in [
        ("/agents", "light", 1200),
        ("/agents", "dark", 390),
        ("/", "light", 1200),
        ("/", "dark", 390),
        (session.as_str(), "dark", 1200),
        (spent.as_str(), "light", 390),
        (spent.as_str(), "dark", 1024),
        ("/project/api", "dark", 390),
        ("/project/api", "light", 1024),
        ("/activity?since=90d", "light", 390),
        ("/activity", "dark", 1200),
        ("/api", "dark", 1200),
        (talk.as_str(), "light", 1200),
        (talk.as_str(), "dark", 390),
        ("/?q=cookie", "dark", 390),
        ("/nowhere", "light", 1200),
    ] {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(width, 900);
        let url = dashboard.url(path);
        dashboard.browser.open(&url);
        dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        check(&mut dashboard, &axe, &format!("{path} {scheme} {width}"));
    }
}
