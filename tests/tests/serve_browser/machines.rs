//! The pages about other machines: what they show, on a phone, in the dark, and for a screen reader.

use cs_tests::http::Served;
use cs_tests::shared::{self, machine, push};
use serde_json::{Value, json};

use crate::access::{axe, check, found_by};
use crate::dashboard::Dashboard;
use crate::screenshots::save_picture;

const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
const LONE: &str = "5e1f0000-0000-4000-8000-0000000000bb";
/// Each kind of page: with all, with what was found, and of conversations with and without a session.
const PATHS: [&str; 5] = [
    "/machines",
    "/machines?q=slow",
    "/machines?q=nothing+says+this",
    "/machines/conversation/5e1f0000-0000-4000-8000-0000000000aa",
    "/machines/conversation/5e1f0000-0000-4000-8000-0000000000bb",
];

/// What people said about a conversation.
fn said() -> [(&'static str, Value); 5] {
    [
        ("tag", json!({"with": "flaky-tests"})),
        ("note", json!({"with": "The cause is in the client.", "entry": "u1#0"})),
        ("disposition", json!({"with": "needs-review", "entry": "u2#0"})),
        ("redact", json!({"entry": "u0#0", "field": "text"})),
        ("note", json!({"with": "There was more once.", "entry": "gone#0"})),
    ]
}

/// A dashboard with what two people sent.
fn shown() -> Option<Dashboard> {
    let (mut dashboard, _) = Dashboard::with_sessions()?;
    let dir = dashboard.sandbox.home().join("shared");
    let at = |hour: usize| format!("2026-11-21T0{hour}:00:00.000000+00:00");
    let long = "Find out why the tests of the payment service fail only on Mondays, and only in the second run";
    for (digit, label, owner) in [('a', "laptop", "mira"), ('c', "tower in the office", "noor")] {
        let mut rows = vec![
            shared::head(UUID, "Fix the login", &json!({"github-pat": 2, "jwt": 1, "user": 3, "manual": 1})),
            shared::head(LONE, "A conversation without a session", &json!({})),
            shared::marks(UUID, &said()),
            shared::talk(UUID, &["why is the login slow?", "Because of retries.\n\n    retry(3)\n", "mend it"]),
            shared::usage("2026-11-20", "api", "claude-opus-4-8", 120_000, 2.5),
            shared::usage("2026-11-02", "shop", "claude-opus-4-8", 1_900_000, 31.25),
        ];
        for (n, intent) in ["Fix the login", long, "Rate limits"].into_iter().enumerate() {
            let status = ["active", "parked", "completed"][n];
            let id = format!("sess_20261121T0{n}00_{digit}a{n}d");
            rows.push(shared::record(&id, status, intent, &at(n + 1), UUID));
        }
        push(&dir, &machine(digit, label), Some(owner), &rows);
    }
    dashboard.served = Served::start(&dashboard.sandbox, &["--also", dir.to_str().expect("it is text")]);
    Some(dashboard)
}

#[test]
fn machines_of_others_are_shown_and_searched() {
    let Some(mut dashboard) = shown() else { return };
    dashboard.open("/machines");
    for (place, text) in [
        ("#machines", "tower in the office"),
        ("#spend", "noor"),
        ("#secrets", "github-pat"),
        ("#secrets", "redacted by hand"),
        ("#sessions", "A conversation without a session"),
        ("#sessions", "urgent"),
    ] {
        let shown = dashboard.browser.text(place);
        assert!(shown.contains(text), "{place}: {shown}");
    }
    dashboard.open("/machines?q=slow");
    dashboard.browser.follow("#hits a");
    let shown = dashboard.browser.text("#elsewhere");
    assert!(shown.contains("Because of retries.") && shown.contains("The cause is in the client."), "{shown}");
    assert!(dashboard.browser.text(".head").contains("flaky-tests"), "{shown}");
    assert!(dashboard.browser.text("#aside").contains("There was more once."));
    assert!(dashboard.browser.text(".crumbs").contains("Machines"));
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}

#[test]
fn machines_fit_every_screen() {
    let Some(mut dashboard) = shown() else { return };
    for (scheme, width) in
        [("light", 1200), ("light", 800), ("dark", 800), ("light", 390), ("dark", 390), ("dark", 1200)]
    {
        for path in PATHS {
            dashboard.browser.scheme(scheme);
            dashboard.browser.size(width, 900);
            dashboard.open(path);
            assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
            assert_eq!(dashboard.browser.eval(crate::narrow::CUT), json!([]), "{path} at {width}");
            if let Some(folder) = std::env::var_os("LOOK") {
                let tall = dashboard.browser.eval("document.documentElement.scrollHeight").as_u64().unwrap_or(900);
                dashboard.browser.size(width, u32::try_from(tall.min(3000)).unwrap_or(900));
                let name: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
                let file = std::path::Path::new(&folder).join(format!("{name}-{width}-{scheme}.png"));
                save_picture(&mut dashboard, &file);
            }
        }
    }
}

#[test]
fn each_value_of_a_machine_has_its_name_on_a_phone() {
    let Some(mut dashboard) = shown() else { return };
    let labels = "[...document.querySelectorAll('#machines tbody tr:first-child td')].map((cell) => \
        getComputedStyle(cell, '::before').content + cell.innerText.trim())";
    dashboard.browser.size(390, 900);
    dashboard.open("/machines");
    let found = dashboard.browser.eval(labels);
    let all: Vec<&str> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(all.len(), 6, "{all:?}");
    for (label, text) in [("Person", "mira"), ("Sessions", "3, 1 not over"), ("Conversations", "2")] {
        let is_named = |cell: &&str| cell.starts_with(&format!("\"{label}: \"")) && cell.ends_with(text);
        assert!(all.iter().any(is_named), "{label}: {all:?}");
    }
    assert!(all.iter().all(|cell| cell.starts_with('"')), "{all:?}");
    dashboard.browser.size(1200, 900);
    let found = dashboard.browser.eval(labels);
    assert!(
        found.as_array().into_iter().flatten().all(|cell| cell.as_str().is_some_and(|cell| cell.starts_with("none")))
    );
}

#[test]
fn machines_have_no_serious_accessibility_problem() {
    let Some(script) = axe() else { return };
    let Some(mut dashboard) = shown() else { return };
    for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 390), ("dark", 390)] {
        for path in PATHS {
            dashboard.browser.scheme(scheme);
            dashboard.browser.size(width, 900);
            dashboard.open(path);
            dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
            check(&mut dashboard, &script, &format!("{path} {scheme} {width}"));
        }
    }
    // A check that finds nothing wherever it looks would say nothing: each kind of page is broken once.
    for path in [PATHS[0], PATHS[3]] {
        dashboard.open(path);
        // What comes from the server would mend it.
        dashboard.browser.eval("isStopped = true");
        dashboard.browser.until("!isRefreshing");
        dashboard
            .browser
            .eval("document.querySelector('h1').style.color = 'color-mix(in srgb, var(--text) 20%, var(--ground))'");
        dashboard.browser.eval("document.querySelector('main a').textContent = ''");
        let found = found_by(&mut dashboard, &script);
        assert!(found.iter().any(|one| one.contains("link-name")), "{path}: {found:?}");
        assert!(found.iter().any(|one| one.contains("color-contrast")), "{path}: {found:?}");
    }
}
