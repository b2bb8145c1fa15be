//! From a token to the first answer.

use super::*;
use cs_tests::pty::OnTerminal;
use cs_tests::{LIMIT, eventually, stdout};

fn bare(api: &Telegram) -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    put(&sandbox, "config.json", &json!({"chat": {"telegram": {"api": api.address}}, "other": 1}).to_string());
    fs::write(sandbox.home().join("token"), format!("{TOKEN}\n")).expect("it can be written");
    sandbox
}

#[test]
fn a_script_sets_up_a_chat() {
    let api = Telegram::new();
    let sandbox = bare(&api);
    let args = ["setup", "--token-file", "../token", "--chat", "-1001", "--user", "42"];
    let dry = sandbox.cs("cs-chat", &[&args[..], &["--dry-run"]].concat());
    assert!(status(&dry) == 0 && stdout(&dry).contains("nothing was written"), "{}", stderr(&dry));
    let file = sandbox.home().join(".config/claude-sessions/telegram");
    assert!(!file.exists());
    let output = sandbox.cs("cs-chat", &args);
    assert_eq!(status(&output), 64, "it asks: {}", stderr(&output));
    let output = sandbox.cs("cs-chat", &[&args[..], &["--yes"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(!stdout(&output).contains(&TOKEN[7..]) && !stderr(&output).contains(&TOKEN[7..]));
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    let config = sandbox.json("config.json");
    assert_eq!(config["chat"]["telegram"]["allow"], json!({"chats": [CHAT], "users": [USER]}));
    assert_eq!(config["other"], 1);
    assert_eq!(config["notify"]["handlers"][0]["name"], "telegram");
    assert!(api.last().contains("/list"), "{}", api.last());
    assert_eq!(api.of("setMyCommands").len(), 1);
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Everything is told."));
    let output = sandbox.cs("cs-chat", &["test"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("our_bot"));
    let tested = sandbox.cs("cs-notify", &["--test"]);
    assert!(api.last().contains("test"), "{} {}", api.last(), stderr(&tested));
}

#[test]
fn a_wrong_token_changes_nothing() {
    let api = Telegram::new();
    let sandbox = bare(&api);
    let before = fs::read(sandbox.data().join("config.json")).expect("it is there");
    for (token, code) in [("nonsense", 65), ("999999:BBEhBOweik6ad9r_QXMENQjcrGbqCr4K", 65)] {
        fs::write(sandbox.home().join("token"), token).expect("it can be written");
        let output =
            sandbox.cs("cs-chat", &["setup", "--token-file", "../token", "--chat", "1", "--user", "2", "--yes"]);
        assert_eq!(status(&output), code, "{}", stderr(&output));
        assert!(!stderr(&output).contains("BBEhBOweik6"), "{}", stderr(&output));
    }
    assert_eq!(fs::read(sandbox.data().join("config.json")).expect("it is there"), before);
    let output = sandbox.cs("cs-chat", &["setup"]);
    assert_eq!(status(&output), 64, "no terminal: {}", stderr(&output));
    let output = sandbox.cs("cs-chat", &["setup", "--token-file", "../token", "--yes"]);
    assert_ne!(status(&output), 0);
}

const OLD: &str = "{\"chat\": {\"telegram\": {\"api\": \"API\", \"mirror\": \"answers\"}},\n \"hooks\": {\"capture_prompts\": true}}\n";

/// A sandbox without a token, whose config.json only names the stand-in.
fn fresh(api: &Telegram) -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    put(&sandbox, "config.json", &OLD.replace("API", &api.address));
    sandbox
}

fn token_file(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.home().join(".config/claude-sessions/telegram")
}

fn until(terminal: &OnTerminal, text: &str) {
    assert!(eventually(LIMIT, || terminal.shown().contains(text)), "{text}: {}", terminal.shown());
}

#[test]
fn a_person_is_asked_for_the_token_and_shown_who_writes() {
    let api = Telegram::new();
    let sandbox = fresh(&api);
    let mut command = sandbox.command("cs-chat");
    command.arg("setup");
    let mut terminal = OnTerminal::start(command);
    until(&terminal, "the bot's token");
    terminal.type_in(&format!("{TOKEN}\n"));
    until(&terminal, "that of @our_bot");
    until(&terminal, "write /start to @our_bot");
    api.write(7, 99, "\u{1b}[2Jlet me in\nplease", json!({}));
    until(&terminal, "(7) wrote in chat 99");
    terminal.type_in("n\n");
    until(&terminal, "left out");
    api.write(USER, CHAT, "hello", json!({"message_thread_id": 5, "is_topic_message": true}));
    until(&terminal, &format!("Ada ({USER}) wrote in chat {CHAT}, topic 5: hello"));
    terminal.type_in("y\n");
    until(&terminal, "store this?");
    assert!(!token_file(&sandbox).exists(), "nothing is written before the person agreed");
    terminal.type_in("y\n");
    until(&terminal, "it is set up");
    let end = terminal.wait();
    let shown = terminal.shown();
    assert!(end.success(), "{shown}");
    assert!(!shown.contains(&TOKEN[7..]), "the token is not shown: {shown}");
    assert!(!shown.contains("\u{1b}[2J"), "{shown}");
    let meta = fs::metadata(token_file(&sandbox)).expect("it was written");
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(sandbox.data().join("config.json")).expect("it is there");
    assert!(text.contains("\"hooks\": {\"capture_prompts\": true}"), "all else stays: {text}");
    assert!(!text.contains(&TOKEN[7..]));
    let config: Value = serde_json::from_str(&text).expect("it is JSON");
    let telegram = &config["chat"]["telegram"];
    assert_eq!(
        (&telegram["allow"], &telegram["mirror"]),
        (&json!({"chats": [CHAT], "users": [USER]}), &json!("answers"))
    );
    assert_eq!(config["notify"]["handlers"][0]["command"][1], "notify");
    // The message that showed who writes is not carried out.
    let sent = api.sent().len();
    polled(&sandbox);
    assert_eq!(api.sent().len(), sent);
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let api = Telegram::new();
    let sandbox = fresh(&api);
    let mut command = sandbox.command("cs-chat");
    command.arg("setup");
    let terminal = OnTerminal::start(command);
    until(&terminal, "the bot's token");
    let is_shown = || {
        let output = sandbox.sh(&format!("stty -a <{}", terminal.tty));
        stdout(&output).split_whitespace().any(|word| word.trim_end_matches(';') == "echo")
    };
    assert!(eventually(LIMIT, || !is_shown()), "what is typed is not shown");
    // SAFETY: kill only takes numbers; the process is a child of ours that was not waited for.
    assert_eq!(unsafe { libc::kill(terminal.pid() as libc::pid_t, libc::SIGTERM) }, 0);
    assert!(eventually(LIMIT, is_shown), "what is typed is shown again");
}

#[test]
fn a_script_sets_it_up_without_a_terminal() {
    let api = Telegram::new();
    let sandbox = fresh(&api);
    let before = fs::read(sandbox.data().join("config.json")).expect("it is there");
    let refused = |args: &[&str], input: &str, code: i32, wanted: &str| {
        let output = sandbox.feed("cs-chat", &[&["setup"], args].concat(), input);
        assert_eq!(status(&output), code, "{}", stderr(&output));
        assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
        assert!(!token_file(&sandbox).exists());
        assert_eq!(fs::read(sandbox.data().join("config.json")).expect("it is there"), before);
    };
    let ids = ["--chat", "-1001", "--user", "42"];
    refused(&[], "", 64, "there is no terminal");
    refused(&["--token-file", "-"], TOKEN, 64, "name them by --chat and --user");
    refused(&["--token-file", "-", "--yes"], TOKEN, 64, "--yes needs --chat and --user");
    refused(&[&["--token-file", "-"], &ids[..]].concat(), TOKEN, 64, "no terminal on which to ask");
    refused(&[&["--token-file", "-", "--yes"], &ids[..]].concat(), "nonsense", 65, "that is no token");
    let wrong = TOKEN.replace("AAE", "BBB");
    refused(&[&["--token-file", "-", "--yes"], &ids[..]].concat(), &wrong, 65, "does not know the token");
    let dry = [&["setup", "--token-file", "-", "--dry-run"], &ids[..]].concat();
    let output = sandbox.feed("cs-chat", &dry, TOKEN);
    assert!(status(&output) == 0 && stdout(&output).contains("nothing was written"), "{}", stderr(&output));
    assert!(!token_file(&sandbox).exists());
    fs::write(sandbox.work().join("token.txt"), format!("{TOKEN}\n")).expect("it can be written");
    let output = sandbox.cs("cs-chat", &[&["setup", "--token-file", "token.txt", "--yes"], &ids[..]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(answer(&sandbox, &api, "/quiet"), "Everything is told. /quiet 2h tells only what waits or failed.");
}

#[test]
fn a_test_and_the_status_say_what_is_so() {
    let api = Telegram::new();
    let sandbox = super::sandbox(&api, json!({}));
    let output = sandbox.cs("cs-chat", &["test", "--json"]);
    let told: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    assert_eq!((&told["bot"], &told["chat"]), (&json!("our_bot"), &json!(CHAT)));
    assert!(api.last().contains("test"));
    let shown = || -> Value {
        let output = sandbox.cs("cs-chat", &["status", "--json"]);
        serde_json::from_str(&stdout(&output)).expect("it is JSON")
    };
    let before = shown();
    assert_eq!(
        (&before["users"]["44"], &before["bot"], &before["usable"]),
        (&json!("view"), &json!("123456"), &json!(true))
    );
    assert!(before.get("polled_at").is_none());
    polled(&sandbox);
    let after = shown();
    assert!(after["polled_at"].is_string() && after["offset"] == json!(0), "{after}");
    let asked = api.asked().len();
    shown();
    assert_eq!(api.asked().len(), asked, "the status opens no connection");
    let none = Sandbox::new().cs("cs-chat", &["status"]);
    assert!(status(&none) == 1 && stderr(&none).contains("cs-chat setup"), "{}", stderr(&none));
}

#[test]
fn what_cannot_be_understood_is_not_replaced() {
    let api = Telegram::new();
    let sandbox = fresh(&api);
    let args = ["setup", "--token-file", "-", "--chat", "-1001", "--user", "42", "--yes"];
    let output = sandbox.feed("cs-chat", &args, TOKEN);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let with = |text: &str, mode: u32| {
        fs::write(token_file(&sandbox), text).expect("it can be written");
        fs::set_permissions(token_file(&sandbox), fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    let own = format!("# mine\ntoken = \"{TOKEN}\"\nconnect-timeout = 5\n");
    with(&own, 0o644);
    let output = sandbox.feed("cs-chat", &args, TOKEN);
    assert!(status(&output) == 65 && stderr(&output).contains("chmod 600"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(token_file(&sandbox)).expect("it is there"), own);
    with(&own, 0o600);
    let output = sandbox.feed("cs-chat", &args, TOKEN);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let text = fs::read_to_string(token_file(&sandbox)).expect("it is there");
    assert!(text.contains("# mine\n") && text.contains("connect-timeout = 5\n"), "other lines stay: {text}");
    for config in ["{\"chat\": {\"telegram\": {\"api\": \"x", "{\"chat\": []}", "[]"] {
        put(&sandbox, "config.json", config);
        fs::remove_file(token_file(&sandbox)).ok();
        let output = sandbox.feed("cs-chat", &args, TOKEN);
        assert_eq!(status(&output), 65, "{config}: {}", stderr(&output));
        assert!(!stderr(&output).contains("Bot API"), "the token goes nowhere: {}", stderr(&output));
        assert!(!token_file(&sandbox).exists(), "{config}");
        assert_eq!(fs::read_to_string(sandbox.data().join("config.json")).expect("it is there"), config);
    }
}
