//! Limits, budgets and planned starts: each percentage once a window whatever is reported, what comes through quiet
//! hours, budgets, reminders, programs that are started once, and the line at the end.

use std::time::{Duration, Instant};

use cs_tests::eventually;
use serde_json::{Value, json};

use super::*;

/// A sandbox whose notices are recorded; `limits` is the group in config.json, `notify` is added to the other one.
fn limited(limits: Value, notify: Value) -> Sandbox {
    let sandbox = sandbox(json!({}));
    configure(&sandbox, limits, notify);
    sandbox
}

fn configure(sandbox: &Sandbox, limits: Value, notify: Value) {
    let mut group = json!({"command": ["tell"]});
    group.as_object_mut().expect("an object").extend(notify.as_object().expect("an object").clone());
    let config = json!({"settings": {"notifications_enabled": true}, "notify": group, "limits": limits});
    put(sandbox, "config.json", &config.to_string());
}

/// A client reports that so much is used; the window ends at `resets_at`. All times are in November 2026.
fn reports(sandbox: &Sandbox, window: &str, now: &str, used: f64, resets_at: &str) {
    let path = sandbox.data().join(format!("limits/claude-{window}.jsonl"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be created");
    let stamp = |at: &str| format!("2026-11-{at}.000000+00:00");
    let line = json!({"at": stamp(now), "used": used, "resets_at": stamp(resets_at)});
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(path, format!("{before}{line}\n")).expect("it can be written");
}

/// Runs; what is sent then, as reason and percentage, and the text.
fn sent(sandbox: &Sandbox, now: &str) -> Vec<(String, Value, String)> {
    let output = at(sandbox, now, "cs-notify", &["--json"], "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let rows = stdout(&output);
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).expect("one object a line"));
    let sent = rows.filter(|row| row["result"] == "sent");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    sent.map(|row| (text(&row["reason"]), row["level"].clone(), text(&row["text"]))).collect()
}

fn levels(sandbox: &Sandbox, now: &str) -> Vec<(String, Value)> {
    sent(sandbox, now).into_iter().map(|(reason, level, _)| (reason, level)).collect()
}

fn limit(level: u8) -> Vec<(String, Value)> {
    vec![("limit".to_owned(), json!(level))]
}

const ENDS: &str = "21T15:00:00";

#[test]
fn each_percentage_is_told_once_and_of_several_the_highest() {
    let sandbox = limited(json!({"pace": false}), json!({}));
    let step = |minute: u32, used: f64| {
        reports(&sandbox, "five_hour", &format!("21T11:{minute:02}:00"), used, ENDS);
        levels(&sandbox, &format!("21T11:{minute:02}:30"))
    };
    let told: Vec<_> = [55.0, 60.0, 74.0].iter().zip(1..).map(|(used, minute)| step(minute, *used)).collect();
    assert_eq!(told, [vec![], vec![], vec![]]);
    assert_eq!((step(4, 76.0), step(5, 79.0)), (limit(75), vec![]));
    // Another conversation is late; the first one goes on, and passes one more; then both at once.
    assert_eq!((step(6, 60.0), step(7, 93.0), step(8, 76.0)), (vec![], limit(90), vec![]));
    // The client corrects itself: what was told stays told.
    assert_eq!((step(9, 65.0), step(30, 78.0), step(31, 91.0)), (vec![], vec![], vec![]));
    assert_eq!((step(32, 100.0), step(33, 104.0)), (limit(100), vec![]));
    let state = sandbox.json("notify_state.json");
    let entry = &state["limit/claude-five_hour/2026-11-21T15:00:00Z"];
    assert_eq!((&entry["told"]["limit"]["level"], state.as_object().expect("an object").len()), (&json!(100), 1));
    let event: Value = received(&sandbox)
        .iter()
        .map(|call| serde_json::from_str::<Value>(&call.2).expect("one object"))
        .find(|event| event["level"] == 90)
        .expect("it was told");
    assert_eq!(event["title"], "Claude 5 h: 93% used");
    assert_eq!((&event["limit"], &event["used"]), (&json!("claude-five_hour"), &json!(93.0)));
    assert_eq!((&event["resets_at"], &event["session_id"]), (&json!("2026-11-21T15:00:00.000000+00:00"), &json!("")));
    // From 76 to 93 at once: one notice.
    let other = limited(json!({"pace": false}), json!({}));
    reports(&other, "five_hour", "21T11:00:00", 93.0, ENDS);
    assert_eq!((levels(&other, "21T11:00:01"), levels(&other, "21T11:00:02")), (limit(90), vec![]));
}

#[test]
fn an_end_that_moves_is_another_window_only_if_it_moves_far() {
    let sandbox = limited(json!({"pace": false}), json!({}));
    reports(&sandbox, "seven_day", "21T11:00:00", 51.0, "25T12:00:00");
    assert_eq!(levels(&sandbox, "21T11:00:10"), limit(50));
    reports(&sandbox, "seven_day", "21T11:01:00", 52.0, "25T12:00:30");
    assert_eq!(levels(&sandbox, "21T11:01:10"), []);
    // Without the lines before, the end is that of the last one.
    let text = fs::read_to_string(sandbox.data().join("limits/claude-seven_day.jsonl")).expect("it is there");
    put(&sandbox, "limits/claude-seven_day.jsonl", text.lines().last().expect("one"));
    assert_eq!(levels(&sandbox, "21T11:02:10"), []);
    put(&sandbox, "limits/claude-seven_day.jsonl", &text);
    reports(&sandbox, "seven_day", "21T11:03:00", 53.0, "29T10:00:00");
    assert_eq!(levels(&sandbox, "21T11:03:10"), limit(50));
    // The entries go when their windows are long over.
    reports(&sandbox, "seven_day", "28T13:00:00", 54.0, "29T10:00:00");
    assert_eq!(levels(&sandbox, "28T13:00:10"), []);
    let state = sandbox.json("notify_state.json");
    let keys: Vec<_> = state.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["limit/claude-seven_day/2026-11-29T10:00:00Z"]);
}

#[test]
fn what_is_used_up_too_early_is_told_once_a_day() {
    let sandbox = limited(json!({"alerts": {"five_hour": []}}), json!({}));
    for minute in 0..24 {
        reports(&sandbox, "five_hour", &format!("21T10:{minute:02}:00"), f64::from(minute) * 2.0 + 5.0, ENDS);
    }
    let pace = || vec![("pace".to_owned(), Value::Null)];
    let [(reason, _, text)] = &sent(&sandbox, "21T10:24:00")[..] else { panic!("one notice") };
    assert_eq!(reason, "pace");
    assert!(text.starts_with("Claude 5 h: will be used up before its reset\nat this pace 100% at 10:"), "{text}");
    assert_eq!(levels(&sandbox, "21T10:25:00"), []);
    // It lasts again, and then does not.
    assert_eq!(levels(&sandbox, "21T12:30:00"), []);
    for minute in 0..24 {
        reports(&sandbox, "five_hour", &format!("21T13:{minute:02}:00"), f64::from(minute) * 1.9 + 52.0, ENDS);
    }
    assert_eq!(levels(&sandbox, "21T13:24:00"), [], "it was told of this window today");
    put(&sandbox, "notify_state.json", "{}");
    assert_eq!(levels(&sandbox, "21T13:24:05"), pace());
    put(&sandbox, "notify_state.json", "{}");
    configure(&sandbox, json!({"alerts": {"five_hour": []}, "pace_before_minutes": 120}), json!({}));
    assert_eq!(levels(&sandbox, "21T13:24:10"), [], "not early enough");
    configure(&sandbox, json!({"alerts": {"five_hour": []}, "pace": false}), json!({}));
    assert_eq!(levels(&sandbox, "21T13:24:20"), []);
}

#[test]
fn a_percentage_and_the_pace_are_one_notice() {
    let told = |notify: Value| {
        let sandbox = limited(json!({}), notify);
        for minute in 0..24 {
            reports(&sandbox, "five_hour", &format!("21T10:{minute:02}:00"), f64::from(minute) * 2.0 + 31.0, ENDS);
        }
        let first = sent(&sandbox, "21T10:24:00");
        (first, levels(&sandbox, "21T10:24:30"), levels(&sandbox, "21T10:25:00"))
    };
    let (first, second, third) = told(json!({}));
    let [(reason, _, text)] = &first[..] else { panic!("one notice: {first:?}") };
    assert_eq!(reason, "limit");
    assert!(text.starts_with("Claude 5 h: 77% used\nat this pace 100% at 10:"), "{text}");
    assert_eq!((second, third), (vec![], vec![]));
    // One who does not want to hear of percentages hears of the pace.
    let (first, second, _) = told(json!({"reasons": {"limit": {"on": false}}}));
    assert_eq!((first.len(), first[0].0.as_str(), second), (1, "pace", vec![]));
    let (first, ..) = told(json!({"handlers": [{"command": ["tell"], "name": "x", "reasons": ["pace"]}]}));
    let mut reasons: Vec<_> = first.iter().map(|(reason, ..)| reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["limit", "pace", "pace"], "by each handler that wants it");
}

#[test]
fn a_bad_file_is_reported_and_silences_no_other_limit() {
    let sandbox = limited(json!({"pace": false}), json!({}));
    reports(&sandbox, "five_hour", "21T11:00:00", 80.0, ENDS);
    fs::create_dir(sandbox.data().join("limits/claude-seven_day.jsonl")).expect("it can be made");
    let output = at(&sandbox, "21T11:00:30", "cs-notify", &["--json"], "");
    assert_eq!(status(&output), 74, "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("claude-seven_day.jsonl").count(), 1, "{}", stderr(&output));
    assert_eq!(received(&sandbox).len(), 1);
    let dry = at(&sandbox, "21T11:00:40", "cs-notify", &["--dry-run"], "");
    assert!(status(&dry) == 74 && stderr(&dry).contains("claude-seven_day.jsonl"), "{}", stderr(&dry));
}

#[test]
fn only_what_is_grave_comes_through_quiet_hours() {
    let quiet = json!({"quiet_hours": {"from": "10:00", "to": "12:00"}});
    let sandbox = limited(json!({"pace": false}), quiet.clone());
    reports(&sandbox, "five_hour", "21T11:00:00", 80.0, ENDS);
    assert_eq!(levels(&sandbox, "21T11:00:30"), []);
    let dry = at(&sandbox, "21T11:00:40", "cs-notify", &["--dry-run", "--table"], "");
    assert!(stdout(&dry).contains("quiet until 12:00  limit"), "{}", stdout(&dry));
    assert_eq!(levels(&sandbox, "21T12:00:00"), limit(75), "it still applies afterwards");
    reports(&sandbox, "seven_day", "21T11:30:00", 90.0, "25T12:00:00");
    assert_eq!(levels(&sandbox, "21T11:30:30"), limit(90));
    // A session's held notice, and the settings.
    let mut held = quiet;
    held["reasons"] = json!({"limit": {"quiet": "hold"}});
    configure(&sandbox, json!({"pace": false}), held);
    reports(&sandbox, "five_hour", "21T11:31:00", 100.0, ENDS);
    assert_eq!(levels(&sandbox, "21T11:31:30"), []);
}

#[test]
fn a_reset_is_told_only_of_what_was_used_up() {
    let sandbox = limited(json!({"alerts": {"five_hour": []}, "pace": false}), json!({}));
    reports(&sandbox, "five_hour", "21T13:00:00", 99.0, ENDS);
    assert_eq!(levels(&sandbox, "21T15:00:30"), []);
    reports(&sandbox, "five_hour", "21T14:00:00", 100.0, ENDS);
    assert_eq!(levels(&sandbox, "21T14:59:30"), []);
    let [(reason, _, text)] = &sent(&sandbox, "21T15:00:30")[..] else { panic!("one notice") };
    assert_eq!(
        (reason.as_str(), text.as_str()),
        ("reset", "Claude 5 h: was reset\nused up at 14:00, the reset was at 15:00")
    );
    assert_eq!(levels(&sandbox, "21T15:05:30"), []);
    put(&sandbox, "notify_state.json", "{}");
    configure(&sandbox, json!({"alerts": {"five_hour": []}, "reset": "never"}), json!({}));
    assert_eq!(levels(&sandbox, "21T15:06:30"), []);
}

#[test]
fn a_budget_is_told_at_its_percentages_once_a_period() {
    let budgets = json!([{"usd": 20, "per": "day"}, {"usd": 1000, "per": "month"}]);
    let sandbox = limited(json!({"budgets": budgets}), json!({}));
    let spent = |day: &str, usd: f64| {
        put(&sandbox, &format!("statusline/2026-11-{day}.json"), &json!({CA5D: usd}).to_string());
    };
    spent("21", 15.9);
    assert_eq!(levels(&sandbox, "21T11:00:00"), []);
    spent("21", 16.4);
    let [(reason, level, text)] = &sent(&sandbox, "21T11:05:00")[..] else { panic!("one notice") };
    assert_eq!((reason.as_str(), level), ("budget", &json!(80)));
    assert!(text.starts_with("Budget $20 a day: ") && text.contains("82% spent\n"), "{text}");
    assert!(text.contains("$16.40 of $20"), "{text}");
    spent("21", 19.0);
    assert_eq!(levels(&sandbox, "21T11:10:00"), []);
    spent("21", 25.0);
    assert_eq!(levels(&sandbox, "21T11:15:00"), [("budget".to_owned(), json!(100))]);
    assert_eq!(levels(&sandbox, "21T11:20:00"), []);
    spent("22", 17.0);
    assert_eq!(levels(&sandbox, "22T11:00:00"), [("budget".to_owned(), json!(80))], "the next day");
}

/// A plan of one start at 12:00, whose program notes that it was started.
fn planned(more: Value) -> Value {
    let mut start = json!({"at": "12:00", "days": "sat", "remind_minutes": 15});
    start.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({"plan": [start]})
}

#[test]
fn a_planned_start_is_reminded_of_once() {
    let sandbox = limited(planned(json!({})), json!({}));
    assert_eq!(levels(&sandbox, "21T11:44:59"), []);
    let [(reason, _, text)] = &sent(&sandbox, "21T11:46:00")[..] else { panic!("one notice") };
    assert_eq!(
        (reason.as_str(), text.as_str()),
        ("plan", "Planned start: in 14 min, at 12:00\na window of 5 h from 12:00 to 17:00; planned Sat")
    );
    assert_eq!((levels(&sandbox, "21T11:51:00"), levels(&sandbox, "21T12:01:00")), (vec![], vec![]));
    put(&sandbox, "notify_state.json", "{}");
    reports(&sandbox, "five_hour", "21T11:40:00", 30.0, ENDS);
    let [(_, _, text)] = &sent(&sandbox, "21T11:47:00")[..] else { panic!("one notice") };
    assert!(text.ends_with("\nClaude 5 h is open until 15:00, so this begins none; planned Sat"), "{text}");
    put(&sandbox, "notify_state.json", "{}");
    assert_eq!(levels(&sandbox, "21T12:10:01"), [], "too late");
    assert_eq!(levels(&sandbox, "22T11:50:00"), [], "not on this day");
    assert_eq!(levels(&sandbox, "28T11:50:00"), [("plan".to_owned(), Value::Null)], "a week later");
}

#[test]
fn a_planned_program_is_started_once_and_never_late() {
    let sandbox = limited(planned(json!({"command": ["work", "a b", "$HOME;x"]})), json!({}));
    program(&sandbox, "work", "#!/bin/sh\n(printf '<%s>' \"$@\"; pwd) >>~/started\nsleep 30\n");
    let started = || fs::read_to_string(sandbox.home().join("started")).unwrap_or_default();
    let expected = format!("<a b><$HOME;x>{}\n", sandbox.home().canonicalize().expect("it is there").display());
    assert!(sent(&sandbox, "21T11:50:00")[0].2.ends_with("planned Sat; starts work a b $HOME;x"));
    at(&sandbox, "21T12:00:00", "cs-notify", &["--dry-run"], "");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(started(), "", "not before, and not in a rehearsal");
    let began = Instant::now();
    assert_eq!(levels(&sandbox, "21T12:04:00"), []);
    assert!(began.elapsed() < Duration::from_secs(10), "nobody waits for it");
    assert!(eventually(Duration::from_secs(5), || started() == expected), "{:?}", started());
    levels(&sandbox, "21T12:05:00");
    levels(&sandbox, "21T12:09:00");
    put(&sandbox, "notify_state.json", "{}");
    levels(&sandbox, "21T12:10:00");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(started(), expected);
    // The same entry twice.
    let twice = planned(json!({"command": ["work", "a b", "$HOME;x"]}));
    configure(&sandbox, json!({"plan": [twice["plan"][0], twice["plan"][0]]}), json!({}));
    put(&sandbox, "notify_state.json", "{}");
    levels(&sandbox, "21T12:02:00");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(started(), expected.repeat(2), "once more");
    configure(&sandbox, planned(json!({"command": ["nowhere"]})), json!({}));
    let output = at(&sandbox, "21T12:01:00", "cs-notify", &["-q"], "");
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("limits.plan: nowhere cannot be run: it is not on PATH"), "{}", stderr(&output));
    configure(&sandbox, planned(json!({"command": ["/nope/x"]})), json!({}));
    let output = at(&sandbox, "21T12:01:30", "cs-notify", &["-q"], "");
    assert!(stderr(&output).contains("/nope/x cannot be run: there is no such program"), "{}", stderr(&output));
}

#[test]
fn a_line_at_the_end_is_ours_or_that_of_a_program() {
    let sandbox = limited(json!({"pace": false}), json!({}));
    let told = |limits: Value| {
        configure(&sandbox, limits, json!({}));
        put(&sandbox, "notify_state.json", "{}");
        reports(&sandbox, "five_hour", "21T11:00:00", 93.0, ENDS);
        let [(_, _, text)] = &sent(&sandbox, "21T11:00:30")[..] else { panic!("one notice") };
        text.clone()
    };
    let plain = told(json!({"pace": false, "quip_command": ["quip"]}));
    assert!(!plain.contains(" · "), "{plain}");
    let ours = told(json!({"pace": false, "quips": "on"}));
    assert!(ours.starts_with(&format!("{plain} · ")), "{ours}");
    assert_eq!(told(json!({"pace": false, "quips": "on"})), ours, "the same notice, the same line");
    let by_program = |script: &str| {
        program(&sandbox, "quip", script);
        told(json!({"pace": false, "quips": "on", "quip_command": ["quip", "-s"]}))
    };
    let own = by_program(
        "#!/bin/sh\ncat >~/quip.in\necho \"$1 \u{1b}[31mLand ghp_0123456789abcdefghijABCDEFGHIJ012345\"\necho x\n",
    );
    assert!(own.starts_with(&format!("{plain} · -s ")) && own.contains("Land"), "{own}");
    assert!(!own.contains("ghp_0123") && !own.contains('\u{1b}') && !own.ends_with('x'), "{own}");
    let event: Value = serde_json::from_str(&fs::read_to_string(sandbox.home().join("quip.in")).expect("it was asked"))
        .expect("one object");
    assert_eq!((&event["reason"], &event["level"]), (&json!("limit"), &json!(90)));
    let fast = by_program("#!/bin/sh\nsleep 600 &\necho fast\n");
    assert_eq!(fast, format!("{plain} · fast"), "what it left running does not count");
    for script in ["#!/bin/sh\necho no; exit 3\n", "#!/bin/sh\n", "#!/bin/sh\necho\n"] {
        assert_eq!(by_program(script), ours, "{script}");
    }
    let began = Instant::now();
    assert_eq!(by_program("#!/bin/sh\necho late\nsleep 600 &\necho $$ $! >~/pids\nwait\n"), ours);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let pids = fs::read_to_string(sandbox.home().join("pids")).expect("it ran");
    for pid in pids.split_whitespace() {
        let is_gone = || fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z"));
        assert!(eventually(Duration::from_secs(5), is_gone), "{pid} still runs");
    }
}

#[test]
fn a_wrong_value_is_reported_and_stops_nothing() {
    let sandbox = limited(json!({"alerts": 7, "pace": false, "plan": [{"at": "25:00"}]}), json!({}));
    reports(&sandbox, "five_hour", "21T11:00:00", 80.0, ENDS);
    let output = at(&sandbox, "21T11:00:30", "cs-notify", &["--json"], "");
    assert_eq!(status(&output), 65);
    assert!(stderr(&output).contains("limits.alerts is 7") && stderr(&output).contains("limits.plan[0].at"));
    assert_eq!(received(&sandbox).len(), 1);
}

#[test]
fn no_program_is_started_that_somebody_else_could_have_named() {
    use std::os::unix::fs::{PermissionsExt, chown};

    let mode = |sandbox: &Sandbox, file: &str, mode: u32| {
        fs::set_permissions(sandbox.data().join(file), fs::Permissions::from_mode(mode)).expect("it can be changed");
    };
    let owner = |sandbox: &Sandbox, file: &str| chown(sandbox.data().join(file), Some(12_345), None).is_ok();
    let sandbox = limited(planned(json!({"command": ["work"]})), json!({"via": "command"}));
    for name in ["work", "quip", "notify-send"] {
        program(&sandbox, name, &format!("#!/bin/sh\necho \"$*\" >>~/{name}.ran\n"));
    }
    let ran = |name: &str| sandbox.home().join(format!("{name}.ran")).exists();
    let mut group = planned(json!({"command": ["work"]}));
    group
        .as_object_mut()
        .expect("an object")
        .extend([("quip_command".to_owned(), json!(["quip"])), ("quips".to_owned(), json!("on"))]);
    configure(&sandbox, group, json!({"via": "command", "handlers": [{"command": ["tell"], "name": "x"}]}));
    reports(&sandbox, "five_hour", "21T11:00:00", 80.0, "21T16:00:00");
    let wide = [("config.json", 0o646, "config.json; chmod go-w"), ("", 0o777, "dashboard; chmod go-w")];
    for (file, wrong, words) in wide {
        put(&sandbox, "notify_state.json", "{}");
        mode(&sandbox, file, wrong);
        let output = at(&sandbox, "21T12:01:00", "cs-notify", &["-q"], "");
        assert_eq!(status(&output), 65, "{file}: {}", stderr(&output));
        assert!(stderr(&output).contains("names is started: everybody may write"), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        mode(&sandbox, file, if file.is_empty() { 0o700 } else { 0o600 });
    }
    if owner(&sandbox, "config.json") {
        put(&sandbox, "notify_state.json", "{}");
        let output = at(&sandbox, "21T12:01:30", "cs-notify", &["-q"], "");
        assert!(stderr(&output).contains("config.json belongs to another user"), "{}", stderr(&output));
        chown(sandbox.data().join("config.json"), Some(0), None).expect("it can be changed back");
    }
    assert!(ran("notify-send"), "the desktop tells it");
    assert!(!ran("work") && !ran("quip") && received(&sandbox).is_empty());
    put(&sandbox, "notify_state.json", "{}");
    assert_eq!(status(&at(&sandbox, "21T12:02:00", "cs-notify", &["-q"], "")), 0);
    assert!(ran("quip") && !received(&sandbox).is_empty() && eventually(Duration::from_secs(5), || ran("work")));
}

/// The state of a run that was killed says nothing false: the notice comes again at most once, and is never lost.
#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_call_a_notice_comes_once_or_twice() {
    use soak::trace;
    use std::os::unix::process::ExitStatusExt;

    if !cs_tests::has(trace::is_possible()) {
        return;
    }
    for n in 0.. {
        let sandbox =
            limited(json!({"pace": false}), json!({"command": null, "via": "notify-send", "timeout_seconds": 1}));
        program(&sandbox, "notify-send", "#!/bin/sh\necho \"$*\" >>~/shown\n");
        reports(&sandbox, "five_hour", "21T11:00:00", 93.0, ENDS);
        let mut command = sandbox.command("cs-notify");
        command.args(["-q"]).env("CS_NOW", "2026-11-21T11:00:30Z");
        let output = trace::run(command, "", trace::kill_at(n, sandbox.data())).expect("it can be traced");
        let survived = output.status.signal().is_none();
        for now in ["21T11:03:00", "21T11:08:00"] {
            assert_eq!(status(&at(&sandbox, now, "cs-notify", &["-q"], "")), 0, "killed at call {n}");
        }
        // The program of a run that was killed may still be writing.
        let count = || fs::read_to_string(sandbox.home().join("shown")).unwrap_or_default().lines().count();
        assert!(eventually(Duration::from_secs(5), || count() > 0), "killed at call {n}: lost");
        assert!(count() <= if survived { 1 } else { 2 }, "killed at call {n}: {} times", count());
        let state = sandbox.json("notify_state.json");
        let entry = &state["limit/claude-five_hour/2026-11-21T15:00:00Z"];
        assert_eq!((&entry["told"]["limit"]["level"], entry.get("sending")), (&json!(90), None), "{n}: {state}");
        if survived {
            assert!(n > 15, "only {n} calls");
            break;
        }
    }
}

/// The settings in docs/NOTIFY.md are right.
#[test]
fn the_settings_of_the_documentation_can_be_used() {
    let page = fs::read_to_string(cs_tests::workspace().join("docs/NOTIFY.md")).expect("it is there");
    let (_, rest) = page.split_once("```json\n\"limits\": ").expect("the block is there");
    let limits = rest.split("```").next().expect("it has an end");
    let sandbox = limited(serde_json::from_str(limits).expect("JSON"), json!({}));
    assert_eq!(levels(&sandbox, "23T06:50:00"), [("plan".to_owned(), Value::Null)]);
    reports(&sandbox, "five_hour", "23T07:00:00", 79.0, "23T12:00:00");
    reports(&sandbox, "seven_day", "23T07:00:00", 79.0, "25T12:00:00");
    assert_eq!(levels(&sandbox, "23T07:00:10"), []);
    reports(&sandbox, "five_hour", "23T07:00:30", 80.0, "23T12:00:00");
    assert_eq!(levels(&sandbox, "23T07:00:40"), limit(80));
}

/// The limit of an account is told soon after a turn that used it.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_is_told_soon_after_the_end_of_a_turn() {
    use super::soon::{SOON, attended, end_of_watch, payload, prompt};

    let (sandbox, _client) = attended(json!({"done_after_seconds": 86_400}));
    prompt(&sandbox, "fix login");
    let script = "mkdir -p \"$CS_HOME/limits\"; now=$(date -u +%Y-%m-%dT%H:%M:%SZ); end=$(date -u -d '+3 hours' +%Y-%m-%dT%H:%M:%SZ); \
        printf '{\"at\":\"%s\",\"used\":91,\"resets_at\":\"%s\"}\\n' $now $end >\"$CS_HOME/limits/claude-five_hour.jsonl\"";
    assert_eq!(status(&sandbox.sh(script)), 0);
    let ended = payload(&sandbox, "Stop", json!({}));
    assert_eq!(status(&sandbox.feed("cs-heartbeat", &[], &ended)), 0);
    assert_eq!(status(&sandbox.feed("cs-notify", &["hook"], &ended)), 0);
    assert!(eventually(SOON, || !received(&sandbox).is_empty()), "it is told");
    end_of_watch(&sandbox);
    let all = received(&sandbox);
    let event: Value = serde_json::from_str(&all[0].2).expect("one object");
    assert_eq!((all.len(), &event["reason"], &event["level"]), (1, &json!("limit"), &json!(90)));
}
