//! What a chat is told, and what becomes of it.

use super::*;
use cs_tests::eventually;
use cs_tests::telegram::Instead;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

fn event(id: &str, reason: &str, since: &str) -> Value {
    json!({"version": 1, "at": "2026-12-01T10:00:00Z", "title": "work: waits for you", "body": "a session: permission for Bash",
        "text": "work: waits for you\na session", "reason": reason, "session_id": id, "project": "work", "project_name": "work",
        "intent": "a session", "since": since, "state_reason": "permission for Bash"})
}

fn notify(sandbox: &Sandbox, event: &Value) -> Output {
    sandbox.feed("cs-chat", &["notify"], &event.to_string())
}

fn told(sandbox: &Sandbox, event: &Value) {
    let output = notify(sandbox, event);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
}

#[test]
fn one_message_for_a_question_in_the_topic_of_its_project() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let id = session(&sandbox, "a session");
    let asked = event(&id, "parked", "2999-12-01T10:00:00.000000+00:00");
    sandbox.cs("cs-session", &["park", "--reason", "lunch", &id]);
    told(&sandbox, &asked);
    told(&sandbox, &asked);
    assert_eq!(api.sent().len(), 1, "the same is told once");
    let call = api.of("sendMessage").pop().unwrap_or_default();
    let topic = call["message_thread_id"].as_i64().unwrap_or_default();
    assert_eq!(api.topics().get(&topic).map(String::as_str), Some("work"));
    assert_eq!(call["disable_notification"], true, "only what waits or failed makes a sound");
    let message = api.last_message();
    sandbox.cs("cs-session", &["complete", "--outcome", "done", &id]);
    polled(&sandbox);
    let text = api.text(message).unwrap_or_default();
    assert!(text.starts_with("work: waits for you\n") && text.contains("\n— over "), "{text}");
    polled(&sandbox);
    assert_eq!(api.of("editMessageText").len(), 1, "it is edited once");
    told(
        &sandbox,
        &json!({"reason": "waiting", "session_id": id, "title": "t", "body": "b", "project": "work", "since": "2999-12-02T10:00:00Z"}),
    );
    assert_eq!(api.topics().len(), 1, "the topic is used again");
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["disable_notification"], false);
}

#[test]
fn agents_have_topics_of_their_own_and_a_text_in_one_reaches_it() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    use cs_tests::seat;
    let client = Client::new();
    seat::write(&sandbox, seat::SEAT, client.id(), json!({"name": "builder"}));
    seat::write(&sandbox, seat::PARENT, client.id(), json!({"name": "boss 🦀"}));
    for agent in [seat::SEAT, seat::PARENT] {
        told(
            &sandbox,
            &json!({"reason": "agent_spawned", "agent_id": agent, "project": "repo", "project_name": "repo", "title": "t", "body": "b", "since": "2026-11-21T10:00:00Z"}),
        );
    }
    let topics = api.topics();
    assert_eq!(topics.values().cloned().collect::<Vec<_>>(), ["builder", "boss 🦀"]);
    let topic = *topics.keys().next().unwrap_or(&0);
    api.write(
        USER,
        CHAT,
        "go on",
        json!({"message_thread_id": topic, "is_topic_message": true,
        "reply_to_message": {"message_id": topic, "forum_topic_created": {"name": "builder"}}}),
    );
    polled(&sandbox);
    assert!(api.last().contains("to builder"), "{}", api.last());
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["message_thread_id"], topic, "it is answered where it was written");
    api.delete_topic(topic);
    told(
        &sandbox,
        &json!({"reason": "agent_ended", "agent_id": seat::SEAT, "title": "t", "body": "b", "since": "2026-11-21T11:00:00Z"}),
    );
    assert_eq!(api.topics().len(), 2, "a topic that was deleted is made anew");
}

#[test]
fn a_chat_without_topics_gets_all_in_itself() {
    let api = Telegram::new();
    api.make_plain();
    let sandbox = sandbox(&api, json!({}));
    let id = session(&sandbox, "a session");
    let output = notify(&sandbox, &event(&id, "waiting", "2999-12-01T10:00:00Z"));
    assert!(status(&output) == 0 && stderr(&output).contains("has no topics"), "{}", stderr(&output));
    let output = notify(&sandbox, &event(&id, "waiting", "2999-12-02T10:00:00Z"));
    assert!(status(&output) == 0 && !stderr(&output).contains("topics"), "it is said once: {}", stderr(&output));
    assert_eq!(api.of("createForumTopic").len(), 1);
    assert_eq!(api.sent().len(), 2);
    // The next day it is asked again: it may have become a forum, or the bot may do more.
    let mut topics = sandbox.json("chat/threads.json");
    topics["chats"][CHAT.to_string()]["refused_at"] = json!("2026-11-01T10:00:00Z");
    put(&sandbox, "chat/threads.json", &topics.to_string());
    notify(&sandbox, &event(&id, "waiting", "2999-12-03T10:00:00Z"));
    assert_eq!((api.of("createForumTopic").len(), api.sent().len()), (2, 3));
}

#[test]
fn a_failure_is_told_again_and_nothing_is_lost() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let id = session(&sandbox, "a session");
    let asked = event(&id, "waiting", "2999-12-01T10:00:00Z");
    api.script("sendMessage", Instead::Refuse(502, "Bad Gateway"));
    let output = notify(&sandbox, &asked);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    told(&sandbox, &asked);
    assert_eq!(api.of("sendMessage").len(), 2);
    api.delete_message(api.last_message());
    told(&sandbox, &event(&id, "waiting", "2999-12-03T10:00:00Z"));
    polled(&sandbox);
    polled(&sandbox);
}

#[test]
fn what_is_switched_off_or_quiet_is_not_told() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false, "events": {"parked": false}}));
    told(&sandbox, &event("sess_20261121T1000_ca5d", "parked", "2026-12-01T10:00:00Z"));
    assert!(api.sent().is_empty());
    assert!(answer(&sandbox, &api, "/quiet 1h").starts_with("Only what waits"));
    let before = api.sent().len();
    told(&sandbox, &event("sess_20261121T1000_ca5d", "stale", "2026-12-01T10:00:00Z"));
    assert_eq!(api.sent().len(), before);
    told(&sandbox, &event("sess_20261121T1000_ca5d", "waiting", "2026-12-01T10:00:00Z"));
    assert_eq!(api.sent().len(), before + 1);
    told(&sandbox, &json!({"reason": "test", "title": "a test", "body": "x", "text": "a test\nx"}));
    assert!(api.last().starts_with("a test"), "{}", api.last());
}

#[test]
fn no_text_leaves_if_prompts_are_not_recorded() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let mut config: Value = sandbox.json("config.json");
    config["hooks"] = json!({"capture_prompts": false});
    put(&sandbox, "config.json", &config.to_string());
    let id = session(&sandbox, "a very private matter");
    let mut asked = event(&id, "waiting", "2999-12-01T10:00:00Z");
    asked["body"] = json!("a very private matter");
    told(&sandbox, &asked);
    assert!(answer(&sandbox, &api, "/list").contains(&id[id.len() - 4..]));
    answer(&sandbox, &api, &format!("/what {}", &id[id.len() - 4..]));
    answer(&sandbox, &api, &format!("/message {}", &id[id.len() - 4..]));
    assert!(api.asked().iter().all(|asked| !asked.fields.to_string().contains("private")), "{:?}", api.sent());
}

#[test]
fn what_is_edited_keeps_its_title_and_no_text_if_prompts_are_not_recorded() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let id = session(&sandbox, "a very private matter");
    sandbox.cs("cs-session", &["park", "--reason", "lunch", &id]);
    told(&sandbox, &event(&id, "parked", "2999-12-01T10:00:00Z"));
    let message = api.last_message();
    let mut config: Value = sandbox.json("config.json");
    config["hooks"] = json!({"capture_prompts": false});
    put(&sandbox, "config.json", &config.to_string());
    sandbox.cs("cs-session", &["complete", "--outcome", "done", &id]);
    polled(&sandbox);
    let text = api.text(message).unwrap_or_default();
    assert!(text.starts_with("work: waits for you\n— over ") && !text.contains("permission"), "{text}");
}

#[test]
fn a_higher_level_and_another_limit_are_told() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let limit = |limit: &str, level: u64| {
        json!({"reason": "limit", "limit": limit, "level": level, "since": "2026-12-01T00:00:00Z", "session_id": "",
            "text": format!("{limit} is {level} % used")})
    };
    for (name, level) in [("week", 75), ("week", 75), ("week", 90), ("month", 90)] {
        told(&sandbox, &limit(name, level));
    }
    assert_eq!(api.sent(), ["week is 75 % used", "week is 90 % used", "month is 90 % used"]);
    let id = session(&sandbox, "a session");
    for level in [80, 95] {
        let mut full = event(&id, "context", "2026-12-01T00:00:00Z");
        full["level"] = json!(level);
        told(&sandbox, &full);
    }
    assert_eq!(api.sent().len(), 5);
}

#[test]
fn what_another_process_was_ended_over_is_tried_again_and_not_lost() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let asked = json!({"reason": "agent_ended", "agent_id": "agent_x", "title": "t", "body": "b", "since": "2026-12-01T10:00:00Z"});
    api.script("sendMessage", Instead::After(Duration::from_secs(60)));
    let mut child = sandbox.command("cs-chat");
    let mut child = child.arg("notify").stdin(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it is a pipe");
    input.write_all(asked.to_string().as_bytes()).expect("it reads");
    drop(input);
    assert!(eventually(Duration::from_secs(30), || !api.of("sendMessage").is_empty()), "it is being sent");
    child.kill().expect("it runs");
    child.wait().expect("it ended");
    assert_eq!(status(&notify(&sandbox, &asked)), 75, "cs-notify must not take it for told");
    assert_eq!(api.of("sendMessage").len(), 1);
    let mut notices: Value = sandbox.json("chat/notices.json");
    notices["notices"][0]["at"] = json!("2026-01-01T10:00:00.000000+00:00");
    put(&sandbox, "chat/notices.json", &notices.to_string());
    told(&sandbox, &asked);
    assert_eq!(api.of("sendMessage").len(), 2);
}

#[test]
fn of_very_many_sessions_the_chat_is_told_that_there_are_more() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let sessions: Vec<Value> = (0..23)
        .map(|n| json!({"reason": "waiting", "session_id": format!("sess_{n}"), "project_name": "work", "since": "2999-12-01T10:00:00Z"}))
        .collect();
    let many = json!({"reason": "several", "at": "2026-12-01T10:00:00Z", "sessions": sessions});
    told(&sandbox, &many);
    told(&sandbox, &many);
    assert_eq!(api.sent().len(), 21);
    assert_eq!(api.last(), "3 more sessions: /list shows what needs you");
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["disable_notification"], false);
}

#[test]
fn a_planted_secret_is_in_no_kind_of_message() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let id = session(&sandbox, "a session");
    for (n, key) in ["title", "body", "text", "intent", "state_reason", "project_name", "said"].into_iter().enumerate()
    {
        let since = format!("2999-12-01T10:00:0{n}Z");
        let mut planted = event(&id, "waiting", &since);
        planted[key] = json!(format!("x {secret} feature/{secret} /home/dev/{secret}/a"));
        planted["project"] = json!(format!("work{n}"));
        told(&sandbox, &planted);
        let mut part = planted.clone();
        part["reason"] = json!("stale");
        told(&sandbox, &json!({"reason": "several", "title": "2", "sessions": [part]}));
        let mut limit = json!({"reason": "limit", "limit": key, "since": since, "text": "used"});
        limit[key] = planted[key].clone();
        told(&sandbox, &limit);
    }
    assert_eq!(api.sent().len(), 21);
    sandbox.cs("cs-session", &["complete", "--outcome", "done", &id]);
    polled(&sandbox);
    assert!(!api.of("editMessageText").is_empty());
    assert!(api.topics().values().any(|name| name.starts_with("x ")), "a name in a topic: {:?}", api.topics());
    assert!(api.asked().iter().all(|asked| !asked.fields.to_string().contains(secret)), "{:?}", api.sent());
    assert!(!sandbox.json("chat/notices.json").to_string().contains(secret), "nor is it kept");
}

#[test]
fn a_pause_in_the_middle_and_long_texts_with_markup_and_emoji() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    api.script("sendMessage", Instead::TooMany(1));
    let long = "*_[`🦀".repeat(2000);
    let failed = json!({"reason": "agent_failed", "agent_id": "agent_x", "title": "t", "body": long, "since": "2026-12-01T10:00:00Z"});
    told(&sandbox, &failed);
    let sent = api.last();
    assert!(sent.starts_with("t\n*_[`🦀*_[`🦀") && sent.ends_with('…'), "{sent}");
    assert!(sent.encode_utf16().count() <= 3500 && !sent.contains('\u{fffd}'));
    assert_eq!(api.of("sendMessage").len(), 2, "it waited and sent it again");
    assert!(api.of("sendMessage").iter().all(|call| call.get("parse_mode").is_none()));
}

#[test]
fn many_sessions_at_once_are_told_one_by_one() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let one = |id: &str| json!({"reason": "waiting", "session_id": id, "project_name": "work", "intent": id, "since": "2999-12-01T10:00:00Z"});
    told(
        &sandbox,
        &json!({"reason": "several", "title": "2 sessions need you", "sessions": [one("sess_a"), one("sess_b")]}),
    );
    assert_eq!(api.sent().len(), 2, "{:?}", api.sent());
}

#[test]
fn what_is_no_event_is_refused() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    for text in ["", "{", "[1"] {
        assert_eq!(status(&sandbox.feed("cs-chat", &["notify"], text)), 65);
    }
    assert!(api.asked().is_empty());
}
