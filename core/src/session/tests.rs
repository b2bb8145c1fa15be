use super::*;

fn now() -> Instant {
    clock::parse("2026-11-21T03:37:00Z").unwrap()
}

fn session() -> Session {
    let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
    create(&id, &Slug::parse("api").unwrap(), Start { intent: "x".into(), ..Start::default() }, now()).unwrap()
}

#[test]
fn a_refused_change_changes_nothing() {
    let mut s = session();
    let before = s.clone();
    let bad = Completion {
        commits: vec![("abcd123".into(), "ok".into()), ("zz".into(), "bad".into())],
        ..Completion::default()
    };
    assert!(complete(&mut s, &bad, now()).is_err());
    assert!(park(&mut s, "", &[], now()).is_err());
    assert!(park(&mut s, "r", &["a".into(), "b".into(), "c".into(), "d".into()], now()).is_err());
    assert!(
        update(&mut s, &Changes { intent: Some("y".into()), branch: Some("".into()), ..Changes::default() }, now())
            .is_err()
    );
    assert_eq!(s, before);
}

#[test]
fn an_amended_commit_counts_once_in_any_order_of_reports() {
    let shas = |s: &Session| s.commits.iter().map(|one| one.sha.clone()).collect::<Vec<_>>();
    let mut s = session();
    commit(&mut s, "aaaaaaa0", "a", now()).unwrap();
    commit(&mut s, "bbbbbbb0", "b", now()).unwrap();
    amended_commit(&mut s, "aaaaaaa0ff", "ccccccc0", "c", now()).unwrap();
    amended_commit(&mut s, "aaaaaaa0ff", "ccccccc0", "c", now()).unwrap();
    assert_eq!(shas(&s), ["ccccccc0", "bbbbbbb0"]);
    amended_commit(&mut s, "bbbbbbb0", "ccccccc0", "c", now()).unwrap();
    amended_commit(&mut s, "ddddddd0", "eeeeeee0", "e", now()).unwrap();
    assert_eq!(shas(&s), ["ccccccc0", "eeeeeee0"]);
    assert!(amended_commit(&mut s, "eeeeeee0", "zz", "z", now()).is_err());
    commit(&mut s, &"0123456789abcdef".repeat(4), "SHA-256", now()).unwrap();
    assert_eq!(s.commits[2].sha.len(), 40);
}

#[test]
fn commits_with_the_same_seven_digits_are_one() {
    let mut s = session();
    commit(&mut s, "abcdef0123", "a", now()).unwrap();
    commit(&mut s, "ABCDEF0999", "b", now()).unwrap();
    commit(&mut s, "abcdef1", "c", now()).unwrap();
    assert_eq!(s.commits.len(), 2);
}

#[test]
fn a_session_is_parked_once_and_resumed_once() {
    let mut s = session();
    park(&mut s, "lunch", &["eat".into()], now()).unwrap();
    assert!(matches!(park(&mut s, "again", &[], now()), Err(Error::Refused(_))));
    resumed_as(&mut s, "sess_20261121T0400_0001", now()).unwrap();
    assert_eq!((s.status, s.outcome.as_deref()), (Status::Completed, Some("Resumed as sess_20261121T0400_0001")));
    assert!(matches!(resumed_as(&mut s, "x", now()), Err(Error::Refused(_))));
}

#[test]
fn a_successor_works_in_the_seat_of_its_conversation_only() {
    let mut old = session();
    old.claude_session_id = Some("e998145e-4e5d-40c9-a3a6-681ad5bd51c9".into());
    old.agent_id = Some("agent_20261121T0336_1f0c".into());
    old.parent_session_id = Some("sess_20261121T0330_8d21".into());
    for (conversation, is_there) in [(old.claude_session_id.clone(), true), (None, false), (Some("x".into()), false)] {
        let mut new = Session { claude_session_id: conversation, ..session() };
        take_over(&mut new, &old, None, now()).unwrap();
        assert_eq!((new.agent_id.is_some(), new.parent_session_id.is_some()), (is_there, is_there));
    }
}
