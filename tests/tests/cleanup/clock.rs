//! A clock that was once wrong leaves nothing behind forever, and loses nothing.

use super::*;

const AHEAD: &str = "2030-01-01T00:00:00Z";
const BEHIND: &str = "1970-01-01T00:00:07Z";
const DAY: [&str; 4] = ["2026-11-21T10:00:00Z", "2026-11-22T09:59:00Z", "2026-11-22T10:01:00Z", "2027-01-30T00:00:00Z"];

/// A session that a person created while the clock was wrong.
fn made_at(sandbox: &Sandbox, now: &str) -> String {
    at(sandbox, now, "cs-session", &["create", "--project", "api", "--intent", "some work", "-q"]).trim().to_owned()
}

fn event(sandbox: &Sandbox, now: &str, uuid: &str, event: &str, more: &str) {
    let program = if event == "Stop" { "cs-heartbeat" } else { "cs-hook" };
    let payload = format!(r#"{{"session_id":"{uuid}","cwd":{:?},"hook_event_name":"{event}"{more}}}"#, sandbox.work());
    let mut command = sandbox.command(program);
    command.env("CS_NOW", now).env("CLAUDE_PID", std::process::id().to_string());
    assert_eq!(status(&run(command, &payload)), 0);
}

#[test]
fn a_session_with_a_wrong_time_is_closed_one_threshold_after_it_was_found() {
    for (wrong, way) in [(AHEAD, "ahead"), (BEHIND, "behind")] {
        let sandbox = Sandbox::new();
        let id = made_at(&sandbox, wrong);
        let before = sandbox.record(&id);
        let shown = at(&sandbox, DAY[0], "cs-session", &["show", &id]);
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        let reason = format!("no running conversation is known; last heartbeat when the clock was {way}");
        assert_eq!((&shown["state"], &shown["state_reason"]), (&json!("unknown"), &json!(reason)));

        let dry = at(&sandbox, DAY[0], "cs-cleanup", &["all", "--dry-run"]);
        assert_eq!((done(&dry), sandbox.record(&id)), (vec![format!("noted {id}")], before.clone()));
        assert_eq!(done(&at(&sandbox, DAY[0], "cs-cleanup", &["all"])), [format!("noted {id}")]);
        let noted = sandbox.record(&id);
        for field in ["status", "started_at", "last_heartbeat", "intent"] {
            assert_eq!(noted[field], before[field], "{field}: our clock may be wrong");
        }
        let note = noted["events"][0]["message"].as_str().unwrap_or_default();
        assert!(
            note.starts_with(&format!("the clock was {way}: the last sign of life is of {}", &wrong[..10])),
            "{note}"
        );
        assert_eq!(at(&sandbox, DAY[1], "cs-cleanup", &["all"]), "", "noted once, and silent for less than a day");

        let reported = at(&sandbox, DAY[2], "cs-cleanup", &["all"]);
        assert_eq!(done(&reported), [format!("parked {id}")]);
        assert!(reported.contains("no sign of life for 24 h"), "{reported}");
        let record = sandbox.record(&id);
        assert_eq!(record["last_heartbeat"], "2026-11-21T10:00:00.000000+00:00", "the silence counts from here");
        check_in_order(&sandbox);
    }
}

#[test]
fn a_wrong_time_is_local_in_the_table_and_utc_elsewhere() {
    for (zone, shown, day) in [("CET-1", "2030-01-01 01:00", "1970-01-01"), ("EST5", "2029-12-31 19:00", "1969-12-31")]
    {
        let sandbox = Sandbox::new().with("TZ", zone);
        let id = made_at(&sandbox, AHEAD);
        let table = at(&sandbox, DAY[0], "cs-cleanup", &["archive", "--dry-run", "--table"]);
        assert!(table.contains(&format!("the last sign of life is of {shown}; its age counts from here")), "{table}");
        let json = at(&sandbox, DAY[0], "cs-cleanup", &["archive"]);
        assert!(json.contains("of 2030-01-01T00:00:00.000000+00:00;"), "{json}");
        assert!(sandbox.record(&id)["events"].to_string().contains("of 2030-01-01T00:00:00.000000+00:00;"));
        let mut command = sandbox.command("cs-cleanup");
        command.arg("archive").env("CS_NOW", BEHIND);
        let refused = stderr(&run(command, ""));
        assert!(refused.contains(&format!("the clock says {day}, which is wrong")), "{refused}");
    }
}

#[test]
fn a_sign_of_life_replaces_a_wrong_time() {
    for wrong in [AHEAD, BEHIND] {
        let sandbox = Sandbox::new();
        let id = made_at(&sandbox, wrong);
        at(&sandbox, DAY[0], "cs-cleanup", &["all"]);
        at(&sandbox, DAY[1], "cs-session", &["heartbeat", &id, "-q"]);
        assert_eq!(sandbox.record(&id)["last_heartbeat"], "2026-11-22T09:59:00.000000+00:00");
        assert_eq!(at(&sandbox, DAY[2], "cs-cleanup", &["all"]), "", "last event 2 minutes ago");
        let listed = at(&sandbox, DAY[2], "cs-session", &["list"]);
        assert!(listed.contains("last heartbeat 2 min ago"), "{listed}");
    }
}

/// A conversation whose events all came while the clock was wrong.
#[test]
fn a_conversation_with_a_wrong_time_ends_like_any_other() {
    for wrong in [AHEAD, BEHIND] {
        let sandbox = Sandbox::new();
        event(&sandbox, wrong, CA5D, "SessionStart", r#","source":"startup""#);
        event(&sandbox, wrong, CA5D, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
        event(&sandbox, wrong, CA5D, "Stop", r#","last_assistant_message":"All done.""#);
        let id = sandbox.records()[0]["session_id"].as_str().expect("an id").to_owned();
        for now in DAY {
            assert_eq!(at(&sandbox, now, "cs-cleanup", &["all"]), "", "its process is running");
        }
        event(&sandbox, DAY[0], CA5D, "UserPromptSubmit", r#","prompt":"go on","prompt_id":"p2""#);
        assert_eq!(sandbox.record(&id)["last_heartbeat"], "2026-11-21T10:00:00.000000+00:00");
        event(&sandbox, wrong, CA5D, "Stop", "");
        // Its process is no longer known.
        let mut live = sandbox.json(&format!("live/{CA5D}.json"));
        (live["pid"], live["pid_started"]) = (Value::Null, Value::Null);
        put(&sandbox, &format!("live/{CA5D}.json"), &live.to_string());
        assert_eq!(done(&at(&sandbox, DAY[0], "cs-cleanup", &["all"])), [format!("noted {id}")]);
        assert_eq!(done(&at(&sandbox, DAY[2], "cs-cleanup", &["all"])), [format!("completed {id}")]);
    }
}

#[test]
fn a_session_with_a_wrong_end_time_is_archived_some_days_after_it_was_found() {
    for wrong in [AHEAD, BEHIND] {
        let sandbox = Sandbox::new();
        let id = made_at(&sandbox, wrong);
        at(&sandbox, wrong, "cs-session", &["complete", &id, "--outcome", "done", "-q"]);
        assert_eq!(done(&at(&sandbox, DAY[0], "cs-cleanup", &["archive"])), [format!("noted {id}")]);
        assert_eq!(at(&sandbox, DAY[2], "cs-cleanup", &["all"]), "", "a day later");
        assert_eq!(done(&at(&sandbox, DAY[3], "cs-cleanup", &["all"])), [format!("archived {id}")]);
    }
}

/// The clock of a machine without a battery starts at 1970 until it is set.
#[test]
fn nothing_is_done_by_age_while_the_clock_is_impossible() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    put(
        &sandbox,
        "sessions/sess_20260901T0800_0001.json",
        &completed("sess_20260901T0800_0001", "2026-09-01T08:00:00Z"),
    );
    put(&sandbox, "sessions/.tmp-old", "");
    age(&sandbox.data().join("sessions/.tmp-old"), 2 * HOUR);
    ok(&sandbox, "cs-cleanup", &["index"]);
    let before = (sandbox.records(), fs::read(sandbox.data().join("sessions/_index.json")).expect("it is there"));
    for command in ["all", "stale", "gone", "archive", "locks", "tmp"] {
        let mut run_it = sandbox.command("cs-cleanup");
        run_it.arg(command).env("CS_NOW", BEHIND);
        let output = run(run_it, "");
        assert_eq!((status(&output), stdout(&output)), (1, String::new()), "{command}");
        assert!(stderr(&output).contains("the clock says 1970-01-01, which is wrong"), "{}", stderr(&output));
    }
    let after = (sandbox.records(), fs::read(sandbox.data().join("sessions/_index.json")).expect("it is there"));
    assert_eq!(after, before);
    assert!(sandbox.data().join("sessions/.tmp-old").exists());
    // Once it is set, everything is as before.
    let reported = done(&at(&sandbox, DAY[1], "cs-cleanup", &["all"]));
    assert_eq!(reported, ["removed .tmp-old", "archived sess_20260901T0800_0001"]);
    assert_eq!(sandbox.record(&id)["status"], "active");
}

/// For a clock that is months behind, everything is in the future.
#[test]
fn a_clock_that_was_behind_leaves_nothing_closed() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    let finished = "sess_20261101T0800_0001";
    put(&sandbox, &format!("sessions/{finished}.json"), &completed(finished, "2026-11-01T08:00:00Z"));
    ok(&sandbox, "cs-cleanup", &["index"]);
    let reported = done(&at(&sandbox, "2026-02-01T00:00:00Z", "cs-cleanup", &["all"]));
    assert_eq!(reported, [format!("noted {finished}"), format!("noted {id}")]);
    assert_eq!(at(&sandbox, "2026-02-01T12:00:00Z", "cs-cleanup", &["all"]), "");
    assert_eq!(at(&sandbox, DAY[1], "cs-cleanup", &["all"]), "", "the clock is right, and the heartbeat is 24 h old");
    assert_eq!(done(&at(&sandbox, DAY[2], "cs-cleanup", &["stale"])), [format!("parked {id}")]);
    assert_eq!(sandbox.record(&id)["last_heartbeat"], "2026-11-21T10:00:00.000000+00:00");
}

#[test]
fn a_session_with_a_future_time_does_not_stay_the_newest() {
    let sandbox = Sandbox::new();
    let wrong = made_at(&sandbox, AHEAD);
    let right = create(&sandbox, &[]);
    let order = [right.clone(), wrong.clone()];
    let ids = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(ids(&ok(&sandbox, "cs-session", &["list", "-q"])), order);
    assert_eq!(ids(&ok(&sandbox, "cs-session", &["list", "-q", "--since", "7d"])), order[..1]);
    let asked = ["list", "-q", "--since", "7d", "--until", "2031-01-01"];
    assert_eq!(ids(&ok(&sandbox, "cs-session", &asked)), order);
    let table = ok(&sandbox, "cs-session", &["list", "--table"]);
    let end = table.lines().filter_map(|line| line.split_whitespace().next()).find(|end| wrong.ends_with(end));
    let row = table.lines().find(|line| end.is_some_and(|end| line.starts_with(end)));
    let age = row.and_then(|line| line.split_whitespace().nth(2));
    assert_eq!(age, Some("?"), "{table}");
    let beaten: Value =
        serde_json::from_str(&ok(&sandbox, "cs-session", &["heartbeat", "--project", "api"])).expect("JSON");
    assert_eq!(beaten["session_id"], json!(right));

    let served = cs_tests::http::Served::start(&sandbox, &[]);
    let listed = served.json("/api/sessions?limit=1");
    assert_eq!(listed["sessions"][0]["session_id"], json!(right), "{listed}");
    let next = format!("/api/sessions?limit=1&cursor={}", listed["next_cursor"].as_str().expect("there are two"));
    let listed = served.json(&next);
    assert_eq!(listed["sessions"][0]["session_id"], json!(wrong), "{listed}");
    assert_eq!(served.json("/api/sessions?since=7d")["total"], 1);
    assert_eq!(served.json("/api/overview")["projects"][0]["active"][0]["session_id"], json!(right));

    // Nor is it the last one that ended, which new conversations are told about.
    for (now, id, step) in [(AHEAD, &wrong, "of the future"), (DAY[0], &right, "of today")] {
        at(&sandbox, now, "cs-session", &["park", id, "--reason", "later", "--next-step", step, "-q"]);
    }
    let context = sandbox.json("context/api.json");
    assert_eq!(context["last"]["next_steps"], json!(["of today"]), "{context}");
    assert_eq!(context["parked"][0]["session_id"], json!(right), "{context}");
}

#[test]
fn files_left_while_the_clock_was_ahead_are_removed() {
    let sandbox = Sandbox::new();
    let files =
        ["sessions/.tmp-x", "sessions/sess_20260901T0800_0001.lock", "ended/e998145e-4e5d-40c9-a3a6-681ad5bd51c9.json"];
    for file in files {
        put(&sandbox, file, "");
        let ahead = SystemTime::now() + Duration::from_secs(400 * 24 * HOUR);
        File::options()
            .write(true)
            .open(sandbox.data().join(file))
            .and_then(|file| file.set_modified(ahead))
            .expect("ours");
    }
    assert_eq!(ok(&sandbox, "cs-cleanup", &["all", "-q"]).lines().count(), files.len());
}

#[test]
fn sessions_parked_while_the_clock_was_ahead_are_reported() {
    let sandbox = Sandbox::new();
    let id = made_at(&sandbox, AHEAD);
    at(&sandbox, AHEAD, "cs-session", &["park", &id, "--reason", "later", "-q"]);
    put(&sandbox, "config.json", r#"{"settings": {"notifications_enabled": true}, "notify": {"command": ["true"]}}"#);
    let reported = ok(&sandbox, "cs-notify", &["--dry-run"]);
    assert!(reported.contains(&id) && reported.contains("parked when the clock was ahead"), "{reported}");
}
