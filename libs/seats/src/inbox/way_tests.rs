//! A move is a rename, and the way of a message is beside it.

use super::*;

#[test]
fn a_message_is_never_written_again() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    inbox.send(draft("one"), at()).unwrap();
    let look =
        |name: &str| (fs::read(path(dir.path(), name)).unwrap(), fs::metadata(path(dir.path(), name)).unwrap().ino());
    let stored = look("new/m000001.json");
    assert!(!String::from_utf8(stored.0.clone()).unwrap().contains("state"));
    take(&inbox);
    assert_eq!(look("cur/m000001.json"), stored);
    inbox.answer("m000001", "on main", at()).unwrap();
    assert_eq!(look("read/m000001.json"), stored);
    let answered = inbox.find("m000001").unwrap();
    assert_eq!((answered.state, answered.answer.as_deref()), (State::Acked, Some("on main")));
    assert_eq!(inbox.ack("m000001", at()).unwrap(), answered);
    assert_eq!(inbox.answer("m000001", "on dev", at()).unwrap().answer.as_deref(), Some("on dev"));
}

#[test]
fn a_step_after_which_the_program_was_killed_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let queued = inbox.send(draft("one"), at()).unwrap().message;
    take(&inbox);
    let file = |name: &str| path(dir.path(), name);
    fs::rename(file("cur/m000001.json"), file("new/m000001.json")).unwrap();
    assert_eq!(inbox.find("m000001").unwrap(), queued);
    assert_eq!(take(&inbox), ["one"]);
    let delivered = inbox.find("m000001").unwrap();
    inbox.redeliver(UUID, at()).unwrap();
    fs::rename(file("new/m000001.json"), file("cur/m000001.json")).unwrap();
    assert_eq!(inbox.find("m000001").unwrap(), delivered);
    assert_eq!((inbox.redeliver(UUID, at()).unwrap(), inbox.waiting().unwrap()[0].again), (1, true));
}

#[test]
fn a_power_failure_repeats_a_message_and_loses_none() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let way = path(dir.path(), "way/m000001.jsonl");
    inbox.send(draft("one"), at()).unwrap();
    take(&inbox);
    let text = fs::read(&way).unwrap();
    // Torn, lost, overwritten with zeros, a damaged file, too much.
    for left in [&text[..20], &text[..text.len() / 2], b"", &vec![0; text.len()], b"\xff", &vec![b'x'; 300 * 1024]] {
        fs::write(&way, left).unwrap();
        let unread = inbox.unread().unwrap();
        assert!(unread.len() == 1 && unread[0].claude_session_id.is_none(), "{unread:?}");
        assert_eq!(inbox.mark_read(UUID, at()).unwrap(), 0, "nothing says that it was handed over");
        assert_eq!(inbox.redeliver("any", at()).unwrap(), 1);
        assert_eq!(take(&inbox), ["one"]);
        assert!(inbox.unread().unwrap()[0].again, "a torn line spoils no later one, nor do many before it");
    }
}

#[test]
fn what_is_in_the_place_of_the_way_holds_no_message_up() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    for text in ["one", "two", "three"] {
        inbox.send(draft(text), at()).unwrap();
    }
    let (way, other) = (path(dir.path(), "way/m000001.jsonl"), dir.path().join("other"));
    fs::write(&other, "kept").unwrap();
    fs::remove_file(&way).unwrap();
    std::os::unix::fs::symlink(&other, &way).unwrap();
    // Nothing can be written there, as on a full disk.
    fs::remove_file(path(dir.path(), "way/m000002.jsonl")).unwrap();
    fs::create_dir(path(dir.path(), "way/m000002.jsonl")).unwrap();
    assert_eq!(inbox.waiting().unwrap().len(), 3);
    assert_eq!(take(&inbox), ["one"], "the second one stays, and the third one does not overtake it");
    assert!(inbox.take(Want::Any, Channel::Stop, UUID, None, at()).is_err());
    fs::remove_dir(path(dir.path(), "way/m000002.jsonl")).unwrap();
    assert_eq!((take(&inbox).len(), fs::read_to_string(other).unwrap().as_str()), (2, "kept"));
}

#[test]
fn what_is_given_back_is_as_if_it_had_never_been_taken() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    let taken = || inbox.take(Want::Any, Channel::Queue, UUID, None, at()).unwrap();
    let queued = inbox.send(draft("one"), at()).unwrap().message;
    inbox.give_back(&taken()).unwrap();
    assert_eq!(inbox.find("m000001").unwrap(), queued);
    taken();
    inbox.redeliver_others("next", at()).unwrap();
    let again = inbox.find("m000001").unwrap();
    inbox.give_back(&taken()).unwrap();
    assert_eq!((inbox.find("m000001").unwrap(), again.again), (again, true));
}

#[test]
fn a_new_message_has_nothing_to_do_with_an_old_way() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = inbox(dir.path());
    fs::create_dir_all(path(dir.path(), "way")).unwrap();
    fs::write(path(dir.path(), "way/m000001.jsonl"), "\n{\"state\":\"queued\",\"again\":true}").unwrap();
    inbox.send(draft("one"), at()).unwrap();
    assert!(!inbox.find("m000001").unwrap().again);
}
