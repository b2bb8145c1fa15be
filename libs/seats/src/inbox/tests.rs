use super::*;
use crate::message::{Kind, Mode, VERSION};
use crate::sender::Sender;
use crate::store::tests::at;
use cs_core::clock::TimeDelta;
use cs_core::unknown::Unknown;
use std::fs;
use std::path::Path;

#[path = "way_tests.rs"]
mod way;

const ID: &str = "agent_20261129T1134_1f0c";
const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

pub(crate) fn inbox(dir: &Path) -> Inbox {
    Inbox::of(&Home::at(dir), &SeatId::parse(ID).unwrap(), Duration::from_secs(5))
}

pub(crate) fn message(to: &str, number: u64) -> Message {
    Message {
        message_id: id_of(number),
        to: to.into(),
        from: Sender::user(),
        kind: Kind::Message,
        mode: Mode::Sequential,
        state: State::Queued,
        text: "x".into(),
        file: None,
        key: None,
        reply_to: None,
        hops: 0,
        sent_at: clock::stamp(at()),
        not_before: None,
        expires_at: None,
        delivered_at: None,
        channel: None,
        claude_session_id: None,
        turn: None,
        again: false,
        read_at: None,
        acked_at: None,
        answer: None,
        failed_at: None,
        reason: None,
        was_handed: false,
        schema_version: VERSION,
        unknown: Unknown::new(),
    }
}

fn draft(text: &str) -> Draft {
    Draft::new(Sender::user(), text).unwrap()
}

fn from(sender: &str, text: &str) -> Draft {
    Draft::new(Sender::conversation(sender, None), text).unwrap()
}

fn take(inbox: &Inbox) -> Vec<String> {
    let taken = inbox.take(Want::Any, Channel::Stop, UUID, Some("t1"), at()).unwrap();
    inbox.handed_over(&taken).unwrap();
    taken.into_iter().map(|message| message.text).collect()
}

/// A file of the inbox.
fn path(dir: &Path, name: &str) -> std::path::PathBuf {
    dir.join("inbox").join(ID).join(name)
}

#[test]
fn a_message_is_queued_delivered_read_and_acked() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    assert!(take(&inbox).is_empty() && !dir.path().join("inbox").exists(), "an empty inbox is no directory");
    let sent = inbox.send(draft("one"), at()).unwrap();
    assert!(sent.is_new && sent.message.message_id == "m000001" && sent.message.state == State::Queued);
    inbox.send(draft("two"), at()).unwrap();
    assert_eq!(inbox.count_waiting().unwrap(), 2);
    assert_eq!(take(&inbox), ["one", "two"]);
    assert_eq!((inbox.count_waiting().unwrap(), take(&inbox).len()), (0, 0));
    let delivered = inbox.find("m000001").unwrap();
    assert_eq!(
        (delivered.state, delivered.channel, delivered.turn.as_deref()),
        (State::Delivered, Some(Channel::Stop), Some("t1"))
    );
    assert_eq!((inbox.mark_read("other", at()).unwrap(), inbox.mark_read(UUID, at()).unwrap()), (0, 2));
    assert_eq!(inbox.find("m000001").unwrap().state, State::Read);
    assert_eq!(inbox.ack("m000001", at()).unwrap().state, State::Acked);
    assert_eq!(inbox.ack("m000001", at()).unwrap().state, State::Acked, "again is no error");
    let states: Vec<State> = inbox.all().unwrap().iter().map(|message| message.state).collect();
    assert_eq!(states, [State::Acked, State::Read]);
    assert!(matches!(inbox.find("m000009"), Err(Error::Missing(_))));
    assert!(matches!(inbox.find("../x"), Err(Error::Invalid(_))));
}

#[test]
fn an_unread_message_comes_again_once() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("one"), at()).unwrap();
    take(&inbox);
    assert_eq!((inbox.redeliver("other", at()).unwrap(), inbox.redeliver(UUID, at()).unwrap()), (0, 1));
    assert!(inbox.waiting().unwrap()[0].again);
    assert_eq!(take(&inbox), ["one"]);
    assert_eq!((inbox.redeliver(UUID, at()).unwrap(), inbox.unread().unwrap().len()), (0, 1));
    inbox.send(draft("two"), at()).unwrap();
    take(&inbox);
    assert_eq!((inbox.redeliver_others(UUID, at()).unwrap(), inbox.redeliver_others("next", at()).unwrap()), (0, 1));
}

#[test]
fn nothing_overtakes_a_message_that_the_client_keeps_until_its_turn_ends() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let take_by = |channel: Channel, seconds: i64| {
        let taken = inbox.take(Want::Any, channel, UUID, Some("t1"), at() + TimeDelta::seconds(seconds)).unwrap();
        inbox.handed_over(&taken).unwrap();
        taken.into_iter().map(|message| message.text).collect::<Vec<_>>()
    };
    inbox.send(draft("one"), at()).unwrap();
    assert_eq!(take_by(Channel::Wake, 0), ["one"]);
    inbox.send(draft("two"), at()).unwrap();
    let other = Draft { from: Sender::conversation("other", None), ..draft("of another") };
    inbox.send(other, at()).unwrap();
    assert_eq!(inbox.mark_read(UUID, at() + TimeDelta::seconds(1)).unwrap(), 0, "the turn was not over after all");
    assert_eq!(take_by(Channel::Stop, 1), ["of another"]);
    assert_eq!(take_by(Channel::Stop, 4), ["two"], "it did not come as a prompt");
    assert_eq!(inbox.mark_read(UUID, at() + TimeDelta::seconds(5)).unwrap(), 3);
    inbox.send(draft("three"), at()).unwrap();
    assert_eq!(take_by(Channel::Queue, 5), ["three"]);
    inbox.send(draft("four"), at()).unwrap();
    assert_eq!((take_by(Channel::Stop, 600).len(), inbox.mark_read(UUID, at()).unwrap()), (0, 0));
    assert_eq!(take_by(Channel::Queue, 600), ["four"], "the same way keeps the order");
}

#[test]
fn a_message_that_waits_can_be_cancelled_acked_or_failed() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    for text in ["one", "two", "three", "four"] {
        inbox.send(draft(text), at()).unwrap();
    }
    assert_eq!(inbox.cancel("m000002", "user", at()).unwrap().reason.as_deref(), Some("cancelled by user"));
    assert_eq!(inbox.ack("m000003", at()).unwrap().channel, Some(Channel::Command));
    let lost = inbox.fail_all("the agent ended", at()).unwrap();
    assert_eq!(lost.iter().map(|message| &*message.text).collect::<Vec<_>>(), ["one", "four"]);
    assert!(take(&inbox).is_empty());
    assert!(matches!(inbox.cancel("m000002", "user", at()), Err(Error::Refused(_))));
    assert!(matches!(inbox.ack("m000001", at()), Err(Error::Refused(_))));
    assert!(matches!(inbox.cancel("m000009", "user", at()), Err(Error::Missing(_))));
}

#[test]
fn a_message_that_expired_or_is_not_due_is_not_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let in_minutes = |minutes| Some(at() + TimeDelta::minutes(minutes));
    inbox.send(Draft { expires_at: in_minutes(1), ..draft("expires") }, at()).unwrap();
    inbox.send(Draft { not_before: in_minutes(2), ..draft("later") }, at()).unwrap();
    let next = || inbox.waiting().unwrap().iter().filter_map(|message| message.next_due(at())).min();
    assert_eq!(next(), in_minutes(1));
    let after = |minutes| inbox.take(Want::Any, Channel::Wake, UUID, None, at() + TimeDelta::minutes(minutes)).unwrap();
    assert_eq!(after(1).len(), 0);
    assert_eq!(inbox.find("m000001").unwrap().reason.as_deref(), Some("it expired"));
    assert_eq!(next(), in_minutes(2));
    assert_eq!(after(2)[0].text, "later");
}

#[test]
fn a_number_is_never_given_twice_whatever_happens_to_the_file_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let seq = path(dir.path(), "seq");
    let mut last = 0;
    let damages: [&dyn Fn(); 7] = [
        &|| fs::remove_file(&seq).unwrap(),
        &|| fs::write(&seq, "").unwrap(),
        &|| fs::write(&seq, "m000001\n").unwrap(),
        &|| fs::write(&seq, "m00000").unwrap(),
        &|| fs::write(&seq, "m999999999999999\n").unwrap(),
        &|| fs::write(&seq, b"\xff\0").unwrap(),
        &|| {
            fs::remove_file(&seq).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &seq).unwrap();
        },
    ];
    for damage in damages {
        let minutes = TimeDelta::minutes(last as i64);
        for text in ["one", "two", "three"] {
            let number = inbox.send(draft(text), at() + minutes).unwrap().message.seq();
            assert_eq!(number, last + 1);
            last = number;
        }
        take(&inbox);
        inbox.mark_read(UUID, at()).unwrap();
        damage();
    }
}

#[test]
fn a_message_with_the_last_number_is_the_last_one() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("one"), at()).unwrap();
    fs::write(path(dir.path(), "new/m999999999999999.json"), "{}").unwrap();
    fs::remove_file(path(dir.path(), "seq")).unwrap();
    assert!(matches!(inbox.send(draft("two"), at()), Err(Error::Corrupt { .. })));
    assert_eq!(inbox.count_waiting().unwrap(), 1, "it was set aside");
}

#[test]
fn the_clock_may_go_back() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("one"), at() + TimeDelta::days(400)).unwrap();
    inbox.send(draft("two"), at()).unwrap();
    assert_eq!(take(&inbox), ["one", "two"]);
}

#[test]
fn a_key_stores_one_message_for_each_sender() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let send = |sender: &str, key: &str| {
        let sent = inbox.send(from(sender, "x").with_key(key).unwrap(), at()).unwrap();
        (sent.message.seq(), sent.is_new)
    };
    assert_eq!(
        (send("a", "k\"1"), send("a", "k\"1"), send("b", "k\"1"), send("a", "k")),
        ((1, true), (1, false), (2, true), (3, true))
    );
    take(&inbox);
    inbox.mark_read(UUID, at()).unwrap();
    assert_eq!(send("a", "k\"1"), (1, false), "whatever became of it");
}

#[test]
fn a_key_is_looked_for_among_the_newest_messages_only() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let report = || Draft::report(Sender::user(), "x").unwrap().with_key("k").unwrap();
    let is_new_after = |draft: Draft, last: &str| {
        fs::write(path(dir.path(), "seq"), format!("{last}\n")).unwrap();
        inbox.send(draft, at()).unwrap().is_new
    };
    let message = || draft("x").with_key("k").unwrap();
    assert!(inbox.send(message(), at()).unwrap().is_new);
    assert!(!is_new_after(message(), "m001000"));
    assert!(is_new_after(message(), "m001001"));
    assert!(!is_new_after(report(), "m001101"), "its own number is m001002");
    assert!(is_new_after(report(), "m001102"));
}

#[test]
fn what_is_above_a_limit_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let limited = |draft: Draft, now| matches!(inbox.send(draft, now), Err(Error::Limited(_)));
    for _ in 0..limits::BURST {
        inbox.send(from("a", "x"), at()).unwrap();
    }
    assert!(limited(from("a", "x"), at() + TimeDelta::seconds(59)));
    assert!(!limited(from("b", "x"), at()) && !limited(from("a", "x"), at() + TimeDelta::minutes(1)));
    assert!(!limited(Draft::report(Sender::conversation("a", None), "x").unwrap(), at()));
    let count = inbox.count_waiting().unwrap();
    for n in count..limits::WAITING {
        inbox.send(from(&format!("s{n}"), "x"), at()).unwrap();
    }
    assert!(limited(from("c", "x"), at()) && inbox.count_waiting().unwrap() == limits::WAITING);
    let mut message = message(ID, 1);
    message.hops = limits::HOPS;
    assert!(limited(draft("x").replying(&message), at()));
}

#[test]
fn the_wrong_clock_of_one_message_limits_nothing_later() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    for _ in 0..limits::BURST {
        inbox.send(from("a", "x"), at() + TimeDelta::days(1)).unwrap();
    }
    inbox.send(from("a", "x"), at()).unwrap();
}

#[test]
fn a_damaged_message_goes_to_failed_with_a_note_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    for text in ["one", "two", "three", "four", "five"] {
        inbox.send(draft(text), at()).unwrap();
    }
    let file = |name: &str| path(dir.path(), name);
    let text = fs::read_to_string(file("new/m000001.json")).unwrap();
    fs::write(file("new/m000001.json"), &text[..text.len() / 2]).unwrap();
    fs::write(file("new/m000003.json"), text.replace("m000001", "m000009")).unwrap();
    fs::remove_file(file("new/m000004.json")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", file("new/m000004.json")).unwrap();
    fs::write(file("new/.tmp-1"), "{").unwrap();
    fs::write(file("new/m6.json"), "{").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(file("new/m000006.json")).unwrap();
    assert_eq!(take(&inbox), ["two", "five"]);
    assert_eq!(fs::read(file("failed/m000001.json")).unwrap(), &text.as_bytes()[..text.len() / 2]);
    assert!(fs::read_to_string(file("failed/m000001.note")).unwrap().contains("EOF"));
    assert!(fs::read_to_string(file("failed/m000003.note")).unwrap().contains("m000009"));
    assert!(file("failed/m000004.json").is_symlink());
    let (all, errors) = inbox.all_and_errors().unwrap();
    assert!(file("failed/m000006.json").exists(), "a socket stops no other message");
    assert_eq!((all.len(), errors.len()), (2, 4));
    assert_eq!(inbox.send(draft("seven"), at()).unwrap().message.seq(), 7);
}

#[test]
fn unknown_fields_survive_and_a_newer_message_is_only_read() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("one"), at()).unwrap();
    inbox.send(draft("two"), at()).unwrap();
    let file = |name: &str| path(dir.path(), name);
    let change = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(file(name)).unwrap();
        fs::write(file(name), text.replace(from, to)).unwrap();
    };
    change("new/m000001.json", "\"text\"", "\"newer\": 1.50, \"text\"");
    change("new/m000002.json", "\"schema_version\": 1", "\"schema_version\": 2");
    assert_eq!(take(&inbox), ["one"]);
    assert!(fs::read_to_string(file("cur/m000001.json")).unwrap().contains("\"newer\": 1.50"));
    assert_eq!(inbox.find("m000002").unwrap().text, "two");
    assert!(matches!(inbox.ack("m000002", at()), Err(Error::Newer { .. })));
    change("new/m000002.json", "\"sequential\"", "\"telepathic\"");
    assert_eq!(take(&inbox), [""; 0]);
    assert!(matches!(inbox.find("m000002"), Err(Error::Newer { .. })) && file("new/m000002.json").exists());
}

#[test]
fn a_file_is_copied_and_the_message_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let sent = inbox.send(Draft::of_file(Sender::user(), "/a/notes.md", b"hello").unwrap(), at()).unwrap().message;
    let copy = path(dir.path(), "files/m000001-notes.md");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "hello\n");
    assert_eq!(sent.text, format!("Read the file {} (6 bytes, a copy of notes.md).", copy.display()));
}

#[test]
fn a_directory_that_is_a_link_is_refused() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let inbox = inbox(dir.path());
    fs::create_dir_all(path(dir.path(), "")).unwrap();
    std::os::unix::fs::symlink(other.path(), path(dir.path(), "new")).unwrap();
    assert!(matches!(inbox.send(draft("one"), at()), Err(Error::Corrupt { .. })));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

#[test]
fn two_senders_and_two_takers_lose_and_repeat_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for sender in ["a", "b"] {
            let inbox = inbox(dir.path());
            scope.spawn(move || {
                for n in 0..60 {
                    let now = at() + TimeDelta::minutes(n);
                    while let Err(Error::Limited(_)) = inbox.send(from(sender, &format!("{sender}{n:02}")), now) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        for _ in 0..2 {
            let (inbox, taken) = (inbox(dir.path()), &taken);
            scope.spawn(move || {
                let is_done = || taken.lock().unwrap().len() >= 120;
                while !is_done() {
                    let mut all = taken.lock().unwrap();
                    all.extend(take(&inbox));
                }
            });
        }
    });
    let taken = taken.into_inner().unwrap();
    for sender in ["a", "b"] {
        let of: Vec<&String> = taken.iter().filter(|text| text.starts_with(sender)).collect();
        assert_eq!(of.len(), 60);
        assert!(of.is_sorted(), "{of:?}");
    }
}

#[test]
fn what_was_taken_but_not_handed_over_is_never_read_and_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("lost"), at()).unwrap();
    // The hook was killed before it printed, and a later one prints something else.
    inbox.take(Want::Any, Channel::Stop, UUID, None, at()).unwrap();
    inbox.send(draft("printed"), at()).unwrap();
    assert_eq!(take(&inbox), ["printed"]);
    assert_eq!(inbox.mark_read(UUID, at()).unwrap(), 1);
    assert!(inbox.unread().unwrap().iter().map(|message| &*message.text).eq(["lost"]));
    assert_eq!(inbox.redeliver(UUID, at()).unwrap(), 1);
    let later = at() + TimeDelta::seconds(1);
    let again = inbox.take(Want::Any, Channel::Stop, UUID, None, later).unwrap();
    // A late note about the first delivery says nothing about the second one.
    inbox.handed_over(&[Message { delivered_at: Some(clock::stamp(at())), ..again[0].clone() }]).unwrap();
    assert_eq!(inbox.mark_read(UUID, later).unwrap(), 0);
    inbox.handed_over(&again).unwrap();
    assert_eq!(inbox.mark_read(UUID, later).unwrap(), 1);
}
