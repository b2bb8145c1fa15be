//! What `install` leaves to the user: consent, PATH, open conversations, the Python tool's hook.

use serde_json::json;

use super::files::answered;
use super::*;

/// Settings with the Python tool's hook beside another one.
const PYTHON: &str = "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"matcher\": \"\",\n        \"hooks\": [\n          {\"type\": \"command\", \"command\": \"$HOME/.claude/dashboard/heartbeat.sh\", \"timeout\": 5}\n        ]\n      },\n      {\n        \"hooks\": [{\"type\": \"command\", \"command\": \"play a sound\"}]\n      }\n    ]\n  }\n}\n";
const SCRIPT: &str = "heartbeat.sh";
const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

#[test]
fn nothing_is_written_without_a_terminal_and_without_yes() {
    let place = Place::new();
    place.put_settings(Some(PYTHON));
    fs::create_dir_all(place.sandbox.work().join("api")).expect("it can be created");
    place.fake("crontab", "exit 1");
    let refused = |args: &[&str]| {
        let before = tree(&place.sandbox.home());
        let output = place.alone(args);
        assert_eq!(status(&output), USAGE, "{args:?}: {}", stdout(&output));
        assert!(stderr(&output).contains("there is no terminal") && stderr(&output).contains("--yes"), "{args:?}");
        assert_eq!(tree(&place.sandbox.home()), before, "{args:?} changed something");
    };
    for args in
        [&["install", "--settings"][..], &["install", "--codex"], &["statusline", "install"], &["project", "api"]]
    {
        refused(args);
    }
    place.ok(&["install", "--settings"]);
    refused(&["uninstall"]);
    refused(&["install", "--settings", "--replace-python"]);
    assert_eq!(status(&place.alone(&["install", "--settings"])), 0, "there is nothing to write");
}

#[test]
fn the_python_tools_hook_is_taken_out_only_if_that_is_wanted() {
    let place = Place::new();
    let has_script = || place.text().is_some_and(|text| text.contains(SCRIPT));
    place.put_settings(Some(PYTHON));
    let output = place.ok(&["install", "--settings", "--yes", "--table"]);
    assert!(has_script() && output.contains("next: the Python tool's hook"), "{output}");
    let output = answered(&place, &["install", "--settings", "--table"], "n\n");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(has_script() && stdout(&output).contains("the hook of the Python tool stays"), "{}", stdout(&output));
    let output = answered(&place, &["install", "--settings", "--table"], "y\n");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(!has_script() && !stdout(&output).contains("next: the Python"), "{}", stdout(&output));
    place.ok(&["uninstall"]);
    let left = PYTHON.find("      {\n        \"matcher").zip(PYTHON.find("      {\n        \"hooks\": [{"));
    let (from, to) = left.expect("both are there");
    assert_eq!(place.text(), Some(format!("{}{}", &PYTHON[..from], &PYTHON[to..])), "nothing else was changed");

    place.put_settings(Some(PYTHON));
    let shown = place.ok(&["install", "--settings", "--replace-python", "--dry-run", "--table"]);
    assert!(has_script() && shown.contains("takes out the hook of the Python tool"), "{shown}");
    place.ok(&["install", "--settings", "--replace-python"]);
    assert!(!has_script() && place.text().is_some_and(|text| text.contains("play a sound")));
}

#[test]
fn a_script_of_the_same_name_elsewhere_is_not_the_python_tools() {
    let place = Place::new();
    place.put_settings(Some(&PYTHON.replace("/.claude/dashboard/", "/bin/")));
    let output = place.ok(&["install", "--settings", "--replace-python", "--table"]);
    assert!(place.text().is_some_and(|text| text.contains(SCRIPT)) && !output.contains("Python"), "{output}");
}

#[test]
fn open_conversations_that_are_not_recorded_are_named() {
    let place = Place::new();
    let enabled = json!({"enabledPlugins": {"cs-sessions@claude-sessions": true}});
    place.put_settings(Some(&enabled.to_string()));
    let sessions = place.sandbox.home().join(".claude/sessions");
    fs::create_dir_all(&sessions).expect("it can be created");
    let own = cs_core::process::find(std::process::id()).expect("it runs");
    let entry = json!({"sessionId": UUID, "procStart": own.started, "cwd": "/src/api", "status": "idle"});
    fs::write(sessions.join(format!("{}.json", own.pid)), entry.to_string()).expect("it can be written");
    let open = || {
        let output = place.setup(&["doctor"]);
        let lines = stdout(&output);
        lines.lines().map(super::json).find(|check| check["check"] == "open").map(|check| check["detail"].clone())
    };
    let found = open().expect("it is not recorded");
    assert_eq!(found, "1 open conversation (in /src/api) is not recorded yet");
    let event = json!({"session_id": UUID, "hook_event_name": "SessionStart", "source": "startup", "cwd": "/src/api"});
    assert_eq!(status(&place.sandbox.hook("cs-hook", &event.to_string())), 0);
    assert_eq!(open(), None, "a hook has reported it");
}

#[test]
fn the_brief_diagnosis_has_two_lines_at_most() {
    let place = Place::new();
    let brief = || {
        let output = place.setup(&["doctor", "--brief"]);
        assert_eq!(stderr(&output), "");
        (status(&output), stdout(&output))
    };
    assert_eq!(brief(), (NO, "nothing is registered with Claude Code\ncs-setup install\n".into()));
    place.put_settings(Some(PYTHON));
    place.ok(&["install", "--settings"]);
    let (code, said) = brief();
    assert!(
        code == 0 && said.ends_with("\ncs-setup install --replace-python\n") && said.lines().count() == 2,
        "{said}"
    );
    place.ok(&["install", "--settings", "--replace-python"]);
    assert_eq!(brief(), (0, String::new()));
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    fs::set_permissions(place.sandbox.data(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let (code, said) = brief();
    assert!(code == NO && said.contains("other accounts") && said.contains("\nchmod "), "{said}");
}
