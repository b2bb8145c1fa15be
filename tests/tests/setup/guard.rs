//! The guard in the clients' settings: switched on and off, beside everything else of ours, and what the doctor tells.

use super::client::{SETTINGS, with_client};
use super::settings::{FOREIGN, kinds};
use super::*;
use serde_json::json as value;

const NOTHING: &str = "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n";

/// The commands of our guard in the settings.
fn guards(settings: &Value) -> Vec<String> {
    let groups = settings["hooks"]["PreToolUse"].as_array().cloned().unwrap_or_default();
    let handlers = groups.iter().filter_map(|group| group["hooks"].as_array()).flatten();
    let commands = handlers.filter_map(|handler| handler["command"].as_str());
    commands.filter(|command| command.trim_end_matches('\'').ends_with("/cs-guard")).map(str::to_owned).collect()
}

fn left(place: &Place) -> usize {
    entries(&place.sandbox.home().join(".claude")).iter().filter(|path| path.is_file()).count()
}

#[test]
fn off_restores_every_kind_of_file_and_so_does_uninstall() {
    let place = Place::new();
    for (name, before) in kinds() {
        for undo in [&["guard", "off"][..], &["uninstall"]] {
            place.put_settings(before.as_deref());
            place.ok(&["guard", "on"]);
            let command = place.share.join("bin/cs-guard").display().to_string();
            assert_eq!(guards(&json(&place.text().expect("it was written"))), [command], "{name}");
            assert_eq!(place.ok(&["guard", "on"]), NOTHING, "{name}");
            place.ok(undo);
            assert!(place.text() == before, "{name}, {undo:?}: {:?}", place.text());
            assert_eq!(left(&place), usize::from(before.is_some()), "{name}: no backup is left");
            assert_eq!(place.ok(&["guard", "off"]), NOTHING, "{name}");
        }
    }
}

#[test]
fn the_other_hooks_and_the_status_line_come_and_go_without_it() {
    let place = Place::new();
    let orders: [[&[&str]; 6]; 3] = [
        [
            &["install", "--settings"],
            &["guard", "on"],
            &["statusline", "install"],
            &["guard", "off"],
            &["statusline", "remove"],
            &["uninstall"],
        ],
        [
            &["guard", "on"],
            &["install", "--settings"],
            &["install", "--settings"],
            &["statusline", "install"],
            &["guard", "off"],
            &["uninstall"],
        ],
        [
            &["statusline", "install"],
            &["guard", "on"],
            &["install", "--settings"],
            &["statusline", "remove"],
            &["guard", "status"],
            &["uninstall"],
        ],
    ];
    for (name, before) in kinds().into_iter().filter(|(name, _)| *name != "huge") {
        for order in &orders {
            place.put_settings(before.as_deref());
            let mut is_on = false;
            for step in order {
                place.ok(step);
                is_on = if step[0] == "guard" && step[1] != "status" { step[1] == "on" } else { is_on };
                is_on &= step != &["uninstall"];
                let text = place.text().unwrap_or_else(|| "{}".into());
                let text = if text.trim().is_empty() { "{}" } else { &text };
                assert_eq!(guards(&json(text)).len(), usize::from(is_on), "{name}: {step:?} of {order:?}");
            }
            assert!(place.text() == before, "{name}, {order:?}: {:?}", place.text());
        }
    }
}

#[test]
fn changes_made_in_between_are_kept() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    place.ok(&["guard", "on"]);
    place.put_settings(Some(&place.text().expect("it is there").replace("opus", "haiku")));
    place.ok(&["guard", "off"]);
    assert_eq!(place.text(), Some(FOREIGN.replace("opus", "haiku")), "the user's guard stays, too");
}

#[test]
fn a_plugin_does_not_contain_it_and_keeps_it() {
    let place = with_client();
    place.put_settings(Some(SETTINGS));
    place.ok(&["install"]);
    let plugin = fs::read_to_string(place.share.join("hooks/hooks.json")).expect("it is there");
    assert!(!plugin.contains("cs-guard"), "nobody pays for it who did not ask for it");
    place.ok(&["guard", "on"]);
    assert_eq!(place.ok(&["install"]), NOTHING);
    assert_eq!(guards(&json(&place.text().expect("it is there"))).len(), 1);
    place.ok(&["uninstall"]);
    assert_eq!(place.text().as_deref(), Some(SETTINGS));
}

#[test]
fn codex_gets_it_if_it_has_our_hooks_and_loses_it_with_them() {
    let place = Place::new();
    let file = place.sandbox.home().join(".codex/hooks.json");
    let hooks = || json(&fs::read_to_string(&file).expect("it is there"));
    place.put_settings(Some("{}"));
    place.ok(&["guard", "on"]);
    assert!(!file.exists() && guards(&json(&place.text().expect("it is there"))).len() == 1);
    place.ok(&["install", "--codex"]);
    assert!(guards(&hooks()).is_empty());
    let told = place.ok(&["guard", "on"]);
    assert!(told.contains("/hooks") && told.contains("denies"), "{told}");
    assert_eq!(guards(&hooks()).len(), 1);
    assert!(place.ok(&["install", "--codex"]).starts_with(NOTHING), "the other hooks are as they were");
    place.ok(&["guard", "off"]);
    assert!(guards(&hooks()).is_empty() && file.exists() && place.text().as_deref() == Some("{}"));
    place.ok(&["guard", "on"]);
    place.ok(&["uninstall", "--codex"]);
    assert!(!file.exists());
}

#[test]
fn a_dry_run_and_a_question_without_a_terminal_change_nothing() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    place.ok(&["guard", "on", "--dry-run"]);
    assert_eq!(status(&place.alone(&["guard", "on"])), USAGE);
    assert_eq!(place.text().as_deref(), Some(FOREIGN));
    place.ok(&["guard", "on"]);
    let with = place.text();
    place.ok(&["guard", "off", "--dry-run"]);
    assert_eq!(status(&place.alone(&["guard", "off"])), USAGE);
    assert_eq!(place.text(), with);
}

/// What the doctor says about the guard.
fn checks(place: &Place) -> Vec<(bool, String)> {
    let told = stdout(&place.alone(&["doctor", "--json"]));
    let checks = told.lines().map(json).filter(|check| check["check"] == "guard");
    checks.map(|check| (check["ok"] == true, check["detail"].as_str().expect("a text").to_owned())).collect()
}

#[test]
fn the_doctor_tells_why_nothing_is_guarded() {
    let place = Place::new();
    place.ok(&["install", "--settings"]);
    assert!(checks(&place).is_empty(), "switched off");
    place.ok(&["guard", "on"]);
    assert_eq!(checks(&place), [(true, "on for Claude Code".to_owned())]);

    let config = place.sandbox.data().join("config.json");
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    for text in [
        "{",
        r#"{"guard": {"mode": "aks"}}"#,
        r#"{"audit": {"rules": [{"id": "x"}]}}"#,
        r#"{"guard": {"rules": {"git-push-forse": "deny"}}}"#,
    ] {
        fs::write(&config, text).expect("it can be written");
        let [_, (is_good, told)] = &checks(&place)[..] else { panic!("{text}: {:?}", checks(&place)) };
        assert!(!is_good && told.starts_with("it only logs, because of its settings: "), "{text}: {told}");
    }
    fs::write(&config, r#"{"guard": {"mode": "log"}}"#).expect("it can be written");
    assert_eq!(checks(&place)[1], (true, "its settings let every call go on".to_owned()));
    fs::remove_file(&config).expect("it is there");

    let moved = place.text().expect("it is there").replace("/cs-guard", "/../bin/cs-guard");
    let good = place.text();
    place.put_settings(Some(&moved));
    assert!(checks(&place)[0].1.contains("is not that of this version"), "{:?}", checks(&place));
    place.put_settings(good.as_deref());
    let program = place.share.join("bin/cs-guard");
    let gone = place.share.join("bin/cs-guard.gone");
    fs::rename(&program, &gone).expect("it is there");
    assert!(!checks(&place)[0].0 && checks(&place)[0].1.contains("is missing"), "{:?}", checks(&place));
    fs::rename(&gone, &program).expect("it is there");
    assert_eq!(checks(&place).len(), 1);
}

#[test]
fn the_doctor_tells_of_a_guard_that_was_killed_or_too_slow() {
    let place = Place::new();
    place.ok(&["guard", "on"]);
    let folder = place.sandbox.home().join(".claude/projects/-home-dev");
    fs::create_dir_all(&folder).expect("it can be created");
    let now = cs_core::clock::stamp(cs_core::clock::now());
    let command = place.share.join("bin/cs-guard");
    let failed = value!({"type": "hook_non_blocking_error", "hookEvent": "PreToolUse", "command": command,
        "stderr": "Failed with non-blocking status code: No stderr output", "exitCode": 1});
    let slow = value!({"type": "hook_cancelled", "hookEvent": "PreToolUse", "command": command, "timedOut": true});
    let others = value!({"type": "hook_non_blocking_error", "command": "/x/guard", "stderr": "no", "exitCode": 1});
    let line = |attachment: &Value, at: &str| {
        value!({"type": "attachment", "attachment": attachment, "timestamp": at}).to_string() + "\n"
    };
    let old = line(&failed, "2020-01-01T00:00:00Z") + &line(&others, &now);
    fs::write(folder.join("x.jsonl"), &old).expect("it can be written");
    assert_eq!(checks(&place).len(), 1, "{:?}", checks(&place));
    fs::write(folder.join("x.jsonl"), old + &line(&failed, &now)).expect("it can be written");
    let failure = "failures in the last day, after which the calls went on: 1; the last one: ";
    let told = &checks(&place)[1];
    assert!(!told.0 && told.1.starts_with(failure) && told.1.ends_with("No stderr output"), "{told:?}");
    fs::write(folder.join("x.jsonl"), line(&slow, &now)).expect("it can be written");
    assert!(checks(&place)[1].1.ends_with("1; the last one: it took too long"), "{:?}", checks(&place));

    fs::remove_file(folder.join("x.jsonl")).expect("it is there");
    fs::create_dir_all(place.sandbox.data().join("logs")).expect("it can be created");
    let logged = format!("{now} cs-guard: it took longer than 2 s, and the call went on without it\n");
    fs::write(place.sandbox.data().join("logs/hook.log"), logged).expect("it can be written");
    assert!(checks(&place)[1].1.contains("the last one: it took longer than 2 s"), "{:?}", checks(&place));
}
