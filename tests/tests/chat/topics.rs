//! Topics that are made, and messages that cannot be edited.

use super::*;
use cs_tests::telegram::Instead;
use std::process::{Child, Stdio};
use std::time::Duration;

fn spawned(agent: &str, since: &str) -> Value {
    json!({"reason": "agent_spawned", "agent_id": agent, "title": "t", "body": "b", "since": since})
}

fn notify(sandbox: &Sandbox, event: &Value) -> i32 {
    status(&sandbox.feed("cs-chat", &["notify"], &event.to_string()))
}

#[test]
fn two_at_once_make_one_topic_and_a_server_that_is_down_makes_no_chat_plain() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.script("createForumTopic", Instead::Refuse(502, "Bad Gateway"));
    assert_eq!(notify(&sandbox, &spawned("agent_a", "2026-12-01T10:00:00Z")), 1);
    assert!(api.sent().is_empty(), "it is told in its topic, later");
    api.script("createForumTopic", Instead::After(Duration::from_secs(2)));
    let start = |since: &str| -> Child {
        let path = sandbox.work().join(since);
        fs::write(&path, spawned("agent_a", since).to_string()).expect("it can be written");
        let event = fs::File::open(&path).expect("it is there");
        sandbox.command("cs-chat").arg("notify").stdin(Stdio::from(event)).spawn().expect("it starts")
    };
    for mut one in [start("2026-12-01T10:00:00Z"), start("2026-12-01T11:00:00Z")] {
        assert!(one.wait().expect("it runs").success());
    }
    assert_eq!((api.topics().len(), api.sent().len()), (1, 2), "{:?}", api.topics());
}

#[test]
fn a_message_that_was_deleted_is_forgotten_and_one_that_is_as_it_should_be_is_done() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let ids = ["one", "two"].map(|intent| session(&sandbox, intent));
    let mut messages = Vec::new();
    for id in &ids {
        sandbox.cs("cs-session", &["park", "--reason", "lunch", id]);
        let parked =
            json!({"reason": "parked", "session_id": id, "title": "t", "body": "b", "since": "2026-12-01T10:00:00Z"});
        assert_eq!(notify(&sandbox, &parked), 0);
        messages.push(api.last_message());
    }
    api.delete_message(messages[0]);
    api.script("editMessageText", Instead::Refuse(502, "Bad Gateway"));
    for id in &ids {
        sandbox.cs("cs-session", &["complete", "--outcome", "done", id]);
    }
    assert_eq!(status(&poll(&sandbox)), 1, "a server that is down");
    api.script("editMessageText", Instead::Refuse(400, "Bad Request: message to edit not found"));
    api.script("editMessageText", Instead::Refuse(400, "Bad Request: message is not modified"));
    polled(&sandbox);
    let edits = api.of("editMessageText").len();
    polled(&sandbox);
    assert_eq!((edits, api.of("editMessageText").len()), (3, 3), "neither is tried again");
    let notices: Value = sandbox.json("chat/notices.json");
    let left: Vec<i64> =
        notices["notices"].as_array().into_iter().flatten().filter_map(|one| one["message"].as_i64()).collect();
    assert_eq!(left, messages[1..], "the deleted one is forgotten");
}

#[test]
fn a_topic_is_for_the_one_that_was_followed_last() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let ids = ["one", "two"].map(|intent| session(&sandbox, intent));
    let topic = json!({"message_thread_id": 7, "is_topic_message": true});
    for id in [&ids[0], &ids[1], &ids[0], &ids[1]] {
        api.write(USER, CHAT, &format!("/follow {}", &id[id.len() - 4..]), topic.clone());
        polled(&sandbox);
        assert!(api.last().contains("from now on"), "{}", api.last());
        api.write(USER, CHAT, "go on", topic.clone());
        polled(&sandbox);
        // Neither has a process, so it says whom it would have told.
        assert!(api.last().contains(&id[id.len() - 4..]), "{id}: {}", api.last());
    }
}
