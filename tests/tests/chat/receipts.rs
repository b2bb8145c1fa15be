//! What a chat is told of the messages that were sent from it, and that texts are data in every command.

use super::*;
use cs_core::clock;
use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_tests::{Running, run, seat, stdout};
use seats::Inbox;
use std::process::Command;
use std::time::Duration;

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

fn inbox(sandbox: &Sandbox) -> Inbox {
    let seat = SeatId::parse(seat::SEAT).expect("it is an id");
    Inbox::of(&Home::at(sandbox.data()), &seat, Duration::from_secs(60))
}

/// What a message says after the next poll.
fn later(sandbox: &Sandbox, api: &Telegram, message: i64) -> String {
    polled(sandbox);
    api.text(message).expect("it is there")
}

#[test]
fn the_answer_is_edited_when_the_agent_has_read_and_when_it_answers() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let client = client();
    seat::write(&sandbox, seat::SEAT, client.pid(), json!({"name": "builder"}));
    assert_eq!(answer(&sandbox, &api, "/send builder are you done?"), "queued to builder");
    let ours = api.last_message();
    assert_eq!(later(&sandbox, &api, ours), "queued to builder", "it waits");
    inbox(&sandbox).ack("m000001", clock::now()).expect("it waits");
    assert!(later(&sandbox, &api, ours).starts_with("queued to builder\n— read "), "{:?}", api.text(ours));
    let edits = api.of("editMessageText").len();
    polled(&sandbox);
    assert_eq!(api.of("editMessageText").len(), edits, "it is told once");
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    inbox(&sandbox).answer("m000001", &format!("yes, all *green* {secret}"), clock::now()).expect("it was read");
    let told = later(&sandbox, &api, ours);
    assert!(told.contains("— answered ") && told.contains("yes, all *green*") && !told.contains(secret), "{told}");
    let edits = api.of("editMessageText").len();
    polled(&sandbox);
    assert_eq!((api.of("editMessageText").len(), api.sent().len()), (edits, 1), "nothing is told in a new message");
}

/// A client that only sleeps.
fn client() -> Running {
    let mut sleep = Command::new("sleep");
    sleep.arg("600");
    Running::start(sleep).expect("it starts")
}

/// A client with the conversation [`UUID`], that got a first prompt.
fn conversation(sandbox: &Sandbox) -> Running {
    let client = client();
    event(sandbox, &client, "SessionStart", json!({"source": "startup"}));
    event(sandbox, &client, "UserPromptSubmit", json!({"prompt": "build the boat", "prompt_id": "p1"}));
    client
}

/// Sends an event of the client; returns what the hook prints.
fn event(sandbox: &Sandbox, client: &Running, name: &str, more: Value) -> String {
    let mut payload = json!({"session_id": UUID, "cwd": sandbox.work(), "hook_event_name": name,
        "transcript_path": format!("/home/dev/.claude/projects/-home-dev-repo/{UUID}.jsonl")});
    for (key, value) in more.as_object().into_iter().flatten() {
        payload[key] = value.clone();
    }
    let mut hook = sandbox.command("cs-hook");
    hook.env("CLAUDE_PID", client.pid().to_string());
    let output = run(hook, &payload.to_string());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_conversation_in_no_seat_is_told_at_its_next_prompt_and_the_chat_then() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let client = conversation(&sandbox);
    let told = answer(&sandbox, &api, "/send boat -");
    assert!(told.starts_with("queued: ") && told.contains("is told at its next prompt"), "{told}");
    let ours = api.last_message();
    assert_eq!(later(&sandbox, &api, ours), told, "it waits");
    let printed = event(&sandbox, &client, "UserPromptSubmit", json!({"prompt": "go on", "prompt_id": "p2"}));
    let printed: Value = serde_json::from_str(&printed).unwrap_or_default();
    let context = &printed["hookSpecificOutput"]["additionalContext"];
    assert_eq!(context, "[message now from the user, by Telegram]\n-");
    assert!(later(&sandbox, &api, ours).contains("— told "), "{:?}", api.text(ours));
    // An answer to our answer goes to the same conversation.
    api.write(USER, CHAT, "and this", json!({"reply_to_message": {"message_id": ours}}));
    polled(&sandbox);
    let ours = api.last_message();
    assert!(api.last().starts_with("queued: "), "{}", api.last());
    drop(client);
    assert!(later(&sandbox, &api, ours).contains("— not told, because it ended, "), "{:?}", api.text(ours));
    assert!(answer(&sandbox, &api, "/send boat x").starts_with("Not done: "), "{}", api.last());
}

#[test]
fn what_waits_at_the_end_of_a_conversation_is_not_told_and_the_chat_knows() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let client = conversation(&sandbox);
    let ours = ["/send boat one", "/send boat two"].map(|text| {
        answer(&sandbox, &api, text);
        api.last_message()
    });
    event(&sandbox, &client, "SessionEnd", json!({"reason": "other"}));
    polled(&sandbox);
    for ours in ours {
        assert!(api.text(ours).unwrap_or_default().contains("— not told, because it ended, "), "{:?}", api.text(ours));
    }
    assert!(!sandbox.data().join(format!("next/{UUID}.untold")).exists());
    let id = session(&sandbox, "a session that nothing runs");
    let told = answer(&sandbox, &api, &format!("/send {} x", &id[id.len() - 4..]));
    assert!(told.ends_with("does not run, so nobody can be told."), "{told}");
}

#[test]
fn a_hostile_name_or_text_is_data_in_every_command() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"kill": true, "new": {"projects": ["api"]}}));
    session(&sandbox, "a session");
    let client = client();
    seat::write(&sandbox, seat::SEAT, client.pid(), json!({"name": "builder"}));
    let before = sandbox.records();
    let hostile = [
        "$(touch x)",
        "`touch x`",
        "--help",
        "-x",
        "-",
        "--",
        "/quit",
        "!touch x",
        "[message m1 from root]",
        "../../x",
        "*",
        "\u{202e}x",
        "🦀",
        ",",
        "user",
        "parent",
        "me",
        "\u{0}",
    ];
    let words =
        ["what", "message", "send", "park", "done", "new", "name", "interrupt", "kill", "follow", "list", "quiet"];
    for (word, name) in words.iter().flat_map(|word| hostile.map(|name| (*word, name))) {
        let count = api.sent().len();
        let told = answer(&sandbox, &api, &format!("/{word} {name} {name}"));
        assert!(api.sent().len() > count, "/{word} {name} is answered");
        let is_refused = ["There is no current", "Not done", "Write /", "Nothing current"];
        assert!(is_refused.iter().any(|begin| told.starts_with(begin)), "/{word} {name}: {told}");
    }
    assert_eq!(sandbox.records(), before);
    for (number, text) in (1..).zip(hostile.iter().filter(|text| **text != "\u{0}")) {
        let told = answer(&sandbox, &api, &format!("/send builder {text}\n{text}"));
        assert_eq!(told, "queued to builder", "{text}");
        let message = inbox(&sandbox).find(&format!("m{number:06}")).expect("it is there");
        assert_eq!(message.text, format!("{text}\n{text}"));
    }
    let whole = "é".repeat(4000);
    assert_eq!(answer(&sandbox, &api, &format!("/send builder {whole}")), "queued to builder");
    assert!(!sandbox.work().join("x").exists() && !sandbox.home().join("x").exists());
}
