//! What strangers, files and servers may try, besides what `attack.rs` shows.

use super::*;
use cs_tests::telegram::Instead;

#[test]
fn only_a_new_text_of_an_allowed_person_is_a_command() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let bot = json!({"id": USER, "is_bot": true, "first_name": "Ada"});
    for more in [
        json!({"from": bot}),
        json!({"sender_chat": {"id": CHAT, "type": "supergroup"}}),
        json!({"text": null, "new_chat_members": []}),
        json!({"from": {"id": USER.to_string(), "is_bot": false}}),
        json!({"from": {"id": 9_007_199_254_740_993.0, "is_bot": false}}),
    ] {
        api.write(USER, CHAT, "/quiet 2h", more);
    }
    polled(&sandbox);
    assert!(api.sent().is_empty(), "{:?}", api.sent());
    for more in [json!({"forward_origin": {"type": "user"}}), json!({"via_bot": {"id": 1}})] {
        api.write(USER, CHAT, "/quiet 2h", more);
        polled(&sandbox);
        assert!(api.last().contains("Nothing was done"), "{}", api.last());
    }
    let edited = json!({"message_id": 3, "date": 1, "chat": {"id": CHAT}, "text": "/quiet 2h",
        "from": {"id": USER, "is_bot": false, "first_name": "Ada"}});
    api.update(json!({"edited_message": edited}));
    polled(&sandbox);
    assert!(api.last().contains("Nothing was done"), "{}", api.last());
    assert!(sandbox.json("chat/state.json")["quiet_until"].is_null());
}

#[test]
fn an_old_button_says_so() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"kill": true}));
    api.press(USER, 3, "what:sess_20200101T0000_dead");
    polled(&sandbox);
    assert!(api.last().contains("There is no current session or agent"), "{}", api.last());
    api.press(USER, 3, "other:1");
    polled(&sandbox);
    assert!(api.last().contains("of another version"), "{}", api.last());
    api.press(USER, 3, "kill:1:2a:agent_20261129T1134_1f0c");
    polled(&sandbox);
    assert!(api.last().contains("the minute is over"), "{}", api.last());
    api.press(USER, 3, "kill:7fffffffff:2b:agent_20261129T1134_1f0c");
    polled(&sandbox);
    assert!(api.last().contains("only the admin who asked"), "{}", api.last());
    assert_eq!(api.of("answerCallbackQuery").len(), 4, "the phone stops waiting");
}

#[test]
fn the_token_file_must_be_ours_alone() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let file = sandbox.home().join(".config/claude-sessions/telegram");
    let refused = |wanted: &str| {
        let output = poll(&sandbox);
        let told = stderr(&output);
        assert!(status(&output) == 65 && told.contains(wanted) && !told.contains(&TOKEN[7..]), "{told}");
    };
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    refused("chmod 600");
    let real = file.with_file_name("real");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    fs::rename(&file, &real).expect("it is ours");
    std::os::unix::fs::symlink(&real, &file).expect("it can be made");
    refused("telegram");
    fs::remove_file(&file).expect("it is ours");
    assert_eq!(status(&sandbox.sh("mkfifo -m 600 ~/.config/claude-sessions/telegram")), 0);
    refused("regular file");
    fs::remove_file(&file).expect("it is ours");
    fs::write(&file, format!("token = \"{TOKEN}\"\noutput = \"/tmp/x\"\n")).expect("it can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    refused("the option \"output\" is not taken");
    assert!(api.asked().is_empty());
}

#[test]
fn settings_that_others_may_write_send_the_token_nowhere() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let (data, file) = (sandbox.data(), sandbox.data().join("config.json"));
    let folder = sandbox.home().join(".config/claude-sessions");
    let setup = ["setup", "--token-file", "-", "--chat", "-1001", "--user", "42", "--yes"];
    for path in [&file, &data, &folder] {
        let before = fs::metadata(path).expect("it is there").permissions();
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("it is ours");
        api.say("/list");
        let refused = |output: Output| {
            let told = stderr(&output);
            assert!(status(&output) == 65 && told.contains("chmod go-w"), "{}: {told}", path.display());
        };
        ["poll", "run", "test"].iter().for_each(|command| refused(sandbox.cs("cs-chat", &[command])));
        refused(sandbox.feed("cs-chat", &setup, TOKEN));
        fs::set_permissions(path, before).expect("it is ours");
    }
    assert!(api.asked().is_empty(), "{:?}", api.asked());
    polled(&sandbox);
    assert!(!api.sent().is_empty());
}

#[test]
fn names_and_texts_are_never_options_or_a_shell() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"kill": true, "new": {"projects": ["api"]}}));
    let id = session(&sandbox, "Fix login");
    let end = id.rsplit('_').next().expect("it has parts").to_string();
    let hostile = ["$(touch x)", "`touch x`", "--help", "-x", "!touch x", "/quit", "; touch x #", "a\u{202e}b", "🦀"];
    for word in ["what", "message", "interrupt", "follow", "kill"] {
        for name in hostile {
            let told = answer(&sandbox, &api, &format!("/{word} {name}"));
            assert!(told.contains("There is no current session or agent"), "/{word} {name}: {told}");
        }
    }
    for word in ["send", "park", "done", "name", "new"] {
        for name in hostile.iter().filter(|name| !name.contains(' ')) {
            let told = answer(&sandbox, &api, &format!("/{word} {name} text"));
            let is_refused = told.contains("There is no current") || told.contains("is no project");
            assert!(is_refused, "/{word} {name}: {told}");
        }
    }
    for text in hostile.into_iter().chain(["two\nlines", &"x".repeat(4000)]) {
        let told = answer(&sandbox, &api, &format!("/park {end} {text}"));
        let is_done = told.contains("is parked") || told.starts_with("Not done");
        assert!(is_done, "{text}: {told}");
    }
    assert_eq!(cs_tests::entries(&sandbox.work()), Vec::<std::path::PathBuf>::new());
    assert!(!sandbox.record(&id)["parked_reason"].as_str().unwrap_or("x").is_empty());
    let told = answer(&sandbox, &api, "/quit");
    assert!(told.contains("There is no command /quit"), "{told}");
}

#[test]
fn a_hostile_server_cannot_write_to_the_terminal_or_stop_it() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let strange = json!({"ok": true, "result": [{"update_id": "7"}, {"update_id": -5}, {"update_id": 9_007_199_254_740_993_i64},
        null, {"update_id": 3, "message": {"chat": []}}]});
    api.script("getUpdates", Instead::Raw(200, strange.to_string()));
    polled(&sandbox);
    polled(&sandbox);
    api.script("getUpdates", Instead::Refuse(400, "\u{1b}]0;owned\u{7}\nsecond line"));
    let output = poll(&sandbox);
    let told = stderr(&output);
    assert!(status(&output) == 1 && !told.contains('\u{1b}') && told.lines().count() == 1, "{told:?}");
    put(&sandbox, "chat/state.json", "");
    polled(&sandbox);
    assert!(sandbox.json("chat/state.json")["polled_at"].is_string(), "nothing depends on it");
    put(&sandbox, "chat/offset.json", "{broken");
    api.say("/list");
    let output = poll(&sandbox);
    assert_eq!(status(&output), 65, "an offset that is lost would carry out old messages again");
    assert!(api.sent().is_empty());
}

#[test]
fn a_server_that_counts_anew_is_heard_and_repeats_nothing() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.count_anew(900_000);
    let message = api.say("/quiet");
    polled(&sandbox);
    api.count_anew(7000);
    api.say("/quiet 2h");
    polled(&sandbox);
    assert_eq!(api.sent().len(), 2, "{:?}", api.sent());
    assert_eq!(sandbox.json("chat/offset.json")["next"], 7001);
    // The same message under another number.
    let again = json!({"update_id": 6000, "message": {"message_id": message, "date": cs_tests::telegram::now(),
        "chat": {"id": CHAT}, "from": {"id": USER, "is_bot": false}, "text": "/quiet off"}});
    api.script("getUpdates", Instead::Raw(200, json!({"ok": true, "result": [again]}).to_string()));
    polled(&sandbox);
    assert_eq!(api.sent().len(), 2, "it is not carried out again");
    assert!(sandbox.json("chat/state.json")["quiet_until"].is_string());
    assert_eq!(sandbox.json("chat/offset.json")["next"], 6001, "what is not carried out is passed, too");
}
