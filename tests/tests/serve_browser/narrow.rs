//! Nothing is cut without a sign, on a phone, a tablet and a desktop, however long the words are.

use cs_tests::{Sandbox, status};
use serde_json::json;

use crate::dashboard::Dashboard;

/// The parts that hide some of their content at the side without an ellipsis or the shadow of what can be scrolled.
pub const CUT: &str = "[...document.querySelectorAll('header *, main *')].filter((part) => { \
    const look = getComputedStyle(part); \
    const hides = part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 1 && look.overflowX !== 'visible'; \
    const tells = look.textOverflow === 'ellipsis' || look.webkitLineClamp !== 'none' || \
      (part.matches('.scroll') && look.backgroundImage.includes('gradient')); \
    return hides && !tells && !part.closest('.unseen, .evidence, svg, meter, progress, input, select') \
}).map((part) => part.outerHTML.slice(0, 120))";

#[test]
fn nothing_is_cut_without_a_sign() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let counted = crate::usage::record_conversation(&dashboard, 100_000_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    let long = "a-very-long-word-that-nobody-would-type".repeat(4);
    let spaced = "the words of a long intent that needs more than one line on every phone ".repeat(3);
    let slug = "a-project-with-quite-a-long-name-of-its-own";
    for intent in [&long, &spaced] {
        let id = dashboard.create(slug, intent);
        dashboard.cs("cs-session", &["update", &id, "--branch", &long[..90], "--activity", intent]);
        dashboard.cs("cs-task", &["add", &id, "--subject", &long[..100]]);
        dashboard.cs("cs-session", &["request-action", &id, "--reason", &long]);
    }
    let reported = json!({"session_id": "e998145e-4e5d-40c9-a3a6-681ad5bd51c9", "cost": {"total_cost_usd": 12_345.67},
        "context_window": {"used_percentage": 100}, "rate_limits": {
        "five_hour": {"used_percentage": 100, "resets_at": 1_795_261_200},
        "seven_day": {"used_percentage": 100, "resets_at": 1_795_521_600}}});
    assert_eq!(status(&dashboard.sandbox.feed("cs-statusline", &[], &reported.to_string())), 0);
    let session = format!("/session/{counted}");
    let project = format!("/project/{slug}");
    let newest = format!("/session/{}", dashboard.create(slug, &long));
    for path in ["/", &session, &newest, &project, "/project/api", "/activity", "/activity?since=300d", "/api"] {
        for width in [390, 800, 1440] {
            dashboard.browser.size(width, 844);
            let url = dashboard.url(path);
            dashboard.browser.open(&url);
            dashboard
                .browser
                .eval("document.querySelectorAll('details:not(.menu)').forEach((one) => (one.open = true))");
            assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
            assert_eq!(dashboard.browser.eval(CUT), json!([]), "{path} at {width}");
            let tallest = "Math.max(...[...document.querySelectorAll('.limits li')].map((one) => one.offsetHeight))";
            let tallest = dashboard.browser.eval(tallest);
            assert!(path == "/api" || tallest.as_i64() < Some(30), "{path} at {width}: a limit is one line: {tallest}");
        }
    }
}
