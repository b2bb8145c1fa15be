//! `notify.handlers`: the desktop stays beside them, and one that fails neither stops the others nor is sent twice to.

use serde_json::{Value, json};

use super::*;

fn names(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = received(sandbox).into_iter().map(|(name, ..)| name).collect();
    names.sort();
    names
}

#[test]
fn the_desktop_stays_and_each_handler_reads_what_it_wants() {
    let handlers = json!([
        {"command": ["tell"]},
        {"command": ["mail"], "input": "text"},
        {"command": ["chat", "--fixed"], "template": "{\"content\": {text:json}}"},
        {"command": ["silent"], "reasons": ["waiting"]},
    ]);
    let sandbox = sandbox(json!({"via": "notify-send", "handlers": handlers}));
    ["mail", "chat", "silent"].into_iter().for_each(|name| program(&sandbox, name, RECORDER));
    parked(&sandbox, 1, "say \"hi\"", "later");
    let output = sandbox.cs("cs-notify", &["--json"]);
    let rows: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("one object")).collect();
    let via: Vec<&str> = rows.iter().map(|row| row["via"].as_str().expect("a handler")).collect();
    assert_eq!(via, ["notify-send", "tell", "mail", "chat"]);
    assert_eq!(names(&sandbox), ["chat", "mail", "notify-send", "tell"]);
    let input = |name: &str| received(&sandbox).into_iter().find(|call| call.0 == name).expect("it was called").2;
    assert_eq!(input("mail"), "api: parked for 3 d\nsay \"hi\": later\n");
    let chat: Value = serde_json::from_str(&input("chat")).expect("JSON");
    assert_eq!(chat, json!({"content": "api: parked for 3 d\nsay \"hi\": later"}));
    let told: Value = serde_json::from_str(&input("tell")).expect("JSON");
    assert_eq!(told["intent"], "say \"hi\"");
    assert!(ids(&sandbox.cs("cs-notify", &["-q"])).is_empty());
}

#[test]
fn a_failing_handler_stops_nobody_and_is_tried_again_alone() {
    let handlers =
        json!([{"command": ["broken"]}, {"command": ["/nowhere/at-all"], "name": "gone"}, {"command": ["tell"]}]);
    let sandbox = sandbox(json!({"via": "notify-send", "handlers": handlers}));
    program(&sandbox, "broken", "#!/bin/sh\necho 'no route' >&2\nexit 7\n");
    let id = parked(&sandbox, 1, "some work", "later");
    let output = sandbox.cs("cs-notify", &["-q"]);
    assert_eq!((status(&output), stdout(&output)), (1, format!("{id}\n")));
    let errors = stderr(&output);
    assert!(errors.contains("no route") && errors.contains("handler gone: cannot run"), "{errors}");
    assert_eq!(names(&sandbox), ["notify-send", "tell"]);
    assert_eq!(sandbox.json("notify_state.json")[&id]["told"]["parked"]["left"], json!(["broken", "gone"]));
    forget(&sandbox);
    program(&sandbox, "broken", RECORDER);
    assert_eq!(status(&sandbox.cs("cs-notify", &["-q"])), 1, "one is still missing");
    assert_eq!(names(&sandbox), ["broken"], "only this one was left");
    forget(&sandbox);
    let handlers = json!([{"command": ["broken"]}, {"command": ["tell"]}, {"command": ["tell"], "name": "new"}]);
    settings(&sandbox, json!({"notifications_enabled": true}), json!({"via": "notify-send", "handlers": handlers}));
    assert!(ids(&sandbox.cs("cs-notify", &["-q"])).is_empty(), "a handler that is gone, or new, changes nothing");
    assert!(names(&sandbox).is_empty());
}

#[test]
fn without_a_desktop_the_handlers_are_enough() {
    let sandbox = sandbox(json!({"handlers": [{"command": ["tell"]}]}));
    for name in ["notify-send", "osascript", "terminal-notifier"] {
        fs::remove_file(sandbox.home().join("bin").join(name)).expect("it is there");
    }
    let path = format!("{}:{}:/usr/bin:/bin", sandbox.home().join("bin").display(), cs_tests::programs().display());
    let has_desktop = path.split(':').any(|dir| Path::new(dir).join("notify-send").exists());
    if has_desktop {
        return;
    }
    let id = parked(&sandbox, 1, "some work", "later");
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])), [id]);
    assert_eq!(names(&sandbox), ["tell"]);
}

#[test]
fn a_test_goes_through_each_handler_and_reports_each() {
    let handlers = json!([{"command": ["broken"]}, {"command": ["tell"], "reasons": ["stale"]}]);
    let sandbox = sandbox(json!({"via": "none", "handlers": handlers}));
    program(&sandbox, "broken", "#!/bin/sh\nexit 7\n");
    let output = sandbox.cs("cs-notify", &["--test", "--json"]);
    let rows: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("one object")).collect();
    let results: Vec<_> = rows.iter().map(|row| (&row["via"], &row["result"])).collect();
    assert_eq!(results, [(&json!("broken"), &json!("failed")), (&json!("tell"), &json!("sent"))]);
    assert_eq!((status(&output), names(&sandbox)), (1, vec!["tell".to_owned()]));
    assert!(stderr(&output).contains("not delivered by broken"), "{}", stderr(&output));
    settings(&sandbox, json!({"notifications_enabled": true}), json!({"via": "none"}));
    let output = sandbox.cs("cs-notify", &["--test"]);
    assert!(status(&output) == 1 && stderr(&output).contains("there are no notify.handlers"), "{}", stderr(&output));
}
