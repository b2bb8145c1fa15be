//! Sharing: its job, and what the doctor says about it.

use std::fs::Permissions;

use plist::Value as Plist;

use super::doctor::{findings, finds, healthy};
use super::jobs::with;
use super::*;

#[test]
fn what_is_new_is_sent_only_if_the_settings_say_so() {
    let place = with("systemctl", ".local/share/claude-sessions");
    place.program("cs-sync", "exit 0");
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    let set = |group: &str| {
        let text = format!("{{\"sync\": {group}}}");
        fs::write(place.sandbox.data().join("config.json"), text).expect("it can be written");
    };
    let units = place.sandbox.home().join(".config/systemd/user");
    set("{\"psql\": \"service=team\"}");
    place.ok(&["jobs", "install"]);
    assert!(!units.join("claude-sessions-sync.timer").exists());
    set("{\"psql\": \"service=team\", \"enabled\": true}");
    place.ok(&["jobs", "install"]);
    let read = |name: &str| fs::read_to_string(units.join(name)).expect("it was written");
    let timer = read("claude-sessions-sync.timer");
    assert!(timer.contains("OnCalendar=*:0/15") && timer.contains("RandomizedDelaySec="), "{timer}");
    let service = read("claude-sessions-sync.service");
    assert!(service.contains("/bin/cs-sync\" \"push\" \"--if-enabled\" \"-q\""), "{service}");
    assert!(service.contains("\nTimeoutStartSec=1h\n"), "one that hangs would keep the timer from starting the next");
    assert!(!service.contains("@COMMAND@") && !service.contains("@ENVIRONMENT@"), "{service}");
    let lines = place.ok(&["jobs", "install", "--with", "cron", "-q"]);
    assert!(lines.lines().any(|line| line.starts_with("7-59/15 * * * * ") && line.ends_with("# claude-sessions sync")));
    place.fake("launchctl", "exit 0");
    place.ok(&["jobs", "install", "--with", "launchd"]);
    let agent = place.sandbox.home().join("Library/LaunchAgents/claude-sessions.sync.plist");
    let agent = Plist::from_file(agent).expect("a list of properties");
    let number = agent.as_dictionary().and_then(|all| all.get("StartInterval")).and_then(Plist::as_signed_integer);
    assert_eq!(number, Some(900));
}

#[test]
fn the_doctor_asks_the_target_of_shared_rows() {
    let place = healthy();
    let set = |group: &str| {
        fs::create_dir_all(place.sandbox.data()).expect("it can be created");
        fs::set_permissions(place.sandbox.data(), Permissions::from_mode(0o700)).expect("it is ours");
        let config = place.sandbox.data().join("config.json");
        fs::write(&config, format!("{{\"version\":1,\"sync\":{group}}}")).expect("it can be written");
        fs::set_permissions(config, Permissions::from_mode(0o600)).expect("it is ours");
    };
    set("{}");
    assert!(!findings(&place).1.contains_key("sync"), "nothing is to be sent");
    set("{\"enabled\": true}");
    finds(&place, "sync", "not where to send", "sync.psql");
    set("{\"projcts\": []}");
    finds(&place, "sync", "sync.projcts", "by hand");
    set("{\"psql\": \"service=team\"}");
    place.fake("psql", "echo 'psql: error: connection refused' >&2; exit 2");
    place.program("cs-sync", "test \"$1\" != --version || { echo cs-sync 0.2.0; exit; }; cat \"$HOME/says\"");
    let says = |text: &str| fs::write(place.sandbox.home().join("says"), text).expect("it can be written");
    says(r#"{"reachable":false,"error":"cannot reach it","hint":"ask ada"}"#);
    finds(&place, "sync", "cannot reach it", "ask ada");
    says(r#"{"reachable":true}"#);
    let (code, found) = findings(&place);
    assert_eq!((code, &found["sync"]["ok"]), (0, &Value::Bool(true)), "{found:?}");
    fs::create_dir_all(place.sandbox.data().join("sync")).expect("it can be created");
    fs::set_permissions(place.sandbox.data().join("sync"), Permissions::from_mode(0o700)).expect("it is ours");
    let last = place.sandbox.data().join("sync/last.json");
    let write = |text: &str| {
        fs::write(&last, text).expect("it can be written");
        fs::set_permissions(&last, Permissions::from_mode(0o600)).expect("it is ours");
    };
    write(r#"{"at":"2026-11-21T09:50:00.000000+00:00","target":"psql service=team","code":75,"error":"it is busy"}"#);
    finds(&place, "sync", "the last run failed: it is busy; nothing was sent yet", "cs-sync push");
    let done = "2026-11-21T09:50:00.000000+00:00";
    write(&format!(r#"{{"at":"{done}","target":"psql service=team","code":0,"done_at":"{done}"}}"#));
    let (_, found) = findings(&place);
    assert_eq!(found["sync"]["detail"], "psql service=team answers; last sent 10 min ago", "{found:?}");
    set("{\"psql\": \"service=team\", \"enabled\": true}");
    write(&format!(
        r#"{{"at":"{done}","target":"psql service=team","code":0,"done_at":"2026-11-19T09:50:00.000000+00:00"}}"#
    ));
    finds(&place, "sync", "the target answers, but last sent 2 d", "cs-setup jobs install");
}
