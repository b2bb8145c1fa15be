//! How sessions end that nobody ends by hand, and what remains of them.

use super::*;
use crate::id::{SessionId, Slug};
use crate::session::Start;
use crate::task;

/// The end without a note.
fn finish(record: &mut Session, ending: &Ending) -> Result<()> {
    super::finish(record, ending, None)
}

#[test]
fn the_last_message_is_the_outcome_unless_a_newer_one_is_given() {
    for (told, outcome) in [(None, "by the record"), (Some("told"), "told")] {
        let mut record = new();
        record.last_message = Some("by the record".into());
        finish(&mut record, &Ending { message: told, ..ending(SessionEnd::Complete) }).unwrap();
        assert_eq!((record.outcome.as_deref(), record.last_message), (Some(outcome), None));
    }
}

fn at(text: &str) -> Instant {
    clock::parse(&format!("2026-11-21T{text}Z")).unwrap()
}

fn new() -> Session {
    let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
    let start = Start { intent: "x".into(), ..Start::default() };
    session::create(&id, &Slug::parse("api").unwrap(), start, at("03:37:00")).unwrap()
}

fn ending(setting: SessionEnd) -> Ending<'static> {
    let (why, by) = ("no sign of life", BY_CLEANUP);
    Ending {
        setting,
        attended: true,
        why,
        message: Some("done"),
        asked: true,
        dialog: false,
        midway: Some(false),
        by,
        seen_at: Some(at("04:00:00")),
        now: at("09:00:00"),
    }
}

#[test]
fn long_subjects_of_other_programs_are_cut_at_the_end() {
    let mut record = new();
    task::add(&mut record, "write tests", at("03:38:00")).unwrap();
    record.tasks.iter_mut().for_each(|task| task.subject = format!("a\u{1b}{}", "b".repeat(900)));
    finish(&mut record, &ending(SessionEnd::Auto)).unwrap();
    assert_eq!(record.parked_reason.as_deref(), Some("no sign of life with 1 open task"));
    assert_eq!(record.next_steps.iter().map(|step| step.chars().count()).collect::<Vec<_>>(), [500]);
    assert!(is_ours(&record));
}

#[test]
fn a_persons_session_without_a_prompt_is_parked() {
    for (written_by, asked, expected) in
        [(None, false, Status::Parked), (None, true, Status::Completed), (Some(BY_HOOK), false, Status::Completed)]
    {
        let mut record = Session { written_by: written_by.map(str::to_string), ..new() };
        finish(&mut record, &Ending { asked, by: BY_HOOK, ..ending(SessionEnd::Auto) }).unwrap();
        assert_eq!(record.status, expected, "{written_by:?} {asked}");
    }
}

#[test]
fn the_end_keeps_every_text_of_a_person() {
    let words = |record: &Session| record.events.iter().map(|event| event.message.clone()).collect::<Vec<_>>();
    let theirs = || Session {
        current_activity: Some("waiting for review".into()),
        awaiting_action: Some("the deploy needs a key".into()),
        parked_reason: Some("lunch".into()),
        outcome: Some("half of it".into()),
        next_steps: ["ask Anna", "ask Ben", "ask Cem", "ask Dora"].map(String::from).to_vec(),
        ..new()
    };
    let kept = ["it had been parked: lunch", "it needed the user: the deploy needs a key"];
    let mut record = theirs();
    task::add(&mut record, "write tests", at("03:38:00")).unwrap();
    finish(&mut record, &ending(SessionEnd::Park)).unwrap();
    assert_eq!(words(&record), [kept[0], kept[1], "it was doing: waiting for review"]);
    assert_eq!(record.next_steps, theirs().next_steps);
    assert_eq!(
        (record.parked_reason.as_deref(), record.outcome),
        (Some("no sign of life with 1 open task"), theirs().outcome)
    );
    // A question and a prompt that hooks wrote are removed, and so is the agent's last message: a person knew better.
    let mut record = theirs();
    finish(&mut record, &Ending { dialog: true, by: BY_HOOK, ..ending(SessionEnd::Complete) }).unwrap();
    assert_eq!(words(&record), [kept[0]]);
    assert_eq!(record.outcome, theirs().outcome);
    let mut record = theirs();
    finish(&mut record, &ending(SessionEnd::Keep)).unwrap();
    assert_eq!(record.awaiting_action, theirs().awaiting_action);
    // Only hooks wrote: the question is from a hook, whatever is known of the conversation.
    let mut record = Session { written_by: Some(BY_HOOK.into()), parked_reason: None, ..theirs() };
    finish(&mut record, &Ending { by: BY_HOOK, ..ending(SessionEnd::Complete) }).unwrap();
    assert_eq!(words(&record), [""; 0]);
}

#[test]
fn a_session_completed_by_another_program_is_not_ours() {
    let mut record = new();
    finish(&mut record, &ending(SessionEnd::Park)).unwrap();
    assert!(is_ours(&record));
    record.status = Status::Completed;
    assert!(!is_ours(&record));
}

#[test]
fn reopening_removes_only_the_steps_added_by_the_end() {
    let mut record = Session { next_steps: vec!["ask Anna".into()], ..new() };
    task::add(&mut record, "write tests", at("03:38:00")).unwrap();
    finish(&mut record, &ending(SessionEnd::Auto)).unwrap();
    assert_eq!(record.next_steps, ["ask Anna", "write tests"]);
    record.outcome = Some("half of it".into());
    session::reopen(&mut record, at("10:00:00"));
    assert_eq!(record.next_steps, ["ask Anna"]);
    let told: Vec<_> = record.events.iter().map(|event| event.message.as_str()).collect();
    let was = "reopened; it had ended with";
    assert_eq!(told, [format!("{was}: no sign of life with 1 open task"), format!("{was}: half of it")]);
}

#[test]
fn an_impossible_heartbeat_is_replaced_at_the_end() {
    for wrong in ["2030-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        let mut record = Session { last_heartbeat: wrong.into(), ..new() };
        finish(&mut record, &ending(SessionEnd::Complete)).unwrap();
        assert_eq!(record.last_heartbeat, clock::stamp(at("04:00:00")));
        let sign = clock::parse(wrong).unwrap();
        assert_eq!(doubted_at(&record, sign, at("10:00:00")), None);
        session::remember(&mut record, &doubt(sign), at("09:30:00"));
        session::remember(&mut record, &doubt(sign), at("09:40:00"));
        assert_eq!(doubted_at(&record, sign, at("10:00:00")), Some(at("09:30:00")));
        assert_eq!(doubted_at(&record, at("09:00:00"), at("10:00:00")), None, "that is about another sign");
    }
}

#[test]
fn the_heartbeat_never_moves_back() {
    let mut record = new();
    record.last_heartbeat = clock::stamp(at("05:00:00"));
    finish(&mut record, &ending(SessionEnd::Complete)).unwrap();
    assert_eq!(record.last_heartbeat, clock::stamp(at("05:00:00")));
    assert_eq!(record.ended_at, Some(clock::stamp(at("09:00:00"))));
    let mut record = new();
    finish(&mut record, &ending(SessionEnd::Keep)).unwrap();
    assert_eq!(
        (record.last_heartbeat.as_str(), record.ended_at.is_none()),
        (clock::stamp(at("04:00:00")).as_str(), true)
    );
    assert!(!is_ours(&record));
}

#[test]
fn a_record_with_any_content_is_not_empty() {
    let by_hook = || Session { written_by: Some(BY_HOOK.into()), intent: session::unsaid_intent("api"), ..new() };
    assert!(is_empty(&by_hook()));
    let changes: [fn(&mut Session); 12] = [
        |record| record.written_by = None,
        |record| record.written_by = Some("theirs".into()),
        |record| record.intent = "Plan the spring campaign".into(),
        |record| session::beat(record, at("03:37:01")),
        |record| session::decision(record, "use sqlite", at("03:37:00")).unwrap(),
        |record| session::commit(record, "abcd", "", at("03:37:00")).unwrap(),
        |record| task::add(record, "a", at("03:37:00")).unwrap(),
        |record| session::event(record, "a", at("03:37:00")).unwrap(),
        |record| record.current_activity = Some("reading".into()),
        |record| record.resumed_from = Some("sess_20261120T0337_ca5d".into()),
        |record| record.agent_id = Some("agent_20261120T0337_1f0c".into()),
        |record| drop(record.unknown.insert("theirs".into(), 1.into())),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut record = by_hook();
        change(&mut record);
        assert!(!is_empty(&record), "{n}");
    }
}

#[test]
fn an_interrupted_turn_has_no_outcome_and_parks_an_attended_session() {
    let in_a_turn = || Session {
        written_by: Some(BY_HOOK.into()),
        current_activity: Some("migrate".into()),
        last_message: Some("answer one".into()),
        ..new()
    };
    let broken = |setting| Ending { midway: Some(true), message: Some("answer one"), by: BY_HOOK, ..ending(setting) };
    for (setting, attended, status) in [
        (SessionEnd::Auto, true, Status::Parked),
        (SessionEnd::Auto, false, Status::Completed),
        (SessionEnd::Complete, true, Status::Completed),
        (SessionEnd::Park, false, Status::Parked),
    ] {
        let mut record = in_a_turn();
        finish(&mut record, &Ending { attended, ..broken(setting) }).unwrap();
        let told: Vec<_> = record.events.iter().map(|event| event.message.as_str()).collect();
        assert_eq!(
            (record.status, record.outcome.as_deref(), told),
            (status, None, vec!["ended in the middle of: migrate"])
        );
        // The answer was already on its way.
        add_late_message(&mut record, Some("done"), None, at("09:00:01")).unwrap();
        let is_parked = setting == SessionEnd::Park;
        let expected = if is_parked { (Status::Parked, None) } else { (Status::Completed, Some("done")) };
        assert_eq!((record.status, record.outcome.as_deref()), expected, "{setting:?}");
        assert!(record.events.is_empty() && is_ours(&record), "{record:?}");
    }
    let mut record = Session { awaiting_action: Some("may I?".into()), ..in_a_turn() };
    finish(&mut record, &broken(SessionEnd::Auto)).unwrap();
    assert_eq!(record.parked_reason.as_deref(), Some("no sign of life in the middle of: may I?"));
}

/// Between the two, other programs write the record, and the fields of newer ones are kept.
#[test]
fn an_untouched_session_gets_its_end_back_from_the_disk() {
    let mut record = new();
    task::add(&mut record, "write tests", at("03:38:00")).unwrap();
    record.next_steps = vec!["ask Anna".into()];
    finish(&mut record, &ending(SessionEnd::Auto)).unwrap();
    let text = String::from_utf8(record.to_bytes()).unwrap();
    let text = text.replacen('{', "{\n  \"later\": {\"deep\": [1.50, {\"x\": null}]},\n", 1);
    let before = Session::read(text.as_bytes()).unwrap();
    let stored = |record: &Session| Session::read(&record.to_bytes()).unwrap();
    for setting in [SessionEnd::Auto, SessionEnd::Complete, SessionEnd::Park, SessionEnd::Keep] {
        let mut record = before.clone();
        session::reopen(&mut record, at("10:00:00"));
        record = stored(&record);
        assert_eq!((record.status, record.next_steps.len()), (Status::Active, 1), "{setting:?}");
        record.last_heartbeat = clock::stamp(at("10:10:00"));
        record.folded = Some("token".into());
        record.intent = "a new title".into();
        let ending = Ending { now: at("10:20:00"), ..ending(setting) };
        let mut left = stored(&record);
        finish(&mut left, &ending).unwrap();
        assert_eq!(left.events.last().map(|event| event.message.as_str()), Some(timeline::LEFT));
        let expected = Session {
            last_heartbeat: left.last_heartbeat.clone(),
            intent: record.intent.clone(),
            folded: record.folded.clone(),
            events: left.events.clone(),
            ..before.clone()
        };
        assert_eq!(left, expected, "{setting:?}");
        // A turn that runs has changed something, even if no note of it arrived.
        let mut midway = stored(&record);
        finish(&mut midway, &Ending { midway: Some(true), ..ending }).unwrap();
        assert_ne!(midway.ended_at, before.ended_at, "{setting:?}");
    }
}
