//! The pages about other machines: what they show, on a phone, in the dark, and for a screen reader.

use cs_tests::http::Served;
use cs_tests::shared::{self, machine, push};
use serde_json::json;

use crate::access::{axe, check};
use crate::dashboard::Dashboard;
use crate::screenshots::save_picture;

const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";

/// A dashboard with what two people sent.
fn shown() -> Option<Dashboard> {
    let (mut dashboard, _) = Dashboard::with_sessions()?;
    let dir = dashboard.sandbox.home().join("shared");
    let at = |hour: usize| format!("2026-11-21T0{hour}:00:00.000000+00:00");
    let long = "Find out why the tests of the payment service fail only on Mondays, and only in the second run";
    for (digit, label, owner) in [('a', "laptop", "mira"), ('c', "tower in the office", "noor")] {
        let mut rows = vec![
            shared::head(UUID, "Fix the login", &json!({"github-token": 2, "jwt": 1})),
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
    for (place, text) in [("#machines", "tower in the office"), ("#spend", "noor"), ("#secrets", "github-token")] {
        let shown = dashboard.browser.text(place);
        assert!(shown.contains(text), "{place}: {shown}");
    }
    dashboard.open("/machines?q=slow");
    dashboard.browser.follow("#hits a");
    let shown = dashboard.browser.text("#elsewhere");
    assert!(shown.contains("Because of retries."), "{shown}");
    assert!(dashboard.browser.text(".crumbs").contains("Machines"));
}

#[test]
fn machines_fit_every_screen_and_have_no_serious_accessibility_problem() {
    let Some(mut dashboard) = shown() else { return };
    let script = axe();
    for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 390), ("dark", 390)] {
        for path in ["/machines".to_owned(), "/machines?q=slow".to_owned(), format!("/machines/conversation/{UUID}")] {
            dashboard.browser.scheme(scheme);
            dashboard.browser.size(width, 900);
            dashboard.open(&path);
            let wide = dashboard.browser.eval("document.documentElement.scrollWidth - window.innerWidth");
            assert!(wide.as_i64() <= Some(0), "{path} at {width} is too wide by {wide}");
            if let Some(script) = &script {
                check(&mut dashboard, script, &format!("{path} {scheme} {width}"));
            }
            if let Some(folder) = std::env::var_os("LOOK") {
                let name = path.split(['/', '?']).nth(1).unwrap_or_default().to_owned() + &format!("{}", path.len());
                let file = std::path::Path::new(&folder).join(format!("{name}-{scheme}-{width}.png"));
                save_picture(&mut dashboard, &file);
            }
        }
    }
}
