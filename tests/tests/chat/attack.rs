//! People who are not let in, and secrets that must stay.

use super::*;
use cs_tests::telegram::Instead;
use cs_tests::{Running, eventually, stdout};
use std::time::Duration;

#[test]
fn strangers_are_counted_and_never_answered() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.write(666, CHAT, "/list", json!({}));
    api.write(USER, -2002, "/list", json!({}));
    api.write(USER, USER, "/list", json!({}));
    api.press(666, 5, "what:x");
    polled(&sandbox);
    assert!(
        api.asked()
            .iter()
            .all(|asked| ["getMe", "getUpdates"].contains(&asked.method.as_str())
                || asked.method == "answerCallbackQuery"),
        "{:?}",
        api.asked()
    );
    assert!(api.of("answerCallbackQuery").is_empty(), "not even a button of a stranger");
    let shown: Value = serde_json::from_str(&stdout(&sandbox.cs("cs-chat", &["status", "--json"]))).unwrap_or_default();
    assert_eq!(shown["strangers"], 4);
}

#[test]
fn what_is_not_a_persons_own_new_text_does_nothing() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let id = session(&sandbox, "a session");
    let text = format!("/park {} x", &id[id.len() - 4..]);
    api.write(USER, CHAT, &text, json!({"forward_origin": {"type": "user"}}));
    polled(&sandbox);
    assert!(api.last().starts_with("Nothing was done"), "{}", api.last());
    let message = json!({"message_id": 7, "date": 4_000_000_000_i64, "edit_date": 4_000_000_000_i64, "chat": {"id": CHAT},
        "from": {"id": USER, "is_bot": false}, "text": text});
    api.update(json!({"edited_message": message}));
    api.write(USER, CHAT, &text, json!({"from": {"id": USER, "is_bot": true}}));
    api.write(USER, CHAT, &text, json!({"sender_chat": {"id": CHAT}}));
    polled(&sandbox);
    assert_eq!(sandbox.json(&format!("sessions/{id}.json"))["status"], "active");
    for data in ["what:sess_20261121T1000_dead", "kill:1:2", "kill:zzzz:2a:agent_x", "rm:x", "", "what:../../x"] {
        api.press(USER, 5, data);
        polled(&sandbox);
        assert!(!api.last().is_empty());
    }
}

#[test]
fn nothing_is_read_unless_somebody_is_let_in() {
    let api = Telegram::new();
    for allow in [
        json!(null),
        json!({}),
        json!({"chats": [CHAT]}),
        json!({"users": [USER]}),
        json!({"chats": [CHAT], "users": {}}),
    ] {
        let sandbox = sandbox(&api, json!({"allow": allow}));
        let output = poll(&sandbox);
        assert_eq!(status(&output), 1, "{allow}: {}", stderr(&output));
    }
    let sandbox = sandbox(&api, json!({"alow": {}}));
    assert_eq!(status(&poll(&sandbox)), 65);
    assert!(api.asked().is_empty(), "{:?}", api.asked());
}

#[test]
fn the_token_is_in_no_command_line_no_environment_and_no_file_but_its_own() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.script("getUpdates", Instead::After(Duration::from_secs(30)));
    let mut command = sandbox.command("cs-chat");
    command.args(["poll", "--wait", "5"]);
    let mut running = Running::start(command).expect("it starts");
    assert!(eventually(Duration::from_secs(20), || !api.of("getUpdates").is_empty()));
    let secret = &TOKEN[7..];
    let mut looked = 0;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        for file in ["cmdline", "environ"] {
            if let Ok(bytes) = fs::read(entry.path().join(file)) {
                looked += 1;
                let has_it = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!has_it, "{}/{file}", entry.path().display());
            }
        }
    }
    assert!(looked > 10 || !cfg!(target_os = "linux"));
    let _ = running.0.kill();
    let _ = running.0.wait();
    api.script("sendMessage", Instead::Refuse(400, "Bad Request: 123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K \u{1b}[31m"));
    api.say("/quiet");
    let output = poll(&sandbox);
    for text in [stdout(&output), stderr(&output), stdout(&sandbox.cs("cs-chat", &["status"]))] {
        assert!(!text.contains(secret) && !text.contains('\u{1b}'), "{text}");
    }
    let found = stdout(&sandbox.sh(&format!("grep -rl {secret} ~ || :")));
    assert!(found.trim().ends_with(".config/claude-sessions/telegram") && found.lines().count() == 1, "{found}");
}

#[test]
fn a_token_that_others_can_read_is_refused() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let file = sandbox.home().join(".config/claude-sessions/telegram");
    for mode in [0o644, 0o640, 0o622] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("it is ours");
        let output = poll(&sandbox);
        assert_eq!(status(&output), 65);
        assert!(stderr(&output).contains("chmod 600"), "{}", stderr(&output));
    }
    fs::remove_file(&file).expect("it is there");
    std::os::unix::fs::symlink("/etc/hostname", &file).expect("it can be written");
    assert_eq!(status(&poll(&sandbox)), 65);
    assert!(api.asked().is_empty());
}

#[test]
fn a_setting_of_curl_from_elsewhere_is_not_read() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    fs::write(sandbox.home().join(".curlrc"), "output = \"/dev/null\"\nproxy = \"http://127.0.0.1:1\"\n")
        .expect("it can be written");
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Everything is told."));
}

#[test]
fn without_curl_it_says_so() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let only = format!("{}", cs_tests::programs().display());
    let output = sandbox.with("PATH", only).cs("cs-chat", &["poll"]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("curl is not on PATH"), "{}", stderr(&output));
}

#[test]
fn secrets_do_not_leave() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    session(&sandbox, "use the key");
    put(&sandbox, "redact.toml", "[[rules]]\nid = \"codename\"\ntier = \"definite\"\nregex = 'blue-whale'\n");
    let id = session(&sandbox, "the blue-whale project");
    for text in [
        "/list".to_string(),
        format!("/what {}", &id[id.len() - 4..]),
        "/list blue-whale".into(),
        format!("/what {secret}"),
    ] {
        let told = answer(&sandbox, &api, &text);
        assert!(!told.contains("blue-whale") && !told.contains(secret), "{told}");
    }
    put(&sandbox, "redact.toml", "[[rules]]\nid = \"broken\"\nregex = '('\n");
    let before = api.asked().len();
    assert_eq!(status(&poll(&sandbox)), 65, "rules that cannot be read stop everything");
    assert_eq!(api.asked().len(), before);
}
