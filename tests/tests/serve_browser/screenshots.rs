//! The pictures of the README, which `make screenshots` takes of made-up sessions, and pictures of all pages for those
//! who change how they look: `LOOK=FOLDER cargo test -p cs-tests --test serve_browser look -- --ignored`. Not a test.

use std::path::{Path, PathBuf};

use cs_tests::{Sandbox, run, status, stderr, stdout, workspace};
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

/// Runs a program at a given time, with input; returns its output.
fn at(dashboard: &Dashboard, when: &str, program: &str, args: &[&str], input: &str) -> String {
    let mut command = dashboard.sandbox.command(program);
    command.args(args).env("CS_NOW", format!("2026-{when}:00Z"));
    let output = run(command, input);
    assert_eq!(status(&output), 0, "{program} {args:?}: {}", stderr(&output));
    stdout(&output)
}

/// A conversation that sends these events to the hooks, one after the other.
fn conversation(dashboard: &Dashboard, n: u32, place: (&str, &str), sent: &[(&str, &str, Value)]) {
    let (project, branch) = place;
    let folder = dashboard.sandbox.home().join(project);
    std::fs::create_dir_all(folder.join(".git")).expect("a folder can be created");
    std::fs::write(folder.join(".git/HEAD"), format!("ref: refs/heads/{branch}\n")).expect("a file can be written");
    for (when, event, more) in sent {
        let mut payload = json!({"session_id": uuid(n), "cwd": folder, "hook_event_name": event});
        payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let program = if *event == "Stop" { "cs-heartbeat" } else { "cs-hook" };
        at(dashboard, when, program, &[], &payload.to_string());
    }
}

fn uuid(n: u32) -> String {
    format!("e998145e-4e5d-40c9-a3a6-681ad5bd5{n:03}")
}

fn figures(dashboard: &Dashboard, n: u32, context: u32, cost: f64) {
    let payload = json!({
        "session_id": uuid(n), "model": {"display_name": "Opus"}, "cost": {"total_cost_usd": cost},
        "context_window": {"used_percentage": context, "total_input_tokens": context * 2000, "context_window_size": 200_000},
        "rate_limits": {"five_hour": {"used_percentage": 41, "resets_at": 1_795_261_200},
            "seven_day": {"used_percentage": 67, "resets_at": 1_795_521_600}},
    });
    at(dashboard, "11-21T09:59", "cs-statusline", &[], &payload.to_string());
}

/// The usage of these conversations and of earlier weeks.
fn spending(dashboard: &Dashboard) {
    let claude = dashboard.sandbox.home().join(".claude");
    for n in 1..70_u32 {
        let (slug, month, day) = match n {
            1..=3 => (["", "shop", "blog", "api"][n as usize], 11, 21),
            _ => (["shop", "api", "shop", "blog"][(n * n % 11 % 4) as usize], 11 - n % 3 / 2, 1 + n * 7 % 20),
        };
        let used = |m: u32| {
            let model = ["claude-opus-4-8", "claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"];
            let (size, model) = (u64::from(n * 7 % 13 + m % 5), model[((n + m) % 4) as usize]);
            (format!("2026-{month}-{day:02}T09:{m:02}:00Z"), model, [size * 90, size * 300, size * 900, size * 14_000])
        };
        let answers: Vec<_> = (0..if n < 4 { 59 } else { 8 + n % 20 }).map(used).collect();
        let answers: Vec<_> = answers.iter().map(|(at, model, kinds)| (at.as_str(), *model, *kinds)).collect();
        cs_tests::corpus::conversation(&claude, &uuid(n), &dashboard.sandbox.home().join(slug), &answers);
    }
    at(dashboard, "11-21T09:41", "cs-usage", &["keep", "-q"], "");
}

fn ask(text: &str) -> Value {
    json!({"prompt": text})
}

fn todo(done: usize, subjects: &[&str]) -> Value {
    let status = |n| {
        if n < done {
            "completed"
        } else if n == done {
            "in_progress"
        } else {
            "pending"
        }
    };
    let todos: Vec<Value> = subjects
        .iter()
        .enumerate()
        .map(|(n, subject)| json!({"content": subject, "status": status(n), "activeForm": subject}))
        .collect();
    json!({"tool_name": "TodoWrite", "tool_input": {"todos": todos}})
}

/// A year of finished sessions.
fn history(dashboard: &Dashboard) {
    let work = ["Speed up the search", "Retry failed payments", "Document the webhooks", "Fix the flaky test"];
    let came =
        ["merged; two tests added", "p95 from 900 ms to 120 ms", "in docs/webhooks.md", "a fixed clock in the test"];
    for n in 0..70_usize {
        let (month, day) = (11 - (n * n / 460), 20 - (n * 7 + n / 3) % 20);
        let when = format!("{month:02}-{day:02}T{:02}:20", 8 + n % 9);
        let slug = ["shop", "api", "blog"][n * n % 3];
        let id = at(dashboard, &when, "cs-session", &["create", "--project", slug, "--intent", work[n % 4], "-q"], "");
        let id = id.trim();
        if n % 5 > 0 {
            let added =
                at(dashboard, &when, "cs-task", &["add", id, "--subject", "reproduce", "--subject", "mend"], "");
            let record: Value = serde_json::from_str(&added).expect("a record");
            for task in record["tasks"].as_array().into_iter().flatten() {
                let task = task["id"].as_str().unwrap_or_default();
                at(dashboard, &when, "cs-task", &["update", id, "--task", task, "--status", "completed", "-q"], "");
            }
        }
        at(dashboard, &when, "cs-session", &["complete", id, "--outcome", came[n % 4], "-q"], "");
    }
}

fn story(dashboard: &Dashboard) {
    let road = ["--current-phase", "Beta: uploads and accounts", "--completed", "Catalogue", "--completed", "Checkout"];
    let ahead =
        ["--in-progress", "Uploads", "--in-progress", "Greeting", "--next-up", "Invoices", "--next-up", "Reviews"];
    let steps = ["Make the folder on first use", "Refuse what is too large", "Show a preview", "Write it down"];
    conversation(
        dashboard,
        1,
        ("shop", "feature/uploads"),
        &[
            ("11-21T09:08", "UserPromptSubmit", ask("Make room for uploads")),
            ("11-21T09:31", "PostToolUse", todo(2, &steps)),
            (
                "11-21T09:57",
                "PermissionRequest",
                json!({"tool_name": "Bash", "tool_input": {"command": "mkdir -p public/uploads"}}),
            ),
        ],
    );
    conversation(
        dashboard,
        2,
        ("blog", "main"),
        &[("11-21T09:41", "UserPromptSubmit", ask("Why is the front page slow?")), ("11-21T09:53", "Stop", json!({}))],
    );
    conversation(
        dashboard,
        3,
        ("api", "feature/limits"),
        &[
            ("11-21T08:25", "UserPromptSubmit", ask("Rate limits per key, not per address")),
            (
                "11-21T09:30",
                "PostToolUse",
                todo(3, &["Count by key", "Keep the old header", "Tell what is left", "Test with two keys"]),
            ),
            ("11-21T09:58", "UserPromptSubmit", ask("Now the test with two keys")),
        ],
    );
    conversation(
        dashboard,
        4,
        ("shop", "main"),
        &[("11-19T15:20", "UserPromptSubmit", ask("Import the old catalogue"))],
    );
    let update = [&["update", "shop"], road.as_slice(), ahead.as_slice(), &["-q"]].concat();
    at(dashboard, "11-21T09:58", "cs-project", &update, "");
    figures(dashboard, 1, 62, 3.41);
    figures(dashboard, 2, 18, 0.62);
    figures(dashboard, 3, 88, 12.07);
    for (slug, when, intent, reason) in [
        ("shop", "11-20T11:00", "Greet every visitor by name", "code freeze until Monday"),
        ("api", "11-18T16:00", "Move to the new error type", "waits for the client library"),
    ] {
        let id = at(dashboard, when, "cs-session", &["create", "--project", slug, "--intent", intent, "-q"], "");
        let next = ["park", id.trim(), "--reason", reason, "--next-step", "Update the fixtures", "-q"];
        at(dashboard, when, "cs-session", &next, "");
    }
}

#[test]
#[ignore = "makes the pictures in docs/; make screenshots"]
fn screenshots() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    history(&dashboard);
    story(&dashboard);
    spending(&dashboard);
    for (name, path, scheme) in
        [("light", "/", "light"), ("dark", "/project/shop", "dark"), ("cost", "/activity", "light")]
    {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(1200, 860);
        dashboard.open(path);
        save_picture(&mut dashboard, &workspace().join(format!("docs/dashboard-{name}.png")));
    }
}

/// Saves a picture of the page that is shown.
pub fn save_picture(dashboard: &mut Dashboard, file: &Path) {
    let picture = dashboard.browser.picture();
    let decoded = dashboard.sandbox.feed("base64", &["-d"], &picture);
    assert_eq!(status(&decoded), 0, "{}", stderr(&decoded));
    std::fs::write(file, decoded.stdout).expect("the folder can be written");
}

#[test]
#[ignore = "makes pictures of all pages in the folder that LOOK names"]
fn look_at_all_pages() {
    let folder = PathBuf::from(std::env::var_os("LOOK").expect("LOOK names a folder"));
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let empty = dashboard.url("/");
    dashboard.browser.size(390, 844);
    dashboard.browser.open(&empty);
    save_picture(&mut dashboard, &folder.join("empty-390.png"));
    history(&dashboard);
    story(&dashboard);
    spending(&dashboard);
    let planner = crate::agents::team(&dashboard);
    let worked = crate::audit::worked(&dashboard);
    let failed = json!({"session_id": uuid(2), "cwd": dashboard.sandbox.home().join("blog"),
        "hook_event_name": "StopFailure", "error": "rate_limit"});
    at(&dashboard, "11-21T09:55", "cs-heartbeat", &[], &failed.to_string());
    let records = dashboard.sandbox.records();
    let of = |n: u32| {
        records.iter().find(|record| record["claude_session_id"] == uuid(n)).map(|record| &record["session_id"])
    };
    let session = |n: u32| format!("/session/{}", of(n).and_then(Value::as_str).unwrap_or_default());
    let pages = [
        ("overview", "/".to_owned()),
        ("waiting", session(1)),
        ("failed", session(2)),
        ("gone", session(4)),
        ("project", "/project/shop".to_owned()),
        ("activity", "/activity".to_owned()),
        ("agents", "/agents".to_owned()),
        ("planner", format!("/session/{planner}")),
        ("audit", "/audit?since=7d".to_owned()),
        ("calls", format!("/audit?session={worked}")),
        ("worked", format!("/session/{worked}")),
        ("api", "/api".to_owned()),
    ];
    for (width, height) in [(390, 844), (800, 1000), (1440, 900)] {
        for scheme in ["light", "dark"] {
            dashboard.browser.scheme(scheme);
            for (name, path) in &pages {
                dashboard.browser.size(width, height);
                dashboard.open(path);
                let whole = dashboard.browser.eval("Math.min(document.documentElement.scrollHeight, 2600)");
                dashboard.browser.size(width, whole.as_u64().and_then(|tall| tall.try_into().ok()).unwrap_or(height));
                save_picture(&mut dashboard, &folder.join(format!("{name}-{width}-{scheme}.png")));
                if *name == "overview" {
                    dashboard.browser.size(width, height);
                    dashboard.browser.eval("document.querySelector('.menu').open = true");
                    dashboard.browser.eval("document.querySelector('#spent .mark').focus({preventScroll: true})");
                    save_picture(&mut dashboard, &folder.join(format!("open-{width}-{scheme}.png")));
                }
            }
        }
    }
}
