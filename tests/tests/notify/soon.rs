//! What agents call (`cs-notify hook`): real processes and the real clock. A notice comes soon after the event, once,
//! unless the person has answered; the agent waits for nothing.

use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use cs_tests::{eventually, process::kill_group};
use serde_json::{Value, json};

use super::*;

/// Long enough for everything that is not measured.
pub const SOON: Duration = Duration::from_secs(20);

/// A sandbox whose conversation has a process, with a command that records; `notify` is added to the settings.
pub fn attended(notify: Value) -> (Sandbox, Running) {
    let mut group = json!({"command": ["tell"], "waiting_after_seconds": 1});
    group.as_object_mut().expect("an object").extend(notify.as_object().expect("an object").clone());
    let sandbox = sandbox(group).without("CS_NOW");
    let client = sandbox.start("sleep", &["600"]);
    let sandbox = sandbox.with("CLAUDE_PID", client.pid().to_string());
    (sandbox, client)
}

pub fn payload(sandbox: &Sandbox, event: &str, more: Value) -> String {
    let mut payload = json!({"session_id": CA5D, "cwd": sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    payload.to_string()
}

/// Sends an event to the program that records it and, as the client does, to cs-notify.
fn event(sandbox: &Sandbox, recorder: &str, event: &str, more: Value) {
    let payload = payload(sandbox, event, more);
    assert_eq!(status(&sandbox.feed(recorder, &[], &payload)), 0);
    let output = sandbox.feed("cs-notify", &["hook"], &payload);
    assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
}

fn asks(sandbox: &Sandbox, command: &str) {
    let input = json!({"tool_name": "Bash", "tool_input": {"command": command}});
    event(sandbox, "cs-hook", "PermissionRequest", input);
}

pub fn prompt(sandbox: &Sandbox, text: &str) {
    assert_eq!(status(&sandbox.hook("cs-hook", &payload(sandbox, "UserPromptSubmit", json!({"prompt": text})))), 0);
}

/// The processes that wait for a conversation in this sandbox.
pub fn watchers(sandbox: &Sandbox) -> Vec<u32> {
    let home = format!("HOME={}", sandbox.home().display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("Linux").flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let read = |file: &str| fs::read(entry.path().join(file)).unwrap_or_default();
        let (words, variables) = (read("cmdline"), read("environ"));
        let is_watcher = String::from_utf8_lossy(&words).contains("\0hook\0--watch\0");
        if is_watcher && variables.split(|byte| *byte == 0).any(|word| word == home.as_bytes()) {
            found.push(pid);
        }
    }
    found
}

pub fn end_of_watch(sandbox: &Sandbox) {
    assert!(eventually(SOON, || watchers(sandbox).is_empty()), "it ends by itself");
    assert_eq!(fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default(), "");
}

#[test]
fn a_question_is_told_after_the_time_for_an_answer_and_once() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    let asked = Instant::now();
    asks(&sandbox, "make test");
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    let took = asked.elapsed();
    assert!(took >= Duration::from_secs(1), "not before: {took:?}");
    // Ten seconds later the client reports the same dialog again.
    let again = json!({"notification_type": "permission_prompt", "message": "Claude needs your permission"});
    event(&sandbox, "cs-hook", "Notification", again);
    end_of_watch(&sandbox);
    let all = received(&sandbox);
    assert_eq!(all.len(), 1, "{all:?}");
    let told: Value = serde_json::from_str(&all[0].2).expect("one object");
    assert_eq!(told["reason"], "waiting");
    assert!(ids(&sandbox.cs("cs-notify", &["-q"])).is_empty(), "the timer does not repeat it");
}

#[test]
fn an_answer_in_time_means_no_notice() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    asks(&sandbox, "make test");
    let end = json!({"tool_name": "Bash", "tool_use_id": "1", "tool_input": {"command": "make test"}});
    assert_eq!(status(&sandbox.hook("cs-hook", &payload(&sandbox, "PostToolUse", end))), 0);
    assert_eq!(watchers(&sandbox).len(), 1);
    end_of_watch(&sandbox);
    assert!(received(&sandbox).is_empty());
}

#[test]
fn a_second_question_gets_its_own_time_and_is_not_missed() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    asks(&sandbox, "make test");
    std::thread::sleep(Duration::from_millis(700));
    asks(&sandbox, "make all");
    assert_eq!(watchers(&sandbox).len(), 1, "the same process goes on");
    end_of_watch(&sandbox);
    let all = received(&sandbox);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].2.contains("make all"), "{all:?}");
}

#[test]
fn a_failed_turn_is_told() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    event(&sandbox, "cs-heartbeat", "StopFailure", json!({"error": "overloaded"}));
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    assert!(received(&sandbox)[0].2.contains("overloaded"));
    end_of_watch(&sandbox);
}

/// The reasons that were told, in order.
fn told(sandbox: &Sandbox) -> Vec<Value> {
    let mut all: Vec<Value> =
        received(sandbox).iter().map(|(.., input)| serde_json::from_str(input).expect("one object")).collect();
    all.sort_by_key(|event| event["at"].as_str().map(str::to_owned));
    all
}

#[test]
fn the_end_of_a_long_turn_is_told_with_the_last_words_unless_a_prompt_comes() {
    let (sandbox, _client) = attended(json!({"done_after_seconds": 1}));
    let end =
        |sandbox: &Sandbox| event(sandbox, "cs-heartbeat", "Stop", json!({"last_assistant_message": "All green."}));
    prompt(&sandbox, "fix login");
    end(&sandbox);
    end_of_watch(&sandbox);
    assert!(told(&sandbox).is_empty(), "a short turn");
    for is_answered in [true, false] {
        prompt(&sandbox, "and now the logo");
        std::thread::sleep(Duration::from_millis(1100));
        end(&sandbox);
        if is_answered {
            prompt(&sandbox, "fine");
        }
        end_of_watch(&sandbox);
        assert_eq!(told(&sandbox).len(), usize::from(!is_answered));
    }
    let told = told(&sandbox);
    let texts = ["reason", "said"].map(|key| told[0][key].as_str().expect("a text"));
    assert_eq!(texts, ["done", "All green."]);
    assert!(told[0]["title"].as_str().is_some_and(|title| title.ends_with(": done after 1 s")), "{told:?}");
    assert!(ids(&sandbox.cs("cs-notify", &["-q"])).is_empty(), "the timer does not repeat it");
}

#[test]
fn a_context_is_told_at_80_and_95_percent_once_until_it_is_compacted() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    let levels = |sandbox: &Sandbox| told(sandbox).iter().map(|event| event["level"].clone()).collect::<Vec<_>>();
    let end_at = |percent: f64| {
        let figures =
            json!({"session_id": CA5D, "cwd": sandbox.work(), "context_window": {"used_percentage": percent}});
        // The figures are stored at most every ten seconds.
        let _ = fs::remove_dir_all(sandbox.data().join("statusline"));
        assert_eq!(status(&sandbox.feed("cs-statusline", &[], &figures.to_string())), 0);
        event(&sandbox, "cs-heartbeat", "Stop", json!({"last_assistant_message": "Fine."}));
        end_of_watch(&sandbox);
    };
    let mut expected = Vec::new();
    for (percent, new) in [(79.0, None), (81.0, Some(80)), (85.0, None), (96.0, Some(95)), (97.0, None), (82.0, None)] {
        end_at(percent);
        expected.extend(new.map(|level| json!(level)));
        assert_eq!(levels(&sandbox), expected, "{percent}");
    }
    let compacts = payload(&sandbox, "PreCompact", json!({"trigger": "auto"}));
    assert_eq!(status(&sandbox.hook("cs-hook", &compacts)), 0);
    event(&sandbox, "cs-heartbeat", "Stop", json!({}));
    end_of_watch(&sandbox);
    assert_eq!(levels(&sandbox), expected, "the figure is from before the compaction");
    end_at(88.0);
    assert_eq!(levels(&sandbox).last(), Some(&json!(80)));
    assert_eq!(told(&sandbox).len(), 3);
    assert!(told(&sandbox)[0]["title"].as_str().is_some_and(|title| title.ends_with(": the context is 81% full")));
}

#[test]
fn a_hundred_events_at_once_start_one_process() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    asks(&sandbox, "make test");
    let input = json!({"tool_name": "Bash", "tool_input": {"command": "make test"}});
    let request = payload(&sandbox, "PermissionRequest", input);
    let most = std::thread::scope(|scope| {
        let send = |_| scope.spawn(|| status(&sandbox.feed("cs-notify", &["hook"], &request)));
        let sent: Vec<_> = (0..100).map(send).collect();
        let mut most = 0;
        while !sent.iter().all(|sent| sent.is_finished()) {
            most = most.max(watchers(&sandbox).len());
        }
        assert!(sent.into_iter().all(|sent| sent.join().expect("it does not panic") == 0));
        most.max(watchers(&sandbox).len())
    });
    assert_eq!(most, 1);
    end_of_watch(&sandbox);
    assert_eq!(received(&sandbox).len(), 1);
}

/// In print mode the client sends SIGTERM to asynchronous hooks that still run when it ends. What the hook started must
/// live on.
#[test]
fn the_client_neither_waits_for_the_process_nor_ends_it() {
    let (sandbox, _client) = attended(json!({"waiting_after_seconds": 2}));
    prompt(&sandbox, "fix login");
    let input = json!({"tool_name": "Bash", "tool_input": {"command": "make test"}});
    let request = payload(&sandbox, "PermissionRequest", input);
    assert_eq!(status(&sandbox.hook("cs-hook", &request)), 0);
    let mut hook = sandbox.command("cs-notify");
    let (input, rest) = cs_tests::process::filled(&request);
    let mut hook = hook.arg("hook").stdin(input).process_group(0).spawn().expect("it starts");
    drop(rest);
    let (group, began) = (hook.id(), Instant::now());
    assert!(hook.wait().expect("it ends").success());
    assert!(began.elapsed() < Duration::from_secs(2), "it does not wait: {:?}", began.elapsed());
    kill_group(group);
    let watchers = watchers(&sandbox);
    let [pid] = watchers[..] else { panic!("it lives on: {watchers:?}") };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    assert_eq!((fields[2], fields[3]), (pid.to_string().as_str(), pid.to_string().as_str()), "a session of its own");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("it has one"), Path::new("/"));
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    end_of_watch(&sandbox);
}

#[test]
fn nothing_is_started_where_nobody_attends_or_nothing_is_wanted() {
    let input = json!({"tool_name": "Bash", "tool_input": {"command": "make test"}});
    let started = |sandbox: &Sandbox, event: &str, more: Value| {
        let output = sandbox.feed("cs-notify", &["hook"], &payload(sandbox, event, more));
        assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
        !watchers(sandbox).is_empty() || sandbox.data().join("notify").exists()
    };
    let (sandbox, _client) = attended(json!({}));
    for (event, more) in [
        ("Notification", json!({"notification_type": "idle_prompt"})),
        ("UserPromptSubmit", json!({"prompt": "x"})),
        ("StopFailure", json!({"agent_id": "a1", "error": "overloaded"})),
        ("Stop", json!({"agent_id": "a1"})),
        ("Unknown", json!({})),
    ] {
        assert!(!started(&sandbox, event, more), "{event}");
    }
    let sandbox = sandbox.with("CLAUDE_CODE_ENTRYPOINT", "sdk-cli");
    assert!(!started(&sandbox, "PermissionRequest", input.clone()), "print mode");
    let sandbox = sandbox.with("CLAUDE_CODE_SESSION_ATTENDED", "1");
    assert!(started(&sandbox, "PermissionRequest", input.clone()), "attended");
    end_of_watch(&sandbox);
    let (sandbox, _client) = attended(json!({}));
    settings(&sandbox, json!({}), json!({"command": ["tell"]}));
    assert!(!started(&sandbox, "PermissionRequest", input), "off");
}

#[test]
fn a_hook_never_fails_and_logs_why_it_did_nothing() {
    let (sandbox, _client) = attended(json!({}));
    put(&sandbox, "config.json", "{\"settings\":{\"notifications_enabled\":true},\"notify\":7}");
    let request = payload(&sandbox, "PermissionRequest", json!({"tool_name": "Bash"}));
    for input in [request.as_str(), "{\"session_id\":", "7", "[]"] {
        let output = sandbox.feed("cs-notify", &["hook"], input);
        assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
    }
    let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).expect("it is logged");
    assert!(log.contains("cs-notify: cannot understand") && log.contains("notify is 7"), "{log}");
    for words in [&["hook", "--watch", "x"][..], &["hook", "--watch", CA5D]] {
        assert_eq!(status(&sandbox.feed("cs-notify", words, "")), 0, "without a lock it does nothing");
    }
}

#[test]
fn a_handler_that_failed_is_tried_again_alone_by_the_same_process() {
    let handlers = json!([{"command": ["tell"]}, {"command": ["moody"]}]);
    let (sandbox, _client) = attended(json!({"via": "none", "handlers": handlers}));
    program(
        &sandbox,
        "moody",
        "#!/bin/sh\ncat >/dev/null\n[ -e ~/failed ] && exec touch ~/worked\ntouch ~/failed\nexit 1\n",
    );
    prompt(&sandbox, "fix login");
    asks(&sandbox, "make test");
    assert!(eventually(Duration::from_secs(40), || sandbox.home().join("worked").exists()), "it is tried again");
    end_of_watch(&sandbox);
    assert_eq!(received(&sandbox).len(), 1, "the other is not");
}

#[test]
fn a_lock_that_others_hold_is_waited_for_and_is_no_failure() {
    let (sandbox, _client) = attended(json!({}));
    prompt(&sandbox, "fix login");
    let lock = cs_tests::Held::take(&sandbox.data().join("notify_state.lock"));
    let asked = Instant::now();
    asks(&sandbox, "make test");
    // Longer than a person's program waits for a lock.
    std::thread::sleep(Duration::from_secs(7));
    assert!(received(&sandbox).is_empty() && watchers(&sandbox).len() == 1);
    drop(lock);
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    assert!(asked.elapsed() < Duration::from_secs(13), "soon: {:?}", asked.elapsed());
    end_of_watch(&sandbox);
    assert_eq!(received(&sandbox).len(), 1);
}

#[test]
fn a_slow_handler_keeps_no_session_from_being_told() {
    let handlers = json!([{"command": ["slow"]}, {"command": ["tell"]}]);
    let (mut sandbox, _client) = attended(json!({"via": "none", "handlers": handlers}));
    program(&sandbox, "slow", "#!/bin/sh\ncat >/dev/null\nsleep 5\necho >>~/slowly\n");
    let mut clients = Vec::new();
    for number in 0..6 {
        let client = sandbox.start("sleep", &["600"]);
        sandbox = sandbox.with("CLAUDE_PID", client.pid().to_string());
        clients.push(client);
        let own = json!({"session_id": format!("e998145e-4e5d-40c9-a3a6-00000000000{number}"), "prompt": "fix login"});
        assert_eq!(status(&sandbox.hook("cs-hook", &payload(&sandbox, "UserPromptSubmit", own.clone()))), 0);
        let mut request = json!({"tool_name": "Bash", "tool_input": {"command": "make test"}});
        request["session_id"] = own["session_id"].clone();
        event(&sandbox, "cs-hook", "PermissionRequest", request);
    }
    assert!(eventually(Duration::from_secs(10), || received(&sandbox).len() == 6), "{:?}", received(&sandbox));
    end_of_watch(&sandbox);
    let slowly = fs::read_to_string(sandbox.home().join("slowly")).expect("it ran");
    assert_eq!((slowly.lines().count(), received(&sandbox).len()), (6, 6), "each once");
}
