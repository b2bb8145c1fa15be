//! A click on a notice that came soon after an event goes to the session, where the desktop can do that.

use cs_tests::eventually;
use serde_json::json;

use super::soon::{SOON, attended, end_of_watch, payload, prompt, watchers};
use super::*;

/// A copy of the program with another `cs-session` beside it, which records its arguments.
fn installed(sandbox: &Sandbox) -> String {
    let bin = sandbox.home().join("an app/bin");
    fs::create_dir_all(&bin).expect("it can be created");
    made::copy(&cs_tests::programs().join("cs-notify"), &bin.join("cs-notify"));
    made::script(&bin.join("cs-session"), "#!/bin/sh\nprintf '%s\\n' \"$@\" >~/went.tmp\nmv ~/went.tmp ~/went\n");
    bin.join("cs-notify").display().to_string()
}

/// The arguments of notify-send, after its options for actions.
const SHOWS: &str = "#!/bin/sh\necho \"$@\" >>~/shown\ncase $1 in --action=*) ";

#[test]
fn a_click_on_a_notice_goes_to_the_session() {
    for (click, is_to_go) in [("echo default", true), ("echo jump", true), ("true", false)] {
        let (sandbox, _client) = attended(json!({"via": "notify-send"}));
        let program_path = installed(&sandbox);
        program(&sandbox, "notify-send", &format!("{SHOWS}echo 7; sleep 2; {click};; esac\n"));
        prompt(&sandbox, "fix login");
        let request = payload(&sandbox, "PermissionRequest", json!({"tool_name": "Bash"}));
        assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
        assert_eq!(status(&sandbox.feed(&program_path, &["hook"], &request)), 0);
        assert!(eventually(SOON, || sandbox.data().join("notify_state.json").exists()), "it is told");
        let lock = sandbox.data().join(format!("notify/{CA5D}.lock"));
        drop(cs_tests::Held::take(&lock));
        assert!(!watchers(&sandbox).is_empty(), "it waits for the click, and others may watch");
        end_of_watch(&sandbox);
        let went = fs::read_to_string(sandbox.home().join("went")).unwrap_or_default();
        let id = sandbox.records()[0]["session_id"].as_str().expect("a text").to_owned();
        assert_eq!(went, if is_to_go { format!("jump\n{id}\n") } else { String::new() }, "{click}");
        assert_eq!(fs::read_to_string(sandbox.home().join("shown")).expect("it ran").lines().count(), 1);
    }
}

/// Asks a question, which this notify-send shows; returns the sandbox after the end of the watch.
fn asked(shows: &str) -> (Sandbox, Running) {
    let (sandbox, client) = attended(json!({"via": "notify-send"}));
    let program_path = installed(&sandbox);
    program(&sandbox, "notify-send", &format!("{SHOWS}{shows};; esac\n"));
    prompt(&sandbox, "fix login");
    let request = payload(&sandbox, "PermissionRequest", json!({"tool_name": "Bash"}));
    assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
    assert_eq!(status(&sandbox.feed(&program_path, &["hook"], &request)), 0);
    assert!(eventually(SOON, || sandbox.data().join("notify_state.json").exists()), "it is claimed");
    end_of_watch(&sandbox);
    (sandbox, client)
}

#[test]
fn a_click_at_once_is_not_lost() {
    for shows in ["echo 7; echo jump", "echo default", "echo 7; echo jump; exec sleep 600"] {
        let (sandbox, _client) = asked(shows);
        let went = fs::read_to_string(sandbox.home().join("went")).unwrap_or_default();
        assert!(went.starts_with("jump\nsess_"), "{shows}: {went:?}");
        assert_eq!(fs::read_to_string(sandbox.home().join("shown")).expect("it ran").lines().count(), 1);
    }
}

/// An older notify-send refuses the options; one whose desktop does not answer fails late, or prints 0 and waits.
#[test]
fn a_notice_that_was_not_shown_is_sent_without_a_button() {
    for shows in ["echo 'Unknown option' >&2; exit 1", "sleep 3; exit 1", "echo 0; exec sleep 600"] {
        let (sandbox, _client) = asked(shows);
        let shown = fs::read_to_string(sandbox.home().join("shown")).expect("it ran");
        let shown: Vec<&str> = shown.lines().collect();
        assert_eq!(shown.len(), 2, "{shows}: {shown:?}");
        assert!(shown[0].starts_with("--action=default=Go there") && shown[1].starts_with("--app-name="), "{shown:?}");
        let state = sandbox.json("notify_state.json").to_string();
        assert!(state.contains("notified_at") && !state.contains("sending"), "{state}");
    }
}

/// A desktop without buttons: notify-send shows the notice, and then complains.
#[test]
fn a_notice_that_was_shown_is_not_sent_again() {
    let (sandbox, _client) = asked("echo 7; exit 1");
    assert_eq!(fs::read_to_string(sandbox.home().join("shown")).expect("it ran").lines().count(), 1);
}

/// Shows a notice until it is interrupted, which it notes.
const UNTIL_CLOSED: &str = "trap 'echo >>~/closed; kill $!; exit' INT; echo 7; sleep 600 & wait";

fn lines(sandbox: &Sandbox, file: &str) -> usize {
    fs::read_to_string(sandbox.home().join(file)).map_or(0, |text| text.lines().count())
}

#[test]
fn an_answer_closes_the_notice_and_ends_its_process() {
    let (sandbox, _client) = attended(json!({"via": "notify-send"}));
    let program_path = installed(&sandbox);
    program(&sandbox, "notify-send", &format!("{SHOWS}{UNTIL_CLOSED};; esac\n"));
    prompt(&sandbox, "fix login");
    let input = json!({"tool_name": "Bash", "tool_use_id": "1", "tool_input": {"command": "make test"}});
    let request = payload(&sandbox, "PermissionRequest", input.clone());
    assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
    assert_eq!(status(&sandbox.feed(&program_path, &["hook"], &request)), 0);
    assert!(eventually(SOON, || lines(&sandbox, "shown") == 1), "it is shown");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!((lines(&sandbox, "closed"), watchers(&sandbox).len()), (0, 1), "it stays until there is an answer");
    assert_eq!(status(&sandbox.hook("cs-hook", &payload(&sandbox, "PostToolUse", input))), 0);
    end_of_watch(&sandbox);
    assert_eq!((lines(&sandbox, "closed"), lines(&sandbox, "shown")), (1, 1));
}

#[test]
fn a_conversation_has_at_most_one_button() {
    let (sandbox, _client) = attended(json!({"via": "notify-send", "done_after_seconds": 1}));
    let program_path = installed(&sandbox);
    program(&sandbox, "notify-send", &format!("{SHOWS}{UNTIL_CLOSED};; esac\n"));
    let figures = json!({"session_id": CA5D, "cwd": sandbox.work(), "context_window": {"used_percentage": 81.0}});
    prompt(&sandbox, "fix login");
    assert_eq!(status(&sandbox.feed("cs-statusline", &[], &figures.to_string())), 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    // The turn was long, and the context is nearly full: both stay true.
    let stop = payload(&sandbox, "Stop", json!({"last_assistant_message": "Fine."}));
    assert_eq!(status(&sandbox.feed("cs-heartbeat", &[], &stop)), 0);
    assert_eq!(status(&sandbox.feed(&program_path, &["hook"], &stop)), 0);
    assert!(eventually(SOON, || lines(&sandbox, "shown") == 2), "both are shown");
    assert!(eventually(SOON, || lines(&sandbox, "closed") == 1), "the second replaces the first");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!((lines(&sandbox, "closed"), watchers(&sandbox).len()), (1, 1), "the second stays");
    let compacts = payload(&sandbox, "PreCompact", json!({"trigger": "auto"}));
    assert_eq!(status(&sandbox.hook("cs-hook", &compacts)), 0);
    end_of_watch(&sandbox);
    assert_eq!(lines(&sandbox, "closed"), 2);
}

#[test]
fn terminal_notifier_gets_the_command_for_a_click() {
    let (sandbox, _client) = attended(json!({"via": "terminal-notifier"}));
    let program_path = installed(&sandbox);
    prompt(&sandbox, "fix login");
    let request = payload(&sandbox, "PermissionRequest", json!({"tool_name": "Bash"}));
    assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
    assert_eq!(status(&sandbox.feed(&program_path, &["hook"], &request)), 0);
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    end_of_watch(&sandbox);
    let args = received(&sandbox)[0].1.clone();
    let execute = args.iter().position(|word| word == "-execute").map(|at| args[at + 1].clone()).expect("a command");
    assert_eq!(status(&sandbox.sh(&execute)), 0, "{execute}");
    let went = fs::read_to_string(sandbox.home().join("went")).expect("it ran");
    assert!(went.starts_with("jump\nsess_"), "{went}");
}

#[test]
fn the_program_for_a_click_is_found_on_path_if_it_is_not_beside() {
    let (sandbox, _client) = attended(json!({"via": "terminal-notifier"}));
    let alone = sandbox.home().join("alone/cs-notify");
    fs::create_dir_all(alone.parent().expect("a folder")).expect("it can be created");
    made::copy(&cs_tests::programs().join("cs-notify"), &alone);
    program(&sandbox, "cs-session", "#!/bin/sh\n");
    prompt(&sandbox, "fix login");
    let request = payload(&sandbox, "PermissionRequest", json!({"tool_name": "Bash"}));
    assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
    assert_eq!(status(&sandbox.feed(&alone.display().to_string(), &["hook"], &request)), 0);
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    end_of_watch(&sandbox);
    let execute = format!("'{}' jump ", sandbox.home().join("bin/cs-session").display());
    let args = received(&sandbox)[0].1.clone();
    assert!(args.iter().any(|word| word.starts_with(&execute)), "{args:?}");
}
