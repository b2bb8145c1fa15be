//! The seats of agents as a person sees them: a tree, what waits, and nothing cut on any screen.

use std::fs;

use cs_tests::Sandbox;
use cs_tests::seat_files::{seat, with};
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

fn put(dashboard: &Dashboard, name: &str, value: &Value) {
    let path = dashboard.sandbox.data().join(name);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    let temp = path.with_file_name(".tmp-test");
    fs::write(&temp, value.to_string()).expect("it can be written");
    fs::rename(temp, path).expect("it can be moved");
}

/// A seat with a session; returns the session's id.
fn seated(dashboard: &Dashboard, n: usize, name: &str, parent: Option<usize>, more: Value) -> String {
    let id = |n: usize| format!("agent_20261121T1000_{n:04x}");
    let session = dashboard.create("api", &format!("the work of {name}"));
    let parent = parent.map_or(Value::Null, |n| json!({"agent_id": id(n)}));
    let fields = with(json!({"session_id": session, "parent": parent}), more);
    put(dashboard, &format!("agents/{}.json", id(n)), &with(seat(&id(n), name), fields));
    session
}

/// A planner with two agents below it, a message that waits, and a lease; returns the planner's session.
pub fn team(dashboard: &Dashboard) -> String {
    let planner = seated(dashboard, 0x21, "planner", None, json!({"doing": "waits for form and tests"}));
    seated(dashboard, 0x22, "form", Some(0x21), json!({"doing": "writes the form"}));
    seated(dashboard, 0x23, "tests", Some(0x21), json!({}));
    let at = "2026-11-21T09:50:00.000000+00:00";
    let message = json!({"message_id": "m000001", "to": "x", "from": {"kind": "user"}, "text": "How far are you?",
        "sent_at": at, "schema_version": 1});
    put(dashboard, "inbox/agent_20261121T1000_0021/new/m000001.json", &message);
    let lease = json!({"id": "l00000001", "token": 7, "paths": ["src/form"], "reason": "new fields", "for_seconds": 3600,
        "owner": {"agent_id": "agent_20261121T1000_0022"}, "acquired_at": at,
        "expires_at": "2036-11-21T11:00:00.000000+00:00"});
    let leases = json!({"project_slug": "api", "last_token": 7, "leases": [lease], "schema_version": 1});
    put(dashboard, "leases/api.json", &leases);
    planner
}

#[test]
fn agents_stand_below_their_parents_and_nothing_is_cut() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let long = "a-very-long-word-that-nobody-would-type".repeat(4);
    let doing = json!({"doing": long});
    let planner = seated(&dashboard, 1, "planner", None, json!({}));
    let writer = seated(&dashboard, 2, &long[..60], Some(1), doing.clone());
    for (n, parent) in [(3, 2), (4, 3), (5, 4), (6, 5)] {
        seated(&dashboard, n, &format!("deep {n}"), Some(parent), doing.clone());
    }
    let at = "2026-11-21T11:00:00.000000+00:00";
    let ended = json!({"status": "killed", "ended_at": at, "ended_by": "user"});
    let old = seated(&dashboard, 7, "an old one", Some(1), ended);
    let message = json!({"message_id": "m000001", "to": "x", "from": {"kind": "user"}, "text": long, "sent_at": at,
        "schema_version": 1});
    put(&dashboard, "inbox/agent_20261121T1000_0002/new/m000001.json", &message);
    let lease = json!({"id": "l00000001", "token": 7, "paths": [long, "src"], "reason": long,
        "owner": {"agent_id": "agent_20261121T1000_0002"}, "acquired_at": at, "for_seconds": 3600,
        "expires_at": "2036-11-21T11:00:00.000000+00:00"});
    let leases = json!({"project_slug": "api", "last_token": 7, "leases": [lease], "schema_version": 1});
    put(&dashboard, "leases/api.json", &leases);
    for path in ["/agents", "/", &format!("/session/{planner}"), &format!("/session/{writer}")] {
        for width in [390, 800, 1440] {
            dashboard.browser.size(width, 844);
            let url = dashboard.url(path);
            dashboard.browser.open(&url);
            assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
            let tallest = "Math.max(...[...document.querySelectorAll('.top nav a')].map((one) => one.offsetHeight))";
            let tallest = dashboard.browser.eval(tallest);
            assert!(tallest.as_i64() < Some(40), "{path} at {width}: a word of the menu is broken in two: {tallest}");
            assert_eq!(dashboard.browser.eval(crate::narrow::CUT), json!([]), "{path} at {width}");
        }
    }
    let apart = "[...document.querySelectorAll('.top nav > a, #tell')].map((one) => one.getBoundingClientRect()) \
        .map((box) => (box.top + box.bottom) / 2).reduce(([least, most], at) => \
        [Math.min(least, at), Math.max(most, at)], [1e9, 0]).reduce((least, most) => most - least)";
    dashboard.browser.size(390, 844);
    dashboard.open("/agents");
    let apart = dashboard.browser.eval(apart);
    assert!(apart.as_f64() < Some(8.0), "the menu is one line on a phone: {apart}");
    assert_eq!(dashboard.browser.text("#leases .line-counts a"), long[..60], "a lease names its owner");
    let space = "['#open h2', 'h1'].map((one) => document.querySelector(one)).map((one) => \
        one.nextElementSibling.getBoundingClientRect().top - one.getBoundingClientRect().bottom)";
    assert!(dashboard.browser.eval(space).as_array().expect("two").iter().all(|gap| gap.as_f64() > Some(4.0)));
    dashboard.open(&format!("/session/{planner}"));
    assert_eq!(dashboard.browser.eval("document.getElementById('seat').textContent.includes('running')"), false);
    let space = "const head = document.querySelector('#children h2'); \
        head.nextElementSibling.getBoundingClientRect().top - head.getBoundingClientRect().bottom";
    assert!(dashboard.browser.eval(space).as_f64() > Some(4.0), "a heading touches the rows");
    dashboard.open("/");
    let below = format!("document.getElementById('{writer}').previousElementSibling.id");
    let above = dashboard.browser.eval(&below);
    // The two children of the planner are in the order of their ids.
    assert!(above == planner.as_str() || above == old.as_str(), "the session stands below its parent's: {above}");
    assert_eq!(
        dashboard.browser.eval(&format!("document.getElementById('{writer}').className")),
        "row is-unknown child-1"
    );
    dashboard.open("/agents");
    assert_eq!(dashboard.browser.text("nav [aria-current]"), "Agents");
    let left =
        |n: usize| format!("document.getElementById('agent_20261121T1000_{n:04x}').getBoundingClientRect().left");
    let is_deeper = format!("{} < {} && {} < {}", left(1), left(2), left(2), left(3));
    assert_eq!(dashboard.browser.eval(&is_deeper), true);
    assert_eq!(dashboard.browser.text("#ended .open"), "an old one");
    let waiting = "document.getElementById('agent_20261121T1000_0002').textContent.includes('1 message waiting')";
    assert_eq!(dashboard.browser.eval(waiting), true);
    // A new seat appears by itself.
    seated(&dashboard, 8, "newcomer", Some(1), json!({}));
    dashboard.browser.until("document.getElementById('agent_20261121T1000_0008') !== null");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}
