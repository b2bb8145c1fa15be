//! The state engine: named cases, and rules that hold for every combination of evidence.

use super::*;
use crate::live::Prompt;

/// The condition of a process, if the system knows whether it runs.
fn condition(alive: Option<bool>) -> Condition {
    alive.map_or(Condition::Unknown, |alive| if alive { Condition::Runs } else { Condition::Ended })
}

fn at(text: &str) -> Instant {
    clock::parse(&format!("2026-11-21T{text}Z")).unwrap()
}

fn live(state: Activity, heard: &str) -> Live {
    let mut live = Live::new("u", at("08:00:00"));
    live.prompted(&Prompt { id: None, text: "go", is_typed: true, may_queue: true }, at("08:00:00"));
    match state {
        Activity::Working => {}
        Activity::Waiting => live.asked("permission for Bash", None, at(heard)),
        Activity::Idle => live.turn_ended(0, None, at(heard)),
        Activity::Background => live.turn_ended(1, None, at(heard)),
    }
    live.note_event("Event", at(heard));
    live
}

fn judge(live: Option<&Live>, alive: Option<bool>, client: Option<(&str, &str)>, now: &str) -> State {
    derive(&Evidence {
        status: Status::Active,
        last_heartbeat: Some(at("08:00:00")),
        ended_at: None,
        counted_from: None,
        requested: None,
        live,
        process: condition(alive),
        logged: None,
        left_for: None,
        client: client.map(|(status, when)| Client {
            status: status.into(),
            waiting_for: None,
            updated_at: Some(at(when)),
        }),
        stale_after: TimeDelta::hours(2),
        now: at(now),
    })
    .state
}

#[test]
fn every_kind_of_evidence_gives_its_state() {
    use Activity as A;
    let cases = [
        (A::Working, "08:01:00", Some(true), None, "08:02:00", State::Working, "a turn runs"),
        (A::Working, "08:01:00", Some(false), None, "08:02:00", State::Gone, "killed"),
        (A::Working, "08:01:00", Some(true), Some(("idle", "08:01:30")), "08:02:00", State::Idle, "interrupted"),
        (A::Working, "08:01:00", Some(true), Some(("idle", "08:00:30")), "08:02:00", State::Idle, "still true"),
        (A::Working, "08:01:00", Some(true), Some(("idle", "08:00:30")), "08:01:01", State::Working, "not yet told"),
        (A::Working, "08:01:00", Some(true), Some(("shell", "08:00:30")), "08:02:00", State::Background, "a server"),
        (A::Idle, "08:01:00", Some(true), Some(("busy", "08:00:30")), "08:02:00", State::Idle, "a helper is busy"),
        (A::Idle, "08:01:00", Some(true), Some(("idol", "08:00:30")), "08:02:00", State::Unknown, "a new word"),
        (
            A::Working,
            "08:01:00",
            Some(false),
            Some(("busy", "08:01:30")),
            "08:02:00",
            State::Gone,
            "stale registry after SIGKILL",
        ),
        (A::Working, "08:01:00", Some(true), None, "10:02:00", State::Stale, "silent for hours while working"),
        (A::Idle, "08:01:00", Some(true), None, "20:02:00", State::Idle, "open for hours: still your turn"),
        (A::Idle, "08:01:00", None, None, "20:02:00", State::Stale, "nobody can say whether it lives"),
        (A::Waiting, "08:01:00", Some(true), None, "08:02:00", State::Waiting, "permission"),
        (A::Waiting, "08:01:00", Some(true), Some(("busy", "08:01:05")), "08:02:00", State::Working, "approved"),
        (A::Waiting, "08:01:00", Some(true), Some(("idle", "08:01:05")), "08:02:00", State::Idle, "dismissed"),
        (A::Waiting, "08:01:00", Some(true), Some(("waiting", "08:01:05")), "08:02:00", State::Waiting, "they agree"),
        (
            A::Background,
            "08:01:00",
            Some(true),
            Some(("idle", "08:01:05")),
            "08:02:00",
            State::Background,
            "the hint knows less",
        ),
        (
            A::Idle,
            "08:01:00",
            Some(true),
            Some(("busy", "08:01:05")),
            "08:02:00",
            State::Working,
            "a turn without a prompt",
        ),
    ];
    for (state, heard, alive, client, now, expected, why) in cases {
        assert_eq!(judge(Some(&live(state, heard)), alive, client, now), expected, "{why}");
    }
}

#[test]
fn without_a_live_file_only_the_heartbeat_counts() {
    assert_eq!(judge(None, None, None, "09:00:00"), State::Unknown);
    assert_eq!(judge(None, None, None, "11:00:00"), State::Stale);
}

#[test]
fn a_request_without_a_conversation_needs_the_user() {
    let judge = |status, beat: Option<&str>, live: Option<&Live>, now| {
        derive(&Evidence {
            status,
            last_heartbeat: beat.map(at),
            ended_at: None,
            counted_from: None,
            requested: Some("the deploy needs a key"),
            live,
            process: condition(Some(true)),
            logged: None,
            left_for: None,
            client: None,
            stale_after: TimeDelta::hours(2),
            now: at(now),
        })
    };
    let asked = judge(Status::Active, Some("08:00:00"), None, "09:00:00");
    assert_eq!((asked.state, asked.evidence_at), (State::Waiting, Some(at("08:00:00"))));
    assert_eq!(asked.reason, "the deploy needs a key (requested; last heartbeat 1 h ago)");
    assert_eq!(crate::board::Group::of(&asked), crate::board::Group::NeedsUser);
    assert_eq!(judge(Status::Active, None, None, "09:00:00").state, State::Waiting);
    assert_eq!(judge(Status::Active, Some("08:00:00"), None, "11:00:00").state, State::Stale);
    assert_eq!(judge(Status::Parked, Some("08:00:00"), None, "09:00:00").state, State::Parked);
    let idle = live(Activity::Idle, "08:00:00");
    let running = judge(Status::Active, Some("08:00:00"), Some(&idle), "08:01:00").state;
    assert_eq!(running, State::Idle, "the live file of a running conversation knows whether it was answered");
}

/// Describes a combination, for messages of failed checks.
#[derive(Clone, Copy, Debug)]
struct Case {
    status: Status,
    activity: Option<Activity>,
    alive: Option<bool>,
    /// The client's word and how many seconds after the last event it was given.
    client: Option<(&'static str, i64)>,
    /// Seconds from the last event to now; negative where the clock was set back.
    silence: i64,
    requested: bool,
}

const STALE_SECONDS: i64 = 7200;

fn all_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for status in [Status::Active, Status::Parked, Status::Completed] {
        for activity in
            [None, Some(Activity::Working), Some(Activity::Waiting), Some(Activity::Idle), Some(Activity::Background)]
        {
            for alive in [None, Some(true), Some(false)] {
                for word in [None, Some("idle"), Some("busy"), Some("waiting"), Some("shell"), Some("dreaming")] {
                    for later in [-30, 0, 30] {
                        for silence in [-86_400, 0, 60, STALE_SECONDS + 1, 1_000_000] {
                            for requested in [false, true] {
                                // Without a running process there is no registry entry.
                                let client = word.filter(|_| alive.is_some()).map(|word| (word, later));
                                cases.push(Case { status, activity, alive, client, silence, requested });
                            }
                        }
                    }
                }
            }
        }
    }
    cases
}

fn judge_case(case: Case) -> Verdict {
    let heard = at("08:01:00");
    let live = case.activity.map(|activity| {
        let mut live = live(activity, "08:01:00");
        live.pid = Some(4711);
        live.requested = case.requested.then(|| "a look at the plan".to_string());
        live
    });
    derive(&Evidence {
        status: case.status,
        last_heartbeat: Some(heard),
        ended_at: None,
        counted_from: None,
        requested: None,
        live: live.as_ref(),
        process: condition(case.alive),
        logged: None,
        left_for: None,
        client: case.client.map(|(status, later)| Client {
            status: status.into(),
            waiting_for: None,
            updated_at: Some(heard + TimeDelta::seconds(later)),
        }),
        stale_after: TimeDelta::seconds(STALE_SECONDS),
        now: heard + TimeDelta::seconds(case.silence),
    })
}

#[test]
fn the_rules_hold_for_every_combination() {
    let cases = all_cases();
    assert_eq!(cases.len(), 3 * 5 * 3 * 6 * 3 * 5 * 2);
    for case in cases {
        let Verdict { state, reason, .. } = judge_case(case);
        assert!(!reason.is_empty(), "{case:?}");
        match case.status {
            Status::Completed => assert_eq!(state, State::Completed, "{case:?}"),
            Status::Parked => assert_eq!(state, State::Parked, "{case:?}"),
            Status::Active => check_active(case, state, &reason),
        }
    }
}

fn check_active(case: Case, state: State, reason: &str) {
    let silent = case.silence > STALE_SECONDS;
    assert!(!matches!(state, State::Parked | State::Completed), "{case:?}");
    let is_gone = case.activity.is_some() && case.alive == Some(false);
    assert_eq!(state == State::Gone, is_gone, "a dead process, and nothing else, is gone: {case:?}");
    let Some(activity) = case.activity else {
        assert_eq!(state, if silent { State::Stale } else { State::Unknown }, "only the heartbeat speaks: {case:?}");
        return;
    };
    if is_gone {
        assert!(reason.contains("4711"), "{reason}");
        return;
    }
    // Only what is newer than the last event, or what the client had time to report after it.
    let settled = case.silence > 2 || case.silence < -120;
    let newer = case.client.is_some_and(|(word, later)| later > 0 || (settled && word != "busy"));
    if !newer {
        let alone = Case { client: None, ..case };
        assert_eq!(state, judge_case(alone).state, "an old word changes nothing: {case:?}");
        assert!(!reason.contains("the client says"), "{case:?}: {reason}");
    }
    if let (true, Some(("dreaming", _))) = (newer, case.client) {
        assert_eq!(state, State::Unknown, "{case:?}");
        assert!(reason.contains("\"dreaming\""), "{reason}");
        return;
    }
    if state == State::Stale {
        assert!(silent && (case.alive.is_none() || activity == Activity::Working), "{case:?}");
        assert!(reason.contains("nothing since"), "{reason}");
    }
    if state == State::Background {
        let is_shell = case.client.is_some_and(|(word, _)| word == "shell");
        assert!(activity == Activity::Background || is_shell, "{case:?}");
    }
    if let (true, Some((word, _))) = (newer, case.client) {
        let expected = match word {
            // A subagent keeps it busy.
            "busy" if activity == Activity::Background => return,
            "busy" => State::Working,
            "waiting" => State::Waiting,
            // The client knows neither background tasks nor questions in the agent's text.
            _ if activity == Activity::Background || case.requested => return,
            "shell" => State::Background,
            _ => State::Idle,
        };
        if judge_case(Case { client: None, ..case }).state != State::Stale || reason.contains("the client says") {
            assert_eq!(state, expected, "the newest direct evidence wins: {case:?}: {reason}");
        }
    }
}

#[test]
fn reasons_have_an_age_and_evidence_has_none() {
    let asked = live(Activity::Waiting, "08:01:00");
    let told = derive(&Evidence {
        status: Status::Active,
        last_heartbeat: None,
        ended_at: None,
        counted_from: None,
        requested: None,
        live: Some(&asked),
        process: Condition::Runs,
        logged: None,
        left_for: None,
        client: None,
        stale_after: TimeDelta::hours(2),
        now: at("08:01:40"),
    });
    assert_eq!(told.reason, "permission for Bash (Event 40 s ago)");
    assert_eq!((told.evidence.as_str(), told.evidence_at), ("permission for Bash (Event)", Some(at("08:01:00"))));
}

#[test]
fn an_impossible_time_makes_no_session_stale_until_it_is_counted() {
    let now = at("10:00:00");
    let judge = |when: &str, alive, with_live: bool, counted_from| {
        let mut live = live(Activity::Idle, "08:01:00");
        live.last_event_at = when.into();
        derive(&Evidence {
            status: Status::Active,
            last_heartbeat: clock::parse(when),
            ended_at: None,
            counted_from,
            requested: None,
            live: with_live.then_some(&live),
            process: condition(alive),
            logged: None,
            left_for: None,
            client: None,
            stale_after: TimeDelta::hours(2),
            now,
        })
    };
    for (when, way) in [("2030-01-01T00:00:00Z", "ahead"), ("1970-01-01T00:00:07Z", "behind")] {
        let told = judge(when, None, false, None);
        let words = format!("no running conversation is known; last heartbeat when the clock was {way}");
        assert_eq!((told.state, told.reason, told.evidence_at), (State::Unknown, words, None));
        assert_eq!(judge(when, None, false, Some(at("08:30:00"))).state, State::Unknown);
        let told = judge(when, None, false, Some(at("07:59:59")));
        assert_eq!((told.state, told.reason), (State::Stale, format!("last heartbeat when the clock was {way}")));
        let told = judge(when, None, true, None);
        let words = format!("no process is known; Event when the clock was {way}");
        assert_eq!((told.state, told.reason), (State::Unknown, words));
        assert_eq!(judge(when, None, true, Some(at("07:59:59"))).state, State::Stale);
        let told = judge(when, Some(true), true, Some(at("07:59:59")));
        let words = format!("your turn (Event when the clock was {way})");
        assert_eq!((told.state, told.reason), (State::Idle, words), "its process runs");
    }
    assert_eq!(
        judge("2026-11-21T10:01:59Z", None, false, None).reason.rsplit(' ').next(),
        Some("ago"),
        "clocks differ"
    );
}

#[test]
fn a_client_is_newer_than_an_event_from_the_future() {
    let mut live = live(Activity::Working, "08:01:00");
    live.last_event_at = "2030-01-01T00:00:00Z".into();
    let client = Client { status: "idle".into(), waiting_for: None, updated_at: Some(at("08:30:00")) };
    let told = derive(&Evidence {
        status: Status::Active,
        last_heartbeat: None,
        ended_at: None,
        counted_from: None,
        requested: None,
        live: Some(&live),
        process: Condition::Runs,
        logged: None,
        left_for: None,
        client: Some(client),
        stale_after: TimeDelta::hours(2),
        now: at("09:00:00"),
    });
    assert_eq!(told.state, State::Idle);
    let mut other = live.clone();
    (live.session_id, other.session_id) = (Some("s".into()), Some("s".into()));
    other.last_event_at = clock::stamp(at("08:59:00"));
    let lives = [other.clone(), live];
    assert_eq!(latest("s", &lives, at("09:00:00")), Some(&other), "it does not hide the other for ever");
}

#[test]
fn a_state_counts_from_its_beginning_not_from_the_latest_event() {
    let since = |live: &Live, client: Option<(&str, &str)>, now: &str| {
        let client = client.map(|(status, when)| Client {
            status: status.into(),
            waiting_for: None,
            updated_at: Some(at(when)),
        });
        let told = derive(&Evidence {
            status: Status::Active,
            last_heartbeat: None,
            ended_at: None,
            counted_from: None,
            requested: None,
            live: Some(live),
            process: Condition::Runs,
            logged: None,
            left_for: None,
            client,
            stale_after: TimeDelta::hours(2),
            now: at(now),
        });
        (told.state, told.since)
    };
    let mut working = live(Activity::Working, "08:30:00");
    assert_eq!(since(&working, None, "08:31:00"), (State::Working, Some(at("08:00:00"))));
    assert_eq!(since(&working, Some(("idle", "08:30:30")), "08:31:00"), (State::Idle, Some(at("08:30:30"))));
    working.helper_asked("a1", "permission for Bash", None, at("08:20:00"));
    assert_eq!(since(&working, None, "08:31:00"), (State::Waiting, Some(at("08:20:00"))));
    let mut waiting = live(Activity::Waiting, "08:10:00");
    waiting.note_event("PostToolUse", at("08:15:00"));
    assert_eq!(since(&waiting, None, "08:31:00"), (State::Waiting, Some(at("08:10:00"))));
    let mut idle = live(Activity::Idle, "08:10:00");
    idle.note_event("Notification", at("08:11:00"));
    assert_eq!(since(&idle, None, "08:31:00"), (State::Idle, Some(at("08:10:00"))));
    idle.since = "2026-11-22T08:00:00Z".into();
    assert_eq!(since(&idle, None, "08:31:00"), (State::Idle, Some(at("08:11:00"))), "the clock was ahead");
}
