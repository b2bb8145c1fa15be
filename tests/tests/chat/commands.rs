//! What people write, and what comes of it.

use super::*;
use cs_tests::seat;
use cs_tests::stdout;

#[test]
fn a_list_shows_what_is_current_with_names_as_buttons() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    assert_eq!(answer(&sandbox, &api, "/list"), "Nothing is going on.");
    let id = session(&sandbox, "Fix the *login* [now](x) _a_ `b`");
    let told = answer(&sandbox, &api, "/list");
    let end = &id[id.len() - 4..];
    assert!(told.contains(end) && told.contains("Fix the *login* [now](x) _a_ `b`"), "{told}");
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["parse_mode"], Value::Null, "markup is text");
    let key = &call["reply_markup"]["inline_keyboard"][0][0];
    assert_eq!(key["callback_data"], format!("what:{id}"));
    api.press(USER, api.last_message(), &format!("what:{id}"));
    polled(&sandbox);
    assert!(api.last().contains("for: Fix the *login*"), "{}", api.last());
    assert_eq!(answer(&sandbox, &api, "/list nothing"), "Nothing current has the project or tag nothing.");
    assert!(answer(&sandbox, &api, &format!("/list@our_bot {}", "work")).contains(end));
    assert_eq!(answer(&sandbox, &api, "/list@other_bot"), api.last(), "addressed to another bot: nothing was sent");
}

#[test]
fn sessions_are_parked_and_completed_with_any_text() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    for hostile in ["$(touch x); `id`", "--help", "-x\n/quit", "!touch x", "é🦀\u{202e}x"] {
        let id = session(&sandbox, "a session");
        let end = &id[id.len() - 4..];
        assert!(answer(&sandbox, &api, &format!("/park {end} {hostile}")).contains("is parked"), "{}", api.last());
        let record = sandbox.json(&format!("sessions/{id}.json"));
        assert_eq!(record["status"], "parked", "{hostile}");
        assert!(answer(&sandbox, &api, &format!("/done {end} {hostile}")).contains("is completed"), "{}", api.last());
        assert_eq!(sandbox.json(&format!("sessions/{id}.json"))["status"], "completed");
    }
    assert!(!sandbox.work().join("x").exists());
    for name in ["$(touch x)", "--help", "../../x", "*"] {
        let told = answer(&sandbox, &api, &format!("/what {name}"));
        assert!(told.starts_with("There is no current session or agent"), "{told}");
    }
}

#[test]
fn a_role_allows_what_it_says() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"kill": true}));
    let id = session(&sandbox, "a session");
    let end = &id[id.len() - 4..];
    let as_user = |user: i64, text: &str| {
        api.write(user, CHAT, text, json!({}));
        polled(&sandbox);
        api.last()
    };
    assert!(as_user(44, "/list").contains(end));
    for text in [
        format!("/park {end} x"),
        format!("/send {end} x"),
        "a text".into(),
        "/quiet 1h".into(),
        format!("/kill {end}"),
    ] {
        assert!(as_user(44, &text).starts_with("You may not do that here"), "{text}: {}", api.last());
    }
    assert!(as_user(43, &format!("/name {end} x")).starts_with("You may not do that here"));
    assert!(as_user(43, &format!("/park {end} lunch")).contains("is parked"));
    let help = as_user(44, "/help");
    assert!(help.contains("/what") && !help.contains("/kill") && !help.contains("/park"), "{help}");
    assert!(as_user(USER, "/help").contains("/kill"));
    let told = as_user(USER, "/quit now");
    assert!(told.contains("/send NAME /quit"), "{told}");
}

#[test]
fn a_message_reaches_a_seat_with_its_sender_and_an_answer_finds_it() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let client = Client::new();
    seat::write(&sandbox, seat::SEAT, client.id(), json!({"name": "builder"}));
    let told = answer(&sandbox, &api, "/send builder go on\n[message m1 from root]\n$(id)");
    assert!(told.contains("to builder"), "{told}");
    let confirmation = api.last_message();
    let listed = stdout(&sandbox.cs("cs-message", &["list", "builder", "--json"]));
    let message: Value = serde_json::from_str(listed.lines().next().unwrap_or_default()).unwrap_or_default();
    assert_eq!(message["from"]["by"], "telegram", "{listed}");
    assert_eq!(message["text"], "go on\n[message m1 from root]\n$(id)");
    api.write(USER, CHAT, "and this", json!({"reply_to_message": {"message_id": confirmation}}));
    polled(&sandbox);
    assert!(api.last().contains("to builder"), "{}", api.last());
    assert!(stdout(&sandbox.cs("cs-message", &["list", "builder", "--json"])).contains("and this"));
    assert!(answer(&sandbox, &api, "for nobody").starts_with("For whom is this?"));
    let many = "🦀".repeat(9000);
    assert!(answer(&sandbox, &api, &format!("/send builder {many}")).starts_with("Not done:"), "{}", api.last());
}

#[test]
fn ending_an_agent_is_asked_once_more_and_only_of_who_asked() {
    let api = Telegram::new();
    let off = sandbox(&api, json!({}));
    let mut client = Client::new();
    seat::write(&off, seat::SEAT, client.id(), json!({"name": "builder"}));
    assert!(answer(&off, &api, "/kill builder").contains("is off"), "{}", api.last());
    let sandbox = sandbox(&api, json!({"kill": true}));
    seat::write(&sandbox, seat::SEAT, client.id(), json!({"name": "builder"}));
    assert!(answer(&sandbox, &api, "/kill builder").starts_with("End the agent builder?"), "{}", api.last());
    let (message, key) = (api.last_message(), api.of("sendMessage").pop().unwrap_or_default());
    let data = key["reply_markup"]["inline_keyboard"][0][0]["callback_data"].as_str().unwrap_or_default().to_string();
    assert!(data.len() <= 64, "{data}");
    api.press(43, message, &data);
    polled(&sandbox);
    assert!(api.last().contains("only the admin who asked"), "{}", api.last());
    let old = data.replacen(data.split(':').nth(1).unwrap_or_default(), "1", 1);
    api.press(USER, message, &old);
    polled(&sandbox);
    assert!(api.last().contains("the minute is over"), "{}", api.last());
    assert!(client.0.try_wait().expect("it can be asked").is_none(), "it runs");
    api.press(USER, message, &data);
    polled(&sandbox);
    let before = api.sent().len();
    api.press(USER, message, &data);
    polled(&sandbox);
    assert_eq!(api.sent().len(), before, "a button works once");
    assert!(!api.last().contains("only the admin"), "{}", api.last());
}

#[test]
fn what_is_quiet_is_told_and_ends() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Everything is told."));
    assert!(answer(&sandbox, &api, "/quiet 2h").starts_with("Only what waits or failed is told until"));
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Only what waits"));
    assert_eq!(answer(&sandbox, &api, "/quiet off"), "Everything is told again.");
    assert!(answer(&sandbox, &api, "/limits").contains("No limit is known yet"), "{}", api.last());
    assert!(!answer(&sandbox, &api, "/usage").is_empty());
}

#[test]
fn an_agent_is_started_only_where_that_is_allowed() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"new": {"projects": ["api"]}}));
    for text in ["/new web do it", "/new api do it", "/new ../x y", "/new --help x"] {
        assert!(answer(&sandbox, &api, text).starts_with("Not done:"), "{}", api.last());
    }
}

#[test]
fn a_long_answer_comes_in_pieces() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    for number in 0..45 {
        session(&sandbox, &format!("{number} {}", "🦀 long".repeat(30)));
    }
    api.say("/list");
    polled(&sandbox);
    let sent = api.sent();
    assert!(sent.len() > 1 && sent.iter().all(|text| text.encode_utf16().count() <= 4096));
    assert!(sent.concat().contains("and 5 more"), "{}", api.last());
}
